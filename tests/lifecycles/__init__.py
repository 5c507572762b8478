"""Stories of orders in a simulated world full of trouble, judged by the books of the simulated venue."""
