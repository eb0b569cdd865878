"""What the settings are made of: a group for each question, and the screen that puts them together."""
