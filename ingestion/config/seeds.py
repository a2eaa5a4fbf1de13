"""The seeds of a workspace: business vocabulary as CSV files, read strictly and checked against the method's rules.

A seed is UTF-8 with commas and ISO dates. Every column is declared here with its type; a missing or unknown column, a
value of another type, a repeated key or a rule of the method that is broken is a problem that names file, line and
remedy. Nothing is loaded before all of it is valid. A workspace must have its own stages and milestones; any other seed
that it leaves out is the product's own, as ``pilotage init`` writes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from ingestion.config.errors import ConfigurationError, Problem
from ingestion.config.scoring_rules import evidence_rules, scoring_rules

DEFAULT_SEEDS: Final = Path(__file__).parent / "template" / "seeds"

_TYPES: Final[dict[str, pa.DataType]] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}
_EXAMPLES: Final[dict[str, str]] = {
    "string": "text",
    "integer": "a whole number such as 3",
    "float": "a number such as 12.5",
    "date": "a date such as 2026-01-31",
    "boolean": "true or false",
}


@dataclass(frozen=True, slots=True)
class Seed:
    """One seed file: columns with their types, key and columns that may be empty."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    """Optional columns that came later: a file from before may leave them out, header included."""
    allowed: Mapping[str, frozenset[str]] | None = None
    is_own: bool = False
    """True where every workspace must have its own file."""
    follows_models: bool = False
    """True where of the product's own file only the lines of scoring models that the workspace has are taken."""

    @property
    def file_name(self) -> str:
        """File below ``seeds/``."""
        return f"{self.name}.csv"

    def arrow_schema(self) -> pa.Schema:
        """Arrow schema of the table in ``raw_workspace``."""
        return pa.schema([pa.field(name, _TYPES[kind]) for name, kind in self.columns.items()])


def _columns(text: str) -> dict[str, str]:
    return dict(part.split(":") for part in text.split())


BANT: Final = ("budget", "authority", "need", "timeframe")
MILESTONE_ROLES: Final = ("expected_roi", "demo", "blockers")
"""What the rules of the demonstration ask of milestones beside need and authority, which are BANT (R-40 to R-43)."""
SECTIONS: Final = ("profile", "history", "needs", "constraints", "expectations")
"""Sections of the discovery record (R-09)."""
TRANSITIONS: Final = ("lead_to_mql", "mql_to_sql", "sql_to_order")
"""Steps of a lead that can have a threshold of the score."""
COMMITTEE_ROLES: Final = ("decision_maker", "influencer", "blocker", "user")

