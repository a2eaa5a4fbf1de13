"""Prospects, loyalty and data quality: who is named and when, what is explained, and what the choices change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lib.runs import read_runs
from dashboard.queries import prospects as queries
from dashboard.views.prospects import _with_names
from orchestration.lib.contacts import Contact, Contacts, read_contacts
from orchestration.lib.publish import connect_published

Run = Callable[..., AppTest]
Ask = Callable[[str], list[tuple[Any, ...]]]


def _html(app: AppTest) -> str:
    return "\n".join(block.proto.body for block in app.get("html"))


def _notes(app: AppTest) -> str:
    return "\n".join(str(block.value) for block in [*app.info, *app.warning, *app.caption])


@pytest.fixture
def contacts(demo: Any, ask: Ask) -> Contacts:
    """Whom the demo company's contacts file names."""
    ((version,),) = ask("select version from marts.publication")
    return read_contacts(demo.home / "published" / "contacts.duckdb", version)


@pytest.fixture
def plain_copy(demo: Any, tmp_path: Path) -> Path:
    """A workspace with what is published, contacts included, and nothing else."""
    home = tmp_path / "home"
    shutil.copytree(demo.home / "published", home / "published", symlinks=True)
    return home


def test_call_list_names_persons_from_the_contacts_file(demo: Any, page_of: Run, ask: Ask, contacts: Contacts) -> None:
    app = page_of(demo.home, "prospects", lang="fr")
    assert not app.exception
    shown = _html(app)
    rows = ask(
        "select action_rank, person_id, reason_fr from marts.kpi_next_actions "
        "where action_type not in ('give_up', 'do_not_call') order by action_rank limit 50"
    )
    assert len(rows) == 50
    places = [shown.index(f"{rank}. {contacts.persons[person_id].name}<") for rank, person_id, _ in rows]
    assert places == sorted(places)
    # Addresses and numbers are for the prospect that is opened.
    assert not any(contact.phone and contact.phone in shown for contact in contacts.persons.values())


@pytest.mark.parametrize("fault", ["missing", "other_version", "unreadable"])
def test_call_list_shows_ids_and_says_so_without_the_contacts_file(
    plain_copy: Path, page_of: Run, ask: Ask, contacts: Contacts, fault: str
) -> None:
    file = plain_copy / "published" / "contacts.duckdb"
    said = {
        "missing": "there is no contacts file",
        "other_version": "another publication",
        "unreadable": "cannot be read",
    }
    if fault == "other_version":
        with duckdb.connect(str(file)) as connection:
            connection.execute("update people.publication set version = 'of an earlier night'")
    elif fault == "unreadable":
        file.write_bytes(b"no database" * 1000)
    else:
        file.unlink()
    app = page_of(plain_copy, "prospects", lang="en")
    assert not app.exception
    assert said[fault] in _notes(app)
    shown = _html(app)
    ((person_id,),) = ask("select person_id from marts.kpi_next_actions where action_rank = 1")
    assert f"1. {person_id}<" in shown
    assert not any(contact.name and contact.name in shown for contact in contacts.persons.values())


def test_choices_of_owner_list_action_and_rows_are_in_the_address(demo: Any, page_of: Run, ask: Ask) -> None:
    app = page_of(demo.home, "prospects", lang="en", owner="crm:U03", shown="overdue")
    ranks = ask("select action_rank from marts.kpi_next_actions where owner_id = 'crm:U03' and is_overdue")
    assert ranks
    assert _html(app).count('data-column="score_confirmed"') == len(ranks)
    ((value,),) = ask(
        "select value from marts.kpi_values where metric_id = 'next_actions_overdue' and dimension_value = 'crm:U03' "
        "and period_grain = 'month'"
    )
    assert f'data-value="{value}"' in _html(app)
    nurtured = page_of(demo.home, "prospects", lang="en", action="nurture", page="2")
    ((rank, reason),) = ask(
        "select action_rank, reason_en from marts.kpi_next_actions where action_type = 'nurture' "
        "order by action_rank offset 50 limit 1"
    )
    assert f"{rank}. " in _html(nurtured)
    assert escape(reason) in _html(nurtured)
    nobody = page_of(demo.home, "prospects", lang="fr", owner="crm:U03", action="advance", shown="give_up")
    assert "Rien à montrer pour ce choix" in _notes(nobody)


