"""The score, by the real SQL on small companies: random configurations, what was known when, and the laws (7)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.config.scoring_rules import scoring_rules
from ingestion.config.seeds import DEFAULT_SEEDS, SEEDS, read_seeds
from ingestion.contracts import ARROW_TYPES, ENTITIES, METADATA_COLUMNS
from tests.dbt.support import create_warehouse, dbt_ok, raw_tables

AS_OF = date(2024, 6, 30)
QUESTIONS = tuple(read_seeds(DEFAULT_SEEDS)["discovery_questions"]["question_code"].to_pylist())
DAILY = """
    select scores.lead_cycle_id, scores.model_name, scores.model_version, days.day, scores.score_confirmed,
        scores.score_potential, scores.completeness, scores.fit_points, scores.heat_points, scores.grade,
        scores.next_best_criterion_code, contributions.criterion_code, contributions.points, contributions.is_known
    from marts.fct_lead_scores as scores
    inner join marts.fct_lead_score_contributions as contributions using (lead_score_id)
    inner join (select unnest(generate_series(date '2023-12-01', date '{until}', interval 1 day))::date as day) as days
        on days.day >= scores.valid_from_date and days.day < coalesce(scores.valid_to_date, date '9999-12-31')
"""


# --- the compiled SQL ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pipeline:
    """The models of the score in the order in which they are built: relation, kind, SQL."""

    folder: Path
    steps: tuple[tuple[str, str, str], ...] = field(repr=False)

    def build(self, tables: Mapping[tuple[str, str], pa.Table], only: Iterable[str] = ()) -> duckdb.DuckDBPyConnection:
        """Build every model whose name contains one of ``only`` (all of them if none) on ``tables``, in memory."""
        connection = duckdb.connect(config={"threads": 1})
        connection.execute("set timezone = 'UTC'")
        schemas = {schema for schema, _ in tables} | {step[0].split(".")[0] for step in self.steps}
        for schema in schemas:
            connection.execute(f"create schema if not exists {schema}")
        for (schema, name), table in tables.items():
            connection.register("incoming", table)
            connection.execute(f'create table {schema}."{name}" as select * from incoming')
            connection.unregister("incoming")
        for relation, kind, sql in self.steps:
            if not only or any(part in relation for part in only):
                connection.execute(f"create {kind} {relation} as {sql}")
        return connection

    def at(self, as_of: date) -> Pipeline:
        """The same models as of another day: the day and the first instant after it stand in the SQL as literals."""
        old, new = (
            (f"date '{day}'", f"timestamp '{_midnight(day + timedelta(days=1)):%Y-%m-%d %H:%M:%S}'")
            for day in (AS_OF, as_of)
        )
        steps = []
        for relation, kind, sql in self.steps:
            for before, after in zip(old, new, strict=True):
                sql = sql.replace(before, after)  # noqa: PLW2901
            steps.append((relation, kind, sql))
        return Pipeline(self.folder, tuple(steps))


def _midnight(day: date) -> datetime:
    """First UTC instant of a day in Paris."""
    local = datetime.combine(day, datetime.min.time(), ZoneInfo("Europe/Paris"))
    return local.astimezone(UTC).replace(tzinfo=None)


def _pipeline(folder: Path) -> Pipeline:
    warehouse = folder / "warehouse.duckdb"
    create_warehouse(warehouse, raw_tables())
    dbt_ok(
        "compile",
        "--select",
        "+fct_lead_score_contributions",
        "+fct_process_scores",
        warehouse=warehouse,
        variables={"as_of": AS_OF.isoformat(), "mql_authority": ["score"]},
    )
    return _read_pipeline(folder)


def _read_pipeline(folder: Path) -> Pipeline:
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    steps = []
    for key in _in_order(nodes):
        node = nodes[key]
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        sql = re.sub(r'"warehouse"\.', "", node["compiled_code"])
        steps.append((f"{node['schema']}.{node['name']}", kind, sql))
    return Pipeline(folder, tuple(steps))


def _in_order(nodes: Mapping[str, Any]) -> Iterator[str]:
    done: set[str] = set()

    def visit(key: str) -> Iterator[str]:
        if key in done or key not in nodes:
            return
        done.add(key)
        for parent in nodes[key]["depends_on"]["nodes"]:
            yield from visit(parent)
        yield key

    for key in sorted(nodes):
        yield from visit(key)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The SQL of the score as of the end of June 2024."""
    return _pipeline(tmp_path_factory.mktemp("scoring"))


