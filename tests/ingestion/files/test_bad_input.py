"""What a file can have wrong: each gives a clear error or a quarantined row, and nothing is lost."""

from __future__ import annotations

import gzip
import io
import os
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.sources.files.report import FileOutcome

GOOD = "1,won,10.50,2026-01-02T10:00:00Z"


def test_day_first_dates_are_read_as_declared_when_they_could_be_read_otherwise(company, deals_file):
    company.map_deals(timestamp_format="%d-%m-%y")
    company.drop("deals.csv", deals_file("1,won,1,03-04-26", "2,won,1,20-10-16"))
    assert company.prepare().values("created_at") == [datetime(2026, 4, 3), datetime(2016, 10, 20)]


def test_dates_in_the_wrong_order_are_quarantined_when_they_cannot_be_that_day(company, deals_file):
    company.map_deals(timestamp_format="%d/%m/%Y")
    company.drop("deals.csv", deals_file("1,won,1,01/31/2026", "2,won,1,31/01/2026"))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["2"]
    assert prepared.reasons == [(2, "not_a_timestamp", "created_at")]
    assert prepared.quarantine[0]["raw_text"] == "1,won,1,01/31/2026"
    assert "%d/%m/%Y" in prepared.quarantine[0]["reason"]


def test_decimal_comma_is_quarantined_when_the_mapping_says_point(company, deals_file):
    company.map_deals(delimiter=";", thousands_separator=",")
    company.drop("deals.csv", deals_file("1;won;10,5;", "2;won;1,234.5;", header="id;stage;amount;created"))
    prepared = company.prepare()
    assert prepared.values("amount") == [Decimal("1234.5000")]
    assert prepared.reasons == [(2, "not_a_decimal", "amount")]


def test_decimal_comma_is_read_when_the_mapping_declares_it(company, deals_file):
    company.map_deals(delimiter=";", decimal_separator=",", thousands_separator=" ")
    rows = ["1;won;1 234,50;", "2;won;1\u00a0234\u202f567,5;", "3;won;-0,0100;", "4;won;1234;"]
    company.drop("deals.csv", deals_file(*rows, header="id;stage;amount;created"))
    assert company.prepare().values("amount") == [
        Decimal("1234.5"),
        Decimal("1234567.5"),
        Decimal("-0.01"),
        Decimal(1234),
    ]


def test_leading_zeros_survive_in_ids_and_postal_codes(company):
    company.map("companies", {"company_id": "id", "postal_code": "zip"})
    company.drop("companies.csv", "id,zip\n00123,01000\n123,75001\n")
    prepared = company.prepare()
    assert prepared.values("company_id", "companies") == ["00123", "123"]
    assert prepared.values("postal_code", "companies") == ["01000", "75001"]


def test_words_for_missing_survive_when_the_mapping_does_not_declare_them(company):
    company.map(
        "persons",
        {"person_id": "id", "last_name": "name", "job_title": {"column": "job", "missing": ["", "Select"]}},
        constants={"created_at": "2026-01-01"},
    )
    company.drop("persons.csv", "id,name,job\n1,NA,Select\n2,Null,None\n3,nan,\n4,,x\n")
    prepared = company.prepare()
    assert prepared.values("last_name", "persons") == ["NA", "Null", "nan", None]
    assert prepared.values("job_title", "persons") == [None, "None", None, "x"]


def test_spaces_around_ids_are_kept_so_that_different_ids_stay_different(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("42,won,1,", " 42,won,1,"))
    assert sorted(company.prepare().values("deal_id")) == [" 42", "42"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "latin-1", "utf-16-le"])
def test_declared_encodings_are_read_with_their_accents_and_marks(company, encoding):
    company.map("owners", {"owner_id": "id", "owner_name": "Prénom"}, encoding=encoding)
    company.drop("owners.csv", "id,Prénom\n1,Zoë Müller-Éa\n2,Çelik\n".encode(encoding))
    assert company.prepare().values("owner_name", "owners") == ["Zoë Müller-Éa", "Çelik"]


