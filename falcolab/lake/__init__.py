"""The lake: captured events as Parquet files, a table of events and dimensions around it."""