# --- raw rows --------------------------------------------------------------------------------------------------------


def _rows(entity_name: str, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """A raw table of an entity; each row is one delivered version, in a file of its own."""
    entity = ENTITIES[entity_name]
    full = []
    for number, row in enumerate(rows):
        full.append(
            dict.fromkeys(column.name for column in (*entity.columns, *METADATA_COLUMNS))
            | {
                "source_name": "crm",
                "references_source_name": "crm",
                "source_file_name": f"{number}.csv",
                "source_file_hash": str(number),
                "source_file_modified_at": datetime(2024, 7, 1) + timedelta(seconds=number),
                "row_hash": str(number),
                "_dlt_load_id": "1",
            }
            | dict(row)
        )
    schema = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in (*entity.columns, *METADATA_COLUMNS)])
    return pa.Table.from_pylist(full, schema.append(pa.field("_dlt_load_id", pa.string())))


def _loaded(**entities: Iterable[Mapping[str, object]]) -> dict[tuple[str, str], pa.Table]:
    tables = raw_tables()
    loads = tables["raw_files", "_dlt_loads"].schema
    tables["raw_files", "_dlt_loads"] = pa.Table.from_pylist(
        [{"load_id": "1", "schema_name": "files", "status": 0}], loads
    )
    return tables | {("raw_files", name): _rows(name, rows) for name, rows in entities.items()}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00")


# --- random configurations -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Configuration:
    """A random scoring model that the validator accepts."""

    criteria: list[dict[str, Any]]
    bands: list[dict[str, Any]]
    ideal: list[dict[str, Any]]

    def seeds(self) -> dict[str, pa.Table]:
        tables = read_seeds(DEFAULT_SEEDS) | {
            name: pa.Table.from_pylist(rows, SEEDS[name].arrow_schema())
            for name, rows in (
                ("scoring_criteria", self.criteria),
                ("scoring_bands", self.bands),
                ("ideal_customer", self.ideal),
            )
        }
        for name in ("scoring_thresholds", "scoring_grades"):
            tables[name] = SEEDS[name].arrow_schema().empty_table()
        return tables


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """Draw up to eight criteria on discovery answers, behaviour and a target date; heat weighs more than fit."""
    count = draw(st.integers(2, 8))
    # Ten-thousandths of a point, for each criterion at least one.
    cuts = sorted(draw(st.sets(st.integers(1, 999_999), min_size=count - 1, max_size=count - 1)))
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, 1_000_000], strict=True)]
    fit_count = draw(st.integers(1, count - 1))
    shares.sort()
    while sum(shares[:fit_count]) >= 500_000:
        fit_count -= 1
    if fit_count == 0:
        shares, fit_count = [400_000, *([600_000] if count == 2 else [1] * (count - 2) + [600_000 - count + 2])], 1
    kinds = ["number" if draw(st.booleans()) else "text" for _ in range(fit_count)]
    kinds += [draw(st.sampled_from(["number", "text", "date", "behaviour"])) for _ in range(count - fit_count)]
    criteria, bands, ideal = [], [], []
    for place, (share, kind) in enumerate(zip(shares, kinds, strict=True)):
        code, most = f"c{place}", share / 10_000
        base = {"model_name": "m", "model_version": 1, "criterion_code": code}
        behaviour = draw(st.sampled_from(["web_events.count_actions", "web_events.count_forms"]))
        criteria.append(
            base
            | {
                "valid_from": date(2000, 1, 1),
                "criterion_group": "fit" if place < fit_count else "heat",
                "max_points": most,
                "evidence_field": behaviour if kind == "behaviour" else f"discovery.{QUESTIONS[place]}",
                "half_life_days": draw(st.floats(0.5, 400)) if kind == "behaviour" else None,
                "label_en": code,
                "label_fr": code,
                "valid_to": None,
                "is_target_date": kind == "date",
            }
        )
        lesser = [most * numerator // 4 for numerator in range(4)]
        if kind == "text":
            names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True))
            spans: list[tuple[float | None, float | None, str | None]] = [(None, None, name) for name in names]
        else:
            least = 1.0 if kind == "behaviour" else -50.0
            bounds = sorted(draw(st.sets(st.integers(2, 60), min_size=1, max_size=4)))
            edges = [least, *(float(bound) for bound in bounds)]
            spans = [(low, high, None) for low, high in zip(edges, [*edges[1:], None], strict=True)]
        best = draw(st.integers(0, len(spans) - 1))
        for number, (low, high, name) in enumerate(spans):
            points = most if number == best else draw(st.sampled_from(lesser))
            bands.append(base | {"lower_bound": low, "upper_bound": high, "match_value": name, "points": points})
        low, _, name = spans[best]
        ideal.append(base | {"ideal_value": name if name is not None else repr(low)})
        if draw(st.booleans()):
            star = {"lower_bound": None, "upper_bound": None, "match_value": "*"}
            bands.append(base | star | {"points": draw(st.sampled_from(lesser))})
    return Configuration(criteria, bands, ideal)


