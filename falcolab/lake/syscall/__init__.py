"""System events on their way into the lake."""
