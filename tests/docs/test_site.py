"""The documentation site builds without a warning, loads nothing from the network, and its links lead somewhere."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from docs.images.draw import PICTURES
from tests.docs.blocks import PAGES, ROOT

LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}
TAGS = """
    html head body title meta link script style div span p a ul ol li dl dt dd table thead tbody tr th td code pre em
    strong h1 h2 h3 h4 h5 h6 img svg path br hr form input label button nav header footer main article aside section
    details summary blockquote sup sub small i b noscript template use kbd del ins time abbr figure figcaption
"""


@dataclass
class Page(HTMLParser):
    """What a page of the site links to, loads and is made of."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    without_alt: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: Mapping[str, str] = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given and given.get("rel") not in {"canonical", "prev", "next"}:
            self.loaded.append(given[LOADED[tag]])
        if tag == "img" and not given.get("alt"):
            self.without_alt.append(given.get("src", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """The pages of the site, by path."""
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_page_of_the_folder_is_a_page_of_the_site(site, pages):
    written = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert written <= {path.relative_to(site) for path in pages}
    assert len(written) > 25


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for path, page in pages.items():
        assert not [address for address in page.loaded if urlsplit(address).netloc], path
    for sheet in site.rglob("*.css"):
        found = re.findall(r"(?:url\(|@import\s+)[\"']?(https?:)?//[^)\"']+", sheet.read_text(encoding="utf-8"))
        assert not found, sheet


def test_links_and_anchors_of_the_site_lead_somewhere(site, pages):
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.netloc:
                assert parts.scheme == "https", f"{path.name}: {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{path.relative_to(site)}: {link}"
            if parts.fragment and target in pages and parts.fragment != "__skip":
                assert unquote(parts.fragment) in pages[target].anchors, f"{path.relative_to(site)}: {link}"


def test_no_word_vanishes_as_html(pages):
    for path, page in pages.items():
        unknown = page.tags - set(TAGS.split())
        assert not unknown, f"{path.name}: write < as &lt; in {unknown}"


def test_pictures_are_those_that_the_script_draws_and_are_described(pages):
    for name, draw in PICTURES.items():
        picture = (ROOT / "docs" / "images" / f"{name}.svg").read_text(encoding="utf-8")
        assert picture == draw().svg(), "run python -m docs.images.draw"
        title = re.search(r"<title>(.*?)</title>", picture)
        assert title
        shown = [path for path in PAGES if f"images/{name}.svg)" in path.read_text(encoding="utf-8")]
        assert shown, f"{name}.svg is shown nowhere"
        for path in shown:
            assert f"![{html.unescape(title[1])}]" in path.read_text(encoding="utf-8"), f"{path.name}: {title[1]}"
    assert not [missing for page in pages.values() for missing in page.without_alt]


def _slug(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", ""))
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_the_sources_lead_somewhere(page):
    """The pages are read on a code host too, where anchors are made another way."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https", link
            assert re.fullmatch(r"[\w.-]+\.[a-z]{2,}", parts.netloc), link
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.exists(), f"{page.name}: {link}"
        if parts.fragment and target.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert parts.fragment in {_slug(heading) for heading in headings}, f"{page.name}: {link}"
