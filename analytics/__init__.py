"""The statistics that SQL cannot do: pure functions on small aggregates. No file, no database, no orchestrator."""
