"""Run a suite on the rows of some loads, batch by batch.

Every row of the loads is checked. DuckDB hands over Arrow batches of a bounded number of rows with only the
columns that the suite names; each becomes a pandas frame that Great Expectations validates; the counts are
added up and judged once, so that a share is a share of the load and not of a batch. Values never leave a
batch: results are counts.

What Great Expectations calls a success although nothing was looked at (no row, no value, no rule) is none
here.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

import duckdb

from orchestration.quality.suites import SHAPE_EXPECTATION, Argument, Check, Suite, load_suite

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "raw_files"
_RESULT_FORMAT: Final = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
"""Counts without a single value."""


class Outcome(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    """The check itself raised: nothing is known about the data."""
    NOT_EVALUATED = "not_evaluated"
    """There was nothing to look at, legitimately. Never counted as a success."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of one expectation. Holds counts and words of the suite, never a value of the data."""

    check_id: str
    table_name: str
    column_name: str | None
    expectation_type: str
    outcome: Outcome
    is_blocking: bool
    count_evaluated: int
    count_unexpected: int
    description: str
    threshold_reason: str
    detail: str = ""

    @property
    def share_unexpected(self) -> float | None:
        """Unexpected rows in evaluated rows, 0 to 1; None when none was evaluated."""
        return self.count_unexpected / self.count_evaluated if self.count_evaluated else None


@dataclass(frozen=True, slots=True)
class TableCheckResult:
    """Results of the suite of one table."""

    table_name: str
    count_rows: int
    results: tuple[CheckResult, ...]
    reason: str = ""
    """Why the table was not evaluated."""

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of a blocking check; passed only when at least one check passed."""
        blocking = {result.outcome for result in self.results if result.is_blocking}
        for outcome in (Outcome.BROKEN, Outcome.FAILED, Outcome.PASSED):
            if outcome in blocking:
                return outcome
        return Outcome.NOT_EVALUATED

    @property
    def blocks(self) -> bool:
        """Whether publication must stop."""
        return self.outcome in (Outcome.FAILED, Outcome.BROKEN)

    @property
    def problems(self) -> tuple[CheckResult, ...]:
        """Checks that failed or broke, warnings included."""
        return tuple(result for result in self.results if result.outcome in (Outcome.FAILED, Outcome.BROKEN))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Judgement on a whole run."""

    is_passed: bool
    problems: tuple[str, ...]
    not_evaluated: tuple[str, ...]
    """Tables that were skipped, each with its reason."""


@dataclass(slots=True)
class _Tally:
    """Counts of one check over the batches."""

    evaluated: int = 0
    unexpected: int = 0
    is_success: bool = True
    is_broken: bool = False
    detail: str = field(default="")


def assess(results: Sequence[TableCheckResult], *, is_new_data: bool) -> Verdict:
    """Judge a run by the results of its tables.

    ``is_new_data``: whether any load was to be checked (see ``loads_to_check``). If so, at least one table must have
    been evaluated.
    """
    problems = [
        f"{result.table_name}: {problem.expectation_type}"
        f"{f' of {problem.column_name}' if problem.column_name else ''} {problem.outcome.value}: "
        f"{problem.count_unexpected} of {problem.count_evaluated} rows. "
        f"{problem.detail or problem.threshold_reason}"
        for result in results
        for problem in result.problems
        if problem.is_blocking
    ]
    skipped = tuple(
        f"{result.table_name}: {result.reason}" for result in results if result.outcome is Outcome.NOT_EVALUATED
    )
    if is_new_data and len(skipped) == len(results):
        problems.append("Data was loaded, but not one table was evaluated.")
    return Verdict(is_passed=not problems, problems=tuple(problems), not_evaluated=skipped)


def check_table(
    database: duckdb.DuckDBPyConnection | Path,
    table: str,
    load_ids: Sequence[str],
    *,
    now: datetime,
    max_rows: int = 200_000,
    suite: Suite | None = None,
) -> TableCheckResult:
    """Check the rows of ``raw_files.<table>`` that came with ``load_ids``.

    ``now`` is naive UTC and anchors the ranges that are relative to the day: the clock, or the end of the
    as-of day when that is later. ``max_rows`` bounds a batch, not the check: all rows are checked.
    ``suite`` defaults to the shipped suite of the table.

    The result is not evaluated when nothing was loaded into the table. It fails when the ledger says that
    rows were loaded and none is there, and when the table does not exist. Raises ``SuiteError`` for an
    unusable suite and ``duckdb.Error`` when the database cannot be read.
    """
    suite = suite or load_suite(table)
    if isinstance(database, Path):
        with duckdb.connect(str(database), read_only=True) as connection:
            return _check(connection, suite, load_ids, now, max_rows)
    return _check(database, suite, load_ids, now, max_rows)


