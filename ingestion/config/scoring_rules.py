"""Rules of the scoring seeds: what a model of the score must and must not say (R-21 to R-26).

Each problem names file, key, value and remedy. The tables that come here are typed as declared in ``SEEDS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, TypeAlias

import pyarrow as pa

from ingestion.config.errors import Problem

ANY_VALUE: Final = "*"
"""In a scoring band: every value that no other band names."""

NUMBERS: Final = frozenset({"companies.count_employees", "companies.revenue_amount"})
"""Evidence that is a number of the delivered record."""
TEXTS: Final = frozenset(
    {
        "companies.country_code",
        "companies.region_name",
        "companies.sector",
        "persons.job_function",
        "persons.lead_source",
        "persons.seniority",
    }
)
"""Evidence that is a text of the delivered record."""
BEHAVIOUR: Final = frozenset(
    {
        "email_events.count_clicks",
        "web_events.count_actions",
        "web_events.count_downloads",
        "web_events.count_forms",
        "web_events.count_subscriptions",
    }
)
"""Evidence that is counted and fades with a half-life."""
MILESTONE_STATUSES: Final = frozenset({"validated", "refused"})

_MAX_CRITERIA: Final = 60
_MAX_DAYS_LEFT: Final = 36_500
_CRITERIA: Final = "seeds/scoring_criteria.csv"
_BANDS: Final = "seeds/scoring_bands.csv"
_IDEAL: Final = "seeds/ideal_customer.csv"
_THRESHOLDS: Final = "seeds/scoring_thresholds.csv"
_GRADES: Final = "seeds/scoring_grades.csv"

Row: TypeAlias = dict[str, Any]
Model: TypeAlias = tuple[str, int]


def scoring_rules(tables: Mapping[str, pa.Table]) -> list[Problem]:
    """Return what is wrong with the scoring seeds of ``tables`` (seed name -> table)."""
    criteria = tables["scoring_criteria"].to_pylist()
    if not criteria:
        remedy = "has no criterion; the groups fit and heat are mandatory (R-25, R-26)"
        return [Problem(_CRITERIA, "file", "", remedy)]
    rows = {name: tables[name].to_pylist() for name in ("scoring_bands", "ideal_customer")}
    problems = _unknown_criteria(criteria, rows)
    for row in criteria:
        problems += _decay_rules(row) + _target_date_rules(row)
    problems += _version_rules(criteria)
    ideal = {(*_model(row), row["criterion_code"]): row["ideal_value"] for row in rows["ideal_customer"]}
    bands: dict[tuple[str, int, str], list[Row]] = {}
    for row in rows["scoring_bands"]:
        bands.setdefault((*_model(row), row["criterion_code"]), []).append(row)
    by_model: dict[Model, list[Row]] = {}
    for row in criteria:
        by_model.setdefault(_model(row), []).append(row)
    for model, of_model in sorted(by_model.items()):
        label = _label(model)
        problems += _weights(label, of_model)
        for criterion in of_model:
            key = (*model, criterion["criterion_code"])
            problems += _band_rules(label, criterion, bands.get(key, []), ideal.get(key))
    fit = {
        model: sum(row["max_points"] for row in of_model if row["criterion_group"] == "fit")
        for model, of_model in by_model.items()
    }
    problems += _threshold_rules(tables["scoring_thresholds"].to_pylist(), fit)
    problems += _grade_rules(tables["scoring_grades"].to_pylist(), set(by_model))
    return problems


def models_without_mql_threshold(tables: Mapping[str, pa.Table]) -> list[Problem]:
    """Return the models that cannot make a lead an MQL, although ``method.mql_authority`` says that the score does."""
    able = {_model(row) for row in tables["scoring_thresholds"].to_pylist() if row["transition"] == "lead_to_mql"}
    models = {_model(row) for row in tables["scoring_criteria"].to_pylist()}
    remedy = "method.mql_authority in pilotage.yml names score: give the threshold from which a lead is an MQL"
    return [Problem(_THRESHOLDS, f"lead_to_mql of {_label(model)}", "", remedy) for model in sorted(models - able)]


def _model(row: Row) -> Model:
    return str(row["model_name"]), int(row["model_version"])


def _label(model: Model) -> str:
    return f"model {model[0]} version {model[1]}"


def _unknown_criteria(criteria: Sequence[Row], rows: Mapping[str, Sequence[Row]]) -> list[Problem]:
    known = {(*_model(row), row["criterion_code"]) for row in criteria}
    return [
        Problem(f"seeds/{name}.csv", "criterion_code", ":".join(map(str, key)), "is not in scoring_criteria.csv")
        for name, of_seed in rows.items()
        for key in sorted({(*_model(row), row["criterion_code"]) for row in of_seed} - known)
    ]


def evidence_rules(tables: Mapping[str, pa.Table]) -> list[Problem]:
    """Return the criteria of ``tables`` (seed name -> table) whose evidence does not exist, or tells the outcome.

    Of a workspace's own criteria. The product's own name milestones that a workspace may not have: these stay unknown.
    """
    questions = {row["question_code"]: row["is_after_the_fact"] for row in tables["discovery_questions"].to_pylist()}
    milestones = {row["milestone_code"] for row in tables["milestones"].to_pylist()}
    allowed = NUMBERS | TEXTS | BEHAVIOUR
    allowed |= {f"discovery.{code}" for code in questions}
    allowed |= {f"{entity}.{code}" for code in milestones for entity in ("milestones", "milestone_answers")}
    problems: list[Problem] = []
    for row in tables["scoring_criteria"].to_pylist():
        field = row["evidence_field"]
        key = f"evidence_field of {row['criterion_code']}"
        if field not in allowed:
            problems.append(Problem(_CRITERIA, key, repr(field), _nearest(field, allowed)))
        elif field.startswith("discovery.") and questions[field.removeprefix("discovery.")]:
            remedy = (
                "is recorded after the fact (is_after_the_fact in discovery_questions.csv): it tells the outcome, so a "
                "score that reads it would look right and know nothing in time; choose what is known before"
            )
            problems.append(Problem(_CRITERIA, key, repr(field), remedy))
    return problems


def _nearest(field: str, allowed: frozenset[str]) -> str:
    if field.startswith("web_events."):
        return "is no evidence; use web_events.count_actions for what was downloaded, subscribed and sent"
    for entity, file in (("discovery", "discovery_questions"), ("milestones", "milestones")):
        if field.startswith(f"{entity}.") and not any(name.startswith(f"{entity}.") for name in allowed):
            return f"seeds/{file}.csv has no line"
    close = get_close_matches(field, sorted(allowed), n=1)
    if close:
        return f"is no evidence; did you mean {close[0]}?"
    return (
        f"is no evidence; choose {', '.join(sorted(NUMBERS | TEXTS | BEHAVIOUR))}, discovery.<question_code>, "
        "milestones.<milestone_code> or milestone_answers.<milestone_code>"
    )


def _decay_rules(row: Row) -> list[Problem]:
    field, code, half_life = row["evidence_field"], row["criterion_code"], row["half_life_days"]
    key = f"half_life_days of {code}"
    if field in BEHAVIOUR:
        problems = []
        if row["criterion_group"] != "heat":
            remedy = "behaviour belongs to heat: what somebody does tells their interest, not who they are (R-36)"
            problems.append(Problem(_CRITERIA, f"criterion_group of {code}", row["criterion_group"], remedy))
        if half_life is None:
            problems.append(Problem(_CRITERIA, key, "", "behaviour fades: give the days that halve its weight"))
        elif not 0.5 <= half_life <= 3650:
            problems.append(Problem(_CRITERIA, key, f"{half_life:g}", "give between 0.5 and 3650 days"))
        return problems
    if half_life is not None:
        remedy = f"only behaviour fades ({', '.join(sorted(BEHAVIOUR))}); leave it empty"
        return [Problem(_CRITERIA, key, f"{half_life:g}", remedy)]
    return []


def _target_date_rules(row: Row) -> list[Problem]:
    if not row["is_target_date"] or row["evidence_field"].split(".")[0] in {"discovery", "milestone_answers"}:
        return []
    remedy = "only an answer (discovery.<question>, milestone_answers.<milestone>) can be a date; write false"
    return [Problem(_CRITERIA, f"is_target_date of {row['criterion_code']}", "true", remedy)]


def _version_rules(criteria: Sequence[Row]) -> list[Problem]:
    problems: list[Problem] = []
    spans: dict[str, list[tuple[date, date | None, int]]] = {}
    for model in sorted({_model(row) for row in criteria}):
        of_model = [row for row in criteria if _model(row) == model]
        count = len(of_model)
        if count > _MAX_CRITERIA:
            problems.append(
                Problem(_CRITERIA, _label(model), f"{count} criteria", f"give at most {_MAX_CRITERIA} criteria")
            )
        for column in ("valid_from", "valid_to"):
            if len({row[column] for row in of_model}) > 1:
                remedy = "the criteria of a version hold together: give all of them the same day"
                problems.append(Problem(_CRITERIA, f"{column} of {_label(model)}", "", remedy))
        start, end = of_model[0]["valid_from"], of_model[0]["valid_to"]
        if end is not None and end <= start:
            remedy = f"must come after valid_from, {start}; it is the first day on which the version holds no more"
            problems.append(Problem(_CRITERIA, f"valid_to of {_label(model)}", str(end), remedy))
        spans.setdefault(model[0], []).append((start, end, model[1]))
    for name, of_name in sorted(spans.items()):
        for (start, end, version), (following, _, next_version) in pairwise(sorted(of_name, key=lambda span: span[0])):
            if following == start or (end is not None and end > following):
                remedy = (
                    f"overlaps version {version}: one version of a model holds on a day; give valid_from after {start}"
                    " and end the earlier one no later (R-23)"
                )
                problems.append(
                    Problem(_CRITERIA, f"valid_from of model {name} version {next_version}", str(following), remedy)
                )
    return problems


def _weights(label: str, criteria: Sequence[Row]) -> list[Problem]:
    points = {
        group: sum(row["max_points"] for row in criteria if row["criterion_group"] == group)
        for group in ("fit", "heat")
    }
    problems = [
        Problem(_CRITERIA, f"max_points of {row['criterion_code']}", str(row["max_points"]), "give points above 0")
        for row in criteria
        if row["max_points"] <= 0
    ]
    problems += [
        Problem(
            _CRITERIA, f"max_points of {row['criterion_code']}", f"{row['max_points']:g}", "give at most four decimals"
        )
        for row in criteria
        if _has_too_many_decimals(row["max_points"])
    ]
    total = sum(points.values())
    if abs(total - 100) > 1e-9:
        problems.append(
            Problem(_CRITERIA, f"max_points of {label}", f"sum {total:g}", "the maxima must sum to 100 (R-21, R-22)")
        )
    for group, rule in (("fit", "R-25"), ("heat", "R-26")):
        if not points[group]:
            problems.append(
                Problem(_CRITERIA, f"criterion_group of {label}", "", f"the group {group} is mandatory ({rule})")
            )
    if points["fit"] and points["heat"] and points["heat"] <= points["fit"]:
        problems.append(
            Problem(
                _CRITERIA,
                f"max_points of {label}",
                f"fit {points['fit']:g}, heat {points['heat']:g}",
                "heat must weigh more than fit (R-26)",
            )
        )
    return problems


def _band_rules(label: str, criterion: Row, bands: Sequence[Row], ideal: object) -> list[Problem]:
    code = str(criterion["criterion_code"])
    most = criterion["max_points"]
    if not bands:
        return [Problem(_BANDS, "criterion_code", code, f"{label} has no band for it")]
    problems = _bands_of_their_kind(criterion, bands)
    for band in bands:
        points = band["points"]
        if _has_too_many_decimals(points):
            problems.append(Problem(_BANDS, f"points of {code}", f"{points:g}", "give at most four decimals"))
        if not 0 <= points <= most:
            problems.append(Problem(_BANDS, f"points of {code}", f"{points:g}", f"must lie between 0 and {most:g}"))
        numeric = band["lower_bound"] is not None or band["upper_bound"] is not None
        if numeric == (band["match_value"] is not None):
            problems.append(
                Problem(_BANDS, f"bands of {code}", "", "a band has bounds or a match_value, and one of the two")
            )
    spans = sorted(
        (
            float("-inf") if band["lower_bound"] is None else band["lower_bound"],
            float("inf") if band["upper_bound"] is None else band["upper_bound"],
        )
        for band in bands
        if band["match_value"] is None
    )
    problems += [
        Problem(_BANDS, f"bands of {code}", f"[{low:g}, {high:g})", "a band must be [from, to) with from < to")
        for low, high in spans
        if low >= high
    ]
    problems += [
        Problem(_BANDS, f"bands of {code}", f"[{low:g}, {high:g})", "overlaps the next band")
        for (low, high), (following, _) in pairwise(spans)
        if high > following
    ]
    if ideal is None:
        problems.append(
            Problem(
                _IDEAL,
                "criterion_code",
                code,
                f"{label}: describe the ideal customer first",
            )
        )
    elif not problems and _points_of(str(ideal), bands) != most:
        problems.append(
            Problem(
                _IDEAL,
                f"ideal_value of {code}",
                repr(ideal),
                f"scores {_points_of(str(ideal), bands):g}; the ideal customer must reach {most:g} (R-22)",
            )
        )
    return problems


def _has_too_many_decimals(points: float) -> bool:
    return abs(points - round(points, 4)) > 1e-12


def _bands_of_their_kind(criterion: Row, bands: Sequence[Row]) -> list[Problem]:
    field, code = criterion["evidence_field"], criterion["criterion_code"]
    key = f"bands of {code}"
    named = sorted({band["match_value"] for band in bands} - {None, ANY_VALUE})
    bounds = [bound for band in bands for bound in (band["lower_bound"], band["upper_bound"]) if bound is not None]
    problems: list[Problem] = []
    if named and (field in NUMBERS | BEHAVIOUR or criterion["is_target_date"]):
        remedy = f"{field} is a number here: give lower_bound and upper_bound, no match_value but {ANY_VALUE}"
        problems.append(Problem(_BANDS, key, named[0], remedy))
    if bounds and (field in TEXTS or field.startswith("milestones.")):
        remedy = f"{field} is a text: give match_value and leave the bounds empty"
        problems.append(Problem(_BANDS, key, f"{bounds[0]:g}", remedy))
    if field.startswith("milestones.") and not MILESTONE_STATUSES.issuperset(named):
        unknown = min(set(named) - MILESTONE_STATUSES)
        remedy = f"a milestone is {' or '.join(sorted(MILESTONE_STATUSES))}; one that is pending is unknown"
        problems.append(Problem(_BANDS, key, unknown, remedy))
    if criterion["is_target_date"] and any(abs(bound) > _MAX_DAYS_LEFT for bound in bounds):
        widest = max(bounds, key=abs)
        remedy = f"the bounds are days that are left: keep within {_MAX_DAYS_LEFT}, or leave them empty"
        problems.append(Problem(_BANDS, key, f"{widest:g}", remedy))
    return problems


def _points_of(value: str, bands: Sequence[Row]) -> float:
    named = {band["match_value"]: float(band["points"]) for band in bands if band["match_value"] is not None}
    if value in named:
        return named[value]
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    for band in bands:
        low = float("-inf") if band["lower_bound"] is None else band["lower_bound"]
        high = float("inf") if band["upper_bound"] is None else band["upper_bound"]
        if band["match_value"] is None and low <= number < high:
            return float(band["points"])
    return named.get(ANY_VALUE, 0.0)


def _threshold_rules(thresholds: Sequence[Row], fit: Mapping[Model, float]) -> list[Problem]:
    problems: list[Problem] = []
    for row in thresholds:
        model, transition = _model(row), row["transition"]
        if model not in fit:
            problems.append(
                Problem(_THRESHOLDS, "model_name + model_version", _label(model), "is not in scoring_criteria.csv")
            )
            continue
        score, floor = row["score_threshold"], row["fit_floor"]
        if not 0 <= score <= 100:
            problems.append(
                Problem(_THRESHOLDS, f"score_threshold of {transition}", f"{score:g}", "must lie between 0 and 100")
            )
        if not 0 <= floor <= fit[model]:
            remedy = f"must lie between 0 and {fit[model]:g}, the most that fit gives in {_label(model)}"
            problems.append(Problem(_THRESHOLDS, f"fit_floor of {transition}", f"{floor:g}", remedy))
    return problems


def _grade_rules(grades: Sequence[Row], models: set[Model]) -> list[Problem]:
    problems: list[Problem] = []
    bounds: dict[Model, list[float]] = {}
    for row in grades:
        model, bound = _model(row), row["lower_bound"]
        if model not in models:
            problems.append(
                Problem(_GRADES, "model_name + model_version", _label(model), "is not in scoring_criteria.csv")
            )
            continue
        if not 0 <= bound <= 100:
            problems.append(
                Problem(_GRADES, f"lower_bound of {row['grade_code']}", f"{bound:g}", "must lie between 0 and 100")
            )
        bounds.setdefault(model, []).append(bound)
    for model, of_model in sorted(bounds.items()):
        if min(of_model) != 0:
            remedy = "every score needs a grade: give the lowest one the bound 0"
            problems.append(Problem(_GRADES, f"lower_bound of {_label(model)}", f"{min(of_model):g}", remedy))
        if len(set(of_model)) < len(of_model):
            problems.append(
                Problem(_GRADES, f"lower_bound of {_label(model)}", "", "two grades begin at one score; keep one")
            )
    return problems