def test_byte_order_mark_is_dropped_when_the_mapping_says_plain_utf8(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file(GOOD).encode("utf-8-sig"))
    assert company.prepare().values("deal_id") == ["1"]


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("id,stage,amount,created\n1,gagné,1,\n".encode("cp1252"), "byte 30 is not utf-8"),
        ("id,stage,amount,created\n1,won,1,\n".encode("utf-16"), "encoding: utf-16"),
        (gzip.compress(b"id,stage\n1,won\n", mtime=0), "gzip archive"),
    ],
)
def test_file_is_refused_with_the_byte_when_it_is_not_in_its_encoding(company, content, hint):
    company.map_deals()
    company.drop("deals.csv", content)
    prepared = company.prepare()
    assert prepared.report.outcome is FileOutcome.REFUSED
    assert prepared.report.detail.startswith("deals.csv: ")
    assert hint in prepared.report.detail
    assert prepared.reasons == [(0, "undecodable", None)]
    assert prepared.rows() == []


def test_cut_multibyte_character_is_found_at_the_end_of_the_file(company):
    company.map_deals()
    company.drop("deals.csv", b"id,stage,amount,created\n1,gagn" + "é".encode()[:1])
    assert "byte 30" in company.prepare().report.detail


def test_row_with_nul_is_quarantined_and_the_others_load(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file("1,wo\0n,1,", "2,won,1,"))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["2"]
    assert prepared.reasons == [(2, "nul_byte", None)]
    assert prepared.quarantine[0]["raw_text"] == "1,wo\u2400n,1,"


def test_ragged_rows_are_quarantined_with_line_and_text(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file(GOOD, "2,won", "3,won,1,,surplus", "4,won,2,"))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1", "4"]
    assert prepared.reasons == [(3, "too_few_values", None), (4, "too_many_values", None)]
    assert [row["raw_text"] for row in prepared.quarantine] == ["2,won", "3,won,1,,surplus"]


def test_cut_last_row_is_quarantined_when_the_transfer_broke(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file(GOOD)[:-1] + "\n2,won,1")
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1"]
    assert prepared.reasons == [(3, "too_few_values", None)]


def test_unclosed_quote_costs_its_own_line_only(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file('1,"won,1,', '2,"won",2,', "3,won,3,"))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["2", "3"]
    assert prepared.reasons == [(2, "broken_quote", None)]


def test_two_stray_quotes_do_not_swallow_the_lines_between_them(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file('1,"won,1,', "2,won,2,", "3,won,3,", '4,"won,4,', "5,won,5,"))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["2", "3", "5"]
    assert prepared.reasons == [(2, "broken_quote", None), (5, "broken_quote", None)]


def test_inch_sign_inside_a_value_is_a_character(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file('1,5" pipe,1,', "2,won,bad,", '3,7" pipe,1,'))
    prepared = company.prepare()
    assert prepared.values("stage_name") == ['5" pipe', '7" pipe']
    assert prepared.reasons == [(3, "not_a_decimal", "amount")]


def test_line_breaks_inside_quotes_survive_and_lines_are_counted_through_them(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file('1,"a\nb\r\nc",1,', "2,won,oops,", '3,"say ""hi""",1,'))
    prepared = company.prepare()
    assert prepared.values("stage_name") == ["a\nb\r\nc", 'say "hi"']
    assert prepared.reasons == [(5, "not_a_decimal", "amount")]


def test_quarantined_record_keeps_its_line_breaks(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file('1,"a\nb",oops,'))
    assert company.prepare().quarantine[0]["raw_text"] == '1,"a\nb",oops,'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_are_no_records(company, end):
    company.map_deals()
    lines = ["id,stage,amount,created", "", "1,won,1,", "", ",,,", "2,won,1,", "", ""]
    company.drop("deals.csv", end.join(lines))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1", "2"]
    assert prepared.report.count_records == 2


