"""The market as the live venue tells it, and a recorder of its candles."""