def _check(
    connection: duckdb.DuckDBPyConnection, suite: Suite, load_ids: Sequence[str], now: datetime, max_rows: int
) -> TableCheckResult:
    types = _column_types(connection, suite.table)
    if not types:
        return _native_failure(suite.table, SHAPE_EXPECTATION, "The table does not exist.")
    if not load_ids:
        return TableCheckResult(suite.table, 0, (), "no load to check")
    condition = f"_dlt_load_id in (select unnest($load_ids::varchar[])) and ({suite.rows})"
    parameters = {"load_ids": list(load_ids)}
    try:
        counted = connection.execute(
            f"select count(*) from {SCHEMA}.{_quoted(suite.table)} where {condition}", parameters
        ).fetchone()
    except (duckdb.BinderException, duckdb.CatalogException):
        # Columns that select the rows are gone: the shape says which, the rest cannot be checked.
        with _great_expectations() as gx:
            validator = _Validator(gx, suite, now)
            validator.check_shape(list(types))
            validator.break_rows("Columns that the check needs are missing.")
            return TableCheckResult(suite.table, 0, validator.results())
    count_rows = int(counted[0]) if counted else 0
    if not count_rows:
        count_expected = _rows_in_ledger(connection, suite.table, load_ids)
        if count_expected:
            return _native_failure(
                suite.table,
                "ExpectTableRowCountToBeBetween",
                f"The ledger counts {count_expected} rows of these loads; the table has none.",
                count_expected,
            )
        return TableCheckResult(suite.table, 0, (), "nothing was loaded into it")

    with _great_expectations() as gx:
        validator = _Validator(gx, suite, now)
        validator.check_shape(list(types))
        try:
            for frame in _frames(connection, suite, types, condition, load_ids=load_ids, max_rows=max_rows):
                validator.check_batch(frame)
        except (duckdb.BinderException, duckdb.CatalogException):
            validator.break_rows("Columns that a computed column needs are missing.")
        return TableCheckResult(suite.table, count_rows, validator.results())


def _native_failure(table: str, expectation_type: str, detail: str, count: int = 0) -> TableCheckResult:
    result = CheckResult(
        check_id=f"{table}.{expectation_type}",
        table_name=table,
        column_name=None,
        expectation_type=expectation_type,
        outcome=Outcome.FAILED,
        is_blocking=True,
        count_evaluated=count,
        count_unexpected=count,
        description="The table exists and holds the rows that the ledger counts.",
        threshold_reason="A check that saw no row has checked nothing.",
        detail=detail,
    )
    return TableCheckResult(table, 0, (result,))


def _column_types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? and table_name = ? "
        "order by column_index",
        [SCHEMA, table],
    ).fetchall()
    return {str(name): str(data_type) for name, data_type in rows}


def _rows_in_ledger(connection: duckdb.DuckDBPyConnection, table: str, load_ids: Sequence[str]) -> int:
    if table == "loaded_files" or not _column_types(connection, "loaded_files"):
        return 0
    measure, entity = ("count_quarantined", None) if table == "quarantined_rows" else ("count_loaded", table)
    counted = connection.execute(
        f"select coalesce(sum({measure}), 0) from {SCHEMA}.loaded_files "
        "where _dlt_load_id in (select unnest($load_ids::varchar[])) "
        "and entity_name = coalesce($entity, entity_name)",
        {"load_ids": list(load_ids), "entity": entity},
    ).fetchone()
    return int(counted[0]) if counted else 0


