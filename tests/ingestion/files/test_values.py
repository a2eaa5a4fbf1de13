"""What the values of a file become."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from ingestion.sources.files.report import FileOutcome, MappingError


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-15T10:00:00Z", datetime(2026, 1, 15, 10)),
        ("2026-01-15T10:00:00+02:00", datetime(2026, 1, 15, 8)),
        ("2026-01-15 10:00:00.123456-0530", datetime(2026, 1, 15, 15, 30, 0, 123456)),
        ("2026-01-15T10:00+02", datetime(2026, 1, 15, 8)),
        ("2026-01-15T10:00:00", datetime(2026, 1, 15, 9)),
        ("2026-07-15 10:00", datetime(2026, 7, 15, 8)),
        ("2026-07-15", datetime(2026, 7, 14, 22)),
    ],
)
def test_iso_timestamp_becomes_utc_with_the_zone_of_the_mapping_when_it_has_no_offset(
    company, deals_file, text, instant
):
    company.map_deals(timezone="Europe/Paris")
    company.limits["settle_seconds"] = 0
    company.drop("deals.csv", deals_file(f"1,won,1,{text.replace('2026-07', '2025-07')}"))
    assert company.prepare().values("created_at") == [instant.replace(year=2025) if instant.month == 7 else instant]


@pytest.mark.parametrize(
    "text",
    ["2026/01/15 10:00", "15/01/2026", "20260115", "10:00", "2026-01-15T25:00:00Z", "2026-01-15 10:00 CET", "now"],
)
def test_timestamp_is_quarantined_when_it_is_not_iso(company, deals_file, text):
    company.map_deals()
    company.drop("deals.csv", deals_file(f"1,won,1,{text}"))
    assert company.prepare().reasons == [(2, "not_a_timestamp", "created_at")]


@pytest.mark.parametrize(("timestamp_format", "separator"), [("iso", " "), ("%Y-%m-%d %H:%M:%S", " "), ("iso", "T")])
def test_hours_of_the_clock_change_are_read_the_same_way_in_every_format(
    company, deals_file, timestamp_format, separator
):
    company.map_deals(timezone="Europe/Paris", timestamp_format=timestamp_format)
    # 02:30 exists twice on the first night (taken as winter time) and never on the second (moved by the gap).
    texts = [f"2025-10-26{separator}02:30:00", f"2026-03-29{separator}02:30:00", f"2026-03-29{separator}03:30:00"]
    company.drop("deals.csv", deals_file(*[f"{n},won,1,{text}" for n, text in enumerate(texts)]))
    assert company.prepare().values("created_at") == [
        datetime(2025, 10, 26, 1, 30),
        datetime(2026, 3, 29, 1, 30),
        datetime(2026, 3, 29, 1, 30),
    ]


def test_declared_format_with_an_offset_wins_over_the_zone_of_the_mapping(company, deals_file):
    company.map_deals(timezone="Europe/Paris", timestamp_format="%d/%m/%Y %H:%M:%S %z")
    company.drop("deals.csv", deals_file("1,won,1,15/01/2026 10:00:00 -0500"))
    assert company.prepare().values("created_at") == [datetime(2026, 1, 15, 15)]


def test_column_has_its_own_format_and_its_own_missing_words(company):
    company.map(
        "deals",
        {
            "deal_id": "id",
            "stage_name": "stage",
            "created_at": {"column": "created", "format": "%d/%m/%Y %H:%M", "missing": ["", "-"]},
            "expected_close_date": {"column": "expected", "format": "%m/%d/%Y"},
        },
    )
    company.drop("deals.csv", "id,stage,created,expected\n1,won,-,2/13/2026\n2,won,01/02/2026 10:00,\n")
    prepared = company.prepare()
    assert prepared.values("created_at") == [None, datetime(2026, 2, 1, 10)]
    assert prepared.values("expected_close_date") == [date(2026, 2, 13), None]


def test_booleans_are_read_from_declared_words_only(company):
    company.map("owners", {"owner_id": "id", "is_active": "active"})
    company.drop("owners.csv", "id,active\n1,Oui\n2,no\n3,maybe\n4,\n")
    prepared = company.prepare()
    assert prepared.values("is_active", "owners") == [True, False, None]
    assert prepared.reasons == [(4, "not_a_boolean", "is_active")]


def test_value_maps_replace_whole_values_before_they_are_cast(company):
    company.map(
        "deals",
        {
            "deal_id": "id",
            "stage_name": "stage",
            "product_id": {"column": "product", "values": {"GTXPro": "GTX Pro"}},
            "is_test": {"column": "test", "values": {"x": "true", "y": "false"}},
        },
    )
    company.drop("deals.csv", "id,stage,product,test\n1,won,GTXPro,x\n2,won,GTXPro2,y\n")
    prepared = company.prepare()
    assert prepared.values("product_id") == ["GTX Pro", "GTXPro2"]
    assert prepared.values("is_test") == [True, False]


def test_constants_are_typed_like_the_file(company, deals_file):
    company.map_deals(
        columns={"deal_id": "id", "stage_name": "stage"},
        decimal_separator=",",
        constants={"amount": "12,5", "pipeline_name": "it's"},
    )
    company.drop("deals.csv", deals_file("1,won,,"))
    prepared = company.prepare()
    assert prepared.values("amount") == [Decimal("12.5")]
    assert prepared.values("pipeline_name") == ["it's"]


def test_constant_that_does_not_fit_stops_before_anything_is_read(company, deals_file):
    company.map_deals(columns={"deal_id": "id", "stage_name": "stage"}, constants={"amount": "12,5"})
    company.drop("deals.csv", deals_file("1,won,,"))
    with pytest.raises(MappingError, match=r"mapping deals: constant amount"):
        company.prepare()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "rot13"}, "encoding"),
        ({"quote": "«"}, "ASCII"),
        ({"delimiter": '"'}, "both"),
        ({"decimal_separator": ",", "thousands_separator": ","}, "both"),
    ],
)
def test_mapping_that_fits_no_file_is_refused_by_name(company, fields, message):
    company.map_deals(**fields)
    with pytest.raises(MappingError, match=f"mapping deals.*{message}"):
        company.prepare()


def test_rows_outside_where_are_counted_as_filtered(company, deals_file):
    company.map_deals(where={"stage": ("won", "lost")})
    company.drop("deals.csv", deals_file("1,won,1,", "2,open,1,", "3,lost,1,", "4,,1,"))
    report = company.prepare().report
    assert (report.count_records, report.count_loaded, report.count_filtered) == (4, 2, 2)


def test_rows_outside_where_are_not_judged(company, deals_file):
    company.map_deals(where={"stage": ("won",)})
    company.drop("deals.csv", deals_file("1,won,1,", "2,open,bad,", "3,won,bad,"))
    prepared = company.prepare()
    report = prepared.report
    assert (report.count_loaded, report.count_filtered, report.count_quarantined) == (1, 1, 1)
    assert prepared.reasons == [(4, "not_a_decimal", "amount")]


def test_source_and_references_are_on_every_row(company):
    company.map("orders", {"order_id": "id", "amount": "a", "ordered_at": "t"}, source_name="erp", references="crm")
    company.drop("orders.csv", "id,a,t\n1,1,2026-01-01\n")
    (row,) = company.prepare().rows("orders")
    assert (row["source_name"], row["references_source_name"]) == ("erp", "crm")
    assert row["source_file_modified_at"] == datetime(2026, 5, 1)


def test_identical_rows_without_an_id_are_different_events_with_the_same_keys_every_time(company):
    company.map("web_events", {"occurred_at": "t", "page_url": "u"}, source_name="web")
    rows = ["2026-01-01T10:00:00Z,/a", "2026-01-01T10:00:00Z,/a", "2026-01-01T10:00:01Z,/a"]
    company.drop("one.csv", "t,u\n" + "\n".join(rows) + "\n")
    first = company.prepare().values("event_id", "web_events")
    assert len(set(first)) == 3
    company.drop("one.csv", "t,u\n" + "\n".join(reversed(rows)) + "\nbroken\n")
    again = company.prepare()
    assert again.values("event_id", "web_events") == first
    assert again.reasons == [(5, "too_few_values", None)]


def test_identical_records_without_an_id_are_one_version(company):
    company.map("recommendations", {"occurred_at": "t", "network_name": "n"})
    company.drop("r.csv", "t,n\n2026-01-01,x\n2026-01-01,x\n2026-01-01,y\n")
    rows = company.prepare().rows("recommendations")
    assert len({row["recommendation_id"] for row in rows}) == 2
    assert all(row["recommendation_id"] == row["row_hash"] for row in rows)


def test_row_hash_tells_missing_from_empty_and_neighbours_apart(company):
    company.map("owners", {"owner_id": "id", "owner_name": "n", "team_name": "t"}, missing=["-"])
    company.drop("owners.csv", "id,n,t\n1,-,x\n1,,x\n1,x,-\n1,x,\n")
    assert len(set(company.prepare().values("row_hash", "owners"))) == 4


def test_one_file_feeds_several_mappings(company):
    company.map("deals", {"deal_id": "id", "stage_name": "stage"})
    company.map("companies", {"company_id": "company"})
    company.drop("export.csv", "id,stage,company\n1,won,Acme\n")
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1"]
    assert prepared.values("company_id", "companies") == ["Acme"]
    assert {report.unmapped_columns for report in prepared.batch.files} == {("company",), ("id", "stage")}


def test_same_content_under_two_names_is_taken_once(company, deals_file):
    company.map_deals()
    company.drop("a.csv", deals_file("1,won,1,"))
    company.drop("b.csv", deals_file("1,won,1,"))
    prepared = company.prepare()
    assert len(prepared.rows()) == 1
    (known,) = prepared.batch.with_outcome(FileOutcome.KNOWN)
    assert known.detail == "b.csv: same content as a.csv"
