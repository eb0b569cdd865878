"""The page's files: what is served, what the build has prepared, what is exported. The standard library only."""
