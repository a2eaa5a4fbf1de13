"""Debian's Chromium, driven by Playwright: silent towards the network, for benchmarks and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
_ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright) -> Browser:
    """Start the browser; the caller closes it."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