def test_mixed_line_ends_are_read(company):
    company.map_deals()
    company.drop("deals.csv", "id,stage,amount,created\r\n1,won,1,\n2,won,1,\r\n")
    assert company.prepare().values("deal_id") == ["1", "2"]


def test_old_mac_line_ends_are_refused_with_the_remedy(company):
    company.map_deals()
    company.drop("deals.csv", "id,stage,amount,created\r1,won,1,\r")
    assert "CR alone" in company.prepare().report.detail


@pytest.mark.parametrize(
    ("header", "code", "named"),
    [
        ("id,id,stage,amount,created", "duplicate_columns", "'id'"),
        ("id,stage,amount,created,Stage", "colliding_columns", "'stage' and 'Stage'"),
        ("id,stage,amount,cr\u00e9\u00e9,created,Cr\u00e9ated", "colliding_columns", "'created' and 'Cr\u00e9ated'"),
        ("id,stage,created", "missing_columns", "'amount'"),
        ("id;stage;amount;created", "missing_columns", "delimiter"),
    ],
)
def test_header_that_is_not_certain_is_refused_by_name(company, header, code, named):
    company.map_deals()
    company.drop("deals.csv", header + "\n1,won,1,,,\n")
    prepared = company.prepare()
    assert prepared.report.outcome is FileOutcome.REFUSED
    assert prepared.report.reason_code == code
    assert named in prepared.report.detail
    assert prepared.rows() == []


def test_columns_no_mapping_uses_may_repeat_or_lack_a_name(company):
    company.map_deals(ignored_columns=["note"])
    company.drop("deals.csv", "id,stage,amount,created,note,x,x,\n1,won,1,,a,b,c,\n")
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1"]
    assert prepared.report.unmapped_columns == ("x", "(unnamed)")


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_empty_file_is_refused(company, content):
    company.map_deals()
    company.drop("deals.csv", content)
    assert company.prepare().report.reason_code == "empty_file"


def test_file_with_only_a_header_is_loaded_without_rows(company):
    company.map_deals()
    company.drop("deals.csv", "id,stage,amount,created\n")
    report = company.prepare().report
    assert (report.outcome, report.count_records) == (FileOutcome.PREPARED, 0)


def test_total_line_ends_in_quarantine(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file(GOOD, "2,lost,20,", "Total,,30.50,"))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1", "2"]
    assert prepared.reasons == [(4, "required_value_missing", "stage_name")]


@pytest.mark.parametrize(
    "amount", ["NaN", "inf", "1e5", "10.12345", "123456789012345.00", "0x1F", "1_000", "10 EUR", "--5", "."]
)
def test_amount_is_quarantined_when_it_cannot_be_kept_exactly(company, deals_file, amount):
    company.map_deals()
    company.drop("deals.csv", deals_file(f"1,won,{amount},", GOOD.replace("1,", "2,", 1)))
    prepared = company.prepare()
    assert prepared.reasons == [(2, "not_a_decimal", "amount")]
    assert prepared.values("deal_id") == ["2"]


@pytest.mark.parametrize("count", ["9223372036854775808", "99999999999999999999999", "1.5", "NaN", "1e3"])
def test_whole_number_is_quarantined_when_it_has_no_64_bits(company, count):
    company.map("companies", {"company_id": "id", "count_employees": "n"})
    company.drop("companies.csv", f"id,n\n1,{count}\n2,9223372036854775807\n3,12.0\n")
    prepared = company.prepare()
    assert prepared.values("count_employees", "companies") == [9223372036854775807, 12]
    assert prepared.reasons == [(2, "not_a_integer", "count_employees")]


@pytest.mark.parametrize("rate", ["NaN", "inf", "-infinity", "1e400", "abc"])
def test_rate_is_quarantined_when_it_is_not_finite(company, rate):
    company.map("exchange_rates", {"currency_code": "c", "rate_date": "d", "rate_to_base": "r"})
    company.drop("rates.csv", f"c,d,r\nUSD,2026-01-01,{rate}\nGBP,2026-01-01,1.15e0\n")
    prepared = company.prepare()
    assert prepared.values("rate_to_base", "exchange_rates") == [1.15]
    assert prepared.reasons == [(2, "not_a_float", "rate_to_base")]


