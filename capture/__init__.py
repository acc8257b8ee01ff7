"""The capture daemon; it comes with its own commands and is not needed for replay."""
