"""What shows: views over the models of core; builds DOM nodes, never HTML strings."""
