"""The workspace of the demo company: ``pilotage.yml`` and ``seeds/`` with targets."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from ingestion.config.settings import Settings
from ingestion.demo.clock import Calendar, month_name
from ingestion.demo.mappings import Mapped, all_mappings
from ingestion.demo.parameters import COMPANY_NAME, DOMAIN
from ingestion.demo.world import TEMPLATE_SEEDS

_VOLUMES: Final = ("new_leads", "orders_count", "orders_amount")
"""Metrics whose target grows with the years."""


def demo_settings(as_of: date) -> Mapped:
    """Return the content of ``pilotage.yml``."""
    return {
        "company_name": COMPANY_NAME,
        "timezone": "Europe/Paris",
        "currency_code": "EUR",
        "fiscal_year_start_month": 1,
        "as_of": as_of,
        "sources": {"files": {"settle_seconds": 0.0, "mappings": all_mappings()}},
    }


def write_settings(home: Path, as_of: date) -> None:
    """Write ``pilotage.yml``; the content is validated first."""
    content = demo_settings(as_of)
    Settings.model_validate(content)
    body = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)
    header = "# The demo company. Every file in inbox/ is described here; nothing is guessed.\n"
    (home / "pilotage.yml").write_text(header + body, encoding="utf-8")


def write_seeds(home: Path, calendar: Calendar, monthly: Mapping[str, float]) -> None:
    """Write the seeds of the template, with the company's domain and its targets.

    Args:
        home: the workspace.
        calendar: the simulated months; targets reach one year further.
        monthly: metric -> monthly target of a usual month, ``metric:stage`` for those by stage.
    """
    seeds = home / "seeds"
    shutil.copytree(TEMPLATE_SEEDS, seeds, dirs_exist_ok=True)
    (seeds / "internal_domains.csv").write_text(f"domain_name\n{DOMAIN}\n", encoding="utf-8")
    with (seeds / "targets.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["metric_id", "target_month", "stage_name", "target_value", "valid_from"])
        first, last = calendar.month_numbers[0], calendar.month_numbers[-1]
        for month in range(first, last + 13):
            year = month // 12
            growth = 1.05 ** (year - first // 12)
            for key, value in monthly.items():
                metric, _, stage = key.partition(":")
                is_volume = metric in _VOLUMES
                target = value * growth if is_volume else value
                row = [metric, f"{month_name(month)}-01", stage or "all"]
                writer.writerow([*row, round(target, 4), f"{year}-01-01"])
                # In July the direction raises what it expects of the autumn.
                if is_volume and month % 12 >= 8:
                    writer.writerow([*row, round(target * 1.08, 4), f"{year}-07-01"])
