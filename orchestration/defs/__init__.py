"""Assets, checks, jobs and schedules of the graph, one module a concept."""
