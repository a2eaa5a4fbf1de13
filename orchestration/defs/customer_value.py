"""The asset between the facts and the KPIs: what customers are expected to buy. The statistics are in ``analytics``."""

import dagster as dg

from orchestration.lib.run import NightlyRun


def build_customer_value() -> dg.AssetsDefinition:
    """Return the asset ``raw_analytics/customer_values``."""

    @dg.asset(
        key=["raw_analytics", "customer_values"],
        deps=[["intermediate", "int_customers__histories"]],
        group_name="analytics",
        kinds={"python", "duckdb"},
        description="BG/NBD and Gamma-Gamma, fitted by maximum likelihood and applied to every customer.",
    )
    def customer_values(run: NightlyRun) -> dg.MaterializeResult[None]:
        from orchestration.lib.customer_value import write_customer_values

        statuses = write_customer_values(run.configuration.workspace.warehouse)
        return dg.MaterializeResult(metadata={f"customers_{status}": count for status, count in statuses.items()})

    return customer_values
