"""Scratch warehouses with every raw table, empty, and the seeds of the template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.support import create_warehouse, dbt_ok, raw_tables


@pytest.fixture
def empty_raw_warehouse(tmp_path: Path) -> Path:
    """Path of a DuckDB file with all of ``raw_files`` (no rows) and ``raw_workspace`` (the template's seeds)."""
    path = tmp_path / "warehouse.duckdb"
    create_warehouse(path, raw_tables())
    return path


@pytest.fixture(scope="session")
def empty_built_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a DuckDB file in which every model stands without a row, as unit tests need it. Copy it to change it."""
    path = tmp_path_factory.mktemp("empty_built") / "warehouse.duckdb"
    create_warehouse(path, raw_tables())
    dbt_ok("run", "--empty", warehouse=path)
    return path


@pytest.fixture(scope="session")
def manifest(empty_built_warehouse: Path) -> dict[str, Any]:
    """The manifest of the project."""
    return json.loads((empty_built_warehouse.parent / "target" / "manifest.json").read_text(encoding="utf-8"))
