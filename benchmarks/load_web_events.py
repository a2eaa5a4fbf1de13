"""How fast the files source loads web events from CSV into raw, against DuckDB alone.

    python -m benchmarks.load_web_events --rows 5000000

Every way runs in a process of its own, one after the other on the same file, with the same memory limit:

- files source: the product's whole way: hash, encoding check, strict typed parse with accounting, dlt, merge, ledger;
- one session: the same work by hand in one DuckDB session: the same casts and columns, deduplicated by event id;
- typed only: that session without the deduplication (the product leaves it to the models, within their restate window);
- plain: ``create table as select * from read_csv``, which guesses all types and checks nothing;
- dlt rows: dlt's default way, Python dictionaries, on a sample, extrapolated to all rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import dlt
import duckdb
from rich.console import Console
from rich.table import Table

from ingestion.config.settings import FilesSource, Warehouse
from ingestion.config.workspace import Workspace
from ingestion.contracts import WEB_EVENTS, ColumnType
from ingestion.loading import ensure_warehouse, load_files, make_pipeline

MEMORY_LIMIT: Final = "768MB"
TARGET_RATIO: Final = 1.6
TARGET_MEGABYTES: Final = 1500
SAMPLE_ROWS: Final = 100_000
COLUMNS: Final = (
    "event_id",
    "visitor_id",
    "occurred_at",
    "recorded_at",
    "event_name",
    "page_url",
    "referrer_url",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "form_name",
    "email",
    "consent_status",
    "user_agent",
    "country_code",
)
FILE_NAME: Final = "web/events.csv"


def generate(rows: int, path: Path) -> None:
    """Write ``rows`` web events, one every 18 seconds, a thousandth of them delivered twice."""
    picks = {
        "event_name": ["page_view", "page_view", "page_view", "form_submit", "download"],
        "referrer_url": ["https://www.google.com/", "", "https://www.linkedin.com/feed/", "https://duckduckgo.com/"],
        "utm_source": ["google", "", "newsletter", "linkedin"],
        "utm_medium": ["cpc", "", "email", "social"],
        "consent_status": ["granted", "denied", "unknown"],
        "country_code": ["FR", "BE", "CH"],
    }
    picked = {
        name: f"{values!r}[1 + (hash(i, {number}) % {len(values)})::bigint]"
        for number, (name, values) in enumerate(picks.items())
    }
    moment = "timestamp '2020-01-01' + to_seconds(i * 18)"
    columns = {
        "event_id": "md5(i::varchar)",
        "visitor_id": "case when i % 5 = 0 then '' else 'v' || hash(i) % 400000 end",
        "occurred_at": f"strftime({moment}, '%Y-%m-%dT%H:%M:%SZ')",
        "recorded_at": f"strftime({moment} + interval 3 seconds, '%Y-%m-%dT%H:%M:%SZ')",
        "page_url": "'https://www.example.com/products/item-' || hash(i, 21) % 300 || '?ref=' || hash(i, 22) % 50",
        "utm_campaign": "'campaign_' || hash(i, 23) % 40",
        "form_name": "case when i % 20 = 0 then 'demo_request' else '' end",
        "email": "case when i % 20 = 0 then 'person' || hash(i) % 30000 || '@example.org' else '' end",
        "user_agent": "'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/' "
        "|| 100 + hash(i, 24) % 30 || '.0.0.0 Safari/537.36'",
        **picked,
    }
    selected = ", ".join(f"{columns[name]} as {name}" for name in COLUMNS)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {selected} from (select case when n % 1000 = 999 then n - 1 else n end as i "
            f"from range({rows}) as numbers(n))) to '{path}' (header, delimiter ',')"
        )


def load_with_files_source(folder: Path, _rows: int) -> int:
    """Load the file as a company's nightly run does; return the rows in raw."""
    workspace = Workspace(folder / "company")
    (workspace.inbox / "web").mkdir(parents=True)
    os.link(folder / "events.csv", workspace.inbox / FILE_NAME)
    source = FilesSource.model_validate(
        {
            "settle_seconds": 0,
            "mappings": [
                {
                    "name": "web_events",
                    "entity": "web_events",
                    "source_name": "web",
                    "pattern": "web/*.csv",
                    "format": "csv",
                    "columns": {name: name for name in COLUMNS},
                }
            ],
        }
    )
    warehouse = Warehouse(memory_limit=MEMORY_LIMIT)
    ensure_warehouse(workspace.warehouse)
    load_files(make_pipeline(workspace, warehouse), source, workspace, warehouse=warehouse)
    return _count(workspace.warehouse, "raw_files.web_events")


def load_with_one_session(folder: Path, _rows: int) -> int:
    """Do the same work in one DuckDB session, deduplicated by event id."""
    return _load_by_hand(folder, "session", "select distinct on (event_id) * from typed")


def load_typed_only(folder: Path, _rows: int) -> int:
    """Do the same work in one DuckDB session, without deduplication."""
    return _load_by_hand(folder, "typed", "select * from typed")


