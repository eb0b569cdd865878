"""What shows the list of conversations, and where one begins."""
