"""What is counted and logged of the server, and whether it is ready."""
