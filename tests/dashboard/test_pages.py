"""What the pages say, without a browser: state of the data, choices in the address, figures of the published tables."""

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

from dashboard.app import PAGES
from dashboard.lib.source import last_run
from ingestion.config.scaffold import create_workspace
from orchestration.lib.paths import ROOT
from orchestration.lib.publish import flip

Run = Callable[..., AppTest]
Ask = Callable[[str], list[tuple[Any, ...]]]
PATHS = [page.path for page in PAGES]
NAMES = [page.path or "board" for page in PAGES]


def _html(app: AppTest) -> str:
    return "\n".join(block.proto.body for block in app.get("html"))


def _address(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value[-1] if isinstance(value, list) else value


def _words(app: AppTest) -> str:
    blocks = [*app.title, *app.header, *app.subheader, *app.info, *app.warning, *app.error, *app.caption, *app.markdown]
    return "\n".join(str(block.value) for block in blocks) + _html(app)


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_page_of_the_demo_company_has_figures(demo: Any, page_of: Run, path: str, language: str) -> None:
    app = page_of(demo.home, path, lang=language)
    assert not app.exception
    assert "data-figure" in _html(app)
    assert _address(app, "lang") == language


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
@pytest.mark.parametrize(("language", "said"), [("en", "Nothing is published yet"), ("fr", "Rien n’est encore publié")])
def test_page_of_a_company_without_figures_says_what_to_do(
    tmp_path: Path, page_of: Run, path: str, language: str, said: str
) -> None:
    home = create_workspace(tmp_path / "acme", ROOT / "dagster.yaml").home
    app = page_of(home, path, lang=language)
    assert not app.exception
    assert [title.value for title in app.title] == [said]
    assert "pilotage run --home" in app.info[0].value


def test_unknown_codes_in_an_old_address_give_the_default_view(demo: Any, page_of: Run) -> None:
    odd = page_of(demo.home, "", lang="xx", month="1999-01", values="x")
    assert not odd.exception
    assert [title.value for title in odd.title] == ["Commercial dashboard, June 2026"]
    assert _address(odd, "month") == "2026-06"


def test_address_says_month_and_values_and_the_page_shows_them(demo: Any, page_of: Run, ask: Ask) -> None:
    app = page_of(demo.home, "", lang="fr", month="2026-03", values="reported")
    assert [title.value for title in app.title] == ["Tableau de bord commercial, mars 2026"]
    ((value, reported),) = ask(
        "select value, value_as_reported from marts.kpi_commercial_dashboard "
        "where metric_id = 'new_leads' and month = '2026-03-01'"
    )
    assert f'data-column="value_as_reported" data-value="{reported}"' in _html(app)
    assert f'data-column="value" data-value="{value}"' in _html(app)


def test_choice_of_the_reader_is_written_into_the_address(demo: Any, page_of: Run) -> None:
    app = page_of(demo.home, "", lang="en")
    app.selectbox(key="choice month").select("2026-02").run()
    assert not app.exception
    assert _address(app, "month") == "2026-02"
    assert [title.value for title in app.title] == ["Commercial dashboard, February 2026"]


def _log(home: Path, name: str, event: str, at: datetime) -> None:
    (home / "logs").mkdir(exist_ok=True)
    line = {"step": None, "event": event, "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    (home / "logs" / f"{name}.jsonl").write_text(json.dumps(line) + "\n")


@pytest.fixture
def plain_copy(demo: Any, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    shutil.copytree(demo.home / "published", home / "published", symlinks=True)
    return home


def test_failed_last_run_is_said_above_the_figures_of_the_run_before(plain_copy: Path, page_of: Run) -> None:
    _log(plain_copy, "later", "pipeline_failure", datetime.now(UTC))
    app = page_of(plain_copy, "", lang="en")
    (banner,) = app.error
    assert "The last nightly run failed" in banner.value
    assert "30 June 2026" in banner.value
    assert "days ago" in banner.value
    assert "data-figure" in _html(app)
    assert "dernière exécution de nuit a échoué" in page_of(plain_copy, "forecast", lang="fr").error[0].value


def test_failure_that_a_publication_followed_is_not_said(plain_copy: Path, page_of: Run) -> None:
    _log(plain_copy, "earlier", "pipeline_failure", datetime(2026, 1, 1, tzinfo=UTC))
    app = page_of(plain_copy, "", lang="en")
    assert not app.error
    assert "These figures are old: they stop at 30 June 2026" in app.warning[0].value


def test_run_that_was_killed_counts_as_failed_and_one_that_works_does_not(tmp_path: Path) -> None:
    _log(tmp_path, "killed", "step_start", datetime.now(UTC))
    written = datetime.fromtimestamp((tmp_path / "logs" / "killed.jsonl").stat().st_mtime, UTC).replace(tzinfo=None)
    assert last_run(tmp_path / "logs", now=written) is None
    late = last_run(tmp_path / "logs", now=written.replace(year=written.year + 1))
    assert late is not None
    assert not late.is_success


def test_new_publication_is_shown_at_the_next_look(small_demo: Any, tmp_path: Path, page_of: Run) -> None:
    folder = tmp_path / "home" / "published"
    folder.mkdir(parents=True)
    live = (small_demo.home / "published" / "pilotage.duckdb").resolve()
    for version in ("first", "second"):
        shutil.copyfile(live, folder / f"{version}.duckdb")
    with duckdb.connect(str(folder / "second.duckdb")) as connection:
        connection.execute("update marts.kpi_commercial_dashboard set value = 4711 where metric_id = 'new_leads'")
    flip(folder / "pilotage.duckdb", "first.duckdb")
    app = page_of(tmp_path / "home", "", lang="en")
    assert 'data-value="4711.0"' not in _html(app)
    flip(folder / "pilotage.duckdb", "second.duckdb")
    # What a reader has open may go.
    (folder / "first.duckdb").unlink()
    assert 'data-value="4711.0"' in _html(app.run())


def test_running_month_is_held_against_the_same_working_days(published_copy: Callable[..., Path], page_of: Run) -> None:
    home = published_copy("update marts.publication set as_of = '2026-06-15'")
    app = page_of(home, "", lang="en", month="2026-06")
    assert not app.exception
    words = _words(app)
    assert "This month is still running" in words
    assert "same working days" in words
    assert "Gap so far" in words
    assert "vs June 2025" not in words
    # Left alone the page shows the last month that is over.
    assert [title.value for title in page_of(home, "", lang="en").title] == ["Commercial dashboard, May 2026"]


def test_region_with_accents_is_found_by_its_address(demo: Any, page_of: Run, ask: Ask) -> None:
    app = page_of(demo.home, "funnel", lang="fr", by="region", region="Île-de-France", basis="period", cohort="2026-05")
    assert not app.exception
    assert _address(app, "region") == "Île-de-France"
    ((count,),) = ask(
        "select count_entered from marts.kpi_funnel where funnel_name = 'lead' and step_number = 1 "
        "and basis = 'period' and dimension_value = 'Île-de-France' and cohort_month = '2026-05-01'"
    )
    assert f'data-column="count_entered" data-value="{count}"' in _html(app)


@pytest.mark.parametrize(
    ("campaign", "language", "named"), [("rentrée", "fr", "rentrée"), ("none", "en", "No campaign")]
)
def test_funnel_of_a_campaign_is_found_by_its_address(
    demo: Any, page_of: Run, ask: Ask, campaign: str, language: str, named: str
) -> None:
    app = page_of(
        demo.home, "funnel", lang=language, by="campaign", campaign=campaign, basis="period", cohort="2025-09"
    )
    assert not app.exception
    assert _address(app, "campaign") == campaign
    assert named in app.selectbox(key="choice campaign").options
    steps = ask(
        "select funnel_name, count_entered from marts.kpi_funnel where dimension_name = 'campaign' "
        f"and dimension_value = '{campaign}' and basis = 'period' and cohort_month = '2025-09-01'"
    )
    assert {funnel for funnel, _ in steps} > {"lead"}
    for _, count in steps:
        assert f'data-column="count_entered" data-value="{count}"' in _html(app)


def test_funnel_by_campaign_begins_with_the_campaign_that_brought_most(demo: Any, page_of: Run, ask: Ask) -> None:
    app = page_of(demo.home, "funnel", lang="en", by="campaign", cohort="2025-03")
    ((largest,), *_) = ask(
        "select dimension_value from marts.kpi_funnel where dimension_name = 'campaign' and dimension_value <> 'none' "
        "and basis = 'cohort_aj' and cohort_month = '2025-03-01' and step_number = 1 "
        "group by dimension_value order by sum(count_entered) desc"
    )
    assert _address(app, "campaign") == largest
    assert "There is nothing to show for this choice." not in _words(app)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_milestones_have_the_labels_of_the_company(demo: Any, page_of: Run, ask: Ask, language: str) -> None:
    app = page_of(demo.home, "process", lang=language, grain="fiscal_year", fiscal_year="2025-01-01")
    assert not app.exception
    labels = ask(
        f"select label_{language} from marts.dim_milestones inner join marts.kpi_milestone_effects using (milestone_id)"
    )
    assert labels
    assert all(escape(label.replace("'", "’")) in _html(app) for (label,) in labels)


def test_figure_says_its_definition_and_the_sql_that_gives_it_again(demo: Any, page_of: Run, ask: Ask) -> None:
    app = page_of(demo.home, "", lang="fr")
    chooser = next(box for box in app.selectbox if box.label.startswith("Chiffre"))
    app = chooser.select(chooser.options.index("Panier moyen, juin 2026")).run()
    assert not app.exception
    (code,) = app.code
    assert "marts.kpi_values" in code.value
    ((value, *_),) = ask(code.value)
    assert f'data-value="{value}"' in _html(app)
    html = _html(app)
    for said in (
        "Average basket / Panier moyen",
        "Montant brut des commandes",
        "Numérateur",
        "Dénominateur",
        "Période",
    ):
        assert said in html
