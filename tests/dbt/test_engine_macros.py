"""The engine macros mean the same on DuckDB and on Spark: literal inputs, expected values, both engines."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dbt.support import PROJECT, dbt


@dataclass(frozen=True, slots=True)
class Case:
    """An expression of macros and the text that it must give; None is NULL."""

    name: str
    sql: str
    expected: str | None


def _ts(text: str) -> str:
    return f"\"timestamp '{text}'\""


def _d(text: str) -> str:
    return f"\"date '{text}'\""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _url(address: str, part: str) -> str:
    return f"{{{{ url_part(\"'{address}'\", '{part}') }}}}"


def _business_date(text: str) -> str:
    return f"{{{{ business_date({_ts(text)}) }}}}"


CASES = (
    Case("winter_evening_is_the_same_day", _business_date("2026-01-15 22:59:59"), "2026-01-15"),
    Case("winter_midnight_is_the_next_day", _business_date("2026-01-15 23:00:00"), "2026-01-16"),
    Case("summer_midnight_is_an_hour_earlier", _business_date("2026-07-15 22:00:00"), "2026-07-16"),
    Case("night_before_summer_time", _business_date("2026-03-28 22:59:59.999999"), "2026-03-28"),
    Case("day_that_summer_time_begins", _business_date("2026-03-28 23:00:00"), "2026-03-29"),
    Case("day_after_summer_time_began", _business_date("2026-03-29 22:00:00"), "2026-03-30"),
    Case("last_hour_of_the_short_day", _business_date("2026-03-29 21:59:59"), "2026-03-29"),
    Case("last_hour_of_the_long_day", _business_date("2026-10-25 22:59:59"), "2026-10-25"),
    Case("day_after_summer_time_ended", _business_date("2026-10-25 23:00:00"), "2026-10-26"),
    Case("first_of_two_equal_hours", _business_date("2026-10-25 00:30:00"), "2026-10-25"),
    Case("business_date_of_null", '{{ business_date("cast(null as timestamp)") }}', None),
    Case(
        "seconds_are_whole_and_cut",
        f"{{{{ seconds_between({_ts('2026-01-01 00:00:00.9')}, {_ts('2026-01-01 00:00:02.8')}) }}}}",
        "1",
    ),
    Case(
        "seconds_backwards_are_negative",
        f"{{{{ seconds_between({_ts('2026-01-01 00:00:02.8')}, {_ts('2026-01-01 00:00:00.9')}) }}}}",
        "-1",
    ),
    Case(
        "seconds_over_a_dst_night_are_elapsed",
        f"{{{{ seconds_between({_ts('2026-03-28 23:00:00')}, {_ts('2026-03-29 22:00:00')}) }}}}",
        "82800",
    ),
    Case(
        "elapsed_days_have_fractions",
        "cast(round(1000000 * "
        f"{{{{ days_elapsed({_ts('2026-03-28 23:00:00')}, {_ts('2026-03-29 22:00:00.5')}) }}}}) as bigint)",
        "958339",
    ),
    Case("days_between_dates", f"{{{{ days_between({_d('2026-03-28')}, {_d('2026-04-02')}) }}}}", "5"),
    Case("days_between_backwards", f"{{{{ days_between({_d('2026-04-02')}, {_d('2026-03-28')}) }}}}", "-5"),
    Case("days_are_added_over_february", f"{{{{ add_days({_d('2024-02-27')}, 3) }}}}", "2024-03-01"),
    Case("days_are_taken_away", f"{{{{ add_days({_d('2026-03-01')}, -1) }}}}", "2026-02-28"),
    Case("days_are_added_from_a_bigint", f"{{{{ add_days({_d('2026-03-01')}, 'cast(2 as bigint)') }}}}", "2026-03-03"),
    Case("months_are_cut_to_their_length", f"{{{{ add_months({_d('2026-01-31')}, 1) }}}}", "2026-02-28"),
    Case("months_do_not_stretch", f"{{{{ add_months({_d('2026-02-28')}, 1) }}}}", "2026-03-28"),
    Case("months_are_taken_away", f"{{{{ add_months({_d('2024-03-31')}, -1) }}}}", "2024-02-29"),
    Case(
        "seconds_are_added_over_a_dst_night",
        f"{{{{ add_seconds({_ts('2026-03-29 00:59:59.5')}, 1) }}}}",
        "2026-03-29 01:00:00.5",
    ),
    Case(
        "seconds_are_added_from_a_bigint",
        f"{{{{ add_seconds({_ts('2026-03-29 01:00:00')}, 'cast(-15552000 as bigint)') }}}}",
        "2025-09-30 01:00:00",
    ),
    Case("monday_is_one", f"{{{{ iso_weekday({_d('2026-01-05')}) }}}}", "1"),
    Case("sunday_is_seven", f"{{{{ iso_weekday({_d('2026-01-04')}) }}}}", "7"),
    Case("period_day", f"{{{{ period_start('day', {_d('2026-01-04')}) }}}}", "2026-01-04"),
    Case("iso_week_over_new_year", f"{{{{ period_start('week', {_d('2027-01-03')}) }}}}", "2026-12-28"),
    Case("period_month", f"{{{{ period_start('month', {_d('2026-02-28')}) }}}}", "2026-02-01"),
    Case("period_quarter", f"{{{{ period_start('quarter', {_d('2026-06-30')}) }}}}", "2026-04-01"),
    Case("fiscal_year_before_its_month", f"{{{{ period_start('fiscal_year', {_d('2026-03-31')}) }}}}", "2025-04-01"),
    Case("fiscal_year_from_its_month", f"{{{{ period_start('fiscal_year', {_d('2026-04-01')}) }}}}", "2026-04-01"),
    Case("short_day_starts_in_winter_time", f"{{{{ start_of_day({_d('2026-03-29')}) }}}}", "2026-03-28 23:00:00"),
    Case("day_after_starts_in_summer_time", f"{{{{ start_of_day({_d('2026-03-30')}) }}}}", "2026-03-29 22:00:00"),
    Case("long_day_starts_in_summer_time", f"{{{{ start_of_day({_d('2026-10-25')}) }}}}", "2026-10-24 22:00:00"),
    Case("local_time_in_winter", f"{{{{ local_to_utc({_ts('2026-01-15 09:00:00')}) }}}}", "2026-01-15 08:00:00"),
    Case("local_time_in_summer", f"{{{{ local_to_utc({_ts('2026-07-15 09:00:00')}) }}}}", "2026-07-15 07:00:00"),
    Case("host_has_no_www_and_no_port", _url("https://me@WWW.Acme.fr:8443/a", "host"), "acme.fr"),
    Case("host_of_a_relative_address", _url("/a?b=https://other.fr", "host"), None),
    Case("path_has_no_parameters", _url("https://acme.fr/a/é?b=c#d", "path"), "/a/é"),
    Case("path_of_a_relative_address", _url("/a?b", "path"), "/a"),
    Case("path_of_a_bare_host", _url("https://acme.fr?b", "path"), None),
    Case("pattern_is_searched", "{{ matches(\"'mozilla Bot/2'\", \"'[Bb]ot/[0-9]'\") }}", "true"),
    Case("pattern_from_a_column", "{{ matches('words.word', 'words.pattern') }}", "true"),
    Case("pattern_that_is_not_there", "{{ matches(\"'mozilla'\", \"'^bot'\") }}", "false"),
    Case("pattern_on_null", '{{ matches("cast(null as string)", "\'bot\'") }}', None),
    Case(
        "median_lies_between",
        "(select {{ percentile('amount', 0.5) }} from (values (1), (2), (4), (10)) as amounts (amount))",
        "3.0",
    ),
    Case(
        "quartile_is_interpolated_and_ignores_null",
        "(select {{ percentile('amount', 0.25) }}"
        " from (values (cast(1 as decimal(18, 4))), (null), (2), (3)) as amounts (amount))",
        "1.5",
    ),
    Case(
        "joined_texts_are_in_order_and_leave_out_null",
        "(select {{ joined_texts('name') }} from (values ('b'), (null), ('a'), ('é'), ('B')) as names (name))",
        "B, a, b, é",
    ),
    Case(
        "joined_texts_of_nothing_but_null_are_none",
        "(select nullif({{ joined_texts('name') }}, '') from (values (cast(null as string))) as names (name))",
        None,
    ),
    Case(
        "joined_texts_by_a_number_stand_in_its_order",
        "(select {{ joined_texts_by('name', 'place') }}"
        " from (values ('b', 10), ('a', 2), (null, 3), ('é', 1)) as names (name, place))",
        "é, a, b",
    ),
    Case(
        "square_of_the_largest_amount",
        '{{ squared("cast(99999999999999.9999 as decimal(18, 4))") }}',
        "9999999999999999980000000000.00000001",
    ),
    Case(
        "key_separates_its_parts",
        """{{ surrogate_key(["'a'", "'bc'"]) }} = {{ surrogate_key(["'ab'", "'c'"]) }}""",
        "false",
    ),
    Case(
        "key_tells_null_from_empty",
        """{{ surrogate_key(["cast(null as string)"]) }} = {{ surrogate_key(["''"]) }}""",
        "false",
    ),
    Case(
        "key_of_text_with_accents",
        """{{ surrogate_key(["'Société 🎪'", "cast(null as string)"]) }}""",
        _md5("9:Société 🎪-"),
    ),
    Case(
        "key_of_other_types",
        """{{ surrogate_key(["date '2026-01-02'", "timestamp '2026-01-02 03:04:05.06'", "cast(7 as bigint)",
            "cast(1.5 as decimal(18, 4))", "true"]) }}""",
        _md5("10:2026-01-0222:2026-01-02 03:04:05.061:76:1.50004:true"),
    ),
    Case(
        "spine_has_both_ends",
        f"(select min(date_day) from ({{{{ date_spine_rows({_d('2026-03-28')}, {_d('2026-03-30')}) }}}}) as days)",
        "2026-03-28",
    ),
    Case(
        "spine_has_each_day_once",
        "(select count(distinct date_day) + count(*) from ("
        f"{{{{ date_spine_rows({_d('2024-02-28')}, {_d('2024-03-01')}) }}}}) as days)",
        "6",
    ),
    Case(
        "spine_of_nothing",
        f"(select count(*) from ({{{{ date_spine_rows({_d('2026-03-30')}, {_d('2026-03-28')}) }}}}) as days)",
        "0",
    ),
    Case("as_of_is_the_day", "{{ as_of() }}", "2026-03-28"),
    Case("end_of_as_of_before_summer_time", "{{ end_of_as_of() }}", "2026-03-28 23:00:00"),
    Case("text_list_quotes", """case when 'l''été' in {{ text_list(["l'été"]) }} then 1 else 0 end""", "1"),
    Case("empty_text_list_holds_nothing", "coalesce('a' in {{ text_list([]) }}, false)", "false"),
)
VARIABLES = {"as_of": "2026-03-28", "fiscal_year_start_month": 4, "timezone": "Europe/Paris"}


@pytest.fixture(scope="module")
def macro_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with our macros and nothing else, so that both engines need no table."""
    project = tmp_path_factory.mktemp("macro_project")
    shutil.copy(PROJECT / "dbt_project.yml", project)
    shutil.copytree(PROJECT / "macros", project / "macros")
    return project


