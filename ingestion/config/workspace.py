"""The folder of one company: where everything lies. Nothing here reads or writes a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

STORAGE_VERSION: Final = "v1.5.0"
"""Of every database file that is made: the BI drivers in use read it; the default of DuckDB 2 only the newest do."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of a workspace. ``home`` is absolute."""

    home: Path

    @property
    def settings_file(self) -> Path:
        """``pilotage.yml``."""
        return self.home / "pilotage.yml"

    @property
    def seeds(self) -> Path:
        """Business vocabulary as CSV files."""
        return self.home / "seeds"

    @property
    def inbox(self) -> Path:
        """Where files are dropped."""
        return self.home / "inbox"

    @property
    def build(self) -> Path:
        """State of the build: the database with one writer, dbt artifacts, spill files."""
        return self.home / "build"

    @property
    def warehouse(self) -> Path:
        """The build database. Its stem must differ from every schema name in it."""
        return self.build / "warehouse.duckdb"

    @property
    def staging_files(self) -> Path:
        """Parsed files on their way into the warehouse; emptied by every run."""
        return self.build / "staging_files"

    @property
    def spill(self) -> Path:
        """Where DuckDB spills."""
        return self.build / "spill"

    @property
    def dbt_target(self) -> Path:
        """Artifacts of dbt."""
        return self.build / "dbt"

    @property
    def dlt(self) -> Path:
        """Working directories of the dlt pipelines."""
        return self.home / "dlt"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.home / "dagster"

    @property
    def published(self) -> Path:
        """Versions of the published database."""
        return self.home / "published"

    @property
    def published_database(self) -> Path:
        """The symlink that readers open."""
        return self.published / "pilotage.duckdb"

    @property
    def contacts(self) -> Path:
        """Names and addresses of the call list, for the owner of the workspace alone."""
        return self.published / "contacts.duckdb"

    @property
    def reports(self) -> Path:
        """Monthly reports."""
        return self.home / "reports"

    @property
    def quality(self) -> Path:
        """Data Docs of Great Expectations."""
        return self.home / "quality"

    @property
    def logs(self) -> Path:
        """Structured logs, one JSON object a line."""
        return self.home / "logs"

    @property
    def lock_file(self) -> Path:
        """Locked while a run writes."""
        return self.home / "run.lock"
