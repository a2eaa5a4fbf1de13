"""The whole job on two real data sets meets the figures that others computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
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


@pytest.mark.parametrize("pipeline", ["sales_pipeline_mdy.csv", "sales_pipeline.csv"])
def test_maven_meets_its_published_figures_in_both_date_formats(
    pipeline: str, example: Callable, pilotage: Callable
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


def test_bpi2012_meets_its_published_figures(example: Callable, pilotage: Callable) -> None:
    home = example("bpi2012", ["events.csv.gz"])
    with _run(pilotage, home) as published:
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
