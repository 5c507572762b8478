"""The way to a provider of chat completions: transports, and the chat model behind them."""
