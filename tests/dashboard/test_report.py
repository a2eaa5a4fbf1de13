"""The monthly report: its figures are those that are published, it stands alone, and it is the same every time."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dashboard.lib import format as write
from dashboard.lib.source import open_file
from dashboard.report.blocks import Card, Cards, Cell, Picture, Prose, Report, Section, Table
from dashboard.report.data import NoSuchMonthError, mail_text, report_of
from dashboard.report.render import to_html, to_pdf
from ingestion.config.workspace import Workspace

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
CATALOGUE = re.compile(r"KPI \d : ")
"""Labels of the catalogue of metrics have a plain space there."""


@pytest.fixture
def report(demo: Any) -> Callable[..., Report]:
    """Return a function that makes the report of the demo company."""

    def make(month: date | None = MAY, language: str = "en", company: str = "Ateliers Mécatech") -> Report:
        data = open_file(Workspace(demo.home))
        try:
            return report_of(data.rows, data.publication, month, language, company)  # type: ignore[arg-type]
        finally:
            data.connection.close()

    return make


def words_of(report: Report) -> list[str]:
    """Return every text of the report but formulas, ids and names."""
    words = [report.title, report.caption]
    for section in report.sections:
        words.append(section.title)
        for block in section.blocks:
            match block:
                case Cards(cards):
                    words += [text for card in cards for text in (card.label, *(line.text for line in card.lines))]
                case Table():
                    words += [block.caption, block.note, *block.columns]
                    words += [text for row in block.rows for cell in row for text in (cell.text, cell.note)]
                case Picture():
                    words += [block.title, block.words]
                case Prose(text):
                    words.append(text)
    return [word for word in words if word]


def table_of(report: Report, section: int, place: int = 0) -> Table:
    tables = [block for block in report.sections[section].blocks if isinstance(block, Table)]
    return tables[place]


def test_lines_of_the_dashboard_are_those_that_are_published(report: Callable[..., Report], demo: Any) -> None:
    published = demo.query(
        "select catalog.label_fr, lines.value, lines.unit, lines.target, lines.evolution_rel_previous, "
        "lines.evolution_signal_previous from marts.kpi_commercial_dashboard as lines "
        "inner join marts.kpi_catalog as catalog using (metric_id) "
        "where month = date '2026-05-01' and line_id not in ('order_forecast', 'losses_by_stage')"
    )
    shown = {row[0].text: row for row in table_of(report(language="fr"), 0).rows}
    assert len(published) >= 7
    assert shown.keys() == {label for label, *_ in published}
    for label, value, unit, target, evolution, signal in published:
        line = shown[label]
        assert line[1].text == write.quantity(value, unit, "fr")
        assert line[4].text == write.quantity(target, unit, "fr")
        if unit != "ratio" and evolution is not None:
            assert line[2].text == write.percent(evolution, "fr", digits=0, is_signed=True)
            assert line[2].note == {"signal": "signal", "noise": "bruit", None: ""}[signal]


def test_conversions_losses_and_forecast_are_those_that_are_published(report: Callable[..., Report], demo: Any) -> None:
    made = report()
    ((value, low, high, cases),) = demo.query(
        "select value, ci_low, ci_high, denominator::double from marts.kpi_values where metric_id = 'kpi2_sql_rate' "
        "and dimension_name = 'total' and basis = 'cohort_aj' and window_days = 90 and period_grain = 'fiscal_year' "
        "and period_start = date '2026-01-01'"
    )
    rows = [[cell.text for cell in row] for row in table_of(made, 1).rows]
    assert [
        write.percent(value, "en"),
        write.interval(low, high, "ratio", "en"),
        write.number(cases, "en"),
    ] in [row[3:6] for row in rows if row[1:2] == ["90 days"]]
    losses = {row[0].text: row[1].text for row in table_of(made, 2).rows}
    published = demo.query(
        "select coalesce(stages.label_en, 'All'), lines.value from marts.kpi_commercial_dashboard as lines "
        "left join marts.dim_stages as stages using (stage_id) "
        "where month = date '2026-05-01' and metric_id = 'losses_count'"
    )
    assert losses == {name: write.quantity(count, "deals", "en") for name, count in published}
    forecast = [[cell.text for cell in row] for row in table_of(made, 3, 1).rows]
    expected = demo.query(
        "select month, value, ci_low, ci_high from marts.kpi_commercial_dashboard "
        "where metric_id = 'orders_forecast_amount' order by month"
    )
    assert [row[0] for row in forecast] == ["July 2026", "August 2026", "September 2026"]
    for row, (month, value, low, high) in zip(forecast, expected, strict=True):
        assert row[0] == write.month(month, "en")
        assert row[4] == write.money(value, "EUR", "en")
        assert row[5] == write.interval(low, high, "EUR", "en")


@pytest.mark.parametrize(("language", "column"), [("en", "formula"), ("fr", "formula_fr")])
def test_definitions_are_those_of_the_catalogue(
    report: Callable[..., Report], demo: Any, language: str, column: str
) -> None:
    shown = {row[0].text: row[1].text for row in table_of(report(language=language), -1).rows}
    published = dict(demo.query(f"select label_{language}, {column} from marts.kpi_catalog"))
    assert len(shown) >= 7
    assert shown == {label: published[label] for label in shown}


def test_call_list_is_counted_and_names_nobody(report: Callable[..., Report], demo: Any) -> None:
    made = report()
    ((count, overdue),) = demo.query(
        "select count(*) filter (where action_type not in ('give_up', 'do_not_call')), "
        "count(*) filter (where is_overdue) from marts.kpi_next_actions"
    )
    (summary,) = [block for block in made.sections[4].blocks if isinstance(block, Prose)]
    assert summary.text.startswith(f"{count} actions to take, {overdue} of them overdue")
    content = to_html(made)
    for person_id, owner_id, company in demo.query(
        "select actions.person_id, actions.owner_id, companies.company_name from marts.kpi_next_actions as actions "
        "inner join marts.dim_companies as companies using (company_id) where actions.owner_id is not null limit 300"
    ):
        for name in (person_id, owner_id, company):
            assert name not in content


def test_month_that_runs_is_held_against_the_same_working_days(report: Callable[..., Report], demo: Any) -> None:
    data = open_file(Workspace(demo.home))
    try:
        # As on a day on which June was not over.
        publication = type(data.publication)("v", date(2026, 6, 15), data.publication.published_at, "r")
        made = report_of(data.rows, publication, JUNE, "en", "Acme")
    finally:
        data.connection.close()
    assert "still running" in words_of(made)[3]
    lines = table_of(made, 0)
    assert lines.columns[2] == "vs month before, same working days"
    assert lines.columns[5] == "Gap so far"
    assert {row[3].text for row in lines.rows} == {write.NOTHING}


def test_month_defaults_to_the_last_one_that_was_over_and_an_unknown_one_is_an_error(
    report: Callable[..., Report],
) -> None:
    assert report(None).month == JUNE
    with pytest.raises(NoSuchMonthError, match=r"no figure of 2019-01 is published; the build is of 2026-06-30"):
        report(date(2019, 1, 1))


class _Reader(HTMLParser):
    """Collects what a page would fetch or run, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attributes if name in {"src", "href", "xlink:href", "data"}]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_html_stands_alone_and_names_what_its_charts_show(report: Callable[..., Report], language: str) -> None:
    made = report(language=language)
    content = to_html(made)
    reader = _Reader()
    reader.feed(content)
    assert f'<html lang="{language}">' in content
    assert not {"script", "link", "iframe", "img"} & set(reader.tags)
    assert [reference for reference in reader.references if not reference.startswith("#")] == []
    assert "url(" not in content.replace("url(#", "")
    pictures = [block for section in made.sections for block in section.blocks if isinstance(block, Picture)]
    assert len(pictures) >= 5
    assert reader.tags.count("svg") == len(pictures)
    assert content.count('role="img" aria-label=') >= len(pictures)
    assert reader.tags.count("h1") == 1
    assert reader.tags.count("h2") == 7


