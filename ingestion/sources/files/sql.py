"""SQL that turns the text of a file into the typed columns of an entity.

Every cell is read as text first. A cast never guesses: it accepts exactly what the mapping declares, and what it does
not accept is NULL in ``v_<column>`` while ``t_<column>`` holds the text, so that a refused value can be told from a
missing one. Nothing here opens a file or a connection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from ingestion.config.settings import ColumnMapping, FileFormat, FileMapping
from ingestion.contracts import (
    DUCKDB_TYPES,
    ENTITIES,
    METADATA_COLUMNS,
    Column,
    ColumnType,
    Entity,
    Growth,
)

EARLIEST_DATE: Final = "1900-01-01"
"""Dates before it are typing errors or placeholders, in every source seen."""
MAX_YEARS_AHEAD: Final = 10
"""Later dates are typing errors; expected closings and rates do not lie further ahead."""
JSON_EXACT_DIGITS: Final = 15
"""A JSON number is a double (RFC 8259, section 6): with more digits the reader may already have rounded it."""

_NUMBER_SEPARATORS: Final = {" ": "[ \u00a0\u202f]", ",": ",", ".": r"\.", "'": "['\u2019]", "": ""}
_OFFSET: Final = r"( ?(Z|[+-]\d{2}(:?\d{2})?))?"
_ISO_TIMESTAMP: Final = rf"\d{{4}}-\d{{2}}-\d{{2}}([T ]\d{{2}}:\d{{2}}(:\d{{2}}([.]\d{{1,9}})?)?{_OFFSET})?"


def literal(value: str) -> str:
    """Return ``value`` as an SQL string literal. Raises ``ValueError`` for a NUL, which no literal can hold."""
    if "\0" in value:
        raise ValueError("a NUL cannot be part of an SQL literal")
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return ``name`` as a quoted SQL identifier. Raises ``ValueError`` for a NUL."""
    if "\0" in name:
        raise ValueError("a NUL cannot be part of an SQL identifier")
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Dialect:
    """How values are written: the mapping's way, or DuckDB's own for columns that are typed in the file."""

    decimal_separator: str
    thousands_separator: str
    date_format: str
    timestamp_format: str
    is_json: bool = False


CANONICAL: Final = Dialect(".", "", "%Y-%m-%d", "iso")
"""How DuckDB writes its own types as text."""


