"""What shows the small parts of which the screens are made."""
