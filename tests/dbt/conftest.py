"""A scratch warehouse with every raw table, empty, and the seeds of the template."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt.support import create_warehouse, raw_tables


@pytest.fixture
def empty_raw_warehouse(tmp_path: Path) -> Path:
    """Path of a DuckDB file with all of ``raw_files`` (no rows) and ``raw_workspace`` (the template's seeds)."""
    path = tmp_path / "warehouse.duckdb"
    create_warehouse(path, raw_tables())
    return path
