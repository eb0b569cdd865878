"""Who someone is: accounts, passwords, tokens, and how often a login may be tried. Knows nothing of rooms."""
