"""All models at one origin, with the gates of the semi-Markov model and an honest label for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.forecast.actuals import ordered_between
from analytics.forecast.amounts import Amounts, known_amounts
from analytics.forecast.history import Floats, History
from analytics.forecast.ladder import (
    count_closed_deals,
    crm_weighted,
    naive_error,
    naive_mean,
    naive_year_ago,
    stage_history,
)
from analytics.forecast.months import Ahead, ahead
from analytics.forecast.semi_markov import (
    AMOUNT,
    COUNT,
    COUNT_DRAWS,
    COUNT_PATHS,
    TOTAL,
    Forecast,
    forecast_orders,
)
from analytics.forecast.sojourns import build_journey

NAIVE_MEAN: Final = "naive_mean_3m"
NAIVE_YEAR_AGO: Final = "naive_year_ago"
CRM_WEIGHTED: Final = "crm_weighted"
STAGE_HISTORY: Final = "stage_history"
SEMI_MARKOV: Final = "semi_markov"
MODELS: Final = (NAIVE_MEAN, NAIVE_YEAR_AGO, CRM_WEIGHTED, STAGE_HISTORY, SEMI_MARKOV)
FEWEST_CLOSED_DEALS: Final = 50
FEWEST_DAYS: Final = 365
POOLED: Final = "pooled"
"""Label of a semi-Markov forecast in which a stage takes the rates of all stages."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Every model's forecast at an origin."""

    horizons: Ahead
    expected: dict[str, Floats]
    """By model; each of shape (measures, components, horizons), NaN where it has nothing to say."""
    forecast: Forecast
    """Of the semi-Markov model."""
    label: dict[str, str]
    """By model: what it rests on, or why it is not believed."""
    is_admitted: bool
    """Whether there is enough history for the semi-Markov model to be shown."""
    so_far: Floats
    """Ordered in the running month up to the origin; shape (measures,)."""
    naive_error: Floats
    """Scale of MASE; shape (measures,)."""
    noise: Floats
    """Relative standard deviation of the orders expected, by measure and horizon; NaN where none are."""


def look_ahead(
    history: History, origin: int, *, count_paths: int = COUNT_PATHS, count_draws: int = COUNT_DRAWS
) -> Outlook:
    """Return the forecasts of all models from a history of which everything is visible at ``origin``."""
    horizons = ahead(origin)
    amounts = known_amounts(history, build_journey(history, origin), origin)
    forecast = forecast_orders(history, origin, count_paths=count_paths, count_draws=count_draws)
    weighted, by_crm = crm_weighted(history, amounts, horizons)
    refusal = _refusal(history, origin)
    start = horizons.month_start[:1]
    return Outlook(
        horizons=horizons,
        expected={
            NAIVE_MEAN: naive_mean(history, horizons),
            NAIVE_YEAR_AGO: naive_year_ago(history, horizons),
            CRM_WEIGHTED: weighted,
            STAGE_HISTORY: stage_history(history, amounts, horizons),
            SEMI_MARKOV: forecast.expected,
        },
        forecast=forecast,
        label={
            NAIVE_MEAN: "naive",
            NAIVE_YEAR_AGO: "naive",
            CRM_WEIGHTED: "crm_probability" if by_crm else "historical_win_rate",
            STAGE_HISTORY: STAGE_HISTORY,
            SEMI_MARKOV: refusal or (POOLED if forecast.is_pooled else SEMI_MARKOV),
        },
        is_admitted=refusal is None,
        so_far=ordered_between(history, start, start * 0 + origin + 1)[:, 0],
        naive_error=naive_error(history, origin),
        noise=_noise(forecast.expected, amounts),
    )


def _refusal(history: History, origin: int) -> str | None:
    """Return why the semi-Markov model is not to be shown."""
    first_day = history.first_day()
    if first_day is None or origin - first_day + 1 < FEWEST_DAYS:
        return "short_history"
    return "few_closed_deals" if count_closed_deals(history) < FEWEST_CLOSED_DEALS else None


def _noise(expected: Floats, amounts: Amounts) -> Floats:
    """Return sqrt((1 + cv^2) / n), the relative standard deviation of n independent orders; a count has cv 0."""
    orders = expected[COUNT, TOTAL]
    orders = np.where(orders > 0, orders, np.nan)
    variation = np.zeros(2)
    variation[AMOUNT] = amounts.variation
    return np.asarray(np.sqrt((1 + variation[:, None] ** 2) / orders), dtype=np.float64)
