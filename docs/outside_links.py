"""A hook of MkDocs: a link to a file of the repository that is no page becomes the file's name.

On a code host ``[the query](../examples/bi/orders.sql)`` leads to the file; the site holds the pages alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).resolve().parents[1]
_LINK: Final = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>(?:\.\./)+[^)#\s]+)\)")


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Return the text of a page with links out of ``docs/`` as the text and the name of the file."""
    folder = (Path(config.docs_dir) / page.file.src_uri).parent

    def named(link: re.Match[str]) -> str:
        target = (folder / link["target"]).resolve()
        if target.is_relative_to(config.docs_dir) or not target.is_relative_to(ROOT):
            return link[0]
        name = str(target.relative_to(ROOT))
        text = link["text"].strip("`")
        return f"`{name}`" if text == name else f"{link['text']} (`{name}`)"

    return _LINK.sub(named, markdown)
