"""Files that events come from."""