def _ideal_answers(configuration: Configuration) -> tuple[list[dict[str, object]], dict[str, float]]:
    """What the ideal customer answers, and the amount of behaviour that each criterion wants."""
    wanted = {row["criterion_code"]: row["ideal_value"] for row in configuration.ideal}
    answers, amounts = [], {}
    for row in configuration.criteria:
        value = wanted[row["criterion_code"]]
        if row["half_life_days"] is not None:
            amounts[row["criterion_code"]] = float(value)
            continue
        if row["is_target_date"]:
            value = (AS_OF + timedelta(days=int(float(value)))).isoformat()
        answers.append({"question_code": row["evidence_field"].removeprefix("discovery."), "answer": value})
    return answers, amounts


READ_ONLY = [
    "stg_", "int_scoring__criteria", "int_scoring__bounds", "int_scoring__answers", "int_scoring__deadlines",
    "int_scoring__behaviour", "int_scoring__readings", "int_scoring__contributions", "int_scoring__states",
    "int_scoring__scores",
]  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(configuration=configurations(), choices=st.data())
def test_ideal_customer_has_exactly_100_and_contributions_sum_to_every_score(
    pipeline: Pipeline, configuration: Configuration, choices: st.DataObject
) -> None:
    seeds = configuration.seeds()
    assert scoring_rules(seeds) == []
    ideal, amounts = _ideal_answers(configuration)
    people = ["ideal", *(f"p{number}" for number in range(6))]
    answers: list[dict[str, object]] = [
        {"person_id": "ideal", **answer, "occurred_at": _at("2024-06-30T10:00")} for answer in ideal
    ]
    said = st.sampled_from(["a", "c", "f", "z", "3", "25", "-7.5", "2024-07-20", "2024-02-30", "soon"])
    for person in people[1:]:
        for question in QUESTIONS[: choices.draw(st.integers(0, 8))]:
            for _ in range(choices.draw(st.integers(0, 2))):
                day = choices.draw(st.integers(0, 180))
                moment = datetime(2024, 1, 1, 12) + timedelta(days=day)
                answers.append(
                    {
                        "person_id": person,
                        "question_code": question,
                        "answer": choices.draw(said),
                        "occurred_at": moment,
                    }
                )
    numbered = [{"discovery_answer_id": str(number), **answer} for number, answer in enumerate(answers)]
    contacts = [{"person_id": person, "created_at": _at("2024-01-01T00:00")} for person in people]
    tables = _loaded(persons=contacts, discovery_answers=numbered)
    tables |= {("raw_workspace", name): table for name, table in seeds.items()}
    acts = _acts(configuration, amounts, people[1:], choices)
    with pipeline.build(
        tables, only=[part for part in READ_ONLY if "behaviour" not in part and "int_" not in part]
    ) as db:
        _build_around(pipeline, db, people, acts)
        assert db.execute(
            "select score_confirmed, score_potential, completeness, next_best_criterion_code from"
            " intermediate.int_scoring__scores where person_id = 'crm:ideal' and valid_to_at is null"
        ).fetchall() == [(100, 100, 1.0, None)]
        assert db.execute(
            "select count(*), count(*) filter (scores.score_confirmed <> coalesce(contributions.points, 0)),"
            " count(*) filter (scores.score_confirmed > scores.score_potential or scores.score_potential > 100"
            " or scores.completeness > 1 or (scores.completeness = 1) <> (scores.next_best_criterion_code is null))"
            " from intermediate.int_scoring__scores as scores left join lateral (select sum(points) as points"
            " from intermediate.int_scoring__contributions as parts where parts.person_id = scores.person_id"
            " and parts.valid_from_at <= scores.valid_from_at"
            " and coalesce(parts.valid_to_at > scores.valid_from_at, true)) as contributions on true"
        ).fetchall()[0][1:] == (0, 0)
        overlaps = db.execute(
            "select count(*) from (select valid_to_at, lead(valid_from_at) over (partition by person_id, criterion_code"
            " order by valid_from_at) as next_from_at from intermediate.int_scoring__contributions)"
            " where next_from_at is not null and coalesce(valid_to_at > next_from_at, true)"
        ).fetchall()
        assert overlaps == [(0,)]
        _assert_amounts_are_those_of_the_formula(db)


