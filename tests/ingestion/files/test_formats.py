"""JSON lines, Parquet and workbooks come to the same typed rows as CSV."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.sources.files.report import FileOutcome


def _map(company, file_format: str, suffix: str = "", **fields) -> None:
    company.map_deals(pattern=f"*.{file_format}{suffix}", format=file_format, **fields)


# -- JSON lines


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gz"])
def test_json_lines_are_read(company, pack):
    _map(company, "jsonl", "*")
    lines = [
        {"id": "00123", "stage": "wön\n", "amount": 12.5, "created": "2026-01-01T00:00:00Z", "extra": {"a": 1}},
        {"id": 7, "stage": "won", "amount": "1.10", "created": None},
        {"id": "8", "stage": "won"},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    company.drop("deals.jsonl.gz" if pack is gzip.compress else "deals.jsonl", pack(text.encode()))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["00123", "7", "8"]
    assert prepared.values("stage_name") == ["wön\n", "won", "won"]
    assert prepared.values("amount") == [Decimal("12.5"), Decimal("1.1"), None]
    assert prepared.report.unmapped_columns == ("extra",)


def test_json_line_that_is_no_object_is_quarantined_with_its_line(company):
    _map(company, "jsonl")
    company.drop(
        "deals.jsonl",
        '{"id": "1", "stage": "won"}\n\n{"id": "2", "stage"\n[1]\n{"id": "3", "stage": "won", "amount": "x"}\n'
        '{"id": "4", "stage": "w\0n"}\n{"id": "5", "stage": "won"}',
    )
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1", "5"]
    assert prepared.reasons == [
        (3, "broken_record", None),
        (4, "broken_record", None),
        (5, "not_a_decimal", "amount"),
        (6, "nul_byte", None),
    ]
    assert prepared.report.count_records == 6


def test_json_amount_is_quarantined_when_a_json_number_cannot_hold_it(company):
    _map(company, "jsonl")
    company.drop(
        "deals.jsonl",
        '{"id": "1", "stage": "won", "amount": 12345678901234.1234}\n'
        '{"id": "2", "stage": "won", "amount": 99999999999.99}\n',
    )
    prepared = company.prepare()
    assert prepared.values("amount") == [Decimal("99999999999.99")]
    assert prepared.reasons == [(1, "not_a_decimal", "amount")]


def test_json_keys_that_differ_in_case_are_different_keys(company):
    _map(
        company, "jsonl", columns={"deal_id": "id", "stage_name": "Stage", "loss_reason": "stage", "deal_name": 'a/"~b'}
    )
    company.drop("deals.jsonl", '{"id": "1", "Stage": "won", "stage": "late", "a/\\"~b": "n"}\n')
    (row,) = company.prepare().rows()
    assert (row["stage_name"], row["loss_reason"], row["deal_name"]) == ("won", "late", "n")


def test_json_keys_no_record_has_are_reported(company):
    _map(company, "jsonl")
    company.drop("deals.jsonl", '{"id": "1", "stage": "won"}\n')
    assert company.prepare().report.missing_columns == ("amount", "created")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_lines_with_a_mark_are_read(company, encoding):
    _map(company, "jsonl", encoding=encoding.removesuffix("-sig"))
    company.drop("deals.jsonl", '{"id": "é", "stage": "won"}\n'.encode(encoding))
    assert company.prepare().values("deal_id") == ["é"]


def test_empty_json_file_is_loaded_without_rows(company):
    _map(company, "jsonl")
    company.drop("deals.jsonl", "")
    assert company.prepare().report.count_records == 0


# -- Parquet


def _parquet(**columns: pa.Array) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_typed_parquet_is_read_whatever_the_text_formats_of_the_mapping(company):
    _map(company, "parquet", decimal_separator=",", timestamp_format="%d/%m/%Y", timezone="Europe/Paris")
    company.drop(
        "deals.parquet",
        _parquet(
            id=pa.array([1, 2, 3]),
            stage=["won", "lost", "open"],
            amount=pa.array([Decimal("1.50"), Decimal("-2.25"), None], pa.decimal128(10, 2)),
            created=pa.array([datetime(2026, 1, 1, 12, tzinfo=UTC)] * 3, pa.timestamp("us", tz="America/New_York")),
        ),
    )
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1", "2", "3"]
    assert prepared.values("amount") == [Decimal("1.5"), Decimal("-2.25"), None]
    assert prepared.values("created_at") == [datetime(2026, 1, 1, 12)] * 3


def test_local_parquet_timestamps_are_in_the_zone_of_the_mapping(company):
    _map(company, "parquet", timezone="Europe/Paris")
    created = pa.array([datetime(2026, 1, 1, 12)], pa.timestamp("ms"))
    company.drop("deals.parquet", _parquet(id=["1"], stage=["won"], amount=pa.array([1.0]), created=created))
    assert company.prepare().values("created_at") == [datetime(2026, 1, 1, 11)]


def test_text_in_parquet_is_read_as_the_mapping_declares(company):
    _map(company, "parquet", decimal_separator=",", timestamp_format="%d/%m/%Y")
    company.drop(
        "deals.parquet",
        _parquet(id=["1", "2"], stage=["won", "won"], amount=["1,5", "1.5"], created=["02/01/2026", None]),
    )
    prepared = company.prepare()
    assert prepared.values("amount") == [Decimal("1.5")]
    assert prepared.reasons == [(2, "not_a_decimal", "amount")]
    assert json.loads(prepared.quarantine[0]["raw_text"])["amount"] == "1.5"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.1 + 0.2])
def test_parquet_amount_is_quarantined_when_it_cannot_be_kept_exactly(company, value):
    _map(company, "parquet", columns={"deal_id": "id", "stage_name": "stage", "amount": "amount"})
    company.drop("deals.parquet", _parquet(id=["1", "2"], stage=["won", "won"], amount=pa.array([value, 1.25])))
    prepared = company.prepare()
    assert prepared.values("amount") == [Decimal("1.25")]
    assert prepared.reasons == [(1, "not_a_decimal", "amount")]


def test_parquet_file_that_is_cut_is_refused(company):
    _map(company, "parquet")
    company.drop("deals.parquet", _parquet(id=["1"], stage=["won"])[:-20])
    assert company.prepare().report.reason_code == "broken_file"


def test_parquet_file_without_a_mapped_column_is_refused_by_name(company):
    _map(company, "parquet")
    company.drop("deals.parquet", _parquet(id=["1"], stage=["won"]))
    report = company.prepare().report
    assert report.reason_code == "missing_columns"
    assert "'amount', 'created'" in report.detail


# -- workbooks


def _workbook(*rows: tuple, title: str = "Deals", before: int = 0) -> bytes:
    workbook = openpyxl.Workbook()
    if before:
        workbook.active.title = "Cover"
        sheet = workbook.create_sheet(title)
    else:
        sheet = workbook.active
        sheet.title = title
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


HEADER = ("id", "stage", "amount", "created")


def test_workbook_is_read_whatever_the_text_formats_of_the_mapping(company):
    _map(company, "xlsx", decimal_separator=",", timestamp_format="%d/%m/%Y", timezone="Europe/Paris")
    company.drop(
        "deals.xlsx",
        _workbook(
            HEADER,
            ("00123", "won", 1234.56, datetime(2026, 1, 2, 14, 30)),
            (42, "lost", "7,5", "03/01/2026"),
            (43, "open", 0.1 + 0.2, date(2026, 1, 4)),
            (None, None, None, None),
            (44, "NA", None, None),
        ),
    )
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["00123", "42", "43", "44"]
    assert prepared.values("amount") == [Decimal("1234.56"), Decimal("7.5"), Decimal("0.3"), None]
    assert prepared.values("created_at") == [
        datetime(2026, 1, 2, 13, 30),
        datetime(2026, 1, 2, 23),
        datetime(2026, 1, 3, 23),
        None,
    ]
    assert prepared.report.count_records == 4


def test_workbook_row_is_quarantined_with_its_row_in_the_sheet(company):
    _map(company, "xlsx")
    company.drop("deals.xlsx", _workbook((), HEADER, ("1", "won", 1, None), ("Total", None, 1, None)))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1"]
    assert prepared.reasons == [(4, "required_value_missing", "stage_name")]
    assert prepared.quarantine[0]["raw_text"] == "Total\t\t1\t"


def test_named_sheet_is_read(company):
    _map(company, "xlsx", sheet="Deals")
    company.drop("deals.xlsx", _workbook(HEADER, ("1", "won", 1, None), before=1))
    assert company.prepare().values("deal_id") == ["1"]


@pytest.mark.parametrize(
    ("content", "sheet", "code"),
    [
        (_workbook(HEADER), "Other", "missing_sheet"),
        (_workbook(), None, "empty_file"),
        (_workbook(("id", "stage", "id", "amount", "created")), None, "duplicate_columns"),
        (_workbook(("id",)), None, "missing_columns"),
    ],
)
def test_workbook_that_does_not_fit_is_refused(company, content, sheet, code):
    _map(company, "xlsx", sheet=sheet)
    company.drop("deals.xlsx", content)
    report = company.prepare().report
    assert (report.outcome, report.reason_code) == (FileOutcome.REFUSED, code)


def test_workbook_booleans_are_read(company):
    company.map("owners", {"owner_id": "id", "is_active": "a"}, pattern="*.xlsx", format="xlsx", true_values=("Oui",))
    company.drop("owners.xlsx", _workbook(("id", "a"), ("1", True), ("2", False), ("3", "Oui"), ("4", "true")))
    prepared = company.prepare()
    assert prepared.values("is_active", "owners") == [True, False, True]
    assert prepared.reasons == [(5, "not_a_boolean", "is_active")]
