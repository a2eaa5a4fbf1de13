"""Apache Superset on the published data: its importable dashboard, and a check that really runs it."""
