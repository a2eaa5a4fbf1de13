"""The monthly report: one set of blocks from the published tables, rendered to HTML and to PDF."""
