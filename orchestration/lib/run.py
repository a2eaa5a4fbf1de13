"""The one resource of a run: the workspace it works for, its day, and the lock that makes it the only writer."""

from __future__ import annotations

import os
import re
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Final

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from ingestion.config.load import Configuration
from ingestion.locking import AlreadyRunningError, exclusive_lock
from orchestration.lib.build_plan import last_complete_day
from orchestration.lib.catalogue import checked_configuration
from orchestration.lib.dbt_variables import dbt_environment

READER_PATIENCE_SECONDS: Final = 60.0
"""How long a run waits for a reader of the build database; published copies are what readers should open."""


class NightlyRun(dg.ConfigurableResource[None]):
    """A run on one workspace.

    The configuration is checked and the lock taken before the first step; a second run fails here, naming the process
    that holds the lock. Both are given back when the run ends, however it ends.
    """

    home: str
    as_of: str = ""

    _configuration: Configuration | None = PrivateAttr(default=None)
    _stack: ExitStack = PrivateAttr(default_factory=ExitStack)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Check the configuration and take the lock."""
        del context
        configuration = checked_configuration(Path(self.home))
        self._stack.enter_context(exclusive_lock(configuration.workspace.lock_file))
        workspace = configuration.workspace
        for folder in (
            workspace.build,
            workspace.spill,
            workspace.dlt,
            workspace.published,
            workspace.quality,
        ):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            _wait_for_readers(workspace.warehouse)
        except AlreadyRunningError:
            self._stack.close()
            raise
        os.environ.update(dbt_environment(workspace, configuration.settings))
        self._configuration = configuration

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Give the lock back."""
        del context
        self._stack.close()

    @property
    def configuration(self) -> Configuration:
        """The checked configuration. Raises ``RuntimeError`` outside a run."""
        if self._configuration is None:
            raise RuntimeError("the configuration is known only while a run works")
        return self._configuration

    @property
    def day(self) -> date:
        """``as_of`` of the build: of the run, else of the settings, else the last complete day."""
        settings = self.configuration.settings
        if self.as_of:
            return date.fromisoformat(self.as_of)
        return settings.as_of or last_complete_day(settings.timezone)


def _wait_for_readers(warehouse: Path) -> None:
    """Wait until nobody reads the build database; raise ``AlreadyRunningError`` that names who still does."""
    deadline = time.monotonic() + READER_PATIENCE_SECONDS
    while warehouse.exists():
        try:
            duckdb.connect(str(warehouse)).close()
        except duckdb.IOException as error:
            if "Conflicting lock" not in str(error):
                raise
            if time.monotonic() > deadline:
                holder = re.search(r"PID \d+", str(error))
                raise AlreadyRunningError(
                    f"{holder[0] if holder else 'a process'} has {warehouse} open; close it and run again"
                ) from error
            time.sleep(1)
        else:
            return
