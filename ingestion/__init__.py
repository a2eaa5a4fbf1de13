"""Loading: files and systems of record into the raw schemas. Pure dlt and Arrow, nothing about Dagster."""
