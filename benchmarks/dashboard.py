"""How soon the dashboard shows its first figure, and what fifty readers do to it while a publication goes live.

``python -m benchmarks.dashboard --home DIR`` takes the finished company in DIR, which it copies; without it a demo
company is made and run first (``--scale``). First look: a browser opens each page, cold (the first reader after the
start) and warm; reported are its own first contentful paint, which is the frame around the figures, and the first
figure. Load: first one reader, then fifty, each looks at another view every few seconds for a minute, while the marts
are published again and again beneath them. A look is timed from its request to the end of its page, over the same
websocket as a browser's. No look may fail; the 95th percentile is held against that of the single reader of the same
run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import duckdb
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.chromium import launch
from benchmarks.nightly import END, run_night
from dashboard.app import PAGES
from ingestion.config.scaffold import create_workspace
from ingestion.config.workspace import Workspace
from ingestion.demo import simulate
from orchestration.lib.environment import be_quiet_and_private
from orchestration.lib.paths import ROOT
from orchestration.lib.publish import connect_published, publish

MOST_SECONDS: Final = 2.0
"""Of the first paint and of the first figure, each."""
COUNT_READERS: Final = 50
SECONDS: Final = 60.0
SECONDS_BETWEEN_LOOKS: Final = 10.0
SECONDS_PATIENCE: Final = 60.0


# The browser reports it a frame after it has painted.
_PAINT: Final = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True, slots=True)
class First:
    """Seconds from the request of a page to what a reader first sees of it."""

    paint: float
    figure: float


@dataclass
class Seen:
    """What readers saw: seconds of each look, and what failed."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """Seconds that 95 of 100 looks stay below."""
        return statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else float("nan")


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve ``home`` with the product's command; give the address without its scheme."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pilotage = str(Path(sys.executable).with_name("pilotage"))
    command = [pilotage, "serve", "--home", str(home), "--port", str(port), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + SECONDS_PATIENCE
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                        break
                except OSError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        raise SystemExit("the dashboard does not start") from None
                    time.sleep(0.1)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def first_seen(address: str) -> dict[str, First]:
    """Return when each page first paints anything and when its first figure is there, in a browser of its own each."""
    from playwright.sync_api import sync_playwright

    found: dict[str, First] = {}
    patience = SECONDS_PATIENCE * 1000
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for page in PAGES:
            with browser.new_context(locale="fr-FR") as context:
                tab = context.new_page()
                started = time.monotonic()
                tab.goto(f"http://{address}/{page.path}", wait_until="commit")
                # What is folded away counts as shown once its chart's title is: a figure is in the page by then.
                tab.wait_for_selector("[data-figure]", state="attached", timeout=patience)
                figure = time.monotonic() - started
                paint = tab.wait_for_function(_PAINT, timeout=patience).json_value() / 1000
                found[page.path or "board"] = First(paint, figure)
        browser.close()
    return found


def views(home: Path) -> list[tuple[str, str]]:
    """Return views that readers look at: path and query. Both languages, every page, the last twelve months."""
    with connect_published(Workspace(home).published_database.resolve()) as connection:
        rows = connection.execute(
            "select distinct strftime(month, '%Y-%m') from marts.kpi_commercial_dashboard "
            "where line_id <> 'order_forecast' order by 1 desc limit 12"
        ).fetchall()
    months = [month for (month,) in rows]
    return [
        (page.path, urlencode({"lang": language, "month": month, "cohort": month}))
        for page in PAGES
        for language in ("en", "fr")
        for month in months
    ]


async def look(session: ClientConnection, path: str, query: str) -> str:
    """Look at one view; return what failed, empty when nothing did."""
    state = ClientState(query_string=query, page_name=path)
    await session.send(BackMsg(rerun_script=state).SerializeToString())
    has_figures = False
    while True:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(session.recv(decode=False), SECONDS_PATIENCE))
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                return f"/{path}?{query}: {element.exception.type}: {element.exception.message}"
            has_figures = has_figures or "data-figure" in element.html.body
        elif kind == "page_not_found":
            return f"/{path}: there is no such page"
        elif kind == "script_finished":
            if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                return f"/{path}?{query}: the page did not finish"
            return "" if has_figures else f"/{path}?{query}: no figure"


async def reader(address: str, seed: int, choices: list[tuple[str, str]], seen: Seen, seconds: float) -> None:
    """Look at one view after the other, like somebody who reads what is shown, until the time is over."""
    chance = random.Random(seed)  # noqa: S311 - Readers, not secrets.
    end = time.monotonic() + seconds
    try:
        async with connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as session:  # type: ignore[list-item]
            await asyncio.sleep(chance.uniform(0, SECONDS_BETWEEN_LOOKS))
            while time.monotonic() < end:
                path, query = chance.choice(choices)
                started = time.monotonic()
                error = await look(session, path, query)
                seen.seconds.append(time.monotonic() - started)
                if error:
                    seen.errors.append(error)
                await asyncio.sleep(chance.uniform(0.5, 1.5) * SECONDS_BETWEEN_LOOKS)
    except (OSError, TimeoutError, WebSocketException) as error:
        seen.errors.append(f"{type(error).__name__}: {error}")


async def readers(address: str, count: int, choices: list[tuple[str, str]], seconds: float) -> Seen:
    """Let ``count`` readers look for ``seconds``."""
    seen = Seen()
    await asyncio.gather(*(reader(address, seed, choices, seen, seconds) for seed in range(count)))
    return seen


async def one_reader(address: str, choices: list[tuple[str, str]], count_looks: int) -> Seen:
    """Let a single reader look at ``count_looks`` views on an idle server."""
    seen, chance = Seen(), random.Random(0)  # noqa: S311 - Readers, not secrets.
    async with connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as session:  # type: ignore[list-item]
        for _ in range(count_looks):
            path, query = chance.choice(choices)
            started = time.monotonic()
            error = await look(session, path, query)
            seen.seconds.append(time.monotonic() - started)
            if error:
                seen.errors.append(error)
            await asyncio.sleep(0.2)
    return seen


def publish_until(home: Path, is_over: threading.Event) -> int:
    """Publish the marts of ``home`` again and again until it is over; return how often."""
    workspace, count = Workspace(home), 0
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        ((as_of,),) = connection.execute("select distinct as_of from marts.kpi_values").fetchall()
    while not is_over.is_set():
        count += 1
        publish(workspace.warehouse, workspace.published, run_id=f"again{count}", as_of=as_of, keep=2)
    return count


def measure(home: Path) -> int:
    """Print what was seen; return 1 where a look failed or a page came late."""
    choices = views(home)
    with served(home) as address:
        cold = first_seen(address)
        warm = first_seen(address)
        alone = asyncio.run(one_reader(address, choices, 40))
        is_over, flips = threading.Event(), list[int]()
        publisher = threading.Thread(target=lambda: flips.append(publish_until(home, is_over)))
        publisher.start()
        crowd = asyncio.run(readers(address, COUNT_READERS, choices, SECONDS))
        is_over.set()
        publisher.join()
    print(f"{'':12} {'first paint, s':>17} {'first figure, s':>17}")
    print(f"{'page':12} {'cold':>8} {'warm':>8} {'cold':>8} {'warm':>8}")
    for page, first in cold.items():
        later = warm[page]
        print(f"{page:12} {first.paint:8.2f} {later.paint:8.2f} {first.figure:8.2f} {later.figure:8.2f}")
    print(f"{'readers':12} {'looks':>8} {'p50':>8} {'p95':>8} {'errors':>8}")
    for name, seen in (("1", alone), (str(COUNT_READERS), crowd)):
        p50 = statistics.median(seen.seconds)
        print(f"{name:12} {len(seen.seconds):8} {p50:8.2f} {seen.p95:8.2f} {len(seen.errors):8}")
    print(f"publications that went live meanwhile: {flips[0]}")
    print(f"p95 of {COUNT_READERS} readers / p95 of one: {crowd.p95 / alone.p95:.1f}")
    for error in [*alone.errors, *crowd.errors][:10]:
        print(f"  {error}")
    latest = {
        "first paint": max(first.paint for first in warm.values()),
        "first figure": max(first.figure for first in warm.values()),
    }
    for name, seconds in latest.items():
        verdict = "MISSED" if seconds > MOST_SECONDS else "met"
        print(f"{verdict}: {name} after {seconds:.2f} s at the latest, target {MOST_SECONDS:g} s")
    is_late = max(latest.values()) > MOST_SECONDS
    return 1 if alone.errors or crowd.errors or is_late else 0


def main() -> int:
    """Make the company where none is given, and measure on a copy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a company that has been run; it is copied")
    parser.add_argument("--scale", type=float, default=1.0, help="of the demo company that is made without --home")
    arguments = parser.parse_args()
    be_quiet_and_private()
    with tempfile.TemporaryDirectory(prefix="pilotage-dashboard-") as folder:
        home = Path(folder) / "home"
        if arguments.home:
            for part in ("build", "published"):
                shutil.copytree(arguments.home / part, home / part, symlinks=True)
        else:
            create_workspace(home, ROOT / "dagster.yaml")
            simulate(home, seed=7, scale=arguments.scale, end=END, months=36)
            run_night(home, END)
        return measure(home)


if __name__ == "__main__":
    sys.exit(main())
