"""The dashboard in a browser: every figure is the published one, no stranger is asked, everybody can read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.app import PAGES
from ingestion.config.scaffold import create_workspace
from orchestration.lib.paths import ROOT

Readers = Callable[..., Any]
Ask = Callable[[str], list[tuple[Any, ...]]]
PATHS = [page.path for page in PAGES]
NAMES = [page.path or "board" for page in PAGES]
LOCALES = {"en": "en-GB", "fr": "fr-FR"}


def _published(ask: Ask, figures: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], str]]:
    """Return each figure with the value that the published table has now, by the key that stands in the page."""
    for found in figures:
        table, _, query = found["figure"].partition("?")
        key = parse_qsl(query, keep_blank_values=True)
        assert key, found
        condition = " and ".join(f"cast({name} as varchar) = '" + value.replace("'", "''") + "'" for name, value in key)
        rows = ask(f"select {found['column']} from marts.{table} where {condition}")
        assert len(rows) == 1, f"{found} is {len(rows)} rows"
        yield found, "" if rows[0][0] is None else str(rows[0][0])


def _is_same(shown: str, published: str) -> bool:
    """Whether two texts are one value: a decimal and a double of it are."""
    try:
        return shown == published or float(shown) == float(published)
    except ValueError:
        return False


def _faults(page: Any) -> list[tuple[str, str, list[str]]]:
    """Return what axe-core finds that is serious or critical, in what is folded away, too."""
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
    found = Axe().run(page).response["violations"]
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = false })")
    return [
        (fault["id"], fault["impact"], [node["html"][:200] for node in fault["nodes"]][:3])
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("fr", "dark")])
def test_page_shows_published_figures_to_everybody_and_asks_no_stranger(
    server: Any, reader: Readers, ask: Ask, path: str, language: str, scheme: str
) -> None:
    # The language is the browser's own where the address names none.
    who = reader(locale=LOCALES[language], scheme=scheme)
    who.open(server.address(path))
    figures = who.figures()
    assert figures
    for found, published in _published(ask, figures):
        assert _is_same(found["value"], published), (found, published)
        assert found["shown"].strip(), found
    assert who.page.evaluate("document.documentElement.lang") == language
    name = path or "board"
    who.picture(f"{name}_{language}_{scheme}_1280")
    assert not _faults(who.page)
    # The same on a phone: what is too wide scrolls within itself.
    who.page.set_viewport_size({"width": 390, "height": 844})
    who.settle()
    wide = who.page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth }"
    )
    assert wide <= 0
    who.picture(f"{name}_{language}_{scheme}_390")
    assert not who.complaints
    assert not who.strangers


def test_copied_address_shows_the_same_view_to_somebody_else(server: Any, reader: Readers) -> None:
    first = reader()
    first.open(server.address("", lang="en"))
    first.page.get_by_role("combobox", name="Month").click()
    first.page.get_by_role("option", name="February 2026").click()
    first.page.get_by_role("heading", name="Commercial dashboard, February 2026").wait_for()
    first.page.get_by_text("As first reported").click()
    first.page.get_by_text("Values as they were first published").wait_for()
    first.settle()
    address = first.page.url
    assert parse_qs(urlsplit(address).query) == {"lang": ["en"], "month": ["2026-02"], "values": ["reported"]}
    second = reader(locale="fr-FR")
    second.open(address)
    assert second.page.get_by_role("heading", level=1).inner_text() == "Commercial dashboard, February 2026"
    assert second.figures() == first.figures()
    # Back is where the reader was before.
    first.page.go_back()
    first.page.get_by_text("Values as they were first published").wait_for(state="detached")
    assert "values=latest" in first.page.url
    assert not first.complaints + second.complaints


def test_language_is_changed_on_the_page_and_kept_on_the_next_one(server: Any, reader: Readers) -> None:
    who = reader()
    who.open(server.address(lang="en"))
    who.page.get_by_text("Français").click()
    who.page.get_by_role("heading", name="Tableau de bord commercial, juin 2026").wait_for()
    who.page.get_by_role("link", name="Prévision").click()
    who.page.get_by_role("heading", name="Prévision de commandes au 30 juin 2026").wait_for()
    who.settle()
    assert "lang=fr" in who.page.url
    assert not who.complaints


def test_filters_of_the_funnel_change_figures_and_address(server: Any, reader: Readers, ask: Ask) -> None:
    who = reader()
    who.open(server.address("funnel", lang="en", cohort="2026-03"))
    for box, option in (("Basis", "Period"), ("Divided by", "Region"), ("Of which", "Île-de-France")):
        who.page.get_by_role("combobox", name=box).click()
        who.page.get_by_role("option", name=option, exact=True).click()
        who.page.wait_for_timeout(300)
        who.settle()
    chosen = parse_qs(urlsplit(who.page.url).query)
    assert {name: chosen[name] for name in ("basis", "by", "region", "cohort")} == {
        "basis": ["period"],
        "by": ["region"],
        "region": ["Île-de-France"],
        "cohort": ["2026-03"],
    }
    figures = [found for found in who.figures() if found["figure"].startswith("kpi_funnel")]
    assert any("dimension_value=%C3%8Ele-de-France" in found["figure"] for found in figures)
    for found, published in _published(ask, figures):
        assert _is_same(found["value"], published), (found, published)
    assert not who.complaints


def test_csv_holds_the_published_rows_of_the_view(server: Any, reader: Readers, ask: Ask) -> None:
    who = reader(locale="fr-FR")
    who.open(server.address("", lang="fr", month="2026-05"))
    with who.page.expect_download() as coming:
        who.page.get_by_role("button", name="Télécharger en CSV").click()
    assert coming.value.suggested_filename == "pilotage_dashboard_2026-05.csv"
    rows = list(csv.DictReader(io.StringIO(Path(coming.value.path()).read_text(encoding="utf-8-sig"))))
    published = ask(
        "select metric_id, stage_id, value from marts.kpi_commercial_dashboard "
        "where month = '2026-05-01' and line_id <> 'order_forecast'"
    )
    assert {(row["metric_id"], row["stage_id"], float(row["value"])) for row in rows if row["value"]} == {
        row for row in published if row[2] is not None
    }


def test_figure_tells_where_it_comes_from(server: Any, reader: Readers, ask: Ask) -> None:
    who = reader()
    who.open(server.address("", lang="en"))
    who.page.get_by_role("button", name="Where does this come from?").first.click()
    dialog = who.page.get_by_role("dialog")
    dialog.get_by_text("Lead cycles opened in the period").wait_for()
    dialog.get_by_text("New leads / Nouveaux leads").wait_for()
    who.picture("origin_en_light_1280")
    sql = dialog.locator("code").inner_text()
    ((value, *_),) = ask(sql)
    shown = next(found for found in who.figures() if "new_leads" in found["figure"] and found["column"] == "value")
    assert float(shown["value"]) == value
    assert not who.complaints


def test_table_behind_a_chart_opens_by_keyboard(server: Any, reader: Readers) -> None:
    who = reader()
    who.open(server.address("forecast", lang="en"))
    fold = who.page.locator("summary").first
    fold.focus()
    who.page.keyboard.press("Enter")
    who.page.get_by_role("table", name="What came and what is expected, by month").first.wait_for()
    # Every chart has a name for those who do not see it; charts are drawn after the rest of the page.
    names = (
        "[...document.querySelectorAll('[data-testid=stVegaLiteChart]')].map(e =>"
        " (e.querySelector('[aria-label]') || e).getAttribute('aria-label'))"
    )
    who.page.wait_for_function(f"() => {names}.length >= 4 && {names}.every(Boolean)")


def test_company_without_figures_is_told_what_to_do(
    serve: Callable[[Path], Any], reader: Readers, tmp_path: Path
) -> None:
    empty = serve(create_workspace(tmp_path / "société", ROOT / "dagster.yaml").home)
    who = reader(locale="fr-FR")
    who.open(empty.address(), waits_for="h1")
    who.page.get_by_role("heading", name="Rien n’est encore publié").wait_for()
    who.page.get_by_text("société").first.wait_for()
    assert not who.complaints
    who.picture("empty_fr_light_1280")


def test_company_of_one_month_is_shown_without_a_past(
    serve: Callable[[Path], Any], reader: Readers, published_copy: Callable[..., Path]
) -> None:
    first = "date '2026-06-01'"
    columns = ", ".join(
        f"evolution_{kind}_{against} = null"
        for kind in ("abs", "rel", "signal")
        for against in ("previous", "year_ago", "elapsed")
    )
    young = serve(
        published_copy(
            f"delete from marts.kpi_values where period_start < {first}",
            f"delete from marts.kpi_commercial_dashboard where month < {first} or line_id = 'order_forecast'",
            f"update marts.kpi_commercial_dashboard set {columns}",
            f"delete from marts.kpi_funnel where cohort_month < {first}",
            f"delete from marts.kpi_stage_performance where period_start < {first} and period_grain <> 'fiscal_year'",
            "delete from marts.fct_order_forecast",
            "delete from marts.fct_forecast_backtest",
            "delete from marts.kpi_milestone_effects",
        )
    )
    who = reader(locale="fr-FR")
    for path in PATHS:
        who.page.goto(young.address(path, lang="fr"))
        who.settle("h1")
        assert who.page.locator("[data-testid=stException]").count() == 0, path
        who.picture(f"young_{path or 'board'}_fr_light_1280")
    who.open(young.address("", lang="fr"))
    assert who.page.get_by_role("heading", level=1).inner_text() == "Tableau de bord commercial, juin 2026"
    assert not who.complaints


def test_log_of_the_server_has_no_error(server: Any) -> None:
    # Runs last in this file: the server has shown every page by now.
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "ERROR" not in log
