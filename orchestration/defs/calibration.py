"""The asset between the facts and the KPIs: what scores are worth. The statistics are in ``analytics``."""

from collections.abc import Iterator

import dagster as dg

from orchestration.lib.run import NightlyRun


def build_calibration() -> dg.AssetsDefinition:
    """Return the assets ``raw_analytics/score_calibrations`` and ``raw_analytics/score_performances``."""
    read = [dg.AssetKey(["marts", name]) for name in ("fct_score_outcomes", "fct_lead_score_contributions")]
    descriptions = {
        "score_calibrations": "Outcome rates by band of the score: Aalen-Johansen, isotonic, judged out of time.",
        "score_performances": "How well scores rank and foretell, and which criteria have evidence.",
    }

    @dg.multi_asset(
        specs=[
            dg.AssetSpec(
                ["raw_analytics", name],
                deps=read,
                group_name="analytics",
                kinds={"python", "duckdb"},
                description=description,
            )
            for name, description in descriptions.items()
        ],
        name="score_calibration",
    )
    def score_calibration(run: NightlyRun) -> Iterator[dg.MaterializeResult[None]]:
        # scikit-learn takes seconds to import, which no command but the nightly run needs.
        from orchestration.lib.calibration import write_calibrations

        counts = write_calibrations(run.configuration.workspace.warehouse)
        for name in descriptions:
            yield dg.MaterializeResult(asset_key=["raw_analytics", name], metadata=counts)

    return score_calibration