def load_plain(folder: Path, _rows: int) -> int:
    """Let DuckDB guess everything."""
    with _session(folder, "plain") as connection:
        connection.execute(f"create table warehouse.web_events as select * from read_csv('{folder / 'events.csv'}')")
    return _count(folder / "plain.duckdb", "web_events")


def load_sample_as_rows(folder: Path, _rows: int) -> int:
    """Load the first ``SAMPLE_ROWS`` events as Python dictionaries, as dlt does by default."""
    with (folder / "events.csv").open(encoding="utf-8", newline="") as stream:
        pipeline = dlt.pipeline(
            "rows",
            pipelines_dir=str(folder / "dlt_rows"),
            destination=dlt.destinations.duckdb(str(folder / "rows.duckdb")),
            dataset_name="raw_rows",
        )
        pipeline.run(
            islice(csv.DictReader(stream), SAMPLE_ROWS),
            table_name="web_events",
            write_disposition="merge",
            primary_key="event_id",
        )
    return SAMPLE_ROWS


WAYS: Final[dict[str, Callable[[Path, int], int]]] = {
    "files source": load_with_files_source,
    "one session": load_with_one_session,
    "typed only": load_typed_only,
    "plain": load_plain,
    "dlt rows": load_sample_as_rows,
}


def _session(folder: Path, name: str) -> duckdb.DuckDBPyConnection:
    path = folder / f"{name}.duckdb"
    ensure_warehouse(path)
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"attach '{path}' as warehouse")
    return connection


def _load_by_hand(folder: Path, name: str, final: str) -> int:
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in COLUMNS)
    columns = []
    for column in WEB_EVENTS.columns:
        if column.name not in COLUMNS:
            columns.append(f"null::varchar as {column.name}")
        elif column.type is ColumnType.TIMESTAMP:
            columns.append(f"timezone('UTC', nullif({column.name}, '')::timestamptz) as {column.name}")
        else:
            columns.append(f"nullif({column.name}, '') as {column.name}")
    now = datetime.now(UTC).replace(tzinfo=None)
    columns += [
        "'web' as source_name",
        "'web' as references_source_name",
        f"'{FILE_NAME}' as source_file_name",
        f"'{'0' * 64}' as source_file_hash",
        f"timestamp '{now}' as source_file_modified_at",
        "null::varchar as row_hash",
        "'1' as _dlt_load_id",
    ]
    with _session(folder, name) as connection:
        connection.execute(
            f"create table warehouse.web_events as with typed as (select {', '.join(columns)} from read_csv("
            f"'{folder / 'events.csv'}', auto_detect = false, delim = ',', quote = '\"', escape = '\"', header = true, "
            f"strict_mode = true, columns = {{{types}}})) {final}"
        )
    return _count(folder / f"{name}.duckdb", "web_events")


def _count(path: Path, table: str) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def measure(way: str, folder: Path, rows: int) -> dict[str, float]:
    """Run one way in a fresh process; return seconds, megabytes at the peak, and rows."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.load_web_events",
        "--rows",
        str(rows),
        "--way",
        way,
        "--folder",
        str(folder),
    ]
    quiet = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
    if done.returncode:
        raise SystemExit(f"{way}: {done.stderr}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Measure every way and print the table; exit 1 when the files source misses its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        started = time.perf_counter()
        rows = WAYS[arguments.way](arguments.folder, arguments.rows)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "megabytes": peak, "rows": rows}))
        return
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with console.status(f"writing {arguments.rows:,} events"):
            generate(arguments.rows, folder / "events.csv")
        size = (folder / "events.csv").stat().st_size
        results: dict[str, dict[str, float]] = {}
        for way in WAYS:
            with console.status(way):
                results[way] = measure(way, folder, arguments.rows)
    if results["dlt rows"]["rows"] < arguments.rows:
        results["dlt rows"]["seconds"] *= arguments.rows / SAMPLE_ROWS
    table = Table(title=f"{arguments.rows:,} web events, {size / 1e6:,.0f} MB of CSV, memory limit {MEMORY_LIMIT}")
    for header in ("way", "seconds", "rows/s", "peak MB", "rows in table", "files source takes"):
        table.add_column(header, justify="left" if header == "way" else "right")
    mine = results["files source"]
    for way, result in results.items():
        shown = f"{way} (from {SAMPLE_ROWS:,})" if way == "dlt rows" else way
        table.add_row(
            shown,
            f"{result['seconds']:,.1f}",
            f"{arguments.rows / result['seconds']:,.0f}",
            f"{result['megabytes']:,.0f}",
            f"{result['rows']:,.0f}",
            f"{mine['seconds'] / result['seconds']:.2f} x",
        )
    console.print(table)
    ratio = mine["seconds"] / results["one session"]["seconds"]
    is_met = ratio <= TARGET_RATIO and mine["megabytes"] < TARGET_MEGABYTES
    console.print(
        f"target: at most {TARGET_RATIO} x one session, under {TARGET_MEGABYTES} MB: {'met' if is_met else 'MISSED'}"
    )
    sys.exit(0 if is_met else 1)


if __name__ == "__main__":
    main()