def test_prospect_that_is_opened_has_its_score_explained(demo: Any, page_of: Run, ask: Ask, contacts: Contacts) -> None:
    ((action_id, person_id, cycle, next_label, reason),) = ask(
        "select action_id, person_id, lead_cycle_id, next_best_criterion_label_fr, reason_fr "
        "from marts.kpi_next_actions where action_type = 'follow_up' and next_best_criterion_code is not null "
        "and count_missing_questions > 0 order by action_rank limit 1"
    )
    app = page_of(demo.home, "prospects", lang="fr", action="follow_up", prospect=action_id)
    assert not app.exception
    shown = _html(app)
    contact = contacts.persons[person_id]
    assert f'<a href="tel:{contact.phone}">{contact.phone}</a>' in shown
    assert f'<a href="mailto:{contact.email}">{contact.email}</a>' in shown
    assert escape(reason) in shown
    contributions = ask(
        "select parts.criterion_code, parts.points, parts.lead_score_id "
        "from marts.fct_lead_score_contributions as parts "
        f"inner join marts.fct_lead_scores as scores using (lead_score_id) where scores.lead_cycle_id = '{cycle}' "
        "and scores.is_leading"
    )
    assert len(contributions) == 9
    for code, points, score_id in contributions:
        figure = f'data-figure="fct_lead_score_contributions?lead_score_id={score_id}&amp;criterion_code={code}"'
        assert f'{figure} data-column="points" data-value="{points}"' in shown
    # Criteria and questions have the company's own labels.
    assert next_label.replace("'", "’") in shown
    missing = ask(
        f"select question_label_fr from marts.fct_lead_missing_questions where lead_cycle_id = '{cycle}' "
        "and is_script_question"
    )
    assert missing
    assert all(label.replace("'", "’") in shown for (label,) in missing)


def test_who_may_not_be_contacted_is_named_and_has_neither_number_nor_address(
    demo: Any, page_of: Run, ask: Ask, contacts: Contacts
) -> None:
    ((action_id, person_id),) = ask(
        "select action_id, person_id from marts.kpi_next_actions where not is_callable order by action_rank limit 1"
    )
    app = page_of(demo.home, "prospects", lang="en", shown="give_up", prospect=action_id)
    assert "may not be contacted" in _notes(app)
    shown = _html(app)
    assert contacts.persons[person_id].name in shown
    assert "tel:" not in shown
    assert "mailto:" not in shown


def test_deal_that_is_opened_has_its_stage_and_milestone_in_the_language(demo: Any, page_of: Run, ask: Ask) -> None:
    ((action_id, label, milestone, days),) = ask(
        "select actions.action_id, stages.label_fr, actions.missing_milestone_label_fr, actions.days_in_stage "
        "from marts.kpi_next_actions as actions inner join marts.dim_stages as stages using (stage_name) "
        "where stages.stage_name = 'demo' and missing_milestone_code is not null and days_in_stage > 1 "
        "and action_type = 'next_milestone' order by action_rank limit 1"
    )
    app = page_of(demo.home, "prospects", lang="fr", action="next_milestone", prospect=action_id)
    assert f"{label}, depuis {days} jours" in _html(app)
    assert f"{escape(milestone)} (" in _html(app)


@pytest.mark.parametrize(("language", "label"), [("en", "Purchase imminence"), ("fr", "Imminence de l’achat")])
def test_labels_are_published_and_need_no_seeds(
    plain_copy: Path, page_of: Run, ask: Ask, language: str, label: str
) -> None:
    ((action_id,),) = ask("select action_id from marts.kpi_next_actions where action_rank = 1")
    app = page_of(plain_copy, "prospects", lang=language, prospect=action_id)
    assert not app.exception
    assert label in _html(app)


def test_list_of_five_thousand_rows_is_read_by_pages(published_copy: Callable[..., Path], page_of: Run) -> None:
    home = published_copy(
        "insert into marts.kpi_next_actions by name select actions.* replace (action_id || '#' || i as action_id, "
        "action_rank + 1000 * i as action_rank) from marts.kpi_next_actions as actions "
        "cross join range(1, 8) as copies(i)"
    )
    app = page_of(home, "prospects", lang="fr", shown="all", page="100")
    assert not app.exception
    assert "4\u202f951 à 5\u202f000 sur 5\u202f880" in app.selectbox(key="choice page").options
    assert app.selectbox(key="choice page").value == "100"
    assert _html(app).count('data-column="score_confirmed"') == 50
    assert len(_html(app)) < 120_000


def test_export_has_the_rows_that_were_chosen_and_names_only_where_the_page_has_them(demo: Any) -> None:
    def rows(sql: str, **parameters: Any) -> list[dict[str, Any]]:
        with connect_published((demo.home / "published" / "pilotage.duckdb").resolve()) as connection:
            cursor = connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    count = queries.count_actions(rows, owner="crm:U03", action=queries.ALL, shown="to_do")
    found = queries.read_actions(rows, owner="crm:U03", action=queries.ALL, shown="to_do", count_rows=count)
    assert len(found) == count > 0
    person_id = found[0]["person_id"]
    hostile = Contacts("v", {person_id: Contact("=cmd|' /C calc'!A0", None, None, None, "+33 1")}, {"crm:U03": "Aïcha"})
    named = _with_names(found[0], hostile)
    assert (named["person_name"], named["phone"], named["owner_name"]) == ("=cmd|' /C calc'!A0", "+33 1", "Aïcha")
    assert "person_name" not in _with_names(found[0], None)


