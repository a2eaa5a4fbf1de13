"""What a customer will still buy: BG/NBD for the purchases, Gamma-Gamma for their amounts.

BG/NBD: Fader, Hardie & Lee 2005, "Counting Your Customers" the Easy Way. A customer buys at a rate of their own (gamma
over customers) and after each purchase drops out with a probability of their own (beta over customers). Gamma-Gamma:
Fader & Hardie 2013, The Gamma-Gamma Model of Monetary Value. All likelihoods are computed in logarithms.

Frequency is the number of purchases after the first one, those of a day counted once; recency the time from the first
to the last one; age the time from the first one to the day of observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln, log_expit

from analytics.errors import NoFitError, TooFewCustomersError
from analytics.likelihood import Floats, maximise

MINIMUM_CUSTOMERS: Final = 200
MINIMUM_REPEATERS: Final = 50

_STARTS_BG_NBD: Final = ((1.0, 1.0, 1.0, 1.0), (0.3, 0.1, 0.5, 2.0), (2.0, 1.0, 0.1, 3.0))
_STARTS_GAMMA_GAMMA: Final = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (20.0, 1.5, 0.05))
_NODES: Final = 400
_ROWS_AT_ONCE: Final = 4_096


@dataclass(frozen=True, slots=True)
class BgNbd:
    """A fitted BG/NBD model; ``alpha`` is in the unit of time of the data."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def probability_alive(self, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """Return the probability that each customer has not dropped out; 1 for who bought once, as the model has it."""
        log_odds_dropped = (
            np.log(self.a)
            - np.log(self.b + np.maximum(frequency, 1) - 1)
            + (self.r + frequency) * (np.log(self.alpha + age) - np.log(self.alpha + recency))
        )
        return np.where(frequency > 0, expit(-log_odds_dropped), 1.0)

    def expected_purchases(self, horizon: float, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """Return how many purchases each customer is expected to make in ``horizon`` from the day of observation.

        Who is alive has a rate from Gamma(r + x, alpha + T) and a probability p of dropping out from Beta(a, b + x).
        The mean over the rates is closed, that over p a sum: the usual closed form in 2F1 divides by a - 1 and loses
        its digits for customers who buy often.
        """
        purchases = np.empty(len(frequency))
        for first in range(0, len(frequency), _ROWS_AT_ONCE):
            rows = slice(first, first + _ROWS_AT_ONCE)
            purchases[rows] = self._expected_when_alive(horizon, frequency[rows], age[rows])
        return purchases * self.probability_alive(frequency, recency, age)

    def _expected_when_alive(self, horizon: float, frequency: Floats, age: Floats) -> Floats:
        """Return the mean over p of g(p) = (1 - (1 + p s) ** -k) / p with k = r + x and s = horizon / (alpha + T).

        What differs from the line through g(0) = k s and g(1), whose mean is known, vanishes at both ends, so that over
        the logit of p the integrand falls off exponentially and the trapezoid rule converges exponentially.
        """
        a, stays = self.a, self.b + frequency
        k, s = self.r + frequency, horizon / (self.alpha + age)
        at_zero, at_one = k * s, -np.expm1(-k * np.log1p(s))
        spread = 9 / np.sqrt(np.maximum(np.minimum(a, stays), 1.0))
        centre = np.log(a) - np.log(stays)
        left, right = centre - spread, centre + spread
        low = np.maximum(left - 37 / a, np.minimum(left, -np.log(at_zero)) - 37 / (a + 1))
        high = np.minimum(right + 37 / stays, np.maximum(right, 0.0) + 37 / (stays + 1))
        step = ((high - low) / (_NODES - 1))[:, None]
        logit = low[:, None] + step * np.arange(_NODES)
        p = expit(logit)
        density = np.exp(a * log_expit(logit) + stays[:, None] * log_expit(-logit) - betaln(a, stays)[:, None])
        bought = -np.expm1(-k[:, None] * np.log1p(p * s[:, None])) / p
        line = at_zero[:, None] + p * (at_one - at_zero)[:, None]
        rest = (density * (bought - line) * step).sum(axis=1)
        return np.asarray(at_zero + (at_one - at_zero) * a / (a + stays) + rest, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """A fitted Gamma-Gamma model; ``v`` is in the unit of money of the data."""

    p: float
    q: float
    v: float
    log_likelihood: float

    @property
    def population_mean(self) -> float:
        """Mean amount over all customers; infinite where q is 1 or less."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")

    def expected_average_amount(self, frequency: Floats, mean_amount: Floats) -> Floats:
        """Return the expected mean amount of each customer's purchases, shrunk towards that of all customers.

        NaN where it is not known: a customer who came back for an unknown amount or for none, and one who did not where
        the mean over all customers is infinite.
        """
        came_back = frequency > 0
        known = ~came_back | (mean_amount > 0)
        weight = self.p * frequency + self.q - 1
        total = np.where(came_back & known, frequency * mean_amount, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(known & (weight > 0), self.p * (self.v + total) / weight, np.nan)


def fit_bg_nbd(frequency: Floats, recency: Floats, age: Floats) -> BgNbd:
    """Fit BG/NBD by maximum likelihood.

    Raises ``TooFewCustomersError`` below 200 customers or 50 who came back, ``ValueError`` for a history that cannot
    be, ``NoFitError`` where the likelihood has no maximum.
    """
    _check_history(frequency, recency, age)
    _require_enough(len(frequency), int((frequency > 0).sum()))
    unit = float(age.max())
    # Customers with the same history have the same likelihood; sorted, they are added in the same order every time.
    groups, counts = np.unique(np.column_stack([frequency, recency / unit, age / unit]), axis=0, return_counts=True)
    x, recent, old = groups.T
    weight = counts.astype(np.float64)
    came_back = x > 0

    def log_likelihood(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        log_alive = -(r + x) * np.log(alpha + old)
        log_dropped = np.where(
            came_back, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recent), -np.inf
        )
        log_either = np.logaddexp(log_alive, log_dropped)
        of_each = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + log_either
        alive, dropped = np.exp(log_alive - log_either), np.exp(log_dropped - log_either)
        gradient = np.array(
            [
                digamma(r + x) - digamma(r) + np.log(alpha)
                - alive * np.log(alpha + old) - dropped * np.log(alpha + recent),
                r / alpha - (r + x) * (alive / (alpha + old) + dropped / (alpha + recent)),
                digamma(a + b) - digamma(a + b + x) + dropped / a,
                digamma(a + b) - digamma(a + b + x) + digamma(b + x) - digamma(b)
                - dropped / (b + np.maximum(x, 1) - 1),
            ]
        )  # fmt: skip
        return float(weight @ of_each), gradient @ weight

    parameters, maximum = maximise(log_likelihood, _STARTS_BG_NBD, "BG/NBD")
    r, alpha, a, b = (float(parameter) for parameter in parameters)
    # A density of times has the unit 1 / time for each of the x repeat purchases.
    return BgNbd(r, alpha * unit, a, b, maximum - float(weight @ x) * float(np.log(unit)))


def fit_gamma_gamma(frequency: Floats, mean_amount: Floats) -> GammaGamma:
    """Fit Gamma-Gamma by maximum likelihood to the customers who came back and whose mean amount is positive.

    Raises ``TooFewCustomersError`` where fewer than 50 of them are left, ``NoFitError`` where the likelihood has no
    maximum.
    """
    used = (frequency > 0) & (mean_amount > 0)
    if used.sum() < MINIMUM_REPEATERS:
        raise TooFewCustomersError(
            f"{int(used.sum())} customers came back for a known amount; the model needs {MINIMUM_REPEATERS}"
        )
    order = np.lexsort((mean_amount[used], frequency[used]))
    x, mean = frequency[used][order], mean_amount[used][order]
    unit = float(mean.mean())
    z = mean / unit
    if np.ptp(z) == 0:
        raise NoFitError("Gamma-Gamma: every amount is the same")

    def log_likelihood(parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters
        total = v + x * z
        of_each = (
            -betaln(p * x, q)
            + q * np.log(v)
            + (p * x - 1) * np.log(z)
            + p * x * np.log(x)
            - (p * x + q) * np.log(total)
        )
        gradient = np.array(
            [
                x * (digamma(p * x + q) - digamma(p * x) + np.log(x * z) - np.log(total)),
                digamma(p * x + q) - digamma(q) + np.log(v) - np.log(total),
                q / v - (p * x + q) / total,
            ]
        )
        return float(of_each.sum()), gradient.sum(axis=1)

    parameters, maximum = maximise(log_likelihood, _STARTS_GAMMA_GAMMA, "Gamma-Gamma")
    p, q, v = (float(parameter) for parameter in parameters)
    return GammaGamma(p, q, v * unit, maximum - len(z) * float(np.log(unit)))


@dataclass(frozen=True, slots=True)
class CustomerForecast:
    """What each customer is expected to buy in the horizon. NaN where it is not known."""

    probability_alive: Floats
    expected_purchases: Floats
    expected_average_amount: Floats
    expected_amount: Floats


def forecast_customers(
    frequency: Floats, recency: Floats, age: Floats, mean_repeat_amount: Floats, *, horizon: float
) -> CustomerForecast:
    """Fit both models and apply them to the customers they were fitted to.

    Amounts are NaN where Gamma-Gamma is refused. Raises as ``fit_bg_nbd`` does.
    """
    purchases = fit_bg_nbd(frequency, recency, age)
    expected = purchases.expected_purchases(horizon, frequency, recency, age)
    try:
        amounts = fit_gamma_gamma(frequency, mean_repeat_amount)
    except (TooFewCustomersError, NoFitError):
        average = np.full(len(frequency), np.nan)
    else:
        average = amounts.expected_average_amount(frequency, mean_repeat_amount)
    return CustomerForecast(purchases.probability_alive(frequency, recency, age), expected, average, expected * average)


def _check_history(frequency: Floats, recency: Floats, age: Floats) -> None:
    problems = {
        "frequency is a count of 0 or more": (frequency >= 0) & (frequency == np.floor(frequency)),
        "recency lies between 0 and age": (recency >= 0) & (recency <= age),
        "recency is 0 exactly where frequency is 0": (frequency > 0) == (recency > 0),
    }
    for rule, holds in problems.items():
        if not holds.all():
            raise ValueError(f"customer {int(np.argmin(holds))} has an impossible history: {rule}")


def _require_enough(count_customers: int, count_repeaters: int) -> None:
    if count_customers < MINIMUM_CUSTOMERS or count_repeaters < MINIMUM_REPEATERS:
        raise TooFewCustomersError(
            f"{count_customers} customers of whom {count_repeaters} came back; the model needs"
            f" {MINIMUM_CUSTOMERS} and {MINIMUM_REPEATERS}"
        )
