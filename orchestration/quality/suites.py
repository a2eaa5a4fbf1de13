"""The suites as data: what ``suites/<table>.yml`` may say. Nothing here imports Great Expectations."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Self, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingestion.contracts import ENTITIES

SUITE_TABLES: Final[tuple[str, ...]] = (*ENTITIES, "loaded_files", "quarantined_rows")
"""Tables of ``raw_files`` that have a suite."""

ROW_EXPECTATIONS: Final = frozenset(
    {
        "ExpectColumnValuesToNotBeNull",
        "ExpectColumnValuesToBeBetween",
        "ExpectColumnValuesToBeInSet",
        "ExpectColumnValuesToMatchRegex",
        "ExpectColumnPairValuesAToBeGreaterThanB",
    }
)
"""Expectations about single rows: their counts add up over batches, so that every row is checked."""

SHAPE_EXPECTATION: Final = "ExpectTableColumnsToMatchSet"
"""The one expectation about the table as a whole: it needs no rows."""

Scalar: TypeAlias = str | int | float | bool | date
Argument: TypeAlias = Scalar | list[Scalar] | dict[str, int]


class SuiteError(Exception):
    """A suite is missing or says something that cannot be checked."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """One expectation for one or several columns."""

    expectation: str
    columns: tuple[str, ...] = ()
    kwargs: dict[str, Argument] = Field(default_factory=dict)
    tolerated_rows: int = Field(
        default=0, ge=0, description="A small load is not judged by its share: so many rows may always miss."
    )
    is_blocking: bool = True
    reason: str = Field(min_length=5, description="Why the threshold is what it is.")
    decided_on: date

    @model_validator(mode="after")
    def _is_checkable(self) -> Self:
        if self.expectation not in {*ROW_EXPECTATIONS, SHAPE_EXPECTATION}:
            raise ValueError(
                f"{self.expectation} cannot be added up over batches; choose one of "
                f"{', '.join(sorted({*ROW_EXPECTATIONS, SHAPE_EXPECTATION}))}"
            )
        takes_columns = self.expectation.startswith("ExpectColumnValues")
        if takes_columns != bool(self.columns):
            raise ValueError(f"{self.expectation} {'needs' if takes_columns else 'takes no'} columns")
        if self.tolerated_rows and "mostly" not in self.kwargs:
            raise ValueError("tolerated_rows goes with mostly: a strict rule tolerates nothing")
        return self


class Suite(_Strict):
    """All rules of one raw table."""

    table: str
    rows: str = Field(default="true", description="SQL condition: which of the loaded rows are judged.")
    optional_columns: tuple[str, ...] = Field(
        default=(), description="Columns that may be wholly empty: their checks are then not evaluated."
    )
    computed_columns: dict[str, str] = Field(
        default_factory=dict, description="Name -> SQL expression over the columns of the table."
    )
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _checks_are_distinct(self) -> Self:
        ids = [check.check_id for check in self.checks]
        doubled = sorted({check_id for check_id in ids if ids.count(check_id) > 1})
        if doubled:
            raise ValueError(f"the same expectation stands twice: {', '.join(doubled)}")
        if not any(check.rule.expectation == SHAPE_EXPECTATION for check in self.checks):
            raise ValueError(f"{SHAPE_EXPECTATION} is missing: rules on columns that are gone check nothing")
        return self

    @property
    def checks(self) -> tuple[Check, ...]:
        """The rules, one expectation each."""
        return tuple(
            Check(table=self.table, rule=rule, column=column)
            for rule in self.rules
            for column in (rule.columns or (None,))
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the row expectations read, computed ones included, in order of first use."""
        named = [column for check in self.checks for column in check.columns]
        return tuple(dict.fromkeys(named))


class Check(_Strict):
    """One expectation on one column, one pair of columns or the table."""

    table: str
    rule: Rule
    column: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the check reads."""
        if self.column is not None:
            return (self.column,)
        pair = (self.rule.kwargs.get("column_A"), self.rule.kwargs.get("column_B"))
        return tuple(name for name in pair if isinstance(name, str))

    @property
    def check_id(self) -> str:
        """Stable id: table, columns and expectation."""
        return ".".join([self.table, *self.columns, self.rule.expectation])


@cache
def load_suite(table: str) -> Suite:
    """Return the suite of a raw table.

    Raises ``SuiteError`` when there is none, or when it is empty or says what cannot be checked: a suite
    without rules would pass on anything.
    """
    if table not in SUITE_TABLES:
        raise SuiteError(f"there is no suite for {table!r}; there are suites for {', '.join(SUITE_TABLES)}")
    return read_suite(Path(__file__).parent / "suites" / f"{table}.yml")


def read_suite(file: Path) -> Suite:
    """Read a suite from a YAML file whose name is the table. Raises ``SuiteError``."""
    try:
        suite = Suite.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise SuiteError(f"{file.name}: {error}") from error
    if suite.table != file.stem:
        raise SuiteError(f"{file.name} is about {suite.table!r}; the file must have the name of its table")
    return suite