def test_french_has_its_accents_and_no_break_spaces(report: Callable[..., Report]) -> None:
    words = words_of(report(language="fr"))
    assert any("Prévision" in word for word in words)
    faulty = [word for word in words if re.search(r"[^\u00a0\u202f][:;!?%€](\s|$)", CATALOGUE.sub("", word))]
    assert faulty == []
    assert not any("'" in word for word in words)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_report_is_the_same_every_time(report: Callable[..., Report], language: str) -> None:
    first, second = report(language=language), report(language=language)
    assert first == second
    assert to_html(first) == to_html(second)
    assert to_pdf(first) == to_pdf(second)


def test_pdf_is_tagged_and_of_a4(report: Callable[..., Report]) -> None:
    pdf = to_pdf(report(language="fr"))
    assert pdf.startswith(b"%PDF-1.")
    assert b"/MarkInfo" in pdf
    assert b"/Lang" in pdf
    assert re.search(rb"/MediaBox ?\[0 0 595\.\d+ 841\.\d+\]", pdf)


HOSTILE = '<script>alert(1)</script> #panic("x") $x$ \\ @a [b] *c* _d_ `e` // ü\n=1+1'


def test_words_are_never_read_as_markup() -> None:
    hostile = Report(
        company_name=HOSTILE,
        title=HOSTILE,
        caption=HOSTILE,
        language="en",
        month=MAY,
        version="v",
        published_at=datetime(2026, 6, 1),
        page_words="{page} {count}",
        sections=(
            Section(
                HOSTILE,
                (
                    Prose(HOSTILE),
                    Cards((Card(HOSTILE, HOSTILE, (Cell(HOSTILE, tone="bad"),)),)),
                    Table((HOSTILE, HOSTILE), ((Cell(HOSTILE),), (Cell(HOSTILE, HOSTILE, "good"), Cell(HOSTILE)))),
                ),
            ),
        ),
    )
    content = to_html(hostile)
    assert "<script>" not in content
    assert content.count("&lt;script&gt;") >= 8
    assert to_pdf(hostile).startswith(b"%PDF")