SEEDS: Final[dict[str, Seed]] = {
    seed.name: seed
    for seed in (
        Seed(
            "stages",
            _columns(
                "pipeline_name:string stage_name:string stage_rank:integer stage_type:string"
                " label_en:string label_fr:string"
            ),
            ("pipeline_name", "stage_name"),
            frozenset({"stage_rank"}),
            allowed={"stage_type": frozenset({"open", "won", "lost"})},
            is_own=True,
        ),
        Seed(
            "milestones",
            _columns(
                "milestone_code:string pipeline_name:string stage_name:string milestone_weight:float"
                " bant_dimension:string label_en:string label_fr:string milestone_role:string"
            ),
            ("pipeline_name", "milestone_code"),
            frozenset({"bant_dimension", "milestone_role"}),
            added=frozenset({"milestone_role"}),
            allowed={"bant_dimension": frozenset(BANT), "milestone_role": frozenset(MILESTONE_ROLES)},
            is_own=True,
        ),
        Seed(
            "committee_roles",
            _columns("rule_order:integer job_function:string seniority:string committee_role:string"),
            ("rule_order",),
            frozenset({"job_function", "seniority"}),
            allowed={"committee_role": frozenset(COMMITTEE_ROLES)},
        ),
        Seed(
            "discovery_questions",
            _columns(
                "question_code:string section_code:string is_script_question:boolean weight:float"
                " label_en:string label_fr:string is_after_the_fact:boolean"
            ),
            ("question_code",),
            frozenset({"is_after_the_fact"}),
            frozenset({"is_after_the_fact"}),
            allowed={"section_code": frozenset(SECTIONS)},
        ),
        Seed(
            "scoring_criteria",
            _columns(
                "model_name:string model_version:integer valid_from:date criterion_code:string"
                " criterion_group:string max_points:float evidence_field:string half_life_days:float"
                " label_en:string label_fr:string valid_to:date is_target_date:boolean"
            ),
            ("model_name", "model_version", "criterion_code"),
            frozenset({"half_life_days", "valid_to", "is_target_date"}),
            frozenset({"valid_to", "is_target_date"}),
            allowed={"criterion_group": frozenset({"fit", "heat"})},
        ),
        Seed(
            "scoring_bands",
            _columns(
                "model_name:string model_version:integer criterion_code:string lower_bound:float"
                " upper_bound:float match_value:string points:float"
            ),
            ("model_name", "model_version", "criterion_code", "lower_bound", "match_value"),
            frozenset({"lower_bound", "upper_bound", "match_value"}),
        ),
        Seed(
            "ideal_customer",
            _columns("model_name:string model_version:integer criterion_code:string ideal_value:string"),
            ("model_name", "model_version", "criterion_code"),
        ),
        Seed(
            "scoring_thresholds",
            _columns("model_name:string model_version:integer transition:string score_threshold:float fit_floor:float"),
            ("model_name", "model_version", "transition"),
            allowed={"transition": frozenset(TRANSITIONS)},
            follows_models=True,
        ),
        Seed(
            "scoring_grades",
            _columns("model_name:string model_version:integer grade_code:string lower_bound:float"),
            ("model_name", "model_version", "grade_code"),
            follows_models=True,
        ),
        Seed(
            "targets",
            _columns(
                "metric_id:string target_month:date stage_name:string target_value:float valid_from:date"
                " target_high:float"
            ),
            ("metric_id", "target_month", "stage_name", "valid_from"),
            frozenset({"target_high"}),
            added=frozenset({"target_high"}),
        ),
        Seed(
            "channel_rules",
            _columns(
                "rule_order:integer channel_name:string source_pattern:string medium_pattern:string"
                " campaign_pattern:string referrer_pattern:string has_click_id:boolean lead_source_pattern:string"
            ),
            ("rule_order",),
            frozenset(
                {
                    "source_pattern",
                    "medium_pattern",
                    "campaign_pattern",
                    "referrer_pattern",
                    "has_click_id",
                    "lead_source_pattern",
                }
            ),
            frozenset({"lead_source_pattern"}),
        ),
        Seed("holidays", _columns("holiday_date:date holiday_name:string"), ("holiday_date",)),
        Seed("bot_user_agents", _columns("user_agent_pattern:string"), ("user_agent_pattern",)),
        Seed("free_mail_domains", _columns("domain_name:string"), ("domain_name",)),
        Seed("internal_domains", _columns("domain_name:string"), ("domain_name",)),
        Seed("role_addresses", _columns("local_part:string"), ("local_part",)),
    )
}


def read_seeds(directory: Path, metric_ids: Collection[str] | None = None) -> dict[str, pa.Table]:
    """Read and check every seed of ``directory``; one Arrow table a seed, typed as declared in ``SEEDS``.

    Targets may only name ``metric_ids``, where these are given.

    Raises ``ConfigurationError`` with every problem found.
    """
    problems: list[Problem] = []
    tables: dict[str, pa.Table] = {}
    for seed in SEEDS.values():
        path = directory / seed.file_name
        if not path.exists() and not seed.is_own:
            path = DEFAULT_SEEDS / seed.file_name
        table = _read(seed, path, problems)
        if table is not None:
            tables[seed.name] = table
        if seed.follows_models and path.parent == DEFAULT_SEEDS and {seed.name, "scoring_criteria"} <= tables.keys():
            tables[seed.name] = _of_known_models(tables[seed.name], tables["scoring_criteria"])
    known = {seed.file_name for seed in SEEDS.values()}
    problems += [
        Problem(f"seeds/{path.name}", "file", "", f"no seed has this name; known are {', '.join(sorted(known))}")
        for path in sorted(directory.glob("*.csv"))
        if path.name not in known
    ]
    if not problems:
        for rule in _RULES:
            problems += rule(tables)
        if (directory / SEEDS["scoring_criteria"].file_name).exists():
            problems += evidence_rules(tables)
        if metric_ids is not None:
            problems += _targets_of_unknown_metrics(tables["targets"], metric_ids)
    if problems:
        raise ConfigurationError(problems)
    return tables


def _of_known_models(table: pa.Table, criteria: pa.Table) -> pa.Table:
    keys = ["model_name", "model_version"]
    known = criteria.select(keys).group_by(keys).aggregate([])
    return table.join(known, keys, join_type="left semi").select(table.column_names)


