"""What shows the conversation: its messages, and the window of them that is on the page."""
