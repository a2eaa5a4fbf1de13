"""The whole job on two real data sets meets the figures that others computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

pytestmark = pytest.mark.realdata

CRM_FILES = ["accounts.csv", "products.csv", "sales_teams.csv"]
WON_BY_MONTH = {
    "2017-03-01": (531, 1_134_672),
    "2017-04-01": (285, 721_932),
    "2017-05-01": (438, 1_025_713),
    "2017-06-01": (531, 1_338_466),
    "2017-07-01": (308, 696_932),
    "2017-08-01": (446, 1_050_059),
    "2017-09-01": (503, 1_235_264),
    "2017-10-01": (279, 731_980),
    "2017-11-01": (406, 938_943),
    "2017-12-01": (511, 1_131_573),
}
BY_QUARTER = {
    "2017-01-01": (1_134_672, 531, 116),
    "2017-04-01": (3_086_111, 1_254, 778),
    "2017-07-01": (2_982_255, 1_257, 790),
    "2017-10-01": (2_802_496, 1_196, 789),
}


def _run(pilotage: Callable, home: Path) -> duckdb.DuckDBPyConnection:
    result = pilotage("run", "--home", str(home))
    assert result.code == 0, result.err[-5000:]
    return duckdb.connect(home / "published" / "pilotage.duckdb", read_only=True)


def _kpi(connection: duckdb.DuckDBPyConnection, metric: str, grain: str) -> dict[str, float]:
    return {
        str(start): float(value)
        for start, value in connection.execute(
            """
            select period_start, value from marts.kpi_values
            where metric_id = ? and period_grain = ? and dimension_name = 'total' and basis = 'period'
                and value is not null
            """,
            [metric, grain],
        ).fetchall()
    }


def _assert_losses_and_times_of_maven(published: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The export has no stage history: what is known is told, and nothing is invented."""
    deals = pd.read_csv(folder / "sales_pipeline_mdy.csv")
    for column in ("engage_date", "close_date"):
        deals[column] = pd.to_datetime(deals[column], format="%m/%d/%Y")
    lost = deals[deals["deal_stage"] == "Lost"]
    by_month = lost.groupby(lost["close_date"].dt.strftime("%Y-%m-01")).size().to_dict()
    rows = published.execute(
        """
        select strftime(period_start, '%Y-%m-%d'), losses_count, losses_share from marts.kpi_stage_performance
        where step_id = 'unknown' and period_grain = 'month' and losses_count > 0
        """
    ).fetchall()
    assert {month: count for month, count, _ in rows} == by_month
    assert {share for _, _, share in rows} == {1.0}
    # In which stage they were lost, and when anyone reached one, the export does not say.
    assert published.execute("select count(*) from marts.kpi_values where metric_id like 'kpi3%'").fetchone() == (0,)
    days = (lost["close_date"] - lost["engage_date"]).dt.days
    assert published.execute(
        "select avg(days_to_close), median(days_to_close) from marts.fct_deals where deal_status = 'lost'"
    ).fetchone() == pytest.approx((days.mean(), days.median()))
    engaging = deals[deals["deal_stage"] == "Engaging"]
    ages = (pd.Timestamp("2018-01-01") - engaging["engage_date"]).dt.days
    assert published.execute(
        """
        select count(*), sum(date_diff('day', entered_date, date '2018-01-01')), count_if(is_stalled)
        from marts.fct_stage_visits where is_open and stage_id = 'sales:Engaging'
        """
    ).fetchone() == (len(engaging), ages.sum(), 0)