def _read(seed: Seed, path: Path, problems: list[Problem]) -> pa.Table | None:
    file = f"seeds/{seed.file_name}"
    before = len(problems)
    try:
        content = path.read_bytes()
        content.decode("utf-8")
    except FileNotFoundError:
        problems.append(Problem(file, "file", "", "is missing; `pilotage init` in an empty folder shows one"))
        return None
    except UnicodeDecodeError as error:
        problems.append(Problem(file, f"byte {error.start}", "", "is not UTF-8; save the file as UTF-8"))
        return None
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        text = pacsv.read_csv(
            BytesIO(content),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in seed.columns},
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        problems.append(Problem(file, "content", "", f"is no CSV with a header line and commas: {error}"))
        return None
    for name in seed.added.difference(text.column_names):
        text = text.append_column(name, pa.nulls(len(text), pa.string()))
    problems += [
        Problem(file, name, "", f"the column is missing; the header is {','.join(seed.columns)}")
        for name in seed.columns
        if name not in text.column_names
    ]
    problems += [
        Problem(file, name, "", f"no such column; the header is {','.join(seed.columns)}")
        for name in text.column_names
        if name not in seed.columns or text.column_names.count(name) > 1
    ]
    if len(problems) > before:
        return None
    columns = {name: _typed(seed, name, text[name].combine_chunks(), file, problems) for name in seed.columns}
    if len(problems) > before:
        return None
    table = pa.table(columns, schema=seed.arrow_schema())
    counted = table.group_by(list(seed.key)).aggregate([([], "count_all")])
    for row in counted.filter(pc.field("count_all") > 1).to_pylist():
        row.pop("count_all")
        value = ", ".join(str(item) for item in row.values())
        problems.append(Problem(file, " + ".join(seed.key), value, "stands more than once; keep one line"))
    return table


def _typed(seed: Seed, name: str, values: pa.Array, file: str, problems: list[Problem]) -> pa.Array:
    kind = seed.columns[name]
    if name not in seed.optional and values.null_count:
        line = pc.index(values.is_null(), value=True).as_py() + 2
        problems.append(Problem(file, name, f"empty in line {line}", f"give {_EXAMPLES[kind]}"))
    try:
        typed = values.cast(_TYPES[kind])
    except pa.ArrowInvalid:
        wrong = [
            (position + 2, value)
            for position, value in enumerate(values.to_pylist())
            if value is not None and not _casts(value, _TYPES[kind])
        ]
        line, value = wrong[0]
        problems.append(Problem(file, name, f"{value!r} in line {line}", f"give {_EXAMPLES[kind]}"))
        return pa.nulls(len(values), _TYPES[kind])
    allowed = (seed.allowed or {}).get(name)
    if allowed:
        problems += [
            Problem(file, name, repr(value), f"use one of {', '.join(sorted(allowed))}")
            for value in pc.unique(typed).drop_null().to_pylist()
            if value not in allowed
        ]
    return typed


def _casts(value: str, kind: pa.DataType) -> bool:
    try:
        pa.scalar(value).cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


# --- rules of the method -------------------------------------------------------------------------------------------


def _stage_rules(tables: Mapping[str, pa.Table]) -> list[Problem]:
    by_pipeline: dict[str, list[dict[str, object]]] = {}
    for row in tables["stages"].to_pylist():
        by_pipeline.setdefault(row["pipeline_name"], []).append(row)
    if not by_pipeline:
        return [Problem("seeds/stages.csv", "file", "", "has no stage; give the stages of a pipeline")]
    return [problem for name, rows in by_pipeline.items() for problem in _pipeline_rules(name, rows)]


def _pipeline_rules(pipeline: str, rows: list[dict[str, object]]) -> list[Problem]:
    file, key = "seeds/stages.csv", f"pipeline_name {pipeline}"
    kinds = [row["stage_type"] for row in rows]
    problems = [
        Problem(file, key, "", f"has no {kind} stage; give at least one")
        for kind in ("open", "lost")
        if kind not in kinds
    ]
    if kinds.count("won") != 1:
        problems.append(Problem(file, key, f"{kinds.count('won')} won stages", "give exactly one won stage"))
    for row in rows:
        rank, name = row["stage_rank"], f"stage_rank of {row['stage_name']}"
        if row["stage_type"] == "lost" and rank is not None:
            problems.append(Problem(file, name, str(rank), "a lost stage has no rank: leave it empty"))
        if row["stage_type"] != "lost" and rank is None:
            problems.append(Problem(file, name, "", "give its place, 1 is first"))
    ranks = sorted(int(str(row["stage_rank"])) for row in rows if row["stage_rank"] is not None)
    if ranks != list(range(1, len(ranks) + 1)):
        found = ", ".join(map(str, ranks))
        remedy = f"number the stages 1 to {len(ranks)} without gap or repetition"
        problems.append(Problem(file, f"stage_rank of pipeline {pipeline}", found, remedy))
    won = [row["stage_rank"] for row in rows if row["stage_type"] == "won"]
    if won and ranks and won[0] not in (None, ranks[-1]):
        problems.append(Problem(file, key, f"won has rank {won[0]}", "the won stage must have the highest rank"))
    return problems