def _frames(
    connection: duckdb.DuckDBPyConnection,
    suite: Suite,
    types: dict[str, str],
    condition: str,
    *,
    load_ids: Sequence[str],
    max_rows: int,
) -> Iterator[pd.DataFrame]:
    """Yield the judged rows as frames of at most ``max_rows`` rows with the suite's columns that exist."""
    selected = [
        f"{_computed(suite.computed_columns[name])} as {_quoted(name)}"
        if name in suite.computed_columns
        else f"{_portable(name, types[name])} as {_quoted(name)}"
        for name in suite.columns
        if name in suite.computed_columns or name in types
    ]
    # With all its columns gone a row is still a row, so that the checks break instead of seeing nothing.
    projection = ", ".join(selected) or "true as is_row"
    query = f"select {projection} from {SCHEMA}.{_quoted(suite.table)} where {condition}"
    # A cursor of its own: the caller's connection may run other statements between two batches.
    with connection.cursor() as cursor:
        reader = cursor.sql(query, params={"load_ids": list(load_ids)}).to_arrow_reader(max_rows)
        for batch in reader:
            if batch.num_rows:
                yield batch.to_pandas()


def _portable(name: str, data_type: str) -> str:
    """Return a column in a type that Great Expectations compares as a whole instead of value by value.

    Dates and timestamps become seconds since 1970: pandas' nanoseconds end in 2262, and wrong dates lie beyond.
    """
    column = _quoted(name)
    if data_type.startswith("DECIMAL"):
        return f"{column}::double"
    if data_type in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return f"case when not isfinite({column}) then 'inf'::double else epoch({column})::double end"
    return column