def _evaluate(project: Path, target: str, directory: Path) -> dict[str, str | None]:
    columns = ",\n".join(f"cast({case.sql} as string) as {case.name}" for case in CASES)
    query = f"select\n{columns}\nfrom (select 'a.b' as word, '^a[.]b$' as pattern) as words"
    result = dbt(
        "show",
        "--quiet",
        "--output",
        "json",
        "--inline",
        query,
        "--target",
        target,
        warehouse=directory / "warehouse.duckdb",
        variables=VARIABLES,
        environment={"PILOTAGE_SPARK_WAREHOUSE": str(directory / "spark")},
        project=project,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    [row] = json.loads(result.stdout[result.stdout.index("{") :])["show"]
    return dict(row)


@pytest.fixture(scope="module", params=["duckdb", "spark"])
def values(
    request: pytest.FixtureRequest, macro_project: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str | None]:
    """Value of every case on one engine."""
    return _evaluate(macro_project, request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_macro_gives_the_expected_value(case: Case, values: dict[str, str | None]) -> None:
    assert values[case.name] == case.expected


@pytest.mark.parametrize(
    ("zone", "as_of", "expected"),
    [
        pytest.param("Europe/Paris", "2026-10-25", "2026-10-25 23:00:00", id="after the long day"),
        pytest.param("America/Los_Angeles", "2026-01-01", "2026-01-02 08:00:00", id="west of Greenwich"),
        pytest.param("Asia/Beirut", "2026-03-28", "2026-03-28 22:00:00", id="midnight is skipped"),
        pytest.param("America/Havana", "2026-10-31", "2026-11-01 04:00:00", id="midnight comes twice"),
    ],
)
def test_end_of_as_of_is_the_first_instant_of_the_next_day(
    zone: str, as_of: str, expected: str, macro_project: Path, tmp_path: Path
) -> None:
    result = dbt(
        "compile",
        "--quiet",
        "--output",
        "json",
        "--inline",
        "{{ end_of_as_of() }}",
        warehouse=tmp_path / "warehouse.duckdb",
        variables={"as_of": as_of, "timezone": zone},
        project=macro_project,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"timestamp '{expected}'" in result.stdout
