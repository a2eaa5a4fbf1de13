"""Words for codes that have no label."""

from __future__ import annotations


def in_words(code: str) -> str:
    """Return a code as words, for want of a label: purchase_intent is Purchase intent."""
    return code.rpartition(":")[2].replace("_", " ").capitalize()
