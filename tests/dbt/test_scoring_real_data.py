"""X Education: the scoring of the product, configured by bands on its columns, meets what a statistician reaches.

The points of the example are suggested by the whole set. They are judged out of fold: five more models, each with the
points that the other four fifths suggest, are scored by the same build.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analytics.discrimination import area_under_curve
from analytics.logistic import candidates_of, fit_logistic, folds_of, probabilities_of
from analytics.scorecard import Criterion, score_of, suggest_scorecard
from ingestion.config.errors import ConfigurationError
from ingestion.config.load import load_configuration
from ingestion.config.seeds import read_seeds
from ingestion.loading import ensure_warehouse, load_files, make_pipeline
from orchestration.lib.calibration import write_calibrations
from orchestration.lib.dbt_variables import dbt_variables
from tests.dbt.support import create_warehouse, dbt_ok, raw_tables

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "x_education" / "seeds"
COLUMNS = {
    "occupation": "What is your current occupation",
    "specialization": "Specialization",
    "city": "City",
    "lead_origin": "Lead Origin",
    "lead_source": "Lead Source",
    "do_not_email": "Do Not Email",
    "time_on_site": "Total Time Spent on Website",
    "free_copy": "A free copy of Mastering The Interview",
}
FIT = ("occupation", "specialization", "city")


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one model, a row for each lead: its score, and what each criterion gave and knew."""

    score: np.ndarray
    points: np.ndarray
    is_known: np.ndarray


def _evidence(data: pd.DataFrame) -> dict[str, np.ndarray]:
    evidence = {code: data[column].replace("Select", "").to_numpy(dtype=np.str_) for code, column in COLUMNS.items()}
    evidence["time_on_site"] = evidence["time_on_site"].astype(np.float64)
    return evidence


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _bands(model: str, card: list[Criterion]) -> list[list[str]]:
    return [
        [model, "1", each.code, _number(band.low), _number(band.high), band.match or "", _number(band.points)]
        for each in card
        for band in each.bands
    ]


def _criteria(model: str, card: list[Criterion]) -> list[list[str]]:
    return [
        [model, "1", "2000-01-01", each.code, "fit" if each.code in FIT else "heat", _number(each.max_points),
         f"discovery.{each.code}"]
        for each in card
    ]  # fmt: skip


def _ideal(model: str, card: list[Criterion]) -> list[list[str]]:
    best = {each.code: max(each.bands, key=lambda band: band.points) for each in card}
    return [
        [model, "1", code, band.match or _number(band.low if band.low is not None else (band.high or 0) - 1)]
        for code, band in best.items()
    ]