def _milestone_rules(tables: Mapping[str, pa.Table]) -> list[Problem]:
    problems: list[Problem] = []
    stages = {
        (row["pipeline_name"], row["stage_name"]) for row in tables["stages"].to_pylist() if row["stage_type"] == "open"
    }
    milestones = tables["milestones"].to_pylist()
    for row in milestones:
        if (row["pipeline_name"], row["stage_name"]) not in stages:
            problems.append(
                Problem(
                    "seeds/milestones.csv",
                    f"stage_name of {row['milestone_code']}",
                    f"{row['pipeline_name']}:{row['stage_name']}",
                    "is no open stage of seeds/stages.csv",
                )
            )
        if row["milestone_weight"] <= 0:
            problems.append(
                Problem(
                    "seeds/milestones.csv",
                    f"milestone_weight of {row['milestone_code']}",
                    str(row["milestone_weight"]),
                    "give a weight above 0",
                )
            )
    for pipeline in sorted({pipeline for pipeline, _ in stages}):
        covered = {row["bant_dimension"] for row in milestones if row["pipeline_name"] == pipeline}
        problems += [
            Problem(
                "seeds/milestones.csv",
                f"bant_dimension of pipeline {pipeline}",
                "",
                f"no milestone covers {dimension}; the path must cover budget, authority, need and timeframe (R-44)",
            )
            for dimension in BANT
            if dimension not in covered
        ]
    return problems


def _discovery_rules(tables: Mapping[str, pa.Table]) -> list[Problem]:
    file = "seeds/discovery_questions.csv"
    questions = tables["discovery_questions"].to_pylist()
    problems = [
        Problem(file, f"weight of {row['question_code']}", str(row["weight"]), "give a weight above 0")
        for row in questions
        if row["weight"] <= 0
    ]
    covered = {row["section_code"] for row in questions}
    problems += [
        Problem(file, "section_code", section, "no question belongs to it; the record has five sections (R-09)")
        for section in SECTIONS
        if section not in covered
    ]
    if not any(row["is_script_question"] for row in questions):
        remedy = "no question is true; the first call follows a script (R-14)"
        problems.append(Problem(file, "is_script_question", "", remedy))
    return problems


def _target_rules(tables: Mapping[str, pa.Table]) -> list[Problem]:
    stages = {row["stage_name"] for row in tables["stages"].to_pylist()} | {"all"}
    problems: list[Problem] = []
    for row in tables["targets"].to_pylist():
        if row["target_month"].day != 1:
            problems.append(
                Problem(
                    "seeds/targets.csv",
                    "target_month",
                    str(row["target_month"]),
                    "give the first day of a month",
                )
            )
        if row["target_high"] is not None and row["target_high"] < row["target_value"]:
            problems.append(
                Problem(
                    "seeds/targets.csv",
                    f"target_high of {row['metric_id']}",
                    f"{row['target_high']:g}",
                    f"a band ends above target_value, {row['target_value']:g}; leave it empty where there is none",
                )
            )
        if row["stage_name"] not in stages:
            problems.append(
                Problem(
                    "seeds/targets.csv",
                    "stage_name",
                    str(row["stage_name"]),
                    "use 'all' or a stage of stages.csv",
                )
            )
    return problems


def _targets_of_unknown_metrics(targets: pa.Table, metric_ids: Collection[str]) -> list[Problem]:
    unknown = sorted(set(targets["metric_id"].to_pylist()).difference(metric_ids))
    problems = []
    for metric_id in unknown:
        close = get_close_matches(metric_id, sorted(metric_ids), n=1)
        remedy = f"did you mean {close[0]}?" if close else "docs/metrics.md lists them"
        problems.append(Problem("seeds/targets.csv", "metric_id", metric_id, f"no such metric; {remedy}"))
    return problems


def _channel_rules(tables: Mapping[str, pa.Table]) -> list[Problem]:
    file = "seeds/channel_rules.csv"
    problems: list[Problem] = []
    for row in tables["channel_rules"].to_pylist():
        conditions = {name: row[name] for name in SEEDS["channel_rules"].optional if row[name] is not None}
        for name, pattern in sorted(conditions.items()):
            if name == "has_click_id":
                continue
            try:
                re.compile(str(pattern))
            except re.error as error:
                key = f"{name} of rule {row['rule_order']}"
                problems.append(Problem(file, key, repr(pattern), f"is no regular expression: {error}"))
        if "lead_source_pattern" in conditions and len(conditions) > 1:
            key = f"lead_source_pattern of rule {row['rule_order']}"
            remedy = "a source that a person states has no campaign or referrer: give it a rule of its own"
            problems.append(Problem(file, key, repr(conditions["lead_source_pattern"]), remedy))
    return problems


_RULES: Final[tuple[Callable[[Mapping[str, pa.Table]], list[Problem]], ...]] = (
    _stage_rules,
    _milestone_rules,
    _discovery_rules,
    scoring_rules,
    _target_rules,
    _channel_rules,
)