def test_subject_of_the_mail_is_one_line_and_its_text_has_the_headlines(report: Callable[..., Report]) -> None:
    subject, text = mail_text(report(language="fr", company="Acme\r\nBcc: x@y.test"))
    assert subject == "Rapport commercial, mai 2026 – Acme Bcc: x@y.test"
    assert "Nouveaux leads\u00a0: 157 – ✓ objectif tenu" in text


def test_command_writes_both_formats_into_the_workspace_and_says_where(
    demo: Any, small_copy: Path, pilotage: Callable
) -> None:
    result = pilotage("report", "--home", str(small_copy), "--month", "2026-05", "--lang", "fr", "--json")
    assert result.code == 0, result.err
    files = [Path(file) for file in json.loads(result.out)["files"]]
    assert [file.name for file in files] == ["pilotage_2026-05_fr.html", "pilotage_2026-05_fr.pdf"]
    assert {file.parent for file in files} == {small_copy / "reports"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "mai 2026" in files[0].read_text(encoding="utf-8")
    target = small_copy / "out" / "report.pdf"
    result = pilotage("report", "--home", str(small_copy), "--output", str(target))
    assert (result.code, result.out.strip()) == (0, str(target))
    assert target.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["--month", "2019-01"], "no figure of 2019-01", 1),
        (["--output", "report.doc"], "must end in .html or .pdf", 1),
        (["--output", "report.pdf", "--format", "html"], "leave --format out", 1),
    ],
)
def test_command_says_what_is_wrong(
    demo: Any, pilotage: Callable, arguments: list[str], message: str, code: int
) -> None:
    result = pilotage("report", "--home", str(demo.home), *arguments)
    assert result.code == code
    assert message in result.err


def test_command_without_a_publication_says_what_to_do(demo: Any, tmp_path: Path, pilotage: Callable) -> None:
    (tmp_path / "pilotage.yml").write_text((demo.home / "pilotage.yml").read_text(encoding="utf-8"), encoding="utf-8")
    result = pilotage("report", "--home", str(tmp_path))
    assert result.code == 1
    assert "pilotage run" in result.err


def test_amount_above_a_bar_is_short() -> None:
    assert write.thousands(176_984.37, "EUR", "fr") == "177\u00a0k€"
    assert write.thousands(176_984.37, "EUR", "en") == "€177k"
    assert write.thousands(1_176_984.37, "CHF", "en") == "1,177\u00a0kCHF"
