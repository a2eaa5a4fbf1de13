"""The semi-Markov forecast: closed forms, hand-computed cases, an independent recursion, and what it must never do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.forecast.amounts import known_amounts
from analytics.forecast.arrivals import fit_arrivals
from analytics.forecast.chain import COUNT_KINDS, OF_DEAL, REPEAT, expect_orders
from analytics.forecast.hazards import (
    COUNT_BINS,
    FEWEST_EXITS,
    Hazards,
    count_risks,
    draw_hazards,
    families_of,
    fit_hazards,
    rest_day_factors,
)
from analytics.forecast.history import NEVER, History, Ints, visible
from analytics.forecast.months import COUNT_HORIZONS, HORIZONS, ahead
from analytics.forecast.outlook import NAIVE_MEAN, SEMI_MARKOV, look_ahead
from analytics.forecast.semi_markov import AMOUNT, COUNT, EXISTING, FUTURE, QUANTILES, TOTAL, forecast_orders
from analytics.forecast.sojourns import (
    ADVANCE,
    CENSORED,
    COUNT_CAUSES,
    FIRST_STAGE,
    GO_BACK,
    LEAD,
    LEFT,
    LOSE,
    MQL,
    SQL,
    Sojourns,
    build_journey,
    states_of,
)
from tests.analytics.companies import (
    IS_LOST,
    IS_WON,
    ONE,
    START,
    TWO,
    TWO_STAGES,
    calendar,
    company,
    day,
    drawn_company,
)

STATES = states_of(TWO_STAGES)
FAMILIES = families_of(STATES)
NO_AMOUNT = float("nan")


# Months ahead


@pytest.mark.parametrize(
    ("origin", "first_days", "ends"),
    [
        ("2024-01-15", ("2024-01-16", "2024-02-01", "2024-03-01", "2024-04-01"), "2024-05-01"),
        ("2024-01-31", ("2024-02-01", "2024-02-01", "2024-03-01", "2024-04-01"), "2024-05-01"),
        ("2023-11-30", ("2023-12-01", "2023-12-01", "2024-01-01", "2024-02-01"), "2024-03-01"),
    ],
)
def test_horizons_are_the_rest_of_the_month_and_three_months(
    origin: str, first_days: tuple[str, ...], ends: str
) -> None:
    found = ahead(day(origin))
    assert found.first_day.tolist() == [day(text) for text in first_days]
    assert found.end_day[-1] == day(ends)
    counts = np.bincount(found.horizon, minlength=len(HORIZONS))
    assert counts.tolist() == (found.end_day - found.first_day).tolist()


# Stays


def _stays(stays: Sojourns) -> list[tuple[int, ...]]:
    columns = (stays.state, stays.entered_day - START, stays.exited_day - START, stays.cause, stays.destination)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_a_deal_is_its_stays_with_back_move_loss_reopening_and_wait_for_the_order() -> None:
    path = [(0, ONE), (2, ONE), (5, TWO), (9, ONE), (12, IS_LOST), (20, TWO), (25, IS_WON)]
    history = company([[(START + at, stage, 1.0) for at, stage in path]], orders=[(START + 27, 0, 7, 90.0)])
    journey = build_journey(visible(history, START + 40), START + 40)
    one, two = FIRST_STAGE, FIRST_STAGE + 1
    assert _stays(journey.sojourns) == sorted(
        [
            (one, 0, 5, ADVANCE, two),
            (two, 5, 9, GO_BACK, one),
            (one, 9, 12, LOSE, STATES.lost),
            (STATES.lost, 12, 20, GO_BACK, two),
            (two, 20, 25, ADVANCE, STATES.won),
            (STATES.won, 25, 27, ADVANCE, STATES.first_customer),
            (STATES.first_customer, 27, 40, CENSORED, LEFT),
        ]
    )
    assert journey.items.state.tolist() == [STATES.first_customer]


def test_a_cycle_is_a_lead_until_mql_sql_or_deal_and_ends_where_it_is_closed() -> None:
    never = int(NEVER)
    cycles = [
        (START, START + 3, START + 7, never),
        (START, START, never, START + 20),
        (START, never, never, never),
        (START, START + 2, START + 1, START + 50),
    ]
    history = company([[(START + 9, ONE, 1.0)]], cycles, cycle_of_deal=[0])
    journey = build_journey(visible(history, START + 30), START + 30)
    assert _stays(journey.sojourns) == sorted(
        [
            (LEAD, 0, 3, ADVANCE, MQL),
            (MQL, 3, 7, ADVANCE, SQL),
            (SQL, 7, 9, ADVANCE, FIRST_STAGE),
            (FIRST_STAGE, 9, 30, CENSORED, LEFT),
            (MQL, 0, 20, LOSE, LEFT),
            (LEAD, 0, 30, CENSORED, LEFT),
            # Contacted before it was MQL: from then on it is SQL.
            (LEAD, 0, 1, ADVANCE, SQL),
            (SQL, 1, 30, CENSORED, LEFT),
        ]
    )
    assert sorted(journey.arrivals.state.tolist()) == [LEAD, LEAD, LEAD, MQL], "the deal came from a cycle"


def test_orders_are_of_deals_repeats_or_direct() -> None:
    orders = [(START + 5, 0, 1, 10.0), (START + 9, -1, 1, 10.0), (START + 9, -1, 2, 10.0), (START + 11, -1, -1, 10.0)]
    orders.append((START + 20, 0, 1, 10.0))
    history = company([[(START, IS_WON, 10.0)]], orders=orders)
    journey = build_journey(visible(history, START + 30), START + 30)
    assert journey.is_repeat.tolist() == [False, True, False, False, True], "a second order of a deal is a repeat"
    assert journey.is_direct.tolist() == [False, False, True, True, False]


# Hazards


def _constant_stays(state: int, hazard: float, count: int, *, seed: int) -> Sojourns:
    rng = np.random.default_rng(seed)
    entered = START + rng.integers(0, 300, count)
    length = rng.geometric(hazard, count)
    lost = rng.random(count) < 0.25
    return Sojourns(
        np.full(count, state),
        entered,
        entered + length,
        np.where(lost, LOSE, ADVANCE),
        np.where(lost, STATES.lost, STATES.won),
    )


def test_risks_count_worked_and_other_days_by_age() -> None:
    # Entered on a Monday, moved on the Tuesday after next: worked days 1-4, 7, 8 and the weekend 5, 6.
    stays = Sojourns(*(np.array([value]) for value in (FIRST_STAGE, START, START + 8, ADVANCE, FIRST_STAGE + 1)))
    risks = count_risks(stays, STATES, FAMILIES, calendar(), START + 30)
    assert risks.exposure[0, FIRST_STAGE].tolist() == [1, 3, 2, 1, 0, 0, 0, 0]
    assert risks.exposure[1, FIRST_STAGE].tolist() == [0, 0, 2, 0, 0, 0, 0, 0]
    assert risks.events[0, FIRST_STAGE, 3, ADVANCE] == risks.events.sum() == 1
    assert risks.moves[FIRST_STAGE, ADVANCE, FIRST_STAGE + 1] == risks.moves.sum() == 1


def test_what_is_older_than_the_window_does_not_count() -> None:
    stays = Sojourns(*(np.array([value]) for value in (FIRST_STAGE, START, START + 5, ADVANCE, FIRST_STAGE + 1)))
    risks = count_risks(stays, STATES, FAMILIES, calendar(), START + 1_500)
    assert risks.exposure.sum() == risks.events.sum() == 0


def test_posterior_of_a_state_of_its_own_is_counts_over_days() -> None:
    stays = _constant_stays(SQL, 0.1, 400, seed=1)
    risks = count_risks(stays, STATES, FAMILIES, calendar(), START + 2_000 - 1_000)
    posterior = fit_hazards(risks, FAMILIES)
    factor = rest_day_factors(risks, FAMILIES)[FAMILIES.of_state[SQL]]
    events = risks.events.sum(axis=0)[SQL, 1:, ADVANCE]
    exposure = (risks.exposure[0] + risks.exposure[1] * factor)[SQL, 1:]
    flat = events.sum() / exposure.sum()
    rate = (posterior.shape / posterior.days)[SQL, 1:, ADVANCE]
    assert exposure.min() == 0
    assert factor == pytest.approx(1.0, abs=0.15)
    known = exposure > 200
    assert rate[known] == pytest.approx(events[known] / exposure[known], rel=0.02)
    # An age that nobody has reached goes by the others.
    assert rate[exposure == 0] == pytest.approx(flat, rel=0.15)


def test_a_stage_of_few_exits_takes_the_rate_of_all_and_many_exits_their_own() -> None:
    slow, quick = _constant_stays(FIRST_STAGE, 0.02, 600, seed=2), _constant_stays(FIRST_STAGE + 1, 0.2, 15, seed=3)
    both = Sojourns(*(np.concatenate([getattr(slow, name), getattr(quick, name)]) for name in Sojourns.__slots__))
    risks = count_risks(both, STATES, FAMILIES, calendar(), START + 1_000)
    posterior = fit_hazards(risks, FAMILIES)
    assert risks.events[:, FIRST_STAGE + 1].sum() < FEWEST_EXITS
    assert posterior.is_pooled[[FIRST_STAGE, FIRST_STAGE + 1]].tolist() == [False, True]
    rate = (posterior.shape / posterior.days).sum(axis=-1)
    assert rate[FIRST_STAGE, 4] == pytest.approx(0.02, rel=0.2)
    assert rate[FIRST_STAGE + 1, 4] < 0.1, "fifteen exits at ten times the rate do not carry a stage"
    more = _constant_stays(FIRST_STAGE + 1, 0.2, 600, seed=3)
    both = Sojourns(*(np.concatenate([getattr(slow, name), getattr(more, name)]) for name in Sojourns.__slots__))
    posterior = fit_hazards(count_risks(both, STATES, FAMILIES, calendar(), START + 1_000), FAMILIES)
    rate = (posterior.shape / posterior.days).sum(axis=-1)
    assert rate[FIRST_STAGE + 1, 2] == pytest.approx(0.2, rel=0.2)


def test_draws_scatter_around_the_mean_as_a_gamma_posterior_does() -> None:
    stays = _constant_stays(SQL, 0.1, 400, seed=1)
    posterior = fit_hazards(count_risks(stays, STATES, FAMILIES, calendar(), START + 1_000), FAMILIES)
    hazards = draw_hazards(posterior, 1.0, STATES, np.random.default_rng(5), 4_000)
    drawn = hazards.rate[1:, SQL, 2, ADVANCE]
    shape = posterior.shape[SQL, 2, ADVANCE]
    assert drawn.mean() == pytest.approx(hazards.rate[0, SQL, 2, ADVANCE], rel=0.02)
    assert drawn.std() / drawn.mean() == pytest.approx(shape**-0.5, rel=0.05)


# Propagation


def _random_hazards(seed: int, draws: int) -> Hazards:
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0, 0.05, (draws, STATES.count, COUNT_BINS, COUNT_CAUSES))
    rate[:, :, 0] = rng.uniform(0, 0.2, (draws, STATES.count, COUNT_CAUSES))
    weight = rng.uniform(0, 1, (draws, STATES.count, COUNT_CAUSES, STATES.count + 1))
    customers = slice(STATES.first_customer, None)
    weight[:, : STATES.first_customer, :, customers] = 0
    weight[:, customers, :, : STATES.first_customer] = 0
    weight[:, STATES.won, ADVANCE] = 0
    weight[:, STATES.won, ADVANCE, [STATES.first_customer, STATES.count]] = [0.8, 0.2]
    destination = (weight / np.maximum(weight.sum(axis=-1, keepdims=True), 1e-12))[..., :-1]
    return Hazards(rate, destination, rng.uniform(0, 1, FAMILIES.count))


def _walk_forward(hazards: Hazards, state: int, age: int, origin: int, *, enters_on: int | None = None) -> np.ndarray:
    """Orders by kind and horizon by moving the mass of one item forward, day by day: independent of the recursion."""
    horizons = ahead(origin)
    works = calendar().working(horizons.days)
    ages = age + len(horizons.days) + 2
    at = np.array([FAMILIES.bin_of(np.full(ages, of), np.arange(ages)) for of in range(STATES.count)])
    rate, destination = hazards.rate[0], hazards.destination[0]
    found = np.zeros((COUNT_KINDS, COUNT_HORIZONS))
    mass = np.zeros((STATES.count, ages))
    left = 0.0
    if enters_on is None:
        mass[state, age] = 1.0

    def ordered(ends: np.ndarray, month: int) -> None:
        found[OF_DEAL, month] += ends[STATES.won, ADVANCE]
        found[REPEAT, month] += ends[STATES.first_customer :, ADVANCE].sum()

    for place, today in enumerate(horizons.days):
        month = int(horizons.horizon[place])
        mass = np.roll(mass, 1, axis=1)
        factor = 1.0 if works[place] else hazards.rest_factor[FAMILIES.of_state][:, None, None]
        ends = mass[:, :, None] * np.take_along_axis(rate, at[:, :, None], axis=1) * factor
        mass = mass - ends.sum(axis=-1)
        ends = ends.sum(axis=1)
        entering = np.einsum("sc,sct->t", ends, destination)
        left += ends.sum() - entering.sum()
        ordered(ends, month)
        entering[state] += today == enters_on
        while entering.max() > 1e-15:
            ends = entering[:, None] * rate[:, 0]
            mass[:, 0] += entering - ends.sum(axis=-1)
            entering = np.einsum("sc,sct->t", ends, destination)
            left += ends.sum() - entering.sum()
            ordered(ends, month)
    assert mass.min() >= 0
    assert mass.sum() + left == pytest.approx(1.0), "an item is somewhere or has left"
    return found


@pytest.mark.parametrize(
    ("state", "age"), [(LEAD, 0), (SQL, 200), (FIRST_STAGE, 13), (STATES.won, 2), (STATES.lost, 5)]
)
def test_backward_recursion_equals_moving_the_mass_forward(state: int, age: int) -> None:
    hazards = _random_hazards(7, 1)
    origin = day("2024-02-27")
    found = expect_orders(hazards, STATES, FAMILIES, calendar(), ahead(origin))
    of_item = found.of_items(np.array([state]), np.array([age]))[0, 0]
    assert of_item == pytest.approx(_walk_forward(hazards, state, age, origin), abs=1e-10)
    enters = origin + 20
    of_entry = found.of_entry[0, 19, state]
    assert of_entry == pytest.approx(_walk_forward(hazards, state, 0, origin, enters_on=enters), abs=1e-10)


def test_an_order_that_comes_at_a_constant_rate_is_geometric() -> None:
    hazards = _random_hazards(1, 1)
    hazards.rate[:] = 0.0
    hazards.rate[0, STATES.won, 1:, ADVANCE] = 0.02
    hazards = replace(hazards, rest_factor=np.ones(FAMILIES.count))
    horizons = ahead(day("2024-01-15"))
    found = expect_orders(hazards, STATES, FAMILIES, calendar(), horizons)
    stays = 0.98 ** (np.array([*horizons.first_day, horizons.end_day[-1]]) - horizons.first_day[0])
    of_item = found.of_items(np.array([STATES.won]), np.array([3]))[0, 0]
    assert of_item[OF_DEAL] == pytest.approx(stays[:-1] - stays[1:], abs=1e-12)
    assert of_item[REPEAT].tolist() == [0.0] * COUNT_HORIZONS


def test_a_deal_is_ordered_once_at_most() -> None:
    found = expect_orders(_random_hazards(3, 5), STATES, FAMILIES, calendar(), ahead(day("2024-01-15")))
    before_customers = found.of_cell[:, : found.first_cell[STATES.first_customer], OF_DEAL].sum(axis=-1)
    assert before_customers.min() >= 0
    assert before_customers.max() <= 1
    assert found.of_cell[:, found.first_cell[STATES.first_customer] :, OF_DEAL].max() == 0


def test_no_more_leave_than_there_are_where_more_happens_on_days_not_worked() -> None:
    hazards = _random_hazards(4, 1)
    hazards.rate[:, :, 1:] *= 0.9 / hazards.rate[:, :, 1:].sum(axis=-1, keepdims=True)
    busy = replace(hazards, rest_factor=np.full(FAMILIES.count, 3.0))
    found = expect_orders(busy, STATES, FAMILIES, calendar(), ahead(day("2024-01-12"))).of_cell[:, :, OF_DEAL]
    assert found.min() >= 0
    assert found.sum(axis=-1).max() <= 1


# Arrivals


def test_arrivals_follow_working_days() -> None:
    days = calendar()
    begin, origin = START, START + 7 * 52 - 1
    window = np.arange(begin, origin + 1)
    every_working_day = window[days.working(window)]
    horizons = ahead(origin)
    rate = fit_arrivals(every_working_day, days, begin, origin, horizons.days).draw(np.random.default_rng(1), 3)
    works = days.working(horizons.days)
    assert rate[0, works] == pytest.approx(1.0, abs=0.03)
    assert rate[0, ~works].max() < 0.03
    assert rate.shape == (4, len(horizons.days))


def test_arrivals_have_a_season_once_two_years_show_it() -> None:
    days = calendar()
    begin, origin = day("2023-01-01"), day("2025-06-30")
    window = np.arange(begin, origin + 1)
    august = window.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 == 7
    arrived = np.concatenate([window, window[~august], window[~august]])
    horizons = ahead(day("2025-06-30"))
    rate = fit_arrivals(np.sort(arrived), days, begin, origin, horizons.days).draw(np.random.default_rng(1), 1)[0]
    by_horizon = [rate[horizons.horizon == place].mean() for place in range(1, 4)]
    assert by_horizon[1] / by_horizon[0] == pytest.approx(1 / 3, abs=0.12), "August against July"
    early = fit_arrivals(arrived[arrived < day("2024-06-30")], days, begin, day("2024-06-30"), horizons.days)
    works = days.working(horizons.days)
    assert np.ptp(early.profile[works]) == 0, "a year and a half shows no season"


# Amounts


def test_amounts_are_corrected_by_stage_and_unknown_ones_are_the_median_of_their_segment() -> None:
    won = [[(START, ONE, 100.0), (START + 5, TWO, 80.0), (START + 9, IS_WON, 80.0)] for _ in range(12)]
    still = [[(START, ONE, 50.0)], [(START, ONE, 60.0), (START + 1, TWO, 40.0)], [(START, ONE, NO_AMOUNT)]]
    orders = [(START + 9, deal, deal, 72.0) for deal in range(12)]
    history = company([*won, *still], orders=orders, segment=[0] * 12 + [1, 1, 1])
    known = visible(history, START + 30)
    amounts = known_amounts(known, build_journey(known, START + 30), START + 30)
    # 72 of 100 from the first stage, 72 of 80 from the second; the median of segment 1 is 45, of either stage.
    assert amounts.expected_of_deals()[12:] == pytest.approx([50 * 0.72, 40 * 0.9, 45 * (0.72 + 0.9) / 2])
    assert amounts.cancelled_share == 0


# The forecast as a whole


ORIGIN = START + 830


@pytest.fixture(scope="module")
def drawn() -> History:
    return drawn_company(11)


def test_existing_and_future_sum_to_the_total_and_paths_to_the_expectation(drawn: History) -> None:
    forecast = forecast_orders(visible(drawn, ORIGIN), ORIGIN, count_paths=4_000)
    assert forecast.expected[:, TOTAL] == pytest.approx(forecast.expected[:, EXISTING] + forecast.expected[:, FUTURE])
    assert (forecast.expected[COUNT, TOTAL] > 5).all()
    assert (np.diff(forecast.expected[COUNT, FUTURE]) > 0).all(), "who comes later brings orders later"
    # The medians of counts of ten lie close to their means.
    median = forecast.quantiles[COUNT, TOTAL, :, QUANTILES.index(0.5)]
    assert median == pytest.approx(forecast.expected[COUNT, TOTAL], rel=0.15)
    assert (np.diff(forecast.quantiles, axis=-1) >= 0).all()
    assert (forecast.deal_probability.sum(axis=1) <= 1).all()


def _without_later_records(history: History, origin: int) -> History:
    """The file of the company as it stood: rows recorded later do not exist."""
    deals, cycles, orders = history.deals, history.cycles, history.orders
    change = deals.change_recorded_day <= origin
    has_change = np.isin(np.arange(len(deals)), deals.change_deal[change])
    cycle = cycles.opened_recorded_day <= origin
    order = orders.recorded_day <= origin

    def numbered(keep: np.ndarray) -> Ints:
        return np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int64)

    new_deal, new_cycle = numbered(has_change), numbered(cycle)

    def cut(values: Ints) -> Ints:
        return np.where(values <= origin, values, NEVER)

    return replace(
        history,
        deals=replace(
            deals,
            cycle=np.where(deals.cycle >= 0, new_cycle[deals.cycle], -1)[has_change],
            segment=deals.segment[has_change],
            change_deal=new_deal[deals.change_deal[change]],
            **{
                name: getattr(deals, name)[change]
                for name in ("change_stage", "change_day", "change_recorded_day", "change_amount")
            },
        ),
        cycles=replace(cycles, **{name: cut(getattr(cycles, name))[cycle] for name in cycles.__slots__}),
        orders=replace(
            orders,
            **{name: getattr(orders, name)[order] for name in ("day", "recorded_day", "customer", "amount")},
            cancelled_day=cut(orders.cancelled_day)[order],
            deal=np.where(orders.deal >= 0, new_deal[orders.deal], -1)[order],
        ),
    )


def test_no_record_that_came_later_changes_a_forecast(drawn: History) -> None:
    then = look_ahead(visible(_without_later_records(drawn, ORIGIN), ORIGIN), ORIGIN)
    now = look_ahead(visible(drawn, ORIGIN), ORIGIN)
    assert int((drawn.deals.change_recorded_day > ORIGIN).sum()) > 50
    for model, expected in now.expected.items():
        np.testing.assert_array_equal(expected, then.expected[model], err_msg=model)
    np.testing.assert_array_equal(now.forecast.quantiles, then.forecast.quantiles)
    np.testing.assert_array_equal(now.forecast.deal_probability, then.forecast.deal_probability)
    assert now.label == then.label
    # The comparison can fail: known on the day itself, what is recorded a day late changes the forecast.
    prompt = replace(drawn, orders=replace(drawn.orders, recorded_day=drawn.orders.day))
    prompt = replace(prompt, deals=replace(drawn.deals, change_recorded_day=drawn.deals.change_day))
    leaked = look_ahead(visible(prompt, ORIGIN), ORIGIN).expected[SEMI_MARKOV]
    assert not np.array_equal(leaked, now.expected[SEMI_MARKOV])


def test_the_same_history_gives_the_same_draws_and_another_origin_others(drawn: History) -> None:
    known = visible(drawn, ORIGIN)
    first, second = forecast_orders(known, ORIGIN), forecast_orders(known, ORIGIN)
    np.testing.assert_array_equal(first.quantiles, second.quantiles)
    assert not np.array_equal(forecast_orders(known, ORIGIN + 1).quantiles, first.quantiles)


def test_losses_are_no_orders() -> None:
    lost = [[(START + 3 * place, ONE, 100.0), (START + 3 * place + 10, IS_LOST, 100.0)] for place in range(120)]
    origin = START + 500
    forecast = forecast_orders(visible(company(lost), origin), origin)
    assert forecast.expected.max() == forecast.quantiles.max() == 0.0
    assert len(forecast.deal) == 0
    # Beside won deals a lost one adds nothing that a deal never seen would not.
    won = [[(START + 3 * place, ONE, 100.0), (START + 3 * place + 10, IS_WON, 100.0)] for place in range(120)]
    orders = [(START + 3 * place + 10, place, -1, 100.0) for place in range(120)]
    forecast = forecast_orders(visible(company([*won, *lost], orders=orders), origin), origin)
    assert forecast.expected[COUNT, EXISTING].max() == 0.0
    assert forecast.expected[COUNT, FUTURE, 3] > 1.0


def test_a_deal_that_has_its_order_is_not_forecast_again() -> None:
    # Ordered while the CRM still shows it open.
    history = company([[(START, TWO, 10.0)], [(START, TWO, 10.0)]], orders=[(START + 5, 0, -1, 10.0)])
    forecast = forecast_orders(visible(history, START + 30), START + 30)
    assert forecast.deal.tolist() == [1]


@pytest.mark.parametrize("days", [0, 31, 400])
@pytest.mark.parametrize("with_deals", [True, False])
def test_young_and_simple_companies_have_a_forecast_and_a_reason(days: int, with_deals: bool) -> None:
    history = drawn_company(5, days=max(days, 1), with_deals=with_deals) if days else company()
    origin = START + max(days, 1)
    outlook = look_ahead(visible(history, origin), origin, count_paths=200, count_draws=4)
    expected = outlook.expected[SEMI_MARKOV]
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()
    if days < 400:
        assert (outlook.is_admitted, outlook.label[SEMI_MARKOV]) == (False, "short_history")
    elif not with_deals:
        assert (outlook.is_admitted, outlook.label[SEMI_MARKOV]) == (False, "few_closed_deals")
    else:
        assert outlook.is_admitted
    assert np.isfinite(outlook.expected[NAIVE_MEAN][:, TOTAL]).all()
    if not days:
        assert expected.max() == 0
    if days == 400 and not with_deals:
        assert expected[COUNT, TOTAL, 1] > 3, "orders without deals come at their own rate"


def test_cancellations_lower_the_amount_and_not_the_count() -> None:
    never = int(NEVER)
    orders = [(START + place, -1, -1, 100.0) for place in range(0, 600, 2)]
    cancelled = [START + place + 5 if place % 10 == 0 else never for place in range(0, 600, 2)]
    origin = START + 640
    gross = forecast_orders(visible(company(orders=orders), origin), origin)
    net = forecast_orders(visible(company(orders=orders, cancelled=cancelled), origin), origin)
    np.testing.assert_array_equal(gross.expected[COUNT], net.expected[COUNT])
    assert net.expected[AMOUNT, TOTAL] == pytest.approx(0.8 * gross.expected[AMOUNT, TOTAL], rel=0.01)
