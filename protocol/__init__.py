"""What browser and server say to each other: messages, names and close codes. Standard library only, no I/O."""
