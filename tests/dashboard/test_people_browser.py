"""The call list in a browser: an address opens its page on a new server, five thousand rows stay usable."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOSTILE = '=HYPERLINK("http://example.test";"x")'


def test_long_list_opens_by_its_address_on_a_new_server_turns_pages_and_is_exported(
    published_copy: Callable[..., Path], serve: Callable[[Path], Any], reader: Callable[..., Any]
) -> None:
    home = published_copy(
        "insert into marts.kpi_next_actions by name select actions.* replace (action_id || '#' || i as action_id, "
        "action_rank + 1000 * i as action_rank) from marts.kpi_next_actions as actions "
        "cross join range(1, 8) as copies(i)",
        f"update marts.kpi_next_actions set reason_fr = '{HOSTILE}' where action_rank = 1",
    )
    who = reader(locale="fr-FR")
    # The first address that this server is asked for.
    who.open(serve(home).address("prospects", lang="fr", shown="all"))
    assert who.page.get_by_role("heading", level=1).inner_text() == "Prospects"
    assert who.page.locator(".calls tbody tr").count() == 50
    assert who.page.get_by_text("aucun fichier de contacts").count() == 1
    who.page.get_by_role("combobox", name="Lignes").click()
    who.page.get_by_role("option", name="51 à 100 sur 5\u202f880").click()
    who.page.wait_for_function("() => document.querySelector('.calls tbody th')?.textContent.startsWith('51.')")
    who.settle()
    assert "page=2" in who.page.url
    with who.page.expect_download() as download:
        who.page.get_by_role("button", name="Télécharger en CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 5_880
    assert rows[0]["reason_fr"] == f"'{HOSTILE}"
    assert "person_name" not in rows[0]
    assert not who.complaints
    assert not who.strangers
