"""Reading the published tables: pure functions from a connection and filters to rows. They compute no metric."""
