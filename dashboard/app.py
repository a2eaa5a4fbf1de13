"""The dashboard's entry: pages, language, source and the state of the data. Streamlit runs this file.

``pilotage serve`` starts it. The environment says where the figures are: ``PILOTAGE_HOME`` (a workspace),
``PILOTAGE_DASHBOARD_DSN`` and ``PILOTAGE_DASHBOARD_SCHEMA`` (PostgreSQL instead of the workspace's file).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import streamlit as st

from dashboard.lib import filters, markup
from dashboard.lib import format as write
from dashboard.lib.format import LANGUAGES, Language
from dashboard.lib.page import View, live_data
from dashboard.lib.source import (
    DSN_VARIABLE,
    HOME_VARIABLE,
    SCHEMA_VARIABLE,
    STALE_AFTER,
    NothingPublishedError,
    SourceError,
    last_run,
)
from dashboard.lib.texts import Say, say_in
from dashboard.lib.theme import theme_of
from dashboard.views import board, data_quality, forecast, funnel, loyalty, process, prospects
from ingestion.config.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path in the address, the key of its name in the texts, and what shows it."""

    path: str
    name: str
    render: Callable[[View], None]


PAGES: Final = (
    Page("", "navigation_board", board.render),
    Page("funnel", "navigation_funnel", funnel.render),
    Page("process", "navigation_process", process.render),
    Page("forecast", "navigation_forecast", forecast.render),
    Page("prospects", "navigation_prospects", prospects.render),
    Page("loyalty", "navigation_loyalty", loyalty.render),
    Page("quality", "navigation_quality", data_quality.render),
)
"""Every page, in the order of the menu; the first, without a path, is shown at ``/``. A new page is one line here."""

_SIDEBAR_WIDTH: Final = 220
_NAMES_OF_LANGUAGES: Final[dict[str, str]] = {"en": "English", "fr": "Français"}
# A screen reader pronounces a page by the language that the document declares. The text is constant.
_DECLARE: Final = "<script>document.documentElement.lang = '{language}';</script>"


def main() -> None:
    """Show the page that the address asks for."""
    st.set_page_config(page_title="Pilotage", layout="wide", initial_sidebar_state=_SIDEBAR_WIDTH)
    opened = open_view()
    navigation = st.navigation(
        [
            st.Page(
                _shown(page, opened),
                title=opened.say(page.name),
                # An icon would be the browser's too, and Streamlit fetches that one from a server of its own.
                url_path=page.path,
                default=not page.path,
            )
            for page in PAGES
        ]
    )
    navigation.run()


@dataclass(frozen=True, slots=True)
class Opened:
    """A view, or why there is none: a title and what to do."""

    say: Say
    view: View | None
    problem: tuple[str, str] = ("", "")


def open_view() -> Opened:
    """Read language and theme, and open what is published. The first thing of a run."""
    filters.begin()
    language = _language()
    theme = theme_of(st.context.theme.type)
    say = say_in(language)
    st.html(markup.style(theme))
    st.html(_DECLARE.format(language=language), unsafe_allow_javascript=True)
    home = os.environ.get(HOME_VARIABLE)
    workspace = Workspace(Path(home).resolve()) if home else None
    try:
        data = live_data(workspace, os.environ.get(DSN_VARIABLE), os.environ.get(SCHEMA_VARIABLE, "marts"))
    except NothingPublishedError as error:
        return Opened(say, None, (say("nothing_title"), say("nothing", where=str(error))))
    except SourceError as error:
        return Opened(say, None, (say("unreadable_title"), str(error)))
    return Opened(say, View(data, workspace, language, theme, say, st.context.timezone))


def show(page: Page, opened: Opened) -> None:
    """Show the state of the data and one page; the last thing of a run."""
    if opened.view is None:
        title, text = opened.problem
        st.title(title, anchor=False)
        st.info(text)
    else:
        _show_state(opened.view)
        page.render(opened.view)
    filters.end()


def _shown(page: Page, opened: Opened) -> Callable[[], None]:
    return lambda: show(page, opened)


def _language() -> Language:
    """Return the language that the reader chose, else that of the browser where it is one of ours."""
    own = (st.context.locale or "").partition("-")[0]
    code = filters.choose(
        "lang",
        LANGUAGES,
        label="Language · Langue",
        shown=_NAMES_OF_LANGUAGES.__getitem__,
        default=own,
        where=st.sidebar,
        is_flat=True,
    )
    return "fr" if code == "fr" else "en"


def _show_state(view: View) -> None:
    """Say how old the figures are; above them, where the last run failed or a night is missing."""
    publication, say = view.data.publication, view.say
    now = datetime.now(UTC).replace(tzinfo=None)
    as_of = write.full_date(publication.as_of, view.language)
    # The figures are of whole days: on the day after the last of them they are new.
    count_days = max((now.date() - publication.as_of).days - 1, 0)
    age = say("day_one") if count_days == 1 else say("days", count=count_days)
    run = last_run(view.workspace.logs, now=now) if view.workspace else None
    if run is not None and not run.is_success and run.ended_at > publication.published_at:
        when = write.instant(run.ended_at, view.language, view.zone)
        st.error(say("run_failed", when=when, as_of=as_of, age=age))
    elif now - publication.published_at > STALE_AFTER or count_days > 1:
        st.warning(say("data_old", as_of=as_of, age=age))
    published_at = write.instant(publication.published_at, view.language, view.zone)
    st.caption(say("as_of", as_of=as_of, published_at=published_at))


if __name__ == "__main__":
    main()
