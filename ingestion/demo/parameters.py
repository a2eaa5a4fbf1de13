"""The true parameters of the demo world. Nothing in the pipeline reads them: tests compare estimates with them.

Every hazard is a probability per calendar day and the same on every date of the history (apart from the weekday), so
that all cohorts share one truth.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from ingestion.demo.clock import Floats, Ints

COMPANY_NAME: Final = "Ateliers Mécatech"
DOMAIN: Final = "mecatech-demo.fr"
PIPELINE: Final = "sales"
OPEN_STAGES: Final = ("discovery", "need_validated", "demo", "proposal", "negotiation")
STAGES: Final = (*OPEN_STAGES, "won", "lost")
"""Stage number minus one is the place here: 1 discovery ... 5 negotiation, 6 won, 7 lost."""
WON: Final = 6
LOST: Final = 7
BANT: Final = ("need_understood", "timeframe_known", "budget_confirmed", "decision_maker_met")
OTHER_MILESTONES: Final = ("discovery_record", "roi_validated", "demo_succeeded", "blockers_involved")
MILESTONE_STAGES: Final = {
    "discovery_record": 1,
    "need_understood": 1,
    "timeframe_known": 1,
    "roi_validated": 2,
    "budget_confirmed": 2,
    "decision_maker_met": 3,
    "demo_succeeded": 3,
    "blockers_involved": 4,
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything that drives the world. Volumes are those of scale 1 over 36 months."""

    # volumes
    count_visitors: int = 47_000
    count_leads: int = 3_000
    bot_session_share: float = 0.03
    count_staff_visitors: int = 12

    # web
    sessions_per_visitor_stop: float = 0.69
    events_per_session_stop: float = 0.30
    consent_shares: tuple[float, ...] = (0.76, 0.16, 0.08)
    """granted, denied, unknown."""

    # leads: web, trade show, phone, recommendation, colleague of a known contact
    source_shares: tuple[float, ...] = (0.62, 0.17, 0.07, 0.05, 0.09)
    hand_raise_share_of_web_leads: float = 0.36
    mql_share_of_trade_show_leads: float = 0.15
    direct_share_of_phone_leads: float = 0.45
    direct_share_of_recommended_leads: float = 0.55
    contact_consent_shares: tuple[float, ...] = (0.62, 0.18, 0.20)
    mql_daily_hazard_with_consent: float = 0.00036
    mql_daily_hazard_without_consent: float = 0.00010
    mql_weekday_factors: tuple[float, ...] = (1.25, 1.3, 1.25, 1.25, 1.15, 0.4, 0.4)
    lifecycle_share_of_nurtured_mqls: float = 0.5

    # fit of the company: points of size and sector
    size_shares: tuple[float, ...] = (0.30, 0.42, 0.28)
    """Under 10, 10 to 49, 50 and more employees: 0, 1, 2 points."""
    sector_shares: tuple[float, ...] = (0.35, 0.30, 0.20, 0.15)
    """Industrie 2 points, Services 1, Commerce and BTP 0."""

    # first human contact
    first_attempt_same_day: float = 0.40
    first_attempt_daily: float = 0.45
    next_attempt_daily: float = 0.35
    max_attempts: int = 6
    answer_probability: float = 0.42
    valid_probability_by_fit: tuple[float, ...] = (0.27, 0.40, 0.54)
    undecided_probability: float = 0.10
    disqualified_when_unreachable: float = 0.5
    deal_probability: float = 0.82
    deal_same_day: float = 0.30
    deal_daily: float = 0.25

    # stages: rows are stages 1 to 5, columns are days in the stage 1-6, 7-20, 21-59, 60 and more
    age_bins: tuple[int, ...] = (7, 21, 60)
    advance: tuple[tuple[float, ...], ...] = (
        (0.075, 0.060, 0.030, 0.010),
        (0.060, 0.055, 0.030, 0.010),
        (0.080, 0.070, 0.030, 0.010),
        (0.040, 0.050, 0.030, 0.008),
        (0.070, 0.060, 0.030, 0.010),
    )
    lose: tuple[tuple[float, ...], ...] = (
        (0.010, 0.014, 0.012, 0.015),
        (0.006, 0.010, 0.012, 0.015),
        (0.006, 0.010, 0.014, 0.020),
        (0.008, 0.012, 0.016, 0.020),
        (0.008, 0.012, 0.015, 0.020),
    )
    go_back: tuple[float, ...] = (0.0, 0.003, 0.004, 0.005, 0.004)
    skip_probability: tuple[float, ...] = (0.06, 0.06, 0.06, 0.08, 0.0)
    deal_weekday_factors: tuple[float, ...] = (1.30, 1.30, 1.30, 1.30, 1.30, 0.25, 0.25)
    express_probability: float = 0.02
    junk_probability: float = 0.015
    """Created and won, created and lost on the same day."""
    reopen_probability: float = 0.04
    reopen_daily: float = 0.05
    bant_probabilities: tuple[float, ...] = (0.75, 0.60, 0.55, 0.50)
    bant_advance_effect: float = 0.22
    bant_lose_effect: float = -0.30
    fit_advance_effect: float = 0.15
    fit_lose_effect: float = -0.20

    # discovery record: probability that a question is answered
    discovery_form_probability: float = 0.60
    """In the form of a web lead; questions of the profile."""
    discovery_script_probability: float = 0.75
    """In the first call; questions of the script."""
    discovery_other_probability: float = 0.30
    """In the first call; other questions."""
    discovery_enrichment_probability: float = 0.35
    """Looked up within three weeks; questions of the profile."""

    # orders
    repeat_customer_share: float = 0.65
    repeat_orders_per_year: float = 2.6
    cancel_probability: float = 0.03

    # e-mail
    hard_bounce_probability: float = 0.006
    soft_bounce_probability: float = 0.010
    human_open_probability: float = 0.32
    proxy_open_probability: float = 0.20
    human_click_probability: float = 0.035
    unsubscribe_probability: float = 0.0025
    scanner_share_of_contacts: float = 0.06

    def fit_shares(self) -> Floats:
        """Return the shares of low, middle and high fit among leads; shape (3,)."""
        points = np.add.outer(np.array([0, 1, 2]), np.array([2, 1, 0, 0]))
        shares = np.multiply.outer(np.array(self.size_shares), np.array(self.sector_shares))
        found = np.bincount(fit_class(points).ravel(), weights=shares.ravel(), minlength=3)
        return found.astype(np.float64)

    def bant_shares(self) -> Floats:
        """Return the shares of deals with 0 to 4 BANT answers validated; shape (5,)."""
        shares = np.array([1.0])
        for probability in self.bant_probabilities:
            shares = np.convolve(shares, np.array([1 - probability, probability]))
        return shares

    def multipliers(self) -> tuple[Floats, Floats]:
        """Return the factors on the advance and lose hazards by BANT answers and fit; shape (5, 3) each."""
        bant = np.arange(5.0)[:, None] - sum(self.bant_probabilities)
        fit = np.arange(3.0)[None, :] - 1
        return (
            np.exp(self.bant_advance_effect * bant + self.fit_advance_effect * fit),
            np.exp(self.bant_lose_effect * bant + self.fit_lose_effect * fit),
        )

    def as_dict(self) -> dict[str, object]:
        """Return all parameters for ``truth.json``."""
        return asdict(self)


def fit_class(points: Ints) -> Ints:
    """Return 0, 1 or 2 (low, middle, high fit) of the points for size and sector."""
    return np.digitize(points, [2, 3]).astype(np.int64)