@pytest.mark.parametrize("pipeline", ["sales_pipeline_mdy.csv", "sales_pipeline.csv"])
def test_maven_meets_its_published_figures_in_both_date_formats(
    pipeline: str, example: Callable, pilotage: Callable, real_data: Callable
) -> None:
    home = example("maven_crm", [pipeline, *CRM_FILES])
    with _run(pilotage, home) as published:
        stages = dict(
            published.execute(
                "select split_part(current_stage_id, ':', 2), count(*) from marts.fct_deals group by all"
            ).fetchall()
        )
        assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
        value, mean_value, days, median_days = published.execute(
            """
            select sum(amount), avg(amount), avg(days_to_close), median(days_to_close)
            from marts.fct_deals where deal_status = 'won'
            """
        ).fetchone()
        assert value == 10_005_534
        assert mean_value == pytest.approx(2360.91, abs=0.005)
        assert days == pytest.approx(51.782, abs=0.0005)
        assert median_days == pytest.approx(57, abs=1e-9)
        won, amounts = _kpi(published, "orders_count", "month"), _kpi(published, "orders_amount", "month")
        for month, (count, amount) in WON_BY_MONTH.items():
            assert (won[month], amounts[month]) == (count, amount), month
        counts, amounts = _kpi(published, "orders_count", "quarter"), _kpi(published, "orders_amount", "quarter")
        losses = _kpi(published, "losses_count", "quarter")
        for quarter, (amount, count, lost) in BY_QUARTER.items():
            assert (amounts[quarter], counts[quarter], losses[quarter]) == (amount, count, lost), quarter
        _assert_losses_and_times_of_maven(published, real_data("maven_crm"))
        basket = _kpi(published, "average_basket", "fiscal_year")["2017-01-01"]
        assert basket == pytest.approx(2360.91, abs=0.005)
        assert _kpi(published, "close_rate", "fiscal_year")["2017-01-01"] == pytest.approx(0.631501, abs=5e-7)
        assert published.execute(
            "select count(*) filter (where deal_status = 'won') / count(*) from marts.fct_deals"
        ).fetchone()[0] == pytest.approx(0.481591, abs=5e-7)
        # A plain join on the pipeline's spelling of GTX Pro would drop 1,480 deals.
        assert published.execute(
            "select count(*) from marts.fct_deals where product_id = 'crm:GTX Pro'"
        ).fetchone() == (1480,)
        assert published.execute(
            "select count(*) from marts.fct_deals where company_id is null and deal_status = 'open'"
        ).fetchone() == (1425,)
    with duckdb.connect(home / "build" / "warehouse.duckdb", read_only=True) as build:
        list_value = """
            select count(*), sum(products.list_price)
            from marts.fct_deals as deals
            inner join staging.stg_files__products as products on deals.product_id = products.product_id
            where deals.current_stage_id = 'sales:Engaging' and {}
        """
        markita = build.execute(list_value.format("deals.owner_id = 'crm:Markita Hansen'")).fetchone()
        assert markita == (79, 282_756)
        assert build.execute(list_value.format("true")).fetchone()[1] == 3_892_229
        assert build.execute("select count(*) from raw_files.quarantined_rows").fetchone() == (0,)