def test_loyalty_of_a_month_is_that_which_is_published(demo: Any, page_of: Run, ask: Ask) -> None:
    app = page_of(demo.home, "loyalty", lang="fr", month="2026-03")
    assert not app.exception
    assert [title.value for title in app.title] == ["Fidélisation, mars 2026"]
    for metric, value in ask(
        "select metric_id, value from marts.kpi_values where period_grain = 'month' and period_start = '2026-03-01' "
        "and dimension_name = 'total' and basis = 'period' and metric_id in ('repurchase_rate', 'cross_sell_rate', "
        "'referrals_count', 'recommendations_count', 'customer_lifetime_value')"
    ):
        figure = f'data-figure="kpi_values?metric_id={metric}&amp;period_grain=month&amp;period_start=2026-03-01'
        assert figure in _html(app)
        assert f'data-value="{value}"' in _html(app)
    best = ask(
        "select companies.company_name from marts.fct_customer_value as customers inner join marts.dim_companies as "
        "companies on customers.customer_id = companies.company_id order by predicted_ltv_12m desc nulls last, "
        "amount_net desc nulls last limit 3"
    )
    assert all(name.replace("'", "&#x27;") in _html(app) for (name,) in best)


def test_records_that_differ_stand_with_their_ids_and_why(demo: Any, page_of: Run) -> None:
    app = page_of(demo.home, "quality", lang="fr", reconciled="2026-05-01")
    assert not app.exception
    shown = _html(app)
    assert "crm:C902824" in shown
    assert "Fusionnées dans une autre (1), Personnel interne (1)" in shown or (
        "Personnel interne (1), Fusionnées dans une autre (1)" in shown
    )
    assert "Tous les contrôles ont réussi" in shown


def test_check_that_failed_is_said(published_copy: Callable[..., Path], page_of: Run) -> None:
    home = published_copy(
        "update marts.kpi_data_quality set numerator = denominator - 1 where measure_id = 'share_checks_passed' "
        "and entity_name = 'deals'"
    )
    app = page_of(home, "quality", lang="en")
    assert not app.exception
    assert "All checks passed" not in _html(app)
    assert "13 / 14" in _html(app)


def test_quarantine_is_told_by_reason(published_copy: Callable[..., Path], page_of: Run) -> None:
    home = published_copy(
        "delete from marts.kpi_data_quality where measure_id like 'count_quarantined_%'",
        "insert into marts.kpi_data_quality by name select * exclude (reason) "
        "replace (measure_id || '_' || reason as measure_id, 1 as value) "
        "from marts.kpi_data_quality, (values ('not_a_date'), ('new_code')) as t(reason) "
        "where measure_id = 'count_quarantined' and source_name = 'crm'",
    )
    app = page_of(home, "quality", lang="fr")
    assert not app.exception
    assert "pas une date" in _html(app)
    # A code that has no words yet is said as it is.
    assert "New code" in _html(app)
    assert "measure_id=count_quarantined_not_a_date" in _html(app)


def _log(folder: Path, name: str, *events: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))


def test_last_nights_are_told_by_their_logs(plain_copy: Path, page_of: Run) -> None:
    logs = plain_copy / "logs"
    check = {"event": "asset_check_evaluation", "timestamp": "2026-06-30T01:31:00Z"}
    _log(
        logs,
        "failed",
        {"event": "pipeline_start", "timestamp": "2026-06-30T01:30:00Z"},
        check | {"passed": True},
        check | {"passed": False},
        {"event": "message", "timestamp": "2026-06-30T01:31:30Z", "text": "refused"},
        {"event": "pipeline_failure", "timestamp": "2026-06-30T01:32:05Z"},
    )
    _log(logs, "works", {"event": "pipeline_start", "timestamp": "2026-07-01T01:30:00Z"})
    with (logs / "works.jsonl").open("a") as file:
        file.write('{"event": "step_sta')
    newest, oldest = read_runs(logs, 5)
    assert (newest.run_id, newest.is_success, newest.ended_at) == ("works", None, None)
    assert oldest.ended_at == datetime(2026, 6, 30, 1, 32, 5)
    assert (oldest.is_success, oldest.count_failed_checks, oldest.count_warnings) == (False, 1, 1)
    assert read_runs(logs / "none", 5) == []
    assert datetime.now(UTC) > oldest.began_at.replace(tzinfo=UTC)
    shown = _html(page_of(plain_copy, "quality", lang="en"))
    assert "✗ failed" in shown
    assert "2\u00a0min 5\u00a0s" in shown
