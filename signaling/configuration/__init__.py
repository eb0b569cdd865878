"""What can be set, by environment variables."""
