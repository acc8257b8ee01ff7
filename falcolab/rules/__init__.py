"""Rules files: reading, override and append, exceptions, selection, checks."""
