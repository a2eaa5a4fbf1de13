"""How people and companies of the demo are called and reached: names, domains and e-mail addresses as text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import text, vocabulary
from ingestion.demo.clock import Flags, Ints
from ingestion.demo.parameters import DOMAIN
from ingestion.demo.people import COLLEAGUE, People
from ingestion.demo.text import Text

_FREE_MAIL_SHARE: Final = 16
"""One of so many people writes from a free mail account."""


def _slugs(words: Sequence[str]) -> list[str]:
    plain = (unicodedata.normalize("NFKD", word.lower().replace("œ", "oe")) for word in words)
    return ["".join(letter for letter in word if letter.isascii() and letter.isalnum()) for word in plain]


def company_names(company: Ints) -> Text:
    """Return the names of companies. They repeat: names never tell companies apart."""
    heads, tails = len(vocabulary.COMPANY_HEADS), len(vocabulary.COMPANY_TAILS)
    drawn = text.scramble(company, 21)
    return text.join(
        text.pick(vocabulary.COMPANY_HEADS, (drawn % np.uint64(heads)).astype(np.int64)),
        " ",
        text.pick(vocabulary.COMPANY_TAILS, ((drawn >> np.uint64(16)) % np.uint64(tails)).astype(np.int64)),
    )


def company_domains(company: Ints) -> Text:
    """Return the internet domains of companies; each has its own."""
    heads = len(vocabulary.COMPANY_HEADS)
    head = (text.scramble(company, 21) % np.uint64(heads)).astype(np.int64)
    return text.join(text.pick(_slugs(vocabulary.COMPANY_HEADS), head), "-", text.integers(company), ".example")


def uses_free_mail(people: People) -> Flags:
    """Return who writes from a free mail account."""
    return text.one_in(text.scramble(np.arange(len(people)), 22), _FREE_MAIL_SHARE, 0) & ~people.is_role


def emails(people: People) -> Text:
    """Return the normalised e-mail address of each person. Those at one shared mailbox have the same."""
    number = text.integers(np.arange(len(people)))
    local = text.join(
        text.pick(_slugs(vocabulary.FIRST_NAMES), people.first_name),
        ".",
        text.pick(_slugs(vocabulary.LAST_NAMES), people.last_name),
    )
    # Two people of one company may have one name.
    local = pc.if_else(pa.array(people.source == COLLEAGUE), text.join(local, number), local)
    personal = text.join(local, "@", company_domains(people.company))
    free = text.join(local, ".", number, "@gmail.com")
    shared = text.join("contact@", company_domains(people.company))
    return pc.if_else(pa.array(people.is_role), shared, pc.if_else(pa.array(uses_free_mail(people)), free, personal))


def staff_emails(count: int) -> list[str]:
    """Return the addresses of members of staff."""
    first, last = _slugs(vocabulary.FIRST_NAMES), _slugs(vocabulary.LAST_NAMES)
    return [f"{first[n % len(first)]}.{last[(n * 7) % len(last)]}@{DOMAIN}" for n in range(count)]


def as_typed(addresses: Text, hashes: text.Hashes) -> Text:
    """Return the addresses as people type them: some in capitals, some with a space at the end."""
    capital = pc.if_else(pa.array(text.one_in(hashes, 12, 5)), pc.utf8_upper(addresses), addresses)
    return pc.if_else(pa.array(text.one_in(hashes, 25, 15)), text.join(capital, " "), capital)