@pytest.mark.parametrize(
    "day", ["0000-00-00", "1899-12-31", "2099-01-01", "2026-02-29", "2026-13-01", "epoch", "infinity", "today"]
)
def test_day_is_quarantined_when_it_cannot_be_meant(company, day):
    company.map("exchange_rates", {"currency_code": "c", "rate_date": "d"}, constants={"rate_to_base": "1"})
    company.drop("rates.csv", f"c,d\nUSD,{day}\nGBP,2024-02-29\n")
    prepared = company.prepare()
    assert prepared.values("rate_date", "exchange_rates") == [date(2024, 2, 29)]
    assert prepared.reasons == [(2, "not_a_date", "rate_date")]


def test_required_value_is_quarantined_when_missing(company, deals_file):
    company.map_deals()
    company.drop("deals.csv", deals_file(",won,1,", GOOD))
    assert company.prepare().reasons == [(2, "required_value_missing", "deal_id")]


def test_values_of_another_record_never_follow_a_refused_one(company, deals_file):
    company.map_deals()
    rows = [f"{n},won,{'bad' if n % 7 == 0 else n},2026-01-01" for n in range(1, 200)]
    company.drop("deals.csv", deals_file(*rows))
    prepared = company.prepare()
    assert {row["deal_id"]: row["amount"] for row in prepared.rows()} == {
        str(n): Decimal(n) for n in range(1, 200) if n % 7
    }
    assert [line for line, _, _ in prepared.reasons] == [n + 1 for n in range(7, 200, 7)]


# -- archives


def test_gzip_is_read(company, deals_file):
    company.map_deals(pattern="*.csv.gz")
    company.drop("deals.csv.gz", gzip.compress(deals_file(GOOD).encode()))
    assert company.prepare().values("deal_id") == ["1"]


def test_gzip_of_several_members_is_read_whole(company, deals_file):
    company.map_deals(pattern="*.csv.gz")
    company.drop("deals.csv.gz", gzip.compress(deals_file(GOOD).encode()) + gzip.compress(b"2,won,1,\n"))
    assert company.prepare().values("deal_id") == ["1", "2"]


def test_truncated_gzip_is_refused_and_none_of_its_rows_load(company, deals_file):
    company.map_deals(pattern="*.csv.gz")
    rows = [f"{n},won,{n * 37 % 101},2026-01-01" for n in range(5000)]
    company.drop("deals.csv.gz", gzip.compress(deals_file(*rows).encode())[:-100])
    prepared = company.prepare()
    assert prepared.report.reason_code == "archive_cut"
    assert prepared.rows() == []


def test_corrupt_gzip_is_refused(company, deals_file):
    company.map_deals(pattern="*.csv.gz")
    packed = bytearray(gzip.compress(deals_file(GOOD).encode()))
    packed[-6] ^= 0xFF
    company.drop("deals.csv.gz", bytes(packed))
    assert company.prepare().report.reason_code == "archive_broken"


def test_text_called_gzip_is_refused(company, deals_file):
    company.map_deals(pattern="*.csv.gz")
    company.drop("deals.csv.gz", deals_file(GOOD))
    assert company.prepare().report.reason_code == "archive_broken"


def test_gzip_bomb_is_refused_before_it_fills_the_disk(company):
    company.map_deals(pattern="*.csv.gz")
    company.drop("deals.csv.gz", gzip.compress(b"0" * 50_000_000))
    prepared = company.prepare()
    assert prepared.report.reason_code == "archive_bomb"
    assert "max_compression_ratio" in prepared.report.detail