def _append(path: Path, rows: list[list[str]]) -> None:
    width = len(path.read_text(encoding="utf-8").splitlines()[0].split(","))
    with path.open("a", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([*row, *["x"] * (width - len(row))] for row in rows)


@pytest.mark.parametrize("question", ["tags", "lead_quality"])
def test_what_is_recorded_after_the_fact_is_refused_as_an_input(question: str, tmp_path: Path) -> None:
    for path in EXAMPLE.glob("*.csv"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_seeds(tmp_path)["scoring_criteria"].num_rows == len(COLUMNS)
    criteria = tmp_path / "scoring_criteria.csv"
    text = criteria.read_text(encoding="utf-8")
    criteria.write_text(text.replace("discovery.free_copy", f"discovery.{question}"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        read_seeds(tmp_path)
    (problem,) = refused.value.problems
    assert problem.file == "seeds/scoring_criteria.csv"
    assert problem.key == "evidence_field of free_copy"
    assert "recorded after the fact" in str(problem)
    # The same answer, given before: it is the declaration that refuses it, not its name.
    questions = tmp_path / "discovery_questions.csv"
    text = questions.read_text(encoding="utf-8")
    questions.write_text(text.replace("ventes,true", "ventes,false"), encoding="utf-8")
    read_seeds(tmp_path)


def _built(home: Path) -> Path:
    """Load the inbox, build the scores and what became of the leads, and calibrate; return the warehouse."""
    configuration = load_configuration(home)
    workspace, settings = configuration.workspace, configuration.settings
    ensure_warehouse(workspace.warehouse)
    loaded = load_files(
        make_pipeline(workspace, settings.warehouse), settings.sources.files, workspace, warehouse=settings.warehouse
    )
    # Persons, eight answers each, and the deals of those who enrolled.
    assert (loaded.batch.count_loaded, loaded.batch.count_quarantined) == (9 * 9_240 + 3_561, 0)
    tables = raw_tables() | {("raw_workspace", name): table for name, table in configuration.seeds.items()}
    with duckdb.connect(str(workspace.warehouse)) as connection:
        known = set(connection.execute("select schema_name, table_name from duckdb_tables()").fetchall())
    create_warehouse(workspace.warehouse, {name: table for name, table in tables.items() if name not in known})
    variables = dbt_variables(settings) | {"as_of": settings.as_of.isoformat()}
    selection = ("--select", "+fct_score_outcomes", "+fct_lead_score_contributions")
    dbt_ok("run", *selection, warehouse=workspace.warehouse, variables=variables)
    write_calibrations(workspace.warehouse)
    return workspace.warehouse


def _scores(warehouse: Path, place: dict[str, int], by_model: dict[str, list[Criterion]]) -> dict[str, Scores]:
    """Return what the warehouse says of each model on the opening day, the leads in the order of the file."""
    count = len(place)
    found = {
        model: Scores(np.full(count, np.nan), np.zeros((count, len(card))), np.zeros((count, len(card)), dtype=bool))
        for model, card in by_model.items()
    }
    column = {(model, each.code): at for model, card in by_model.items() for at, each in enumerate(card)}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            """
            select
                outcomes.model_name, outcomes.lead_cycle_id, score_confirmed, criterion_code,
                cast(points as double), is_known
            from marts.fct_score_outcomes as outcomes
            inner join marts.fct_lead_score_contributions as contributions using (lead_score_id)
            where outcome_name = 'sql'
            """
        ).fetchall()
    for model, lead, score, code, points, is_known in rows:
        scores, at = found[model], place[lead]
        scores.score[at] = score
        scores.points[at, column[model, code]] = points
        scores.is_known[at, column[model, code]] = is_known
    return found


@pytest.mark.realdata
def test_scores_of_x_education_reach_the_published_discrimination_out_of_fold(
    real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    source = real_data("x_education") / "Leads.csv"
    data = pd.read_csv(source, dtype=str, keep_default_na=False)
    outcomes, evidence = data["Converted"].to_numpy() == "1", _evidence(data)
    assert (len(data), outcomes.sum()) == (9_240, 3_561)
    home = tmp_path / "x_education"
    shutil.copytree(EXAMPLE.parent, home)
    (home / "inbox").mkdir()
    shutil.copyfile(source, home / "inbox" / "Leads.csv")
    os.utime(home / "inbox" / "Leads.csv", (1_700_000_000, 1_700_000_000))
    shipped = suggest_scorecard(evidence, outcomes)
    with (home / "seeds" / "scoring_bands.csv").open(newline="", encoding="utf-8") as stream:
        assert list(csv.reader(stream))[1:] == _bands("x_education", shipped)
    by_model, folds = {"x_education": shipped}, folds_of(outcomes)
    for fold in range(5):
        learned = folds != fold
        model = f"fold_{fold}"
        card = suggest_scorecard({code: values[learned] for code, values in evidence.items()}, outcomes[learned])
        by_model[model] = card
        _append(home / "seeds" / "scoring_criteria.csv", [[*row, "", "x", "x"] for row in _criteria(model, card)])
        _append(home / "seeds" / "scoring_bands.csv", _bands(model, card))
        _append(home / "seeds" / "ideal_customer.csv", _ideal(model, card))
    warehouse = _built(home)
    place = {f"crm:{lead}#1": number for number, lead in enumerate(data["Prospect ID"])}
    found = _scores(warehouse, place, by_model)
    # The bands of the warehouse give what the same bands give in memory.
    for model, card in by_model.items():
        assert found[model].score == pytest.approx(score_of(card, evidence), abs=1e-9), model
    held, probabilities = np.empty(len(data)), np.empty(len(data))
    for fold in range(5):
        scores, own = found[f"fold_{fold}"], folds == fold
        held[own] = scores.score[own]
        candidates = candidates_of(scores.points, scores.is_known)
        probabilities[own] = probabilities_of(fit_logistic(candidates[~own], outcomes[~own]), candidates[own])
    assert area_under_curve(held, outcomes).value >= 0.84
    assert area_under_curve(probabilities, outcomes).value >= 0.86
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        measures = dict(
            connection.execute(
                """
                select estimator, value from raw_analytics.score_performances
                where model_name = 'x_education' and outcome_name = 'order' and sample_name = 'all'
                    and input_name = 'score' and metric_name = 'auc'
                """
            ).fetchall()
        )
        later = connection.execute(
            "select distinct measure_status from raw_analytics.score_performances where sample_name = 'later'"
        ).fetchall()
    assert measures["rule"] == pytest.approx(area_under_curve(found["x_education"].score, outcomes).value, abs=1e-6)
    assert measures["logistic"] >= 0.86
    # The set has no dates, so nothing is later than what taught it, and the product says so.
    assert later == [("no_later_leads",)]
