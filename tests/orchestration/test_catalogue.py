"""The configuration is held against the catalogue before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import jinja2
import pytest

from ingestion.config.errors import ConfigurationError
from ingestion.config.scaffold import create_workspace
from orchestration.lib.catalogue import checked_configuration, metric_ids
from orchestration.lib.paths import DBT_PROJECT_DIR, ROOT

HEADER = "metric_id,target_month,stage_name,target_value,valid_from\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    create_workspace(tmp_path / "acme", ROOT / "dagster.yaml")
    return tmp_path / "acme"


def _set_targets(home: Path, *lines: str) -> None:
    (home / "seeds" / "targets.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def test_targets_of_the_catalogue_are_taken(home: Path) -> None:
    metrics = sorted(metric_ids())
    assert len(metrics) > 50
    _set_targets(home, *(f"{metric},2026-01-01,all,1,2026-01-01" for metric in metrics))
    assert checked_configuration(home).seeds["targets"]["metric_id"].to_pylist() == metrics


@pytest.mark.parametrize(
    ("metric", "remedy"),
    [
        ("new_lead", "no such metric; did you mean new_leads?"),
        ("chiffre", "no such metric; docs/metrics.md lists them"),
    ],
)
def test_target_of_an_unknown_metric_is_refused_by_name(home: Path, metric: str, remedy: str) -> None:
    _set_targets(home, "new_leads,2026-01-01,all,1,2026-01-01", f"{metric},2026-01-01,all,1,2026-01-01")
    with pytest.raises(ConfigurationError) as refused:
        checked_configuration(home)
    assert [str(problem) for problem in refused.value.problems] == [
        f"seeds/targets.csv: metric_id = {metric}: {remedy}"
    ]


def test_every_metric_has_its_texts_in_both_languages_with_their_typography() -> None:
    model = DBT_PROJECT_DIR / "models" / "intermediate" / "kpi" / "int_kpi__metrics.sql"
    sql = jinja2.Template(model.read_text(encoding="utf-8")).render(var=lambda _name: "EUR")
    with duckdb.connect() as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        metrics = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert {metric["metric_id"] for metric in metrics} == metric_ids()
    for metric in metrics:
        empty = [name for name, text in metric.items() if not str(text).strip()]
        assert empty == [], metric["metric_id"]
        assert metric["formula"] != metric["formula_fr"], metric["metric_id"]
        # A no-break space before double punctuation and the per cent sign, and the curved apostrophe.
        assert not re.search(r"[^\u00a0](?=[:;!?%€])|['~]", metric["formula_fr"]), metric["formula_fr"]
