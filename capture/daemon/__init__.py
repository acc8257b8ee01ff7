"""The daemon: what is recorded, journaled, judged and told, piece by piece put together."""
