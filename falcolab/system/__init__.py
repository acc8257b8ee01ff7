"""The machine as its events tell it: threads, descriptors, users, containers."""
