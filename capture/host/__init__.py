"""The host as it is when recording begins: its processes, descriptors, users and interfaces."""
