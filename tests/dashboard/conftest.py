"""The dashboard in a real browser, and one page of it without one."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import pytest
import streamlit as st
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from streamlit.testing.v1 import AppTest

from benchmarks.chromium import CHROMIUM, launch
from orchestration.lib.publish import connect_published

PATIENCE = 60_000
"""Milliseconds that a busy machine may take; no test measures time."""

# Streamlit asks for these below the path of a page, too, before it finds its server at the root.
PROBES = ("/_stcore/health", "/_stcore/host-config")


@dataclass
class Server:
    """A dashboard that serves one workspace."""

    home: Path
    url: str
    log: Path

    def address(self, path: str = "", **choices: str) -> str:
        return f"{self.url}/{path}?{urlencode(choices)}" if choices else f"{self.url}/{path}"


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Server]]:
    """Return a function that serves a workspace with the command of the product."""
    started: list[subprocess.Popen[bytes]] = []

    def start(home: Path) -> Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = tmp_path_factory.mktemp("dashboard") / "log.txt"
        with log.open("wb") as output:
            command = [Path(sys.executable).with_name("pilotage"), "serve", "--home", str(home), "--port", str(port)]
            started.append(subprocess.Popen([*command, "--no-browser"], stdout=output, stderr=output))
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):  # noqa: S310 - This machine.
                    return Server(home, url, log)
            except OSError:
                assert started[-1].poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip("no browser: install Debian's package chromium")
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(demo: Any, serve: Callable[[Path], Server]) -> Server:
    """Return the dashboard of the demo company."""
    return serve(demo.home)


@dataclass
class Reader:
    """Somebody who looks at the dashboard, and what their browser complained of or asked of others."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self, url: str, *, waits_for: str = "[data-figure]") -> None:
        self.page.goto(url)
        self.settle(waits_for)

    def settle(self, waits_for: str = "[data-figure]") -> None:
        """Wait until the page has what it waits for and the server has nothing more to say."""
        self.page.wait_for_selector(waits_for, state="attached", timeout=PATIENCE)
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state')"
            " === 'notRunning' && !document.querySelector('[data-stale=true]')",
            timeout=PATIENCE,
        )

    def figures(self) -> list[dict[str, str]]:
        """Return every figure on the page: reference, column, published value and what is read."""
        found: list[dict[str, str]] = self.page.evaluate(
            "() => [...document.querySelectorAll('[data-figure]')].map(e => ({figure: e.dataset.figure,"
            " column: e.dataset.column, value: e.dataset.value, shown: e.textContent}))"
        )
        return found

    def picture(self, name: str) -> None:
        """Write the whole page as an image where PILOTAGE_SCREENSHOTS says."""
        folder = Path(os.environ.get("PILOTAGE_SCREENSHOTS", ""))
        if not folder.name:
            return
        folder.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size or {"width": 1280, "height": 900}
        height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": min(int(height) + 80, 8000)})
        # Charts are drawn anew.
        self.page.wait_for_timeout(700)
        self.page.screenshot(path=str(folder / f"{name}.png"))
        self.page.set_viewport_size(size)


@pytest.fixture
def reader(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Return a function that gives a new reader: language of the browser, light or dark, width in pixels."""
    contexts: list[BrowserContext] = []

    def new(*, locale: str = "en-GB", scheme: str = "light", width: int = 1280) -> Reader:
        context = browser.new_context(
            locale=locale,
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 900},
            timezone_id="Europe/Paris",
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        who = Reader(page)

        def heard(kind: str, text: str, where: str) -> None:
            if kind in {"error", "pageerror"} and not where.endswith(PROBES):
                who.complaints.append(f"{kind}: {text} ({where})")

        page.on("console", lambda message: heard(message.type, message.text, message.location.get("url", "")))
        page.on("pageerror", lambda error: heard("pageerror", str(error), ""))
        page.on("request", lambda request: who.strangers.extend(_stranger(request.url)))
        page.on("websocket", lambda socket_: who.strangers.extend(_stranger(socket_.url)))
        return who

    yield new
    for context in contexts:
        context.close()


def _stranger(url: str) -> list[str]:
    own = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    return [] if url.startswith(own) else [url]


@pytest.fixture
def ask(demo: Any) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Return a function that asks the demo company's published file, also while the app has it open in this process."""
    with connect_published((demo.home / "published" / "pilotage.duckdb").resolve()) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the main module back: a page that AppTest runs takes its place for good, and no process can be spawned."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def page_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Return a function that runs one page on a workspace without a browser."""

    def run(home: Path, path: str, **choices: str) -> AppTest:
        monkeypatch.setenv("PILOTAGE_HOME", str(home))
        monkeypatch.delenv("PILOTAGE_DASHBOARD_DSN", raising=False)
        app = AppTest.from_function(_one_page, args=(path,), default_timeout=PATIENCE / 1000)
        for name, value in choices.items():
            app.query_params[name] = value
        return app.run()

    yield run
    # The app keeps a file open for its next reader; the next test may open it with other settings.
    st.cache_resource.clear()
    st.cache_data.clear()
    gc.collect()


def _one_page(path: str) -> None:
    from dashboard import app

    app.show(next(page for page in app.PAGES if page.path == path), app.open_view())


@pytest.fixture
def published_copy(demo: Any, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a workspace with nothing but a changed copy of what the demo company published."""

    def make(*statements: str) -> Path:
        home = tmp_path / "copy"
        (home / "published").mkdir(parents=True)
        copy = home / "published" / "pilotage.duckdb"
        shutil.copyfile((demo.home / "published" / "pilotage.duckdb").resolve(), copy)
        with duckdb.connect(str(copy)) as connection:
            for statement in statements:
                connection.execute(statement)
        return home

    return make
