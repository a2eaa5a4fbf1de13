"""What reaches the warehouse, and what a second, late, doubled or shuffled delivery changes."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from ingestion.contracts import DUCKDB_TYPES, ENTITIES, METADATA_COLUMNS
from ingestion.loading import LoadError, ensure_warehouse, load_tables, make_pipeline
from ingestion.sources.files import LEDGER_TABLE, QUARANTINE_TABLE, files_source
from ingestion.sources.files.report import FileOutcome
from ingestion.sources.files.snapshots import HISTORIES

VISITS = ["2026-01-01T10:00:00Z,/a", "2026-01-01T10:00:00Z,/a", "2026-01-02T10:00:00Z,/b"]


def _visits(company, name: str, *rows: str) -> None:
    company.drop(name, "\n".join(["t,u", *rows]) + "\n")


def _map_visits(company) -> None:
    company.map("web_events", {"occurred_at": "t", "page_url": "u"}, source_name="web", pattern="web/*.csv")


def test_every_table_exists_with_the_columns_of_its_contract_when_nothing_was_delivered(company):
    company.map_deals()
    company.load()
    for entity in ENTITIES.values():
        described = company.query(f"describe raw_files.{entity.name}")
        expected = [
            (column.name, DUCKDB_TYPES[column.type].replace(", ", ",").upper())
            for column in (*entity.columns, *METADATA_COLUMNS)
        ]
        assert [(name, kind) for name, kind, *_ in described] == [*expected, ("_dlt_load_id", "VARCHAR")]
    assert company.query(f"select count(*) from raw_files.{LEDGER_TABLE}") == [(0,)]
    assert company.query(f"select count(*) from raw_files.{QUARANTINE_TABLE}") == [(0,)]


def test_every_row_carries_the_id_of_a_completed_load(company, deals_file):
    company.map_deals()
    _map_visits(company)
    company.drop("deals.csv", deals_file("1,won,10.50,2026-01-02", "2,won,bad,"))
    _visits(company, "web/one.csv", *VISITS)
    company.load()
    for table in ("deals", "web_events", LEDGER_TABLE, QUARANTINE_TABLE):
        assert company.query(
            "select count(*) > 0, "
            "bool_and(_dlt_load_id in (select load_id from raw_files._dlt_loads where status = 0)) "
            f"from raw_files.{table}"
        ) == [(True, True)]
    assert company.query("select deal_id, amount, created_at, source_file_name from raw_files.deals") == [
        ("1", Decimal("10.5000"), datetime(2026, 1, 2), "deals.csv")
    ]
    assert company.query(
        "select count_records, count_loaded, count_quarantined from raw_files.loaded_files order by 1"
    ) == [
        (2, 1, 1),
        (3, 3, 0),
    ]
    assert company.query("select line_number, raw_text, reason_code from raw_files.quarantined_rows") == [
        (3, "2,won,bad,", "not_a_decimal")
    ]


def test_file_is_loaded_once_and_the_same_name_with_new_content_again(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("1,open,1,"))
    assert company.load().batch.count_loaded == 1
    second = company.load().batch
    assert second.count_loaded == 0
    assert [report.outcome for report in second.files] == [FileOutcome.KNOWN]
    company.drop("deals.csv", deals_file("1,won,1,"))
    assert company.load().batch.count_loaded == 1
    assert company.query("select stage_name from raw_files.deals order by 1") == [("open",), ("won",)]


def test_touching_or_renaming_a_file_loads_nothing(company, deals_file):
    company.map_deals()
    path = company.drop("deals.csv", deals_file("1,open,1,"))
    company.load()
    os.utime(path, (1, 1))
    path.rename(path.with_name("other.csv"))
    assert company.load().batch.count_loaded == 0


def test_doubled_late_and_shuffled_files_give_the_same_versions(tmp_path, deals_file):
    from tests.ingestion.conftest import Company  # the fixture gives one company; this test needs two

    files = {
        "a.csv": deals_file("1,open,1,2026-01-01", "2,open,2,2026-01-01"),
        "b.csv": deals_file("1,won,1,2026-01-01", "2,open,2,2026-01-01"),
        "c.csv": deals_file("2,lost,2,2026-01-01", "1,open,1,2026-01-01", "1,open,1,2026-01-01"),
    }
    versions = []
    for number, order in enumerate([["a.csv", "b.csv", "c.csv"], ["c.csv", "b.csv", "a.csv", "b.csv"]]):
        company = Company(tmp_path / str(number))
        company.map_deals()
        for round_number, name in enumerate(order):
            company.drop(f"{round_number}_{name}", files[name])
            company.load()
        versions.append(company.query("select deal_id, stage_name, row_hash from raw_files.deals order by all"))
    assert versions[0] == versions[1]
    assert [row[:2] for row in versions[0]] == [("1", "open"), ("1", "won"), ("2", "lost"), ("2", "open")]


def test_lost_working_directory_neither_doubles_nor_loses(company, deals_file):
    company.map_deals()
    _map_visits(company)
    company.drop("deals.csv", deals_file("1,open,1,"))
    _visits(company, "web/one.csv", *VISITS)
    company.load()
    shutil.rmtree(company.workspace.dlt)
    company.drop("more.csv", deals_file("2,open,1,"))
    assert company.load().batch.count_loaded == 1
    assert company.query("select count(*) from raw_files.deals") == [(2,)]
    assert company.query("select count(*), count(distinct event_id) from raw_files.web_events") == [(3, 3)]


def test_corrected_mapping_replaces_what_the_wrong_one_made(company, deals_file):
    company.map_deals(timestamp_format="%m/%d/%Y")
    company.drop("deals.csv", deals_file("1,open,1,03/04/2026", "2,open,1,31/01/2026"))
    company.drop("other.csv", deals_file("3,open,1,"))
    company.load()
    assert company.query("select created_at from raw_files.deals where deal_id = '1'") == [(datetime(2026, 3, 4),)]
    company.mappings[0]["timestamp_format"] = "%d/%m/%Y"
    assert company.load().count_superseded == 2
    assert company.query("select deal_id, created_at from raw_files.deals order by 1") == [
        ("1", datetime(2026, 4, 3)),
        ("2", datetime(2026, 1, 31)),
        ("3", None),
    ]
    assert company.query("select count(*) from raw_files.quarantined_rows") == [(0,)]
    assert company.query("select count(*) from raw_files.loaded_files") == [(2,)]
    company.mappings[0]["timestamp_format"] = "%m/%d/%Y"
    company.load()
    assert company.query("select created_at from raw_files.deals where deal_id = '1'") == [(datetime(2026, 3, 4),)]


def test_renamed_mapping_does_not_double_events(company):
    _map_visits(company)
    _visits(company, "web/one.csv", *VISITS)
    company.load()
    company.mappings[0]["name"] = "visits"
    company.load()
    assert company.query("select count(*) from raw_files.web_events") == [(3,)]
    assert company.query("select mapping_name from raw_files.loaded_files") == [("visits",)]


def test_wider_pattern_does_not_load_again(company, deals_file):
    company.map_deals(pattern="deals.csv")
    company.drop("deals.csv", deals_file("1,open,1,"))
    company.load()
    company.mappings[0]["pattern"] = "*.csv"
    assert company.load().batch.count_loaded == 0


def test_refused_file_is_in_quarantine_and_is_tried_again(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", "id,stage\n1,won\n")
    for _ in range(2):
        (report,) = company.load().batch.files
        assert report.outcome is FileOutcome.REFUSED
        assert company.query("select line_number, reason_code, source_file_name from raw_files.quarantined_rows") == [
            (0, "missing_columns", "deals.csv")
        ]
        assert company.query("select count(*) from raw_files.loaded_files") == [(0,)]


def test_drift_is_reported_by_name(company, deals_file):
    company.map_deals()
    company.drop("1.csv", deals_file("1,open,1,"))
    company.load()
    company.drop("2.csv", deals_file("2,open,1,,x", header="id,stage,amount,created,discount"))
    company.drop("3.csv", deals_file("3,open,", header="id,stage,created"))
    company.drop("4.csv", deals_file("4,open,ten,"))
    new, removed, retyped = [report for report in company.load().batch.files if report.outcome is not FileOutcome.KNOWN]
    assert (new.file_name, new.unmapped_columns, new.count_loaded) == ("2.csv", ("discount",), 1)
    assert (removed.file_name, removed.reason_code) == ("3.csv", "missing_columns")
    assert "'amount'" in removed.detail
    assert (retyped.file_name, retyped.count_quarantined) == ("4.csv", 1)
    assert company.query("select column_name from raw_files.quarantined_rows where reason_code = 'not_a_decimal'") == [
        ("amount",)
    ]
    assert company.query("select unmapped_columns from raw_files.loaded_files where source_file_name = '2.csv'") == [
        ("discount",)
    ]


def test_no_row_stays_on_the_disk_outside_the_warehouse(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("canary-4711,won,1,"))
    company.load()
    home = company.workspace.home
    found = [
        path
        for path in home.rglob("*")
        if path.is_file() and path.suffix in (".parquet", ".gz", ".csv") and company.workspace.inbox not in path.parents
    ]
    assert found == []
    assert company.query("select count(*) from raw_files_staging.deals") == [(0,)]


def test_warehouse_keeps_the_storage_version_that_readers_know(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("1,won,1,"))
    company.load()
    with duckdb.connect() as connection:
        connection.execute("attach $path as warehouse (read_only)", {"path": str(company.workspace.warehouse)})
        (tags,) = connection.execute("select tags from duckdb_databases() where database_name = 'warehouse'").fetchone()
    assert tags["storage_version"].startswith("v1.5.0")
    assert company.workspace.warehouse.stat().st_mode & 0o077 == 0


def test_warehouse_is_left_alone_when_it_exists(company):
    path = company.workspace.warehouse
    ensure_warehouse(path)
    before = path.stat()
    ensure_warehouse(path)
    assert path.stat() == before


def test_package_that_cannot_be_loaded_is_reported_with_the_remedy_and_blocks_nothing_for_ever(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("1,won,1,"))
    company.load()
    with duckdb.connect(str(company.workspace.warehouse)) as connection:
        connection.execute("alter table raw_files.deals rename to taken_away")
    company.drop("more.csv", deals_file("2,won,1,"))
    for _ in range(2):
        with pytest.raises(
            LoadError,
            match=r"^pipeline files: .*Table with name deals does not exist.*remove .*dlt/files and run again",
        ):
            company.load()
    with duckdb.connect(str(company.workspace.warehouse)) as connection:
        connection.execute("alter table raw_files.taken_away rename to deals")
    shutil.rmtree(company.workspace.dlt)
    company.load()
    assert company.query("select deal_id from raw_files.deals order by 1") == [("1",), ("2",)]


def test_pending_package_is_finished_before_new_files_are_read(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("1,won,1,"))
    ensure_warehouse(company.workspace.warehouse)
    pipeline = make_pipeline(company.workspace, company.warehouse)
    pipeline.extract(files_source(company.prepare().batch), loader_file_format="parquet")
    company.drop("more.csv", deals_file("2,won,1,"))
    loaded = company.load()
    assert len(loaded.load_ids) == 2
    assert [report.outcome for report in loaded.batch.files] == [FileOutcome.KNOWN, FileOutcome.PREPARED]
    assert company.query("select deal_id from raw_files.deals order by 1") == [("1",), ("2",)]


def test_source_describes_its_tables_without_a_batch():
    resources = files_source().resources
    assert list(resources) == [*ENTITIES, *HISTORIES, LEDGER_TABLE, QUARANTINE_TABLE]
    assert list(resources["deals"].compute_table_schema()["columns"])[:2] == ["deal_id", "deal_name"]


def test_whole_tables_are_replaced_also_by_empty_ones(company):
    schema = pa.schema([("stage_name", pa.string()), ("stage_rank", pa.int64()), ("is_open", pa.bool_())])
    ensure_warehouse(company.workspace.warehouse)

    def load(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
        load_tables(
            company.workspace,
            company.warehouse,
            pipeline_name="workspace",
            dataset_name="raw_workspace",
            tables={"stages": pa.Table.from_pylist(rows, schema=schema)},
        )
        return company.query("select stage_name, stage_rank, is_open from raw_workspace.stages order by 1")

    assert load([]) == []
    assert load([{"stage_name": "won", "stage_rank": 5, "is_open": False}, {"stage_name": "x"}]) == [
        ("won", 5, False),
        ("x", None, None),
    ]
    assert load([{"stage_name": "y"}]) == [("y", None, None)]
    loads = company.query("select count(*) from raw_workspace._dlt_loads")
    assert load([{"stage_name": "y"}]) == [("y", None, None)]
    assert company.query("select count(*) from raw_workspace._dlt_loads") == loads, "an unchanged table is left alone"
    assert load([]) == []


def test_no_column_has_a_variant_of_another_type(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("1,won,1,"))
    company.load()
    for schema in company.workspace.dlt.rglob("*.schema.json"):
        names = json.loads(schema.read_text())["tables"]["deals"]["columns"]
        assert not [name for name in names if "__v_" in name]


def test_version_that_two_files_deliver_stays_when_the_mapping_of_one_changes(company, deals_file):
    company.map_deals(name="full", pattern="full.csv")
    company.map_deals(name="delta", pattern="delta.csv")
    company.drop("full.csv", deals_file("1,won,1,", "2,won,2,"))
    company.drop("delta.csv", deals_file("2,won,2,", "3,won,3,"))
    company.load()
    company.mappings[0]["where"] = {"id": ["1"]}
    company.load()
    assert company.query("select deal_id from raw_files.deals order by 1") == [("1",), ("2",), ("3",)]
    before = company.query("select count(*) from raw_files._dlt_loads")
    company.load()
    assert company.query("select count(*) from raw_files._dlt_loads") == before, "nothing is left to do"
