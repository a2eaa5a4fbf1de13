"""SIGKILL at real points of a load, working directory kept or lost: the same rows as a load that was never killed."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ingestion.loading import ensure_warehouse, load_tables
from tests.ingestion.conftest import Company

TABLES = ("deals", "deals_history", "web_events", "email_events", "quarantined_rows", "loaded_files")
COPY = ("dlt.destinations.impl.duckdb.duck", "DuckDbCopyJob", "run")
MERGE = ("dlt.destinations.job_client_impl", "SqlLoadJob", "run")
COMPLETE = ("dlt.destinations.job_client_impl", "SqlJobClientBase", "complete_load")
POINTS = {
    "while preparing": ("ingestion.sources.files.parse", "FileParser", "_copy", "after", 2),
    "before extract": ("dlt.pipeline.pipeline", "Pipeline", "extract", "before", 1),
    "in extract": ("dlt.extract.extractors", "ArrowExtractor", "write_items", "after", 4),
    "before normalize": ("dlt.pipeline.pipeline", "Pipeline", "normalize", "before", 1),
    "in normalize": ("dlt.normalize.normalize", "Normalize", "run", "before", 1),
    "before load": ("dlt.pipeline.pipeline", "Pipeline", "load", "before", 1),
    "before a staging copy": (*COPY, "before", 3),
    "after a staging copy is committed": (*COPY, "after", 4),
    "before a merge": (*MERGE, "before", 2),
    "after the first merge is committed": (*MERGE, "after", 1),
    "after the last merge is committed": (*MERGE, "after", len(TABLES)),
    "before the load is completed": (*COMPLETE, "before", 1),
    "after the load is completed": (*COMPLETE, "after", 1),
    "before superseded loads are removed": ("ingestion.loading", "", "retire", "before", 1),
}


def load_and_die(
    home: Path,
    is_files: bool,
    module: str,
    owner: str,
    function: str,
    when: str,
    count: int,
) -> None:
    """Load the files, or the stages, of the company at ``home``; die before or after a call of a function.

    Most of the functions are dlt's own steps: no public seam lies between a commit in the database and the note of it
    on disk, and that is where duplicates come from.
    """
    target: Any = importlib.import_module(module)
    target = getattr(target, owner) if owner else target
    original = getattr(target, function)
    calls = 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls == count and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(target, function, dying)
    if is_files:
        map_company(Company(home)).load()
    else:
        load_stages(Company(home), STAGES)


def _kill(home: Path, point: tuple[Any, ...], *, is_files: bool) -> None:
    # The server has everything imported and no threads: each child is a fork of it.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    child = context.Process(target=load_and_die, args=(home, is_files, *point))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL


STAGES = pa.table({"stage_name": ["discovery", "won"], "stage_rank": [1, 2]})


def load_stages(company: Company, stages: pa.Table) -> None:
    load_tables(
        company.workspace,
        company.warehouse,
        pipeline_name="workspace",
        dataset_name="raw_workspace",
        tables={"stages": stages},
    )


def map_company(company: Company) -> Company:
    company.map_deals(pattern="crm/*.csv", history="snapshots")
    company.map("web_events", {"occurred_at": "t", "page_url": "u"}, source_name="web", pattern="web/*.csv")
    company.map(
        "email_events",
        {"event_id": "id", "message_id": "m", "event_type": "e", "occurred_at": "t"},
        source_name="newsletter",
        pattern="mail/*.jsonl",
        format="jsonl",
    )
    return company


def _first_night(company: Company) -> None:
    company.drop("crm/1.csv", "id,stage,amount,created\n1,open,1,\n2,open,2,\n")
    company.drop("web/1.csv", "t,u\n2026-01-01,/a\n2026-01-01,/a\n2026-01-01,/b\n")
    company.drop("mail/1.jsonl", '{"id": "1", "m": "1", "e": "sent", "t": "2026-01-01"}\n')
    map_company(company)
    company.mappings[1]["missing"] = ["", "-"]  # Another state of the mapping: the second night replaces this load.
    company.load()


def _second_night(company: Company) -> None:
    company.drop("crm/2.csv", "id,stage,amount,created\n1,won,1,\n3,open,bad,\n4,open,4,\n")
    company.drop("web/2.csv", "t,u\n2026-01-02,/a\n2026-01-02,/a\n2026-01-01,/a\n")
    company.drop("mail/2.jsonl", '{"id": "2", "m": "1", "e": "open", "t": "2026-01-02"}\n{"broken\n')


def _rows(company: Company) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: company.query(
            f"select * exclude (_dlt_load_id) from raw_files.{table} where _dlt_load_id in "
            "(select load_id from raw_files._dlt_loads where status = 0) order by all"
        )
        for table in TABLES
    }


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[tuple[object, ...]]]]:
    """A company after one night with the files of the second in its inbox, and the rows a clean second night gives."""
    home = tmp_path_factory.mktemp("kill")
    company = Company(home / "before")
    _first_night(company)
    _second_night(company)
    shutil.copytree(company.workspace.home, home / "clean")
    clean = map_company(Company(home / "clean"))
    clean.load()
    return company.workspace.home, _rows(clean)


# Before the first write a lost working directory is a load that never began.
CASES = [(point, True) for point in POINTS] + [(point, False) for point in POINTS if " a " in point or "the l" in point]


@pytest.mark.parametrize(
    ("point", "is_kept"),
    CASES,
    ids=[f"{point}, working directory {'kept' if kept else 'lost'}" for point, kept in CASES],
)
def test_killed_load_gives_the_rows_of_a_clean_one_when_it_is_run_again(nights, tmp_path, point, is_kept):
    before, expected = nights
    home = tmp_path / "company"
    shutil.copytree(before, home)
    _kill(home, POINTS[point], is_files=True)
    if not is_kept:
        shutil.rmtree(home / "dlt")
    company = map_company(Company(home))
    company.load()
    assert _rows(company) == expected
    for table in TABLES:
        ((visible, everything),) = company.query(
            "select count(*) filter (_dlt_load_id in (select load_id from raw_files._dlt_loads where status = 0)), "
            f"count(*) from raw_files.{table}"
        )
        assert visible == everything, f"{table} keeps rows of a load that never ended"
    assert company.load().batch.count_loaded == 0


@pytest.mark.parametrize(
    "point", [(*COPY, "before", 1), (*COPY, "after", 1), (*MERGE, "before", 1), (*MERGE, "after", 1)]
)
def test_killed_replacement_of_a_table_keeps_the_old_rows_or_has_the_new_ones_and_ends_the_same(company, point):
    ensure_warehouse(company.workspace.warehouse)
    old = pa.table({"stage_name": ["old"], "stage_rank": [0]})
    load_stages(company, old)
    _kill(company.workspace.home, point, is_files=False)
    query = "select stage_name, stage_rank from raw_workspace.stages order by all"
    new = [("discovery", 1), ("won", 2)]
    assert company.query(query) in ([("old", 0)], new)
    load_stages(company, STAGES)
    assert company.query(query) == new
