"""How often something may be done, how much anyone may use, and whose turn it is."""
