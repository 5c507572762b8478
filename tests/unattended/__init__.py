"""Days of a deployment that nobody watches: the shipped runner in trouble, judged from outside."""
