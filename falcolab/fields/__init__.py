"""The catalogue of fields: what rules can ask of an event."""
