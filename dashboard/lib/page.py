"""What every page is given and shows: the view, charts with their table, exports, and where figures come from.

A page is a function ``render(view)``. Published data is read here alone, and what a version was asked once is
remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import altair as alt
import streamlit as st
from altair.utils.schemapi import debug_mode

from dashboard.lib import format as write
from dashboard.lib import markup
from dashboard.lib.definitions import COLUMNS
from dashboard.lib.export import to_csv
from dashboard.lib.figures import Figure
from dashboard.lib.format import Language
from dashboard.lib.source import (
    HOME_VARIABLE,
    Data,
    SourceError,
    live_file,
    open_file,
    open_postgres,
    postgres_version,
)
from dashboard.lib.texts import Say, in_language
from dashboard.lib.theme import Theme
from dashboard.queries.catalogue import formula_of, read_definition
from ingestion.config.workspace import Workspace

_POSTGRES_LOOK_SECONDS: Final = 10
_COUNT_REMEMBERED: Final = 2_000
_ORIGIN_KEY: Final = "origin"


@dataclass(frozen=True, slots=True)
class View:
    """What a page needs: data of one published version, language, theme, texts, and the reader's time zone."""

    data: Data
    workspace: Workspace | None
    """None where the figures come from PostgreSQL alone."""

    language: Language
    theme: Theme
    say: Say
    zone: str | None

    def rows(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Return the rows of ``sql``, from memory where this version was asked the same before."""
        return _remembered(self.data, self.data.identity, sql, tuple(sorted(parameters.items())))

    def also(self, texts: Mapping[str, tuple[str, str]]) -> View:
        """Return the same view that can say ``texts`` as well."""
        return View(self.data, self.workspace, self.language, self.theme, self.say.also(texts), self.zone)

    def quantity(self, value: float | None, unit: str, *, is_signed: bool = False) -> str:
        """Return a figure as the reader's language writes it."""
        return write.quantity(value, unit, self.language, is_signed=is_signed)

    def difference(self, value: float | None, unit: str) -> str:
        """Return the signed difference of two figures of ``unit``: of rates in points."""
        return write.quantity(value, write.unit_of_difference(unit), self.language, is_signed=True)

    def interval(self, row: Mapping[str, Any], unit: str, low: str = "ci_low", high: str = "ci_high") -> str:
        """Return the interval of ``row`` as the reader's language writes it."""
        return write.interval(row[low], row[high], unit, self.language)

    def draw(self, chart: Callable[..., alt.LayerChart], *courses: Sequence[Any], **options: object) -> dict[str, Any]:
        """Return a chart of ``dashboard.lib.charts`` in this view's theme and language, from memory where it can be."""
        return _drawn(chart, chart.__name__, courses, options, self.theme, self.language)

    def month(self, day: date) -> str:
        """Return the name of a month."""
        return write.month(day, self.language)

    def day(self, day: date) -> str:
        """Return a day in words."""
        return write.full_date(day, self.language)

    def label(self, row: Mapping[str, Any], prefix: str = "label") -> str:
        """Return a label of ``row`` in the reader's language: ``<prefix>_en`` or ``<prefix>_fr``."""
        label = str(row[f"{prefix}_{self.language}"])
        # A company's own words may have the straight apostrophe.
        return label.replace("'", "’") if self.language == "fr" else label


@st.cache_data(max_entries=_COUNT_REMEMBERED, show_spinner=False)
def _remembered(_data: Data, identity: str, sql: str, parameters: tuple[tuple[str, Any], ...]) -> list[dict[str, Any]]:
    # The identity is a part of what the answer is remembered under; the connection is not.
    del identity
    return _data.rows(sql, **dict(parameters))


@st.cache_data(max_entries=_COUNT_REMEMBERED, show_spinner=False)
def _drawn(
    _chart: Callable[..., alt.LayerChart],
    name: str,
    courses: tuple[Sequence[Any], ...],
    options: dict[str, object],
    theme: Theme,
    language: Language,
) -> dict[str, Any]:
    # Altair takes longer to check a chart against its schema than DuckDB to find its figures. The tests check it.
    del name
    with debug_mode(False):
        spec: dict[str, Any] = _chart(*courses, theme=theme, language=language, **options).to_dict(validate=False)
    return spec


def live_data(workspace: Workspace | None, dsn: str | None, schema: str) -> Data:
    """Return the data of the version that is live now, opened once a version and process.

    ``dsn``: of PostgreSQL, which then goes before the workspace's file. Raises ``NothingPublishedError`` or
    ``SourceError``.
    """
    if dsn:
        return _from_postgres(dsn, schema, _postgres_version(dsn, schema))
    if workspace is None:
        raise SourceError(f"{HOME_VARIABLE} is not set: start the dashboard with `pilotage serve --home DIR`")
    return _from_file(workspace, str(live_file(workspace)))


# An older version stays open while a page still reads it: it is closed when nobody holds it any more.
@st.cache_resource(max_entries=2, show_spinner=False)
def _from_file(workspace: Workspace, path: str) -> Data:
    del path
    return open_file(workspace)


@st.cache_resource(max_entries=2, show_spinner=False)
def _from_postgres(dsn: str, schema: str, version: str) -> Data:
    del version
    return open_postgres(dsn, schema)


@st.cache_data(ttl=_POSTGRES_LOOK_SECONDS, show_spinner=False)
def _postgres_version(dsn: str, schema: str) -> str:
    return postgres_version(dsn, schema)


def show_chart(view: View, title: str, chart: Mapping[str, Any], table: str, *, note: str = "") -> None:
    """Show a chart under its title in words, and the same figures as a table behind a line below it.

    ``chart``: of ``view.draw``. ``table``: HTML of ``markup.table``.
    """
    st.subheader(title, anchor=False)
    if note:
        st.caption(note)
    st.vega_lite_chart(spec=dict(chart), theme=None, alt=title)
    st.html(markup.folded(view.say("as_table"), table))


def show_csv(view: View, name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Offer ``rows`` as a CSV file ``name``, with the names and values of the published columns."""
    st.download_button(
        view.say("csv"),
        data=to_csv(rows, columns),
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"csv {name}",
        icon=":material/download:",
    )


def show_origins(view: View, figures: Sequence[Figure]) -> None:
    """Show at the end of a page where any of its figures comes from; the reader chooses which."""
    if not figures:
        return
    st.divider()
    st.subheader(view.say("origin_title"), anchor=False)
    place = st.selectbox(
        view.say("origin_choose"),
        range(len(figures)),
        format_func=lambda chosen: figures[chosen].label,
        index=None,
        placeholder=view.say("origin_choose"),
        key=f"{_ORIGIN_KEY} {figures[0].table} {len(figures)}",
    )
    if place is not None:
        show_origin(view, figures[place])


def open_origin(view: View, figure: Figure) -> None:
    """Show in a dialog where ``figure`` comes from."""
    dialog: Callable[[], None] = st.dialog(view.say("origin_title"), width="large")(lambda: show_origin(view, figure))
    dialog()


def show_origin(view: View, figure: Figure) -> None:
    """Show definition, formula, numerator, denominator, basis, window, interval and SQL of ``figure``."""
    say, key, row = view.say, dict(figure.key), figure.row
    definition = read_definition(view.rows, figure.metric_id) if figure.metric_id else None
    lines: list[tuple[str, str]] = []
    if definition:
        lines += [
            (say("origin_definition"), f"{definition['label_en']} / {definition['label_fr']}"),
            (say("origin_formula"), formula_of(definition, view.language)),
            (say("origin_objective"), str(view.label(definition, "objective"))),
            (say("origin_useful"), str(view.label(definition, "useful_for"))),
            (say("origin_owner"), str(definition["owner"])),
        ]
    lines += [
        (say(f"origin_{name}"), write.quantity(row[name], "", view.language))
        for name in ("numerator", "denominator")
        if row.get(name) is not None
    ]
    basis = key.get("basis", row.get("basis"))
    if basis:
        lines.append((say("origin_basis"), say(f"basis_{basis}")))
    if key.get("window_days"):
        lines.append((say("origin_window"), say("origin_window_days", days=key["window_days"])))
    if row.get("ci_low") is not None:
        name = "origin_interval_80" if str(figure.metric_id).startswith("orders_forecast") else "origin_interval"
        lines.append((say(name), view.interval(row, figure.unit)))
    lines.append((say("origin_table"), f"marts.{figure.table}"))
    lines += [(column, in_language(COLUMNS[column], view.language)) for column in figure.columns if column in COLUMNS]
    st.html(markup.table(figure.label, (), [(name, markup.Cell(text)) for name, text in lines], is_prose=True))
    st.markdown(f"**{say('origin_sql')}**")
    st.code(figure.sql, language="sql")
