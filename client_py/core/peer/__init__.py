"""One other device: how the connection to it is made, watched over, and brought back."""
