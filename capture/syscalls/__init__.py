"""System calls on their way from the probe into the journal and the lake."""
