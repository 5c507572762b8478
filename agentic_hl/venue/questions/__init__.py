"""What `/info` is asked, and the shapes of the answers."""
