"""What awaits: runs the machines of core against ports."""