def test_archive_in_an_archive_is_refused(company, deals_file):
    company.map_deals(pattern="*.csv.gz")
    company.drop("deals.csv.gz", gzip.compress(gzip.compress(deals_file(GOOD).encode())))
    assert company.prepare().report.reason_code == "nested_archive"


def test_file_larger_than_the_limit_is_refused(company, deals_file):
    company.map_deals()
    company.limits["max_file_bytes"] = 100
    company.drop("deals.csv", deals_file(*[GOOD] * 10))
    assert company.prepare().report.reason_code == "too_large"


def test_file_that_unpacks_beyond_the_limit_is_refused(company, deals_file):
    company.map_deals(pattern="*.csv.gz")
    company.limits["max_file_bytes"] = 200
    company.drop("deals.csv.gz", gzip.compress(deals_file(*[GOOD] * 50).encode()))
    assert company.prepare().report.reason_code == "too_large"


def _zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_zip(sheet__xml=b"0" * 300_000_000), "archive_bomb"),
        (_zip(inner__zip=b"PK"), "nested_archive"),
        (_zip(sheet__xml=b"<x/>")[:-30], "archive_broken"),
        (_zip(sheet__xml=b"<x/>"), "broken_file"),
        (b"id,stage\n", "archive_broken"),
    ],
    # An archive holds the time of its making, which no name of a test may.
    ids=["bomb", "nested", "cut", "no_workbook", "text"],
)
def test_workbook_that_is_none_is_refused(company, content, code):
    company.map_deals(pattern="*.xlsx", format="xlsx")
    company.drop("deals.xlsx", content)
    assert company.prepare().report.reason_code == code


# -- names and paths


@pytest.mark.parametrize(
    "name", ["x[1].csv", "a'b.csv", 'a"b.csv', "a;b.csv", "a*b?.csv", "$(x) `y`.csv", "-rf.csv", "é ü.csv", "a\\b.csv"]
)
def test_odd_names_are_harmless(company, deals_file, name):
    company.map_deals(source_name="odd")
    company.drop("x1.csv", deals_file("decoy,won,1,"))
    company.drop(name, deals_file(GOOD))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1", "decoy"]
    assert {row["deal_id"]: row["source_file_name"] for row in prepared.rows()} == {"1": name, "decoy": "x1.csv"}


@pytest.mark.parametrize("name", ["a\nb.csv", "a\x1b[31m.csv", "a\x7f.csv"])
def test_control_characters_in_a_name_are_refused(company, deals_file, name):
    company.map_deals()
    company.drop(name, deals_file(GOOD))
    report = company.prepare().report
    assert report.reason_code == "unsafe_name"
    assert name not in report.detail


def test_name_that_is_no_text_is_refused(company, deals_file):
    company.map_deals()
    (company.workspace.inbox / os.fsdecode(b"a\xff.csv")).write_text(deals_file(GOOD))
    report = company.prepare().report
    assert report.reason_code == "unsafe_name"
    report.detail.encode()


def test_symbolic_links_are_refused(company, deals_file, tmp_path):
    company.map_deals(pattern="**/*.csv")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(deals_file(GOOD))
    (company.workspace.inbox / "file.csv").symlink_to(outside / "secret.csv")
    (company.workspace.inbox / "folder").symlink_to(outside)
    prepared = company.prepare()
    assert [report.reason_code for report in prepared.batch.files] == ["unsafe_name"] * 2
    assert prepared.rows() == []


def test_pipe_in_the_inbox_does_not_stop_the_run(company, deals_file):
    company.map_deals()
    os.mkfifo(company.workspace.inbox / "pipe.csv")
    company.drop("deals.csv", deals_file(GOOD))
    prepared = company.prepare()
    assert prepared.values("deal_id") == ["1"]
    assert {report.reason_code for report in prepared.batch.files} == {"", "unsafe_name"}


@pytest.mark.parametrize("pattern", ["../evil.csv", "/etc/passwd", "a/../../b.csv", "~/x.csv"])
def test_pattern_that_leaves_the_inbox_is_refused_in_the_settings(company, pattern):
    company.map_deals(pattern=pattern)
    with pytest.raises(ValueError, match="stay below inbox"):
        company.source  # noqa: B018


