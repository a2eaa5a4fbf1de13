"""One demo company for all tests of the simulator, and readers of what it wrote that know nothing of the product."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import csv

from ingestion.demo import DemoReport, simulate

END = date(2025, 10, 31)
SCALE = 0.3


def read_french(path: Path) -> pd.DataFrame:
    """Read a CSV of the CRM as text; rows that are cut are left out."""
    return csv.read_csv(
        path,
        read_options=csv.ReadOptions(encoding="cp1252"),
        parse_options=csv.ParseOptions(delimiter=";", invalid_row_handler=lambda _row: "skip"),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(_names(path), "string")),
    ).to_pandas()


def _names(path: Path) -> list[str]:
    return path.read_bytes().split(b"\r\n", 1)[0].decode("cp1252").split(";")


@dataclass(frozen=True)
class Company:
    """A written demo company."""

    report: DemoReport
    truth: dict[str, Any]

    @property
    def home(self) -> Path:
        """The workspace."""
        return self.report.home

    def crm(self, pattern: str) -> pd.DataFrame:
        """Return all rows of the CRM files that match."""
        paths = sorted((self.home / "inbox" / "crm").glob(pattern))
        return pd.concat([read_french(path).assign(file=path.name) for path in paths], ignore_index=True)

    def lines(self, folder: str, pattern: str = "*") -> pd.DataFrame:
        """Return all JSON lines of a folder, with the file they are in; a cut line is left out."""
        records = []
        for path in sorted((self.home / "inbox" / folder).glob(pattern)):
            body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            lines = [line for line in body.decode().splitlines() if line.endswith("}")]
            records += [json.loads(line) | {"file": path.name} for line in lines]
        return pd.DataFrame(records)


def make_company(home: Path, **options: Any) -> Company:
    """Write a demo company and read its truth."""
    report = simulate(home, end=END, **options)
    return Company(report, json.loads((home / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return make_company(tmp_path_factory.mktemp("demo") / "home", scale=SCALE)


@pytest.fixture(scope="session")
def web(company: Company) -> pd.DataFrame:
    return company.lines("web")


@pytest.fixture(scope="session")
def build() -> Callable[..., Company]:
    return make_company
