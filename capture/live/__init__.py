"""The live engine: rules on events as they come."""
