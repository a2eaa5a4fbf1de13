"""What the dashboard says: both languages, the same values set in, French typography."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

import pytest

from dashboard.lib import definitions, texts, words
from dashboard.report import texts as report
from dashboard.views import board, data_quality, forecast, funnel, loyalty, process, prospects

TABLES: dict[str, Mapping[str, texts.Pair]] = {
    "core": texts.TEXTS,
    "models": texts.MODELS,
    "why": texts.WHY,
    "audiences": texts.AUDIENCES,
    "columns": definitions.COLUMNS,
    "board": board.TEXTS,
    "funnel": funnel.TEXTS,
    "process": process.TEXTS,
    "forecast": forecast.TEXTS,
    "prospects": prospects.TEXTS,
    "loyalty": loyalty.TEXTS,
    "quality": data_quality.TEXTS,
    "report": report.TEXTS,
    "actions": words.ACTIONS,
    "milestone states": words.MILESTONE_STATES,
    "sections": words.SECTIONS,
    "criterion groups": words.CRITERION_GROUPS,
    "entities": words.ENTITIES,
    "matches": words.MATCHES,
    "outcomes": words.OUTCOMES,
    "refusals": words.REFUSALS,
}
PAIRS = {f"{name}.{key}": pair for name, table in TABLES.items() for key, pair in table.items()}


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("table", TABLES)
def test_texts_have_two_languages_with_the_same_values(table: str) -> None:
    for key, (english, french) in TABLES[table].items():
        assert english.strip(), key
        assert french.strip(), key
        assert _values(english) == _values(french), key
        assert "~" not in english, key


def test_french_texts_have_their_typography() -> None:
    for key, (_, french) in PAIRS.items():
        # A no-break space before double punctuation and the per cent sign, and the curved apostrophe. Code is code.
        prose = re.sub(r"`[^`]*`", "", french)
        assert "'" not in prose, key
        assert not re.search(r"[^~](?=[:;!?%€])", prose), f"{key}: {prose}"


def test_text_that_is_missing_is_an_error_and_a_code_without_a_name_shows_itself() -> None:
    say = texts.say_in("fr")
    with pytest.raises(KeyError):
        say("no such text")
    assert say.name(texts.MODELS, "a_new_model") == "a_new_model"
    assert say("data_old", as_of="x", age="y") == "Ces chiffres sont anciens\u00a0: ils s’arrêtent au x, il y a y."
