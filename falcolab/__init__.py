"""falcolab."""