def _computed(expression: str) -> str:
    return f"({expression})::double"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _great_expectations() -> Iterator[Any]:
    """Import Great Expectations (seconds) without telemetry, and keep its log quiet: it can hold values."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logger = logging.getLogger("great_expectations")
    propagates, silence = logger.propagate, logging.NullHandler()
    logger.propagate = False
    logger.addHandler(silence)
    try:
        with warnings.catch_warnings():
            # It warns of the versions of engines that are not used here.
            warnings.simplefilter("ignore")
            import great_expectations as gx

            yield gx
    finally:
        logger.removeHandler(silence)
        logger.propagate = propagates


class _Validator:
    """Validates frames against one suite and adds the counts up."""

    def __init__(self, gx: Any, suite: Suite, now: datetime) -> None:  # noqa: ANN401 - a module
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self._gx = gx
        self._suite = suite
        self._tallies = {check.check_id: _Tally() for check in suite.checks}
        self._descriptions = dict.fromkeys(self._tallies, "")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("raw").add_dataframe_asset(suite.table)
        self._batches = asset.add_batch_definition_whole_dataframe("batch")
        self._expectations: dict[str, Any] = {}
        for check in suite.checks:
            self._build(check, now)

    def _build(self, check: Check, now: datetime) -> None:
        make = getattr(self._gx.expectations, check.rule.expectation)
        arguments = {name: _argument(value, now) for name, value in check.rule.kwargs.items()}
        if check.column is not None:
            arguments["column"] = check.column
        try:
            self._descriptions[check.check_id] = _describe(make(**arguments))
            expectation = make(**{name: _comparable(value) for name, value in arguments.items()})
        except Exception as error:  # noqa: BLE001 - whatever it raises, the check is broken and not failed
            self._break(check.check_id, error)
            return
        self._expectations[check.check_id] = expectation

    def check_shape(self, columns: list[str]) -> None:
        """Validate the shape on a frame that has all columns and no row."""
        import pandas as pd

        self._validate(
            pd.DataFrame(columns=columns),
            [check for check in self._suite.checks if check.rule.expectation == SHAPE_EXPECTATION],
        )

    def check_batch(self, frame: pd.DataFrame) -> None:
        """Validate one batch of rows."""
        self._validate(frame, [check for check in self._suite.checks if check.rule.expectation != SHAPE_EXPECTATION])

    def _validate(self, frame: pd.DataFrame, checks: Sequence[Check]) -> None:
        ids = [check.check_id for check in checks if check.check_id in self._expectations]
        try:
            # The id travels in the meta: results come back in an order of their own.
            suite = self._gx.ExpectationSuite(name=self._suite.table)
            for check_id in ids:
                expectation = self._expectations[check_id].copy()
                expectation.meta = {"check_id": check_id}
                suite.add_expectation(expectation)
            batch = self._batches.get_batch({"dataframe": frame})
            validated = batch.validate(suite, result_format=_RESULT_FORMAT).results
        except Exception as error:  # noqa: BLE001 - whatever it raises, the checks are broken and not failed
            for check_id in ids:
                self._break(check_id, error)
            return
        for result in validated:
            self._add(str(result.expectation_config.meta["check_id"]), result)

    def _add(self, check_id: str, validated: Any) -> None:  # noqa: ANN401 - a result of an untyped library
        tally = self._tallies[check_id]
        if _has_raised(validated.exception_info):
            tally.is_broken = True
            tally.detail = "Great Expectations raised an exception."
            return
        counts = validated.result
        tally.evaluated += int(counts.get("element_count") or 0) - int(counts.get("missing_count") or 0)
        tally.unexpected += int(counts.get("unexpected_count") or 0)
        tally.is_success = tally.is_success and bool(validated.success)

    def break_rows(self, detail: str) -> None:
        """Mark the checks on rows as broken: they could not run."""
        for check in self._suite.checks:
            if check.rule.expectation != SHAPE_EXPECTATION:
                self._tallies[check.check_id].is_broken = True
                self._tallies[check.check_id].detail = detail

    def _break(self, check_id: str, error: Exception) -> None:
        # Only the class: the text of an exception can hold values.
        self._tallies[check_id].is_broken = True
        self._tallies[check_id].detail = f"Great Expectations raised {type(error).__name__}."

    def results(self) -> tuple[CheckResult, ...]:
        """Judge the sums."""
        return tuple(self._judge(check) for check in self._suite.checks)

    def _judge(self, check: Check) -> CheckResult:
        tally = self._tallies[check.check_id]
        outcome, detail = _outcome(check, tally, self._suite.optional_columns)
        return CheckResult(
            check_id=check.check_id,
            table_name=check.table,
            column_name=", ".join(check.columns) or None,
            expectation_type=check.rule.expectation,
            outcome=outcome,
            is_blocking=check.rule.is_blocking,
            count_evaluated=tally.evaluated,
            count_unexpected=tally.unexpected,
            description=self._descriptions[check.check_id],
            threshold_reason=f"{check.rule.reason} ({check.rule.decided_on.isoformat()})",
            detail=detail,
        )


def _outcome(check: Check, tally: _Tally, optional_columns: Sequence[str]) -> tuple[Outcome, str]:
    if tally.is_broken:
        return Outcome.BROKEN, tally.detail
    if check.rule.expectation == SHAPE_EXPECTATION:
        return (Outcome.PASSED if tally.is_success else Outcome.FAILED), ""
    if not tally.evaluated:
        if set(check.columns) & set(optional_columns):
            return Outcome.NOT_EVALUATED, "No value was delivered in this column."
        return Outcome.FAILED, "No value at all, so nothing was checked."
    mostly = check.rule.kwargs.get("mostly", 1.0)
    share_tolerated = 1.0 - float(mostly) if isinstance(mostly, int | float) else 0.0
    # The sum of one and a bit keeps 5 of 100 within 5 % in binary fractions.
    tolerated = max(check.rule.tolerated_rows, int(share_tolerated * tally.evaluated + 1e-9))
    return (Outcome.PASSED if tally.unexpected <= tolerated else Outcome.FAILED), ""


def _has_raised(exception_info: dict[str, Any]) -> bool:
    """Read both forms: one flag, or one flag for each metric."""
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(info.get("raised_exception") for info in exception_info.values() if isinstance(info, dict))


def _argument(value: Argument, now: datetime) -> object:
    """Return an argument of the suite as it is meant: days are timestamps, some of them relative to ``now``."""
    if isinstance(value, dict):
        return (now + timedelta(days=value["days_after_now"])).replace(microsecond=0)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - raw timestamps are naive UTC
    return value


def _comparable(value: object) -> object:
    """Return an argument in the type that ``_portable`` gives the column."""
    return value.replace(tzinfo=UTC).timestamp() if isinstance(value, datetime) else value


def _describe(expectation: Any) -> str:  # noqa: ANN401 - an expectation of an untyped library
    """Return the sentence that Great Expectations renders for an expectation."""
    from great_expectations.render.renderer.inline_renderer import InlineRenderer

    contents: list[Any] = InlineRenderer(render_object=expectation.configuration).get_rendered_content()
    value: dict[str, Any] = contents[0].value.to_json_dict()
    words = {name: str(parameter["value"]) for name, parameter in value["params"].items()}
    return Template(value["template"]).safe_substitute(words)
