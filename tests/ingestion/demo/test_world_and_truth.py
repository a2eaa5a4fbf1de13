"""What was drawn agrees with what the parameters imply exactly. The two are computed by different code."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ingestion.demo import chain
from ingestion.demo.clock import DAY, NEVER
from ingestion.demo.crm import Export
from ingestion.demo.journey import share_called_same_day
from ingestion.demo.mailing import Mailing, send_campaigns
from ingestion.demo.parameters import OPEN_STAGES, WON, Parameters
from ingestion.demo.truth import lead_cycle_starts
from ingestion.demo.world import World, draw_world, stream

STANDARD_ERRORS = 3


@pytest.fixture(scope="module")
def world() -> World:
    return draw_world(seed=7, scale=20, end=date(2025, 10, 31), months=36)


def assert_close(successes: np.ndarray, truth: float) -> None:
    error = np.sqrt(truth * (1 - truth) / len(successes))
    assert len(successes) > 500
    assert abs(successes.mean() - truth) < STANDARD_ERRORS * error, (successes.mean(), truth, error)


@pytest.fixture(scope="module")
def stage_truth(world: World) -> dict:
    deals, calendar = world.journey.deals, world.calendar
    weekdays = np.bincount(calendar.weekday[calendar.day_of(deals.created_at)], minlength=7)
    return chain.stage_truth(world.parameters, weekdays / weekdays.sum())


@pytest.mark.parametrize("window", [30, 60, 90, 180])
@pytest.mark.parametrize("stage", range(5))
@pytest.mark.parametrize("population", ["entered", "reached"])
def test_deals_reach_the_next_stage_as_often_as_the_hazards_imply(
    world: World, stage_truth: dict, stage: int, window: int, population: str
) -> None:
    deals, calendar = world.journey.deals, world.calendar
    day, rank = calendar.day_of(deals.change_at), deals.change_stage
    start, later = np.full(len(deals), NEVER), np.full(len(deals), NEVER)
    holds = rank == stage + 1 if population == "entered" else (rank > stage) & (rank <= WON)
    beyond = (rank > stage + 1) & (rank <= WON)
    np.minimum.at(start, deals.change_deal[holds], day[holds])
    np.minimum.at(later, deals.change_deal[beyond], day[beyond])
    mature = start < calendar.count_days - window - 1
    within = later[mature] - start[mature] <= window
    assert_close(within, stage_truth[OPEN_STAGES[stage]][population][str(window)])


def test_deals_are_won_as_often_as_the_hazards_imply(world: World, stage_truth: dict) -> None:
    deals = world.journey.deals
    old = deals.created_at < world.calendar.closes_at - 500 * DAY
    assert_close(deals.stage[old] == WON, stage_truth["won"]["reached_per_deal"])


@pytest.mark.parametrize("window", [30, 60, 90])
def test_mqls_become_sql_as_often_as_the_contact_attempts_imply(world: World, window: int) -> None:
    rounds, calendar = world.journey.rounds, world.calendar
    truth = chain.sql_truth(world.parameters, share_called_same_day(calendar, rounds.started_at[rounds.is_mql]))
    mature = rounds.is_mql & (rounds.started_at < calendar.closes_at - (window + 1) * DAY)
    is_sql = rounds.sql_at[mature] < NEVER
    sql_day = calendar.day_of(np.where(is_sql, rounds.sql_at[mature], calendar.opens_at))
    within = is_sql & (sql_day - calendar.day_of(rounds.started_at[mature]) <= window)
    assert_close(within, truth[str(window)]["sql"])


def test_customers_buy_again_within_a_year_as_often_as_the_rate_implies(world: World) -> None:
    orders = world.orders
    order = np.lexsort((orders.ordered_at, orders.person))
    person, at = orders.person[order], orders.ordered_at[order]
    first = np.flatnonzero(np.diff(person, prepend=-1) != 0)
    mature = first[at[first] < world.calendar.closes_at - 366 * DAY]
    following = np.minimum(mature + 1, len(at) - 1)
    again = (person[following] == person[mature]) & (following != mature)
    within = again & (at[following] - at[mature] <= 365 * DAY)
    assert_close(within, chain.repurchase_within_a_year(world.parameters))


def test_fit_of_leads_has_the_shares_of_size_and_sector(world: World) -> None:
    for fit, share in enumerate(Parameters().fit_shares()):
        assert_close(world.people.fit == fit, float(share))


@pytest.fixture(scope="module")
def mailed(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Mailing]:
    small = draw_world(seed=7, scale=6, end=date(2025, 10, 31), months=36)
    mailing = send_campaigns(
        tmp_path_factory.mktemp("mailing"),
        stream(7, "mailing"),
        parameters=small.parameters,
        calendar=small.calendar,
        people=small.people,
        journey=small.journey,
        orders=small.orders,
        person_ids=small.person_ids,
        emails=small.emails,
        cutoff=small.calendar.closes_at,
        seed=7,
    )
    return small, mailing


def test_people_who_get_an_email_become_mql_as_often_as_the_hazard_implies(mailed: tuple[World, Mailing]) -> None:
    _, mailing = mailed
    mature = mailing.exposures[:-2]
    people = sum(item.people for item in mature)
    reached = np.zeros(people)
    reached[: sum(item.mql_within_30_days for item in mature)] = 1
    assert_close(reached, chain.mql_after_email(Parameters(), 30))


def test_people_click_as_often_as_the_parameter_says(mailed: tuple[World, Mailing]) -> None:
    _, mailing = mailed
    clicked = np.zeros(mailing.deliveries)
    clicked[: mailing.clicked_deliveries] = 1
    assert_close(clicked, Parameters().human_click_probability)


def test_lead_cycles_start_anew_only_after_an_end_or_silence(mailed: tuple[World, Mailing]) -> None:
    world, mailing = mailed
    person, at, is_first = lead_cycle_starts(world, mailing)
    assert is_first.sum() == len(world.people)
    assert (at[is_first][np.argsort(person[is_first])] == world.people.captured_at).all()
    recycled_mqls = world.journey.rounds.round_number > 0
    assert (~is_first).sum() > recycled_mqls.sum() * 0.05
    # Nobody is with sales twice at a time.
    rounds = world.journey.rounds
    order = np.lexsort((rounds.started_at, rounds.person))
    same = np.diff(rounds.person[order]) == 0
    assert (rounds.started_at[order][1:][same] > rounds.released_at[order][:-1][same]).all()


def test_nobody_is_judged_before_being_an_mql_nor_has_a_deal_before_being_an_sql(world: World) -> None:
    rounds, deals = world.journey.rounds, world.journey.deals
    is_sql = rounds.sql_at < NEVER
    assert (rounds.sql_at >= rounds.started_at)[is_sql].all()
    first_sql = np.full(len(world.people), NEVER)
    np.minimum.at(first_sql, rounds.person[is_sql], rounds.sql_at[is_sql])
    assert (deals.created_at > first_sql[deals.person]).all()


def test_lines_sum_to_their_order_exactly(world: World) -> None:
    orders = world.orders
    totals = np.bincount(orders.line_order, weights=orders.line_amount, minlength=len(orders))
    assert (totals.astype(np.int64) == orders.amount).all()
    assert (orders.line_quantity * orders.line_price == orders.line_amount).all()


def test_export_holds_only_what_was_known(world: World) -> None:
    export = Export(Path("unused"), until=100, since=50)
    created, updated = np.array([10, 10, 60, 110]), np.array([20, 60, 60, 110])
    assert export.changed(created, updated).tolist() == [False, True, True, False]