def _acts(
    configuration: Configuration, amounts: Mapping[str, float], people: list[str], choices: st.DataObject
) -> list[dict[str, Any]]:
    """Acts by criterion: those that give the ideal amount at the last second, and random ones."""
    rows = []
    origin = datetime(2000, 1, 1)
    for row in configuration.criteria:
        if row["half_life_days"] is None:
            continue
        moments = [("ideal", datetime(2024, 6, 30, 21, 59, 59))] * int(amounts[row["criterion_code"]])
        for person in people:
            days = choices.draw(st.lists(st.floats(0, 181), max_size=6))
            moments += [(person, datetime(2024, 1, 1) + timedelta(seconds=int(day * 86400))) for day in days]
        for number, (person, moment) in enumerate(moments):
            lives = (moment - origin) / timedelta(days=1) / row["half_life_days"]
            rows.append(
                {
                    "person_id": f"crm:{person}",
                    "model_name": "m",
                    "model_version": 1,
                    "criterion_code": row["criterion_code"],
                    "half_life_days": row["half_life_days"],
                    "evidence_id": f"{number:04}",
                    "known_at": moment,
                    "half_lives": lives,
                    "known_half_lives": lives,
                }
            )
    return rows


ACTS = pa.schema(
    [
        ("person_id", pa.string()),
        ("model_name", pa.string()),
        ("model_version", pa.int64()),
        ("criterion_code", pa.string()),
        ("half_life_days", pa.float64()),
        ("evidence_id", pa.string()),
        ("known_at", pa.timestamp("us")),
        ("half_lives", pa.float64()),
        ("known_half_lives", pa.float64()),
    ]
)


def _build_around(
    pipeline: Pipeline, db: duckdb.DuckDBPyConnection, people: list[str], acts: list[dict[str, Any]]
) -> None:
    """Build the models of the score on identities and acts that are given."""
    due_persons = pa.table(
        {"person_id": [f"crm:{person}" for person in people], "company_id": pa.nulls(len(people), pa.string())}
    )
    identities = pa.table({"source_person_id": due_persons["person_id"], "person_id": due_persons["person_id"]})
    given = {"int_scoring__due_persons": due_persons, "int_identity__persons": identities}
    given["int_scoring__acts"] = pa.Table.from_pylist(acts, ACTS)
    empty = {
        "int_identity__companies": "source_company_id varchar, company_id varchar",
        "int_deals__current": "deal_id varchar, source_person_id varchar, not_reportable_reason varchar",
        "int_scoring__deal_spans": "deal_id varchar, stage_type varchar, valid_from_at timestamp,"
        " valid_to_at timestamp",
        "int_scoring__attributes": "person_id varchar, evidence_field varchar, evidence_id varchar, text_value varchar,"
        " number_value double, valid_from_at timestamp, valid_to_at timestamp",
    }
    for name, table in given.items():
        db.register("incoming", table)
        db.execute(f"create table intermediate.{name} as select * from incoming")
        db.unregister("incoming")
    for name, columns in empty.items():
        db.execute(f"create table intermediate.{name} ({columns})")
    for relation, kind, sql in pipeline.steps:
        name = relation.split(".")[1]
        is_elsewhere = name in given.keys() | empty.keys() or "process" in name or "cycles" in name
        if name.startswith("int_scoring__") and not is_elsewhere:
            db.execute(f"create {kind} {relation} as {sql}")


def _assert_amounts_are_those_of_the_formula(db: duckdb.DuckDBPyConnection) -> None:
    """At the start of every span of behaviour, the amount is the sum of the halved acts, or just below a bound."""
    wrong = db.execute(
        """
        select behaviour.person_id, behaviour.valid_from_at, behaviour.amount, sum(power(2, -date_diff('second',
            acts.known_at, behaviour.valid_from_at) / 86400 / acts.half_life_days)) as expected
        from intermediate.int_scoring__behaviour as behaviour
        inner join intermediate.int_scoring__acts as acts
            on behaviour.person_id = acts.person_id and behaviour.criterion_code = acts.criterion_code
            and acts.known_at <= behaviour.valid_from_at
        where behaviour.evidence_id is not null
        group by behaviour.person_id, behaviour.criterion_code, behaviour.valid_from_at, behaviour.amount,
            acts.half_life_days
        having abs(expected - behaviour.amount) > 1e-6 + behaviour.amount * 2 / 86400 / acts.half_life_days
        """
    ).fetchall()
    assert wrong == []


