"""Blocking checks on the raw tables: Great Expectations' suites as asset checks, in one step."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import duckdb

from ingestion.loading import FILES_DATASET
from orchestration.lib.build_plan import end_of_day_utc
from orchestration.lib.run import NightlyRun
from orchestration.quality import (
    SUITE_TABLES,
    TableCheckResult,
    accept_loads,
    assess,
    check_table,
    loads_to_check,
    write_report,
    write_results,
)


def build_quality() -> list[dg.AssetChecksDefinition]:
    """Return the checks: one per raw table, blocking, run together because the library costs seconds to import."""

    @dg.multi_asset_check(
        name="expectations",
        specs=[
            dg.AssetCheckSpec(
                "expectations",
                asset=[FILES_DATASET, table],
                blocking=True,
                description=f"Great Expectations suite of {FILES_DATASET}.{table} on the rows that were loaded.",
            )
            for table in SUITE_TABLES
        ],
    )
    def expectations(context: dg.AssetCheckExecutionContext, run: NightlyRun) -> Iterator[dg.AssetCheckResult]:
        configuration = run.configuration
        warehouse, quality = configuration.workspace.warehouse, configuration.workspace.quality
        clock = datetime.now(UTC).replace(tzinfo=None)
        now = max(clock, end_of_day_utc(run.day, configuration.settings.timezone))
        loads = loads_to_check(warehouse)
        with duckdb.connect(warehouse, read_only=True) as connection:
            results = [check_table(connection, table, loads, now=now) for table in SUITE_TABLES]
        write_results(warehouse, results, run_id=context.run.run_id, checked_at=clock)
        write_report(quality, results, run_id=context.run.run_id, checked_at=clock)
        verdict = assess(results, is_new_data=bool(loads))
        if verdict.is_passed:
            accept_loads(warehouse, loads, run_id=context.run.run_id, accepted_at=clock)
        for line in verdict.problems:
            context.log.error(line)
        for result in results:
            yield _check_result(result)
        if not verdict.is_passed and not any(result.blocks for result in results):
            raise dg.Failure("; ".join(verdict.problems))

    return [expectations]


def _check_result(result: TableCheckResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=[FILES_DATASET, result.table_name],
        check_name="expectations",
        passed=not result.blocks,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "outcome": result.outcome.value,
            "reason": result.reason,
            "rows_checked": result.count_rows,
            "problems": [
                f"{problem.expectation_type} of {problem.column_name or 'the table'}:"
                f" {problem.count_unexpected} of {problem.count_evaluated}"
                for problem in result.problems
            ],
        },
    )
