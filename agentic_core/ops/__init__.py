"""What a platform does by itself: looks for silent runners, forgets what nobody signed, verifies journals."""