def test_file_without_a_mapping_is_reported_by_name(company):
    company.map_deals(pattern="crm/*.csv")
    company.drop("elsewhere/deals.csv", "x")
    report = company.prepare().report
    assert report.outcome is FileOutcome.UNMATCHED
    assert "elsewhere/deals.csv" in report.detail


# -- files that are still being written


def test_fresh_file_is_left_for_the_next_run(company, deals_file):
    company.map_deals()
    company.limits["settle_seconds"] = 5
    path = company.drop("deals.csv", deals_file(GOOD), modified_at=time.time())
    moment = datetime.utcfromtimestamp(path.stat().st_mtime + 1)  # noqa: DTZ004
    assert company.prepare(now=moment).report.outcome is FileOutcome.UNSETTLED
    later = datetime.utcfromtimestamp(path.stat().st_mtime + 6)  # noqa: DTZ004
    assert company.prepare(now=later).values("deal_id") == ["1"]


@pytest.mark.parametrize("suffix", [".part", ".tmp", ".crdownload", ".filepart"])
def test_file_named_as_unfinished_is_left_for_the_next_run(company, deals_file, suffix):
    company.map_deals(pattern="*")
    company.drop("deals.csv" + suffix, deals_file(GOOD))
    assert company.prepare().report.outcome is FileOutcome.UNSETTLED


def test_file_that_grows_while_it_is_read_is_left_for_the_next_run(company, deals_file, monkeypatch):
    company.map_deals()
    path = company.drop("deals.csv", deals_file(GOOD))
    import ingestion.sources.files.prepare as module

    original = module.FileParser.parse

    def parse_while_someone_writes(parser):
        parsed = original(parser)
        with path.open("a") as stream:
            stream.write("2,won,1,\n")
        return parsed

    monkeypatch.setattr(module.FileParser, "parse", parse_while_someone_writes)
    prepared = company.prepare()
    assert prepared.report.outcome is FileOutcome.UNSETTLED
    assert prepared.rows() == []
    assert prepared.batch.ledger.num_rows == 0
    monkeypatch.undo()
    os.utime(path, (1, 1))
    assert company.prepare().values("deal_id") == ["1", "2"]


def test_parquet_with_damaged_pages_is_refused_by_name_and_the_other_files_load(company, deals_file):
    company.map_deals()
    company.map_deals(name="parquet", pattern="*.parquet", format="parquet")
    rows = 5000
    table = pa.table(
        {
            "id": [str(number) for number in range(rows)],
            "stage": ["won"] * rows,
            "amount": [str(number) for number in range(rows)],
            "created": ["2026-01-01"] * rows,
        }
    )
    path = company.workspace.inbox / "bad.parquet"
    pq.write_table(table, path)
    content = bytearray(path.read_bytes())
    content[2000:2400] = bytes(byte ^ 0xFF for byte in content[2000:2400])
    company.drop("bad.parquet", bytes(content))
    company.drop("deals.csv", deals_file("1,won,1,"))
    batch = company.load().batch
    (refused,) = batch.with_outcome(FileOutcome.REFUSED)
    assert (refused.file_name, refused.reason_code) == ("bad.parquet", "broken_file")
    assert company.query("select deal_id from raw_files.deals") == [("1",)]


def test_first_row_of_a_file_without_header_goes_to_quarantine_and_not_into_messages(company):
    company.map_deals()
    company.drop("deals.csv", "1,won,canary@example.com,2026-01-01\n2,won,1,2026-01-01\n")
    (refused,) = company.load().batch.with_outcome(FileOutcome.REFUSED)
    assert "canary" not in refused.detail
    assert "header of 4 columns" in refused.detail
    ((reason,),) = company.query("select reason from raw_files.quarantined_rows")
    assert "canary@example.com" in reason
