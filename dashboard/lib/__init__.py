"""What the pages of the dashboard share: source, texts, numbers, charts, tables, filters."""