@dataclass(frozen=True, slots=True)
class CastPlan:
    """How the cells of one file become one entity.

    ``fields`` maps a name in the file to the SQL expression of its text; ``typed_fields`` maps the names that can hold
    typed cells (workbooks, Parquet) to the SQL expression of the cell in canonical form, NULL where the cell is text.
    """

    mapping: FileMapping
    fields: Mapping[str, str]
    today: date
    typed_fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def entity(self) -> Entity:
        """The entity of the mapping."""
        return ENTITIES[self.mapping.entity]

    @property
    def derived_key(self) -> str | None:
        """The key column that the content gives, or None when the file has it."""
        if not self.entity.derives_key:
            return None
        (key,) = self.entity.key
        return None if key in {*self.mapping.columns, *self.mapping.constants} else key

    @property
    def numbers_identical_rows(self) -> bool:
        """True where identical rows are different facts, so that the derived key needs an ordinal."""
        return self.derived_key is not None and self.entity.growth is Growth.EVENTS

    def kept(self) -> str:
        """Boolean SQL: the row passes ``where``."""
        tests = [
            f"coalesce({self.fields[name]} in ({', '.join(map(literal, values))}), false)"
            for name, values in self.mapping.where.items()
        ]
        return " and ".join(tests) or "true"

    def typed_rows(self, source: str, carried: Sequence[str] = ()) -> str:
        """Return a select over ``source`` with ``t_<column>`` (text or NULL) and ``v_<column>`` (typed or NULL)."""
        texts = [f"{self._text(column)} as {identifier('t_' + column.name)}" for column in self._given]
        texts += [
            f"{cell} as {identifier('n_' + column.name)}"
            for column in self._given
            if (cell := self._typed_cell(column)) is not None
        ]
        parsed = [f"{self._parsed(column)} as {identifier('p_' + column.name)}" for column in self._given]
        values = [
            f"{self._bounded(column, identifier('p_' + column.name))} as {identifier('v_' + column.name)}"
            for column in self._given
        ]
        carry = [*carried, "is_kept", *(identifier("t_" + column.name) for column in self._given)]
        # One layer for each step, so that every cell is parsed once however often the next step names it.
        cells = f"select {', '.join([*carried, f'{self.kept()} as is_kept', *texts])} from {source}"
        return f"select {', '.join([*carry, *values])} from (select {', '.join([*carry, *parsed])} from ({cells}))"

    def strict_columns(self) -> list[str]:
        """SQL of each given column that raises an error on a refused or missing required value."""
        return [f"{self._checked(column)} as {identifier(column.name)}" for column in self._given]

    def plain_columns(self) -> list[str]:
        """SQL of each given column of rows that are known to be good."""
        return [f"{identifier('v_' + column.name)} as {identifier(column.name)}" for column in self._given]

    def final_rows(self, source: str, metadata: Mapping[str, str | None]) -> str:
        """Return a select of the entity columns and the load metadata over the given columns of ``source``.

        ``metadata`` holds the SQL of every metadata column but ``row_hash``.
        """
        given = {column.name for column in self._given}
        columns = [
            identifier(column.name)
            if column.name in given
            else f"cast(null as {DUCKDB_TYPES[column.type]}) as {identifier(column.name)}"
            for column in self.entity.columns
            if column.name != self.derived_key
        ]
        hashed = [column.name for column in self.entity.columns if column.name != self.derived_key]
        # A JSON list tells NULL from every text and no value can run into its neighbour.
        content = f"md5(to_json([{', '.join(f'cast({identifier(name)} as varchar)' for name in hashed)}]))"
        needs_hash = self.derived_key is not None or self.entity.growth is Growth.VERSIONS
        inner = f"select {', '.join(columns)} from {source}"
        if needs_hash:
            inner = f"select *, {content} as content_hash from ({inner})"
        outer = [
            f"content_hash as {identifier(column.name)}" if column.name == self.derived_key else identifier(column.name)
            for column in self.entity.columns
        ]
        for column in METADATA_COLUMNS:
            if column.name == "row_hash":
                outer.append(
                    "content_hash as row_hash"
                    if self.entity.growth is Growth.VERSIONS
                    else "cast(null as varchar) as row_hash"
                )
            else:
                outer.append(f"{metadata[column.name]} as {identifier(column.name)}")
        return f"select {', '.join(outer)} from ({inner})"

    def first_refusal(self) -> str:
        """SQL of a struct (code, reason, name) for the first refused column of a row, NULL for a good row."""
        cases = []
        for column in self._given:
            text, value = identifier("t_" + column.name), identifier("v_" + column.name)
            where = literal(f"{column.name} ({self._origin(column)})")
            if column.type is not ColumnType.STRING:
                cases.append(
                    f"when {text} is not null and {value} is null then struct_pack("
                    f"code := {literal('not_a_' + column.type.value)}, "
                    f"reason := {where} || ': ' || {text} || {literal(' ' + self._expectation(column))}, "
                    f"name := {literal(column.name)})"
                )
            if column.required:
                cases.append(
                    f"when {value} is null then struct_pack(code := 'required_value_missing', "
                    f"reason := {where} || ' is empty and {self.entity.name} need it', "
                    f"name := {literal(column.name)})"
                )
        return f"case {' '.join(cases)} end" if cases else "null"

    def bad_constants(self) -> str | None:
        """SQL that gives the names of the constants that do not fit their type, NULL when there are none to check."""
        names = [column for column in self._given if column.name in self.mapping.constants]
        if not names:
            return None
        texts = ", ".join(
            f"{literal(self.mapping.constants[column.name])} as {identifier('t_' + column.name)}" for column in names
        )
        tests = ", ".join(
            f"case when {self._bounded(column, identifier('p_' + column.name))} is null then {literal(column.name)} end"
            for column in names
        )
        parsed = ", ".join(f"{self._parsed(column)} as {identifier('p_' + column.name)}" for column in names)
        return (
            f"select list_filter([{tests}], lambda name: name is not null) from (select {parsed} from (select {texts}))"
        )

    @property
    def _given(self) -> list[Column]:
        names = {*self.mapping.columns, *self.mapping.constants}
        return [column for column in self.entity.columns if column.name in names]

    def _origin(self, column: Column) -> str:
        mapped = self.mapping.columns.get(column.name)
        return f"column {mapped.column!r}" if mapped else "a constant of the mapping"

    def _typed_cell(self, column: Column) -> str | None:
        mapped = self.mapping.columns.get(column.name)
        return self.typed_fields.get(mapped.column) if mapped else None

    def _dialect(self, column: Column) -> Dialect:
        mapped = self.mapping.columns.get(column.name)
        date_format, timestamp_format = self.mapping.date_format, self.mapping.timestamp_format
        if mapped is not None and mapped.format:
            date_format = timestamp_format = mapped.format
        return Dialect(
            self.mapping.decimal_separator,
            self.mapping.thousands_separator,
            date_format,
            timestamp_format,
            is_json=self.mapping.format is FileFormat.JSONL,
        )

    def _text(self, column: Column) -> str:
        if column.name in self.mapping.constants:
            return literal(self.mapping.constants[column.name])
        mapped: ColumnMapping = self.mapping.columns[column.name]
        raw = self.fields[mapped.column]
        missing = self.mapping.missing if mapped.missing is None else mapped.missing
        if not missing and not mapped.values:
            return raw
        cases = "".join(f" when {literal(token)} then null" for token in missing)
        cases += "".join(
            f" when {literal(old)} then {literal(new)}" for old, new in mapped.values.items() if old not in missing
        )
        return f"case {raw}{cases} else {raw} end"

    def _parsed(self, column: Column) -> str:
        text = identifier("t_" + column.name)
        declared = self._cast(column, text, self._dialect(column))
        if self._typed_cell(column) is None or column.type is ColumnType.STRING:
            return declared
        # A typed cell that no value map has replaced is not written in the mapping's way.
        typed = self._cast(column, text, CANONICAL)
        return f"case when {text} = {identifier('n_' + column.name)} then {typed} else {declared} end"

    def _cast(self, column: Column, text: str, dialect: Dialect) -> str:
        match column.type:
            case ColumnType.STRING:
                return text
            case ColumnType.BOOLEAN:
                truths, lies = self.mapping.true_values, self.mapping.false_values
                if dialect is CANONICAL:
                    truths, lies = ("true",), ("false",)
                return (
                    f"case when {text} in ({', '.join(map(literal, truths))}) then true "
                    f"when {text} in ({', '.join(map(literal, lies))}) then false end"
                )
            case ColumnType.DATE:
                formats = literal(dialect.date_format)
                if dialect is CANONICAL:
                    formats = "['%Y-%m-%d', '%Y-%m-%d 00:00:00']"
                return f"cast({_strptime(text, formats)} as date)"
            case ColumnType.TIMESTAMP:
                return self._timestamp(text, dialect)
            case ColumnType.INTEGER | ColumnType.DECIMAL | ColumnType.FLOAT:
                return _number(text, column.type, dialect)

    def _timestamp(self, text: str, dialect: Dialect) -> str:
        if dialect.timestamp_format == "iso":
            # The session's zone is that of the mapping, so a text without an offset is read as local time. DuckDB
            # takes an hour that exists twice as the second one (standard time) and moves one that does not exist
            # forward by the gap: always the same, and documented for the user.
            instant = (
                f"case when regexp_full_match({text}, {literal(_ISO_TIMESTAMP)}) "
                f"then try_cast({text} as timestamptz) end"
            )
            return f"timezone('UTC', {instant})"
        parsed = _strptime(text, literal(dialect.timestamp_format))
        if re.search(r"%[zZ]", dialect.timestamp_format):
            return f"timezone('UTC', {parsed})"
        return f"timezone('UTC', timezone({literal(self.mapping.timezone)}, {parsed}))"

    def _bounded(self, column: Column, parsed: str) -> str:
        match column.type:
            case ColumnType.DATE | ColumnType.TIMESTAMP:
                after = self.today.year + MAX_YEARS_AHEAD + 1
                return (
                    f"case when {parsed} >= date {literal(EARLIEST_DATE)} "
                    f"and {parsed} < date '{after}-01-01' then {parsed} end"
                )
            case ColumnType.FLOAT:
                return f"case when isfinite({parsed}) then {parsed} end"
            case _:
                return parsed

    def _checked(self, column: Column) -> str:
        text, value = identifier("t_" + column.name), identifier("v_" + column.name)
        if column.required:
            return f"coalesce({value}, error('refused'))"
        if column.type is ColumnType.STRING:
            return value
        return f"case when {value} is null and {text} is not null then error('refused') else {value} end"

    def _expectation(self, column: Column) -> str:
        dialect = self._dialect(column)
        decimals = f"decimal separator {dialect.decimal_separator!r}"
        thousands = f", thousands separator {dialect.thousands_separator!r}" if dialect.thousands_separator else ""
        match column.type:
            case ColumnType.DATE:
                return (
                    f"is no date written as {dialect.date_format} from {EARLIEST_DATE} to {MAX_YEARS_AHEAD} years ahead"
                )
            case ColumnType.TIMESTAMP:
                return (
                    f"is no timestamp written as {dialect.timestamp_format} "
                    f"from {EARLIEST_DATE} to {MAX_YEARS_AHEAD} years ahead"
                )
            case ColumnType.BOOLEAN:
                return "is none of the mapping's true_values and false_values"
            case ColumnType.INTEGER:
                return f"is no whole number of at most 64 bits ({decimals}{thousands})"
            case ColumnType.DECIMAL:
                digits = f", at most {JSON_EXACT_DIGITS} digits in JSON" if dialect.is_json else ""
                return f"is no amount with at most 4 decimals and 14 digits before them ({decimals}{thousands}{digits})"
            case ColumnType.FLOAT:
                return f"is no finite number ({decimals}{thousands})"
            case ColumnType.STRING:
                raise AssertionError("every text is a string")


