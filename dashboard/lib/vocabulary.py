"""Labels of the company's vocabulary that no published table holds: criteria and questions of the workspace's seeds.

A figure never comes from here. Where there is no workspace, or its seeds cannot be read, a code stands for its label.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dashboard.lib.texts import Pair
from ingestion.config.workspace import Workspace

_FILES: Final = {
    "criteria": ("scoring_criteria.csv", "criterion_code"),
    "questions": ("discovery_questions.csv", "question_code"),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """English and French label by code."""

    criteria: dict[str, Pair] = field(default_factory=dict)
    questions: dict[str, Pair] = field(default_factory=dict)


def read_vocabulary(workspace: Workspace | None) -> Vocabulary:
    """Return the labels of ``workspace``; none where there is no workspace or a file cannot be read."""
    if workspace is None:
        return Vocabulary()
    return Vocabulary(**{name: _labels(workspace.seeds / file, key) for name, (file, key) in _FILES.items()})


def in_words(code: str) -> str:
    """Return a code as words, for want of a label: purchase_intent is Purchase intent."""
    return code.rpartition(":")[2].replace("_", " ").capitalize()


def _labels(file: Path, key: str) -> dict[str, Pair]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return {
                row[key]: (row["label_en"], row["label_fr"].replace("'", "’"))
                for row in csv.DictReader(lines)
                if row.get("label_en") and row.get("label_fr")
            }
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        return {}
