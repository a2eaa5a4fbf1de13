"""Running the warehouse: Dagster graph and schedule, checks, publication, command line."""
