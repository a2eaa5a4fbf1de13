"""Where the product's own files are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
DBT_PROJECT_DIR: Final = ROOT / "dbt_project"
