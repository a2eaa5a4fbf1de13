"""The asset between the facts and the KPIs: how many orders are still to come. The statistics are in ``analytics``."""

import dagster as dg

from orchestration.lib.run import NightlyRun

_INPUTS = ("int_forecast__deal_changes", "int_forecast__lead_cycles", "int_forecast__orders", "int_lifecycle__days")


def build_forecast() -> dg.AssetsDefinition:
    """Return the assets ``raw_analytics/order_forecasts`` and ``raw_analytics/forecast_backtests``."""
    forecasts = dg.AssetSpec(
        ["raw_analytics", "order_forecasts"],
        deps=[["intermediate", name] for name in _INPUTS],
        group_name="analytics",
        kinds={"python", "duckdb"},
        description="Every model of the ladder at the day of the build, and which one is shown.",
    )
    backtests = dg.AssetSpec(
        ["raw_analytics", "forecast_backtests"],
        deps=[["intermediate", name] for name in _INPUTS],
        group_name="analytics",
        kinds={"python", "duckdb"},
        description="Every model at the ends and the middles of two years of months, beside what came.",
    )

    @dg.multi_asset(specs=[forecasts, backtests], name="order_forecasts")
    def order_forecasts(run: NightlyRun) -> tuple[dg.MaterializeResult[None], dg.MaterializeResult[None]]:
        from orchestration.lib.forecast import write_forecasts

        counts = write_forecasts(run.configuration.workspace.warehouse, run.day)
        shown = {name: count for name, count in counts.items() if name.startswith("rows_shown")}
        origins = {name: count for name, count in counts.items() if name not in shown}
        return (
            dg.MaterializeResult(asset_key=forecasts.key, metadata=shown),
            dg.MaterializeResult(asset_key=backtests.key, metadata=origins),
        )

    return order_forecasts
