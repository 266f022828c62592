"""Layout assignment: which values of a function there are with channels last, and how operations compute them."""