# --- what was known when ---------------------------------------------------------------------------------------------


def _person(person_id: str, updated: str, **more: object) -> dict[str, object]:
    return {
        "person_id": person_id,
        "email": f"{person_id}@{person_id}.example",
        "company_id": f"of_{person_id}",
        "created_at": _at("2024-01-10T09:00"),
        "updated_at": _at(updated),
        **more,
    }


def _form(event_id: str, person_id: str, occurred: str, recorded: str | None = None) -> dict[str, object]:
    return {
        "event_id": event_id,
        "visitor_id": f"visitor_{person_id}",
        "occurred_at": _at(occurred),
        "recorded_at": _at(recorded or occurred),
        "event_name": "form_submit",
        "form_name": "white_paper",
        "email": f"{person_id}@{person_id}.example",
    }


def _change(deal_id: str, stage: str, occurred: str, recorded: str | None = None) -> dict[str, object]:
    return {
        "change_id": f"{deal_id}_{stage}_{occurred}",
        "deal_id": deal_id,
        "pipeline_name": "sales",
        "stage_name": stage,
        "occurred_at": _at(occurred),
        "recorded_at": _at(recorded or occurred),
    }


def _check(check_id: str, code: str, status: str, occurred: str, recorded: str, **more: object) -> dict[str, object]:
    return {
        "milestone_check_id": check_id,
        "deal_id": "d",
        "milestone_code": code,
        "milestone_status": status,
        "occurred_at": _at(occurred),
        "recorded_at": _at(recorded),
        **more,
    }


def _answer(answer_id: str, person_id: str, answer: str, occurred: str, recorded: str) -> dict[str, object]:
    return {
        "discovery_answer_id": answer_id,
        "person_id": person_id,
        "question_code": "deadline",
        "answer": answer,
        "occurred_at": _at(occurred),
        "recorded_at": _at(recorded),
    }


def _company() -> dict[tuple[str, str], pa.Table]:
    """Two persons whose records, answers, forms, deal and milestones were corrected, recorded late or withdrawn."""
    return _loaded(
        persons=[
            _person("p", "2024-01-10T09:00", job_function="sales"),
            _person("p", "2024-03-15T22:59", job_function="management"),
            _person("p", "2024-05-20T23:30", job_function="management", consent_status="denied"),
            _person("p", "2024-06-10T08:00", job_function="operations", consent_status="granted"),
            _person("q", "2024-06-29T08:00", job_function="management"),
        ],
        companies=[
            {"company_id": "of_p", "sector": "Services", "count_employees": 5, "created_at": _at("2024-01-02T00:00")}
            | {"updated_at": _at("2024-01-02T00:00")},
            {"company_id": "of_p", "sector": "Industrie", "count_employees": 60, "created_at": _at("2024-01-02T00:00")}
            | {"updated_at": _at("2024-04-10T12:00"), "revenue_amount": 20_000_000, "region_name": "Île-de-France"},
            {"company_id": "of_q", "sector": "Industrie", "created_at": _at("2024-02-20T12:00")}
            | {"updated_at": _at("2024-02-20T12:00")},
        ],
        web_events=[
            _form("e1", "p", "2024-02-01T10:00", "2024-02-20T10:00"),
            _form("e2", "p", "2024-02-03T22:59"),
            _form("e3", "p", "2024-04-11T10:00"),
            _form("e4", "p", "2024-04-12T10:00", "2024-04-25T10:00"),
            _form("e5", "p", "2024-06-20T10:00"),
            _form("e6", "q", "2024-03-01T10:00"),
        ],
        discovery_answers=[
            _answer("a1", "p", "2024-06-15", "2024-02-10T10:00", "2024-02-28T10:00"),
            _answer("a2", "p", "45", "2024-05-02T10:00", "2024-05-02T10:00"),
            _answer("a3", "q", "2024-12-01", "2024-02-01T10:00", "2024-06-01T10:00"),
        ],
        deals=[
            {"deal_id": "d", "pipeline_name": "sales", "stage_name": "proposal", "person_id": "p", "amount": 100}
            | {"created_at": _at("2024-04-15T09:00"), "updated_at": _at("2024-06-29T09:00")}
        ],
        deal_history=[
            _change("d", "discovery", "2024-04-15T09:00"),
            _change("d", "need_validated", "2024-05-01T09:00", "2024-05-09T09:00"),
            _change("d", "demo", "2024-05-06T09:00"),
            _change("d", "proposal", "2024-06-18T09:00"),
        ],
        milestones=[
            _check("m1", "need_understood", "pending", "2024-04-16T10:00", "2024-04-16T10:00"),
            _check("m1", "need_understood", "validated", "2024-04-16T10:00", "2024-04-16T10:00")
            | {"updated_at": _at("2024-04-22T10:00")},
            _check("m2", "budget_confirmed", "validated", "2024-05-03T10:00", "2024-05-12T10:00"),
            _check("m3", "budget_confirmed", "refused", "2024-06-05T10:00", "2024-06-05T10:00"),
        ],
    )


