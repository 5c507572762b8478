"""What a chat model said, read strictly."""
