"""What a chat model is shown: the turn in words and numbers, strangers' text in envelopes, the form of the answer."""
