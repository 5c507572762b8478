"""What is on the wire: actions, their canonical bytes, signatures, numbers, and the venue's texts."""