def _strptime(text: str, formats: str) -> str:
    # strptime takes the words epoch and infinity under every format; no date that is meant has no digit.
    return f"case when regexp_matches({text}, '[0-9]') then try_strptime({text}, {formats}) end"


def _number(text: str, kind: ColumnType, dialect: Dialect) -> str:
    separator = _NUMBER_SEPARATORS[dialect.thousands_separator]
    decimal = _NUMBER_SEPARATORS[dialect.decimal_separator]
    # Groups of three only: with ',' for thousands, the decimal comma of "1,5" must not become 15.
    whole = rf"(\d+|\d{{1,3}}({separator}\d{{3}})+)" if separator else r"\d+"
    plain = text
    if separator:
        plain = f"regexp_replace({plain}, {literal(separator)}, '', 'g')"
    if dialect.decimal_separator != ".":
        plain = f"replace({plain}, {literal(dialect.decimal_separator)}, '.')"
    match kind:
        case ColumnType.INTEGER:
            pattern, target = rf"[+-]?{whole}({decimal}0+)?", f"split_part({plain}, '.', 1)"
        case ColumnType.DECIMAL:
            pattern, target = rf"[+-]?{whole}({decimal}\d{{1,4}}0*)?", plain
        case _:
            pattern, target = rf"[+-]?{whole}({decimal}\d+)?([eE][+-]?\d+)?", plain
    test = f"regexp_full_match({text}, {literal(pattern)})"
    if dialect.is_json and kind is ColumnType.DECIMAL:
        test += f" and length(regexp_replace({text}, '[^0-9]', '', 'g')) <= {JSON_EXACT_DIGITS}"
    return f"case when {test} then try_cast({target} as {DUCKDB_TYPES[kind]}) end"


def mapping_fingerprint(mapping: FileMapping) -> bytes:
    """Return the canonical JSON of a mapping, without its pattern: which files match does not change what they say.

    A mapping without a history reads as it did before there were any, so that no file is loaded again for it.
    """
    fields = mapping.model_dump(mode="json", exclude={"pattern"} if mapping.history else {"pattern", "history"})
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