LOAN_STAGES = ["A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "A_FINALIZED", "O_SENT", "O_SENT_BACK", "O_ACCEPTED"]
WINDOW_SECONDS = 90 * 86_400


def _loan_visits(path: Path) -> pd.DataFrame:
    """Visits to the stages of the loans, from the events as they were published; the last of a case has its outcome."""
    events = pd.read_csv(path)
    outcomes = {"A_APPROVED": "won", "A_DECLINED": "lost", "A_CANCELLED": "lost"}
    events = events[events["activity"].isin([*LOAN_STAGES, *outcomes])].copy()
    events["at"] = pd.to_datetime(events["ts"], utc=True, format="ISO8601")
    events["ending"] = events["activity"].map(outcomes)
    # The approval is written before or after the last stage of one instant, never in place of it.
    events["is_won"] = events["ending"] == "won"
    events = events.sort_values(["case_id", "at", "is_won", "seq"])
    is_open = events["ending"].isna()
    # A closing that an open stage follows was taken back.
    opens_later = is_open[::-1].groupby(events["case_id"][::-1]).cumsum()[::-1] > 0
    kept = events[is_open | ~opens_later]
    # The last closing decides; it counts from the first of its kind after any of the other.
    closings = kept[kept["ending"].notna()]
    outcome = closings.groupby("case_id")["ending"].last()
    is_mine = closings["ending"] == closings["case_id"].map(outcome)
    other_at = closings["at"].where(~is_mine).groupby(closings["case_id"]).transform("max")
    mine = closings[is_mine & ~(closings["at"] < other_at)]
    visits = kept[kept["ending"].isna()]
    visits = visits[visits["activity"] != visits.groupby("case_id")["activity"].shift()].copy()
    visits["rank"] = visits["activity"].map({stage: rank for rank, stage in enumerate(LOAN_STAGES, start=1)})
    visits["exited"] = visits.groupby("case_id")["at"].shift(-1)
    visits["is_last"] = visits["exited"].isna()
    visits["closed"] = visits["case_id"].map(mine.groupby("case_id")["at"].min())
    visits["outcome"] = visits["case_id"].map(outcome)
    visits["exited"] = visits["exited"].where(~visits["is_last"], visits["closed"])
    return visits


def _loan_cohorts(visits: pd.DataFrame) -> pd.DataFrame:
    """Cases and amounts that first reached a stage in a month, and those that were at a later one within 90 days."""
    won = visits[visits["is_last"] & (visits["outcome"] == "won")]
    approved = won[["case_id"]].assign(rank=len(LOAN_STAGES) + 1, at=won["closed"])
    arrivals = pd.concat([visits[["case_id", "rank", "at"]], approved])
    amounts = visits.groupby("case_id")["amount_req"].first()
    parts = []
    for rank, stage in enumerate(LOAN_STAGES, start=1):
        first, following = (
            arrivals[arrivals["rank"] >= least].groupby("case_id")["at"].min() for least in (rank, rank + 1)
        )
        cohort = pd.DataFrame({"at": first, "next": following.reindex(first.index), "amount": amounts[first.index]})
        is_reached = (cohort["next"] - cohort["at"]).dt.total_seconds() // 1 <= WINDOW_SECONDS
        cohort["month"] = cohort["at"].dt.tz_convert("Europe/Amsterdam").dt.strftime("%Y-%m-01")
        cohort["reached"] = is_reached
        cohort["amount_reached"] = cohort["amount"].where(is_reached, 0)
        cohort["entered"] = 1
        sums = cohort.groupby("month")[["entered", "reached", "amount", "amount_reached"]].sum()
        parts.append(sums.assign(stage=stage).reset_index())
    return pd.concat(parts)


def _assert_loan_conversion(published: duckdb.DuckDBPyConnection, visits: pd.DataFrame) -> None:
    cohorts = _loan_cohorts(visits)
    mature = cohorts[cohorts["month"].isin(["2011-10-01", "2011-11-01", "2011-12-01"])].to_dict("records")
    assert len(mature) == 3 * len(LOAN_STAGES)
    for metric, reached, entered in (
        ("kpi3_stage_conversion", "reached", "entered"),
        ("kpi3_stage_conversion_amount", "amount_reached", "amount"),
    ):
        rows = published.execute(
            """
            select split_part(dimension_value, ':', 2), strftime(period_start, '%Y-%m-%d'), numerator, denominator
            from marts.kpi_values where metric_id = ? and basis = 'cohort_window' and period_grain = 'month'
            """,
            [metric],
        ).fetchall()
        found = {(stage, month): (float(above), float(below)) for stage, month, above, below in rows}
        assert found == {(row["stage"], row["month"]): (float(row[reached]), float(row[entered])) for row in mature}, (
            metric
        )


def _assert_loan_losses(published: duckdb.DuckDBPyConnection, visits: pd.DataFrame) -> None:
    lost = visits[visits["is_last"] & (visits["outcome"] == "lost")]
    expected = lost.groupby("activity").agg(count=("at", "size"), amount=("amount_req", "sum"))
    rows = published.execute(
        """
        select split_part(step_id, ':', 2), sum(losses_count), sum(losses_amount)
        from marts.kpi_stage_performance where period_grain = 'month' and losses_count > 0 group by all
        """
    ).fetchall()
    assert sum(count for _, count, _ in rows) == 7_635 + 2_807
    assert {stage: (int(count), float(amount)) for stage, count, amount in rows} == {
        str(stage): (int(row["count"]), float(row["amount"])) for stage, row in expected.iterrows()
    }


def _assert_loan_times(published: duckdb.DuckDBPyConnection, visits: pd.DataFrame) -> None:
    ended = visits[visits["exited"].notna()]
    seconds = (ended["exited"] - ended["at"]).dt.total_seconds() // 1
    expected = seconds.groupby(ended["activity"]).agg(["size", "median", "sum"])
    rows = published.execute(
        """
        select split_part(stage_id, ':', 2), count(*), median(duration_seconds), sum(duration_seconds)
        from marts.fct_stage_visits where not is_open and not is_skipped group by all
        """
    ).fetchall()
    assert {stage: (count, median, float(total)) for stage, count, median, total in rows} == {
        str(stage): (int(row["size"]), float(row["median"]), float(row["sum"])) for stage, row in expected.iterrows()
    }
    # The quantile of a cohort of which nothing is censored is that of its cases, those that never come included.
    entered = visits[visits["rank"] == 1].groupby("case_id")["at"].min()
    came = visits[visits["rank"] > 1].groupby("case_id")["at"].min()
    october = entered[entered.dt.tz_convert("Europe/Amsterdam").dt.strftime("%Y-%m") == "2011-10"]
    waited = ((came.reindex(october.index) - october).dt.total_seconds() // 1).sort_values(ignore_index=True)
    assert waited.notna().sum() > len(waited) / 2
    assert published.execute(
        """
        select median_days_to_advance from marts.kpi_stage_performance
        where step_id = 'loans:A_SUBMITTED' and period_grain = 'month' and period_start = '2011-10-01'
        """
    ).fetchone()[0] == pytest.approx(waited[-(-len(waited) // 2) - 1] / 86_400, abs=1e-8)


def test_bpi2012_meets_its_published_figures(example: Callable, pilotage: Callable, real_data: Callable) -> None:
    home = example("bpi2012", ["events.csv.gz"])
    with _run(pilotage, home) as published:
        visits = _loan_visits(real_data("bpi2012") / "events.csv.gz")
        _assert_loan_conversion(published, visits)
        _assert_loan_losses(published, visits)
        _assert_loan_times(published, visits)
        reached = dict(
            published.execute(
                """
                select split_part(stage_id, ':', 2), count(distinct deal_id)
                from marts.fct_stage_visits where not is_skipped group by all
                """
            ).fetchall()
        )
        expected = {
            "A_SUBMITTED": 13_087,
            "A_PREACCEPTED": 7_367,
            "A_ACCEPTED": 5_113,
            "A_FINALIZED": 5_015,
            "O_SENT": 5_015,
            "O_SENT_BACK": 3_254,
            "O_ACCEPTED": 2_243,
        }
        assert {stage: reached[stage] for stage in expected} == expected
        outcomes = dict(
            published.execute(
                """
                select case when deal_status = 'open' then 'open' else split_part(current_stage_id, ':', 2) end,
                    count(*)
                from marts.fct_deals group by all
                """
            ).fetchall()
        )
        assert outcomes == {"A_APPROVED": 2_246, "A_DECLINED": 7_635, "A_CANCELLED": 2_807, "open": 399}
        median, mean = published.execute(
            "select median(days_to_close), avg(days_to_close) from marts.fct_deals where deal_status = 'won'"
        ).fetchone()
        assert median == pytest.approx(14.4366, abs=0.00005)
        assert mean == pytest.approx(16.6589, abs=0.00005)
        by_month = {
            str(month): (count, approved)
            for month, count, approved in published.execute(
                """
                select date_trunc('month', created_date)::date, count(*), count(*) filter (where deal_status = 'won')
                from marts.fct_deals group by all order by all
                """
            ).fetchall()
        }
        assert {month: by_month[month] for month in list(by_month)[:5]} == {
            "2011-10-01": (2_393, 500),
            "2011-11-01": (2_940, 460),
            "2011-12-01": (2_122, 376),
            "2012-01-01": (2_747, 487),
            "2012-02-01": (2_885, 423),
        }
    with duckdb.connect(home / "build" / "warehouse.duckdb", read_only=True) as build:
        # Records = loaded + quarantined + filtered, and every event is accounted for, twice: once a mapping.
        assert build.execute(
            "select sum(count_records), sum(count_loaded + count_quarantined + count_filtered), sum(count_quarantined)"
            " from raw_files.loaded_files"
        ).fetchone() == (2 * 262_200, 2 * 262_200, 0)
        assert build.execute("select count(*) from raw_files.deal_history where stage_name = 'O_SENT'").fetchone() == (
            7_030,
        )
