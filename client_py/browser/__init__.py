"""What touches js: implements the ports, decides nothing."""
