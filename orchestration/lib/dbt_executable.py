"""The command ``pilotage-dbt``: dbt, but asked for its version it tells it without asking a package registry.

dagster-dbt asks for the version before every run; dbt's own answer takes seconds and looks for updates on the network.
"""

from __future__ import annotations

import sys
from importlib.metadata import version


def main() -> None:
    """Be dbt."""
    if sys.argv[1:] == ["--version"]:
        print(f"installed: {version('dbt-core')}")
        return
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