def _daily(db: duckdb.DuckDBPyConnection, until: date) -> list[tuple[Any, ...]]:
    return db.execute(f"{DAILY.format(until=until)} order by all").fetchall()


def _mqls(db: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return db.execute(
        "select lead_cycle_id, mql_at, mql_authority from intermediate.int_lifecycle__cycles"
        " where mql_at is not null order by all"
    ).fetchall()


LATER_DAYS = (27, 33, 58, 89, 102, 113, 130, 140, 160, 178)
"""Days of 2024 before the as-of day: each side of what was recorded late, of clock changes and of crossings."""


def test_history_of_a_day_is_what_was_computed_on_that_day(pipeline: Pipeline) -> None:
    tables = _company()
    with pipeline.build(tables) as db:
        history, mqls = _daily(db, AS_OF), _mqls(db)
    assert {row[0] for row in history} == {"crm:p#1", "crm:q#1"}
    assert len({row[4] for row in history if row[0] == "crm:p#1"}) >= 10
    assert [row[0] for row in mqls] == ["crm:p#1"]
    for day in LATER_DAYS:
        then = date(2024, 1, 1) + timedelta(days=day)
        with pipeline.at(then).build(tables) as db:
            assert _daily(db, then) == [row for row in history if row[3] <= then], then
            assert _mqls(db) == [row for row in mqls if row[1] < _midnight(then + timedelta(days=1))], then


def _with_second_version(tables: dict[tuple[str, str], pa.Table]) -> dict[tuple[str, str], pa.Table]:
    """Version 2, from May on, asks for three times the employees and has other thresholds."""
    changed = dict(tables)
    for name in ("scoring_criteria", "scoring_bands", "ideal_customer", "scoring_thresholds", "scoring_grades"):
        table = tables["raw_workspace", name]
        rows = [row | {"model_version": 2} for row in table.to_pylist()]
        for row in rows:
            if name == "scoring_criteria":
                row["valid_from"] = date(2024, 5, 1)
            if name == "scoring_bands" and row["criterion_code"] == "company_size" and row["upper_bound"] is None:
                row["lower_bound"] = 150
            if name == "scoring_bands" and row["criterion_code"] == "company_size" and row["lower_bound"] == 10:
                row["upper_bound"] = 150
            if name == "scoring_thresholds":
                row["score_threshold"] = 1
        changed["raw_workspace", name] = pa.concat_tables([table, pa.Table.from_pylist(rows, table.schema)])
    return changed


def test_new_version_moves_neither_old_scores_nor_old_mqls(pipeline: Pipeline) -> None:
    before, start = _company(), date(2024, 5, 1)
    with pipeline.build(before) as db:
        scores, mqls = _daily(db, AS_OF), _mqls(db)
    with pipeline.build(_with_second_version(before)) as db:
        new_scores, new_mqls = _daily(db, AS_OF), _mqls(db)
    assert [row for row in new_scores if row[3] < start] == [row for row in scores if row[3] < start]
    assert {row[2] for row in new_scores if row[3] >= start} == {2}
    size = {(row[2], row[12]) for row in new_scores if row[0] == "crm:p#1" and row[11] == "company_size"}
    assert size == {(1, 2), (1, 10), (2, 6)}
    assert [row for row in new_mqls if row[1] < _midnight(start)] == mqls
    assert ("crm:q#1", _midnight(start), "score") in new_mqls
