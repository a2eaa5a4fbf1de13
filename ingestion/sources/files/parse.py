"""From the private copy of one file to Parquet files of typed rows, with every refused record in quarantine.

The fast path reads a file in one strict pass that stops at the first record it does not like, and its row count must
equal the number of lines. Where it stops, or the counts differ, the slow path reads record by record with line numbers.
Both give the same rows. In both, records = loaded + quarantined + filtered.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound

from ingestion.config.settings import FileFormat, FileMapping
from ingestion.sources.files.receive import Received
from ingestion.sources.files.records import RecordBlock, record_blocks, single_lines
from ingestion.sources.files.report import FileRefusedError
from ingestion.sources.files.settings import MAX_HEADER_BYTES, MAX_RECORD_BYTES
from ingestion.sources.files.sql import CastPlan, identifier, literal

_NO_NULL_TEXT: Final = "\x01\x02"
"""Text that stands for NULL to the CSV reader: none, so that an empty cell arrives as an empty text."""
_COMPLAINTS: Final = {
    "MISSING COLUMNS": ("too_few_values", "it has fewer values than the header has columns"),
    "TOO MANY COLUMNS": ("too_many_values", "it has more values than the header has columns"),
    "UNQUOTED VALUE": ("broken_quote", "a quote is not closed or not doubled"),
    "LINE SIZE OVER MAXIMUM": ("too_long", f"it is longer than {MAX_RECORD_BYTES} bytes"),
}
"""What the CSV reader complains of -> reason code and reason. Its own numbers would count the line number too."""


@dataclass(slots=True)
class ParsedFile:
    """What parsing one file gave."""

    rows: list[Path] = field(default_factory=list)
    quarantine: list[Path] = field(default_factory=list)
    count_loaded: int = 0
    count_quarantined: int = 0
    count_filtered: int = 0
    unmapped_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Header:
    names: tuple[str, ...]
    count_lines: int


@dataclass(frozen=True, slots=True)
class FileParser:
    """Parses one received file. ``directory`` and ``stem`` say where its Parquet files go."""

    connection: duckdb.DuckDBPyConnection
    mapping: FileMapping
    received: Received
    directory: Path
    stem: str
    today: date
    metadata: Mapping[str, str | None]
    """SQL of the metadata columns."""
    quarantine_labels: Mapping[str, str]
    """Text of the columns that say where a quarantined row comes from."""

    def parse(self) -> ParsedFile:
        """Read the file. Raises ``FileRefusedError`` when it does not fit its mapping at all."""
        self.connection.execute(f"set TimeZone = {literal(self.mapping.timezone)}")
        match self.mapping.format:
            case FileFormat.CSV:
                parsed = self._parse_csv()
            case FileFormat.JSONL:
                parsed = self._parse_jsonl()
            case FileFormat.PARQUET:
                parsed = self._parse_parquet()
            case FileFormat.XLSX:
                parsed = self._parse_workbook()
        return parsed

    # -- CSV

    def _parse_csv(self) -> ParsedFile:
        mapping, facts = self.mapping, self.received.facts
        header = self._csv_header()
        result = ParsedFile(unmapped_columns=self._columns_of(header.names))
        plan = CastPlan(mapping, {name: f"c{index}" for index, name in enumerate(header.names)}, self.today)
        count_lines = facts.count_lines - header.count_lines
        # A bare carriage return may or may not end a line, and a NUL ends nothing: those files are read by record.
        is_plain = facts.count_returns == 0 and not facts.has_nul
        source = (
            f"read_csv({literal(str(self.received.path))}, {self._csv_options()}, skip = {header.count_lines}, "
            f"columns = {{{_cell_types(len(header.names))}}})"
        )
        if is_plain and self._fast(plan, source, count_lines, result):
            return result
        for block in record_blocks(self.received.path, self.received.name, mapping.quote, header.count_lines):
            self._parse_block(plan, block, len(header.names), result)
        return result

    def _csv_options(self, quote_character: str | None = None) -> str:
        quote = literal(self.mapping.quote if quote_character is None else quote_character)
        return (
            f"auto_detect = false, delim = {literal(self.mapping.delimiter)}, quote = {quote}, escape = {quote}, "
            f"header = false, strict_mode = true, null_padding = false, nullstr = {literal(_NO_NULL_TEXT)}"
        )

    def _csv_header(self) -> _Header:
        name, mapping = self.received.name, self.mapping
        with self.received.path.open("rb") as stream:
            head = stream.read(MAX_HEADER_BYTES).removeprefix(b"\xef\xbb\xbf")
        text = head.decode(errors="replace")
        if not text.strip():
            raise FileRefusedError(
                "empty_file", f"{name}: the file is empty, without a header; send it again or remove it"
            )
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter, quotechar=mapping.quote)
        try:
            cells = next(row for row in reader if any(cell.strip() for cell in row))
        except (csv.Error, StopIteration) as error:
            raise FileRefusedError(
                "broken_header", f"{name}: the header cannot be read ({error}); check delimiter and quote"
            ) from error
        feeds = text.count("\n")
        if feeds == 0 and "\r" in text.rstrip("\r"):
            raise FileRefusedError("broken_header", f"{name}: lines end with CR alone; save it with LF or CR LF")
        return _Header(tuple(cells), reader.line_num)

    def _parse_block(self, plan: CastPlan, block: RecordBlock, width: int, result: ParsedFile) -> None:
        # A record of separators and spaces alone is a blank line, as spreadsheets leave them at the end.
        blank = "".join({self.mapping.delimiter, self.mapping.quote, " ", "\t", block.stand.carriage_return})
        records = block.records.filter(pc.not_equal(pc.utf8_trim(block.records["raw_text"], characters=blank), ""))
        refused = self._parse_records(plan, RecordBlock(records, block.stand), width, result, keeps_multiline=False)
        # Two stray quotes make one record of all lines between them: those lines get a second chance.
        self._parse_records(plan, single_lines(block, refused), width, result, keeps_multiline=True)

    def _parse_records(
        self, plan: CastPlan, block: RecordBlock, width: int, result: ParsedFile, *, keeps_multiline: bool
    ) -> pa.Table:
        """Parse the records of a block. Refused multi-line records are returned unless ``keeps_multiline``."""
        con, stand, quote = self.connection, block.stand, self.mapping.quote
        text = block.records["raw_text"]
        # An odd number of quotes is one that is not closed, or a plain character such as the inch in 5" pipe.
        is_odd = pc.equal(pc.bit_wise_and(pc.count_substring(text, quote), 1), 1)
        opens = pc.match_substring_regex(text, f"(^|{re.escape(self.mapping.delimiter)}){re.escape(quote)}")
        kinds = pc.if_else(pc.invert(is_odd), "quoted", pc.if_else(opens, "broken", "plain"))
        con.register("block", block.records.append_column("kind", kinds))
        con.execute("create or replace temp table numbered as select * from block")
        con.unregister("block")
        cells = [f"c{index}" for index in range(width)]
        con.execute(
            "create or replace temp table cells (line_number bigint, raw_text varchar, "
            f"{', '.join(f'{cell} varchar' for cell in cells)})"
        )
        con.execute(
            "create or replace temp table rejects as select line_number, 'broken_quote' as code, "
            "'a quote is not closed' as reason from numbered where kind = 'broken'"
        )
        for kind, quote_character in (("quoted", quote), ("plain", "")):
            self._read_numbered(kind, quote_character, width, stand.separator)
        con.execute(
            "insert into rejects select line_number, 'nul_byte', 'it holds a NUL byte' from cells "
            f"where contains(raw_text, chr({ord(stand.nul)}))"
        )
        refused = con.sql(
            "select line_number, raw_text from numbered where is_multiline and not $keeps "
            "and line_number in (select line_number from rejects) order by line_number",
            params={"keeps": keeps_multiline},
        ).to_arrow_table()
        restored = ", ".join(f"{stand.restored(column)} as {column}" for column in ("raw_text", *cells))
        self._split(
            plan,
            f"(select line_number, {restored} from cells where line_number not in (select line_number from rejects))",
            result,
            f"select rejects.line_number, {stand.restored('numbered.raw_text')} as raw_text, code, reason "
            "from rejects inner join numbered using (line_number) "
            f"where not is_multiline or {'true' if keeps_multiline else 'false'}",
        )
        return refused

    def _read_numbered(self, kind: str, quote_character: str, width: int, separator: str) -> None:
        """Parse the records of one kind: into ``cells``, or with the reader's complaint into ``rejects``."""
        con = self.connection
        path = literal(str(self.directory / f"{self.stem}.numbered"))
        delimiter = literal(self.mapping.delimiter)
        # The line number travels in front of each record, so that a refused one can be told by its number.
        (count,) = _row(
            con.execute(
                f"copy (select line_number || {delimiter} || raw_text from numbered where kind = {literal(kind)}) "
                f"to {path} (format csv, header false, quote '', escape '', delimiter {literal(separator)})"
            )
        )
        if count == 0:
            return
        con.execute(
            f"create or replace temp table found as select * from read_csv({path}, "
            f"{self._csv_options(quote_character)}, columns = {{'line_number': 'BIGINT', {_cell_types(width)}}}, "
            "store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_scans', "
            f"max_line_size = {2 * MAX_RECORD_BYTES})"
        )
        cells = ", ".join(f"c{index}" for index in range(width))
        con.execute(
            f"insert into cells select line_number, raw_text, {cells} "
            "from found inner join numbered using (line_number)"
        )
        codes = " ".join(
            f"when {literal(error)} then struct_pack(code := {literal(code)}, reason := {literal(reason)})"
            for error, (code, reason) in _COMPLAINTS.items()
        )
        con.execute(
            "insert into rejects select line_number, coalesce(complaint.code, 'broken_record'), "
            "coalesce(complaint.reason, 'the record cannot be read') from numbered left join ("
            f"select try_cast(split_part(csv_line, {delimiter}, 1) as bigint) as line_number, "
            f"any_value(case error_type::varchar {codes} end) as complaint from csv_errors group by all"
            f") using (line_number) where kind = {literal(kind)} "
            "and line_number not in (select line_number from found)"
        )
        con.execute("drop table csv_errors; drop table csv_scans; drop table found")

    # -- JSON lines

    def _parse_jsonl(self) -> ParsedFile:
        facts, path = self.received.facts, literal(str(self.received.path))
        mapping = self.mapping
        wanted = sorted({*(mapped.column for mapped in mapping.columns.values()), *mapping.where})
        result = ParsedFile()
        has_twins = len({name.casefold() for name in wanted}) < len(wanted)
        if facts.count_returns == 0 and not facts.has_nul and not has_twins:
            types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in wanted)
            plan = CastPlan(mapping, {name: identifier(name) for name in wanted}, self.today)
            source = (
                f"read_json({path}, format = 'newline_delimited', columns = {{{types}}}, "
                f"maximum_object_size = {MAX_RECORD_BYTES})"
            )
            if self._fast(plan, source, facts.count_lines, result):
                self._name_json_keys(wanted, result)
                return result
        fields = {name: f"c{index}" for index, name in enumerate(wanted)}
        plan = CastPlan(mapping, fields, self.today)
        pointers = ", ".join(literal("/" + name.replace("~", "~0").replace("/", "~1")) for name in wanted)
        cells = ", ".join(f"cells[{index + 1}] as c{index}" for index in range(len(wanted)))
        for block in record_blocks(self.received.path, self.received.name, None, 0):
            self.connection.register(
                "block", block.records.filter(pc.not_equal(pc.utf8_trim_whitespace(block.records["raw_text"]), ""))
            )
            self.connection.execute(
                "create or replace temp table numbered as select line_number, raw_text, "
                f"contains(raw_text, chr({ord(block.stand.nul)})) as has_nul, "
                "case when json_valid(raw_text) then json_type(raw_text) = 'OBJECT' else false end as is_object "
                "from block"
            )
            self.connection.unregister("block")
            good = (
                f"(select line_number, raw_text, {cells} from (select line_number, raw_text, "
                f"json_extract_string(raw_text, [{pointers}]) as cells from numbered "
                "where is_object and not has_nul))"
            )
            broken = (
                f"select line_number, {block.stand.restored('raw_text')} as raw_text, "
                "case when has_nul then 'nul_byte' else 'broken_record' end as code, "
                "case when has_nul then 'it holds a NUL byte' else 'the line is no JSON object' end as reason "
                "from numbered where not is_object or has_nul"
            )
            self._split(plan, good, result, broken)
        self._name_json_keys(wanted, result)
        return result

    def _name_json_keys(self, wanted: Sequence[str], result: ParsedFile) -> None:
        rows = self.connection.execute(
            "select distinct unnest(json_keys(json)) from read_json_objects("
            f"{literal(str(self.received.path))}, format = 'newline_delimited', ignore_errors = true, "
            f"maximum_object_size = {MAX_RECORD_BYTES})"
        ).fetchall()
        keys = {str(key) for (key,) in rows}
        known = {*wanted, *self.mapping.ignored_columns}
        result.unmapped_columns = tuple(sorted(keys - known))
        if result.count_loaded + result.count_quarantined + result.count_filtered:
            result.missing_columns = tuple(sorted(set(wanted) - keys))

    # -- Parquet

    def _parse_parquet(self) -> ParsedFile:
        path = literal(str(self.received.path))
        try:
            described = self.connection.execute(f"describe select * from read_parquet({path})").fetchall()
        except duckdb.Error as error:
            raise FileRefusedError(
                "broken_file", f"{self.received.name}: it is no sound Parquet file; send it again"
            ) from error
        types = {str(row[0]): str(row[1]) for row in described}
        result = ParsedFile(unmapped_columns=self._columns_of(tuple(types)))
        fields = {name: f"c{index}" for index, name in enumerate(types)}
        typed = {name: fields[name] for name, kind in types.items() if kind != "VARCHAR"}
        plan = CastPlan(self.mapping, fields, self.today, typed)
        cells = ", ".join(
            f"{_as_text(identifier(name), kind)} as c{index}" for index, (name, kind) in enumerate(types.items())
        )
        columns = ", ".join(identifier(name) for name in types)
        source = (
            f"(select file_row_number + 1 as line_number, "
            f"cast(to_json(struct_pack({', '.join(f'{identifier(name)} := {identifier(name)}' for name in types)})) "
            f"as varchar) as raw_text, {cells} from (select {columns}, file_row_number "
            f"from read_parquet({path}, file_row_number = true)))"
        )
        try:
            (count,) = _row(self.connection.execute(f"select count(*) from read_parquet({path})"))
            if not self._fast(plan, source, int(count), result):
                self._split(plan, source, result, None)
        except (duckdb.InvalidInputException, duckdb.IOException) as error:
            raise FileRefusedError(
                "broken_file", f"{self.received.name}: its data pages cannot be read; send it again"
            ) from error
        return result

    # -- Workbooks

    def _parse_workbook(self) -> ParsedFile:
        sheet = self._sheet()
        names = tuple(_typed_and_text(sheet.iloc[0])[1].fillna(""))
        result = ParsedFile(unmapped_columns=self._columns_of(names))
        body = sheet.iloc[1:]
        # No Python runs per row, only per column: a sheet has a million rows at most, and some dozen columns.
        columns = {}
        for index in range(len(names)):
            columns[f"n{index}"], columns[f"c{index}"] = _typed_and_text(body.iloc[:, index])
        table = pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})
        cells = [pc.fill_null(table[f"c{index}"], "") for index in range(len(names))]
        table = table.append_column("line_number", pa.array(body.index.to_numpy() + 1, pa.int64()))
        table = table.append_column("raw_text", pc.binary_join_element_wise(*cells, "\t"))
        self.connection.register("sheet", table.filter(pc.not_equal(pc.utf8_trim_whitespace(table["raw_text"]), "")))
        plan = CastPlan(
            self.mapping,
            {name: f"c{index}" for index, name in enumerate(names)},
            self.today,
            {name: f"n{index}" for index, name in enumerate(names)},
        )
        self._split(plan, "sheet", result, None)
        self.connection.unregister("sheet")
        return result

    def _sheet(self) -> pd.DataFrame:
        """Return the cells of the sheet as Python objects, from the first row that holds anything."""
        name, wanted = self.received.name, self.mapping.sheet
        try:
            with CalamineWorkbook.from_path(str(self.received.path)) as workbook:
                sheet = workbook.get_sheet_by_name(wanted) if wanted else workbook.get_sheet_by_index(0)
                rows = sheet.to_python(skip_empty_area=False)
                sheets = workbook.sheet_names
        except PasswordError as error:
            raise FileRefusedError("broken_file", f"{name}: it has a password; save it without") from error
        except WorksheetNotFound as error:
            raise FileRefusedError(
                "missing_sheet", f"{name}: it has no sheet {wanted!r}; correct the mapping"
            ) from error
        except CalamineError as error:
            raise FileRefusedError("broken_file", f"{name}: it is no sound workbook ({error})") from error
        cells = pd.DataFrame(rows, dtype=object)
        filled = (cells.astype(str) != "").any(axis="columns").to_numpy()
        if not filled.any():
            raise FileRefusedError("empty_file", f"{name}: sheet {wanted or sheets[0]!r} is empty, without a header")
        return cells.iloc[int(filled.argmax()) :]

    # -- common

    def _columns_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Check the column names of a file; return those that no mapping uses, in order."""
        mapping, file = self.mapping, self.received.name
        used = {*(mapped.column for mapped in mapping.columns.values()), *mapping.where}
        lacking = sorted(used - set(names))
        if lacking:
            shown = ", ".join(repr(name) for name in names[:40])
            raise FileRefusedError(
                "missing_columns",
                f"{file}: mapping {mapping.name} needs {', '.join(map(repr, lacking))}, which its header "
                f"of {len(names)} columns lacks; correct the mapping (name, delimiter) or the export",
                # A file without a header has a person's data there.
                private=f"; the file has {shown}",
            )
        twins = [name for name, count in Counter(names).items() if count > 1 and name in used]
        if twins:
            raise FileRefusedError(
                "duplicate_columns",
                f"{file}: column {', '.join(map(repr, twins))} stands more than once in the header; rename one",
            )
        folded: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            folded.setdefault(_folded(name), []).append(name)
        collisions = [group for key, group in folded.items() if key and len(group) > 1 and used & set(group)]
        if collisions:
            raise FileRefusedError(
                "colliding_columns",
                f"{file}: columns {' and '.join(map(repr, collisions[0]))} differ only in case, accents or "
                "punctuation, so that it is not certain which one is meant; rename one",
            )
        known = used | set(mapping.ignored_columns)
        return tuple(name or "(unnamed)" for name in dict.fromkeys(names) if name not in known)

    def _fast(self, plan: CastPlan, source: str, count_lines: int, result: ParsedFile) -> bool:
        """Read everything in one strict pass; True when each of ``count_lines`` lines is a row loaded or filtered."""
        path = self._part("rows", result.rows)
        kept = "" if not self.mapping.where else " where is_kept"
        strict = f"(select {', '.join(plan.strict_columns())} from ({plan.typed_rows(source)}){kept})"
        try:
            loaded = self._copy(plan.final_rows(strict, self.metadata), path)
            filtered = 0
            if self.mapping.where:
                (filtered,) = _row(self.connection.execute(f"select count(*) from {source} where not ({plan.kept()})"))
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            path.unlink(missing_ok=True)
            return False
        if loaded + filtered != count_lines:
            path.unlink()
            return False
        result.rows.append(path)
        result.count_loaded, result.count_filtered = loaded, filtered
        return True

    def _split(self, plan: CastPlan, source: str, result: ParsedFile, broken: str | None) -> None:
        """Divide the rows of ``source`` (line_number, raw_text, cells) into loaded, quarantined and filtered.

        ``broken`` selects line_number, raw_text, code and reason of records that have no cells.
        """
        con = self.connection
        con.execute(
            "create or replace temp table judged as select *, "
            f"{plan.first_refusal()} as refusal from ({plan.typed_rows(source, ('line_number', 'raw_text'))})"
        )
        good = f"(select {', '.join(plan.plain_columns())} from judged where is_kept and refusal is null)"
        rows = self._part("rows", result.rows)
        loaded = self._copy(plan.final_rows(good, self.metadata), rows)
        labels = ", ".join(f"{literal(value)} as {name}" for name, value in self.quarantine_labels.items())
        refused = (
            "select line_number, raw_text, refusal.code as reason_code, refusal.reason as reason, "
            "refusal.name as column_name from judged where is_kept and refusal is not null"
        )
        if broken is not None:
            refused += f" union all select line_number, raw_text, code, reason, null from ({broken})"
        bad = self._part("quarantine", result.quarantine)
        quarantined = self._copy(
            f"select {labels}, cast(line_number as bigint) as line_number, cast(raw_text as varchar) as raw_text, "
            f"reason_code, reason, cast(column_name as varchar) as column_name from ({refused})",
            bad,
        )
        (filtered,) = _row(con.execute("select count(*) from judged where not is_kept"))
        (judged,) = _row(con.execute("select count(*) from judged"))
        (unread,) = _row(con.execute(f"select count(*) from ({broken})")) if broken is not None else (0,)
        con.execute("drop table judged")
        if loaded + quarantined + filtered != judged + unread:
            raise AssertionError(
                f"{self.received.name}: {judged + unread} records became {loaded} + {quarantined} + {filtered}"
            )
        result.rows.append(rows)
        result.quarantine.append(bad)
        result.count_loaded += loaded
        result.count_quarantined += quarantined
        result.count_filtered += int(filtered)

    def _part(self, kind: str, existing: Sequence[Path]) -> Path:
        return self.directory / f"{self.stem}.{kind}.{len(existing):04d}.parquet"

    def _copy(self, query: str, path: Path) -> int:
        (count,) = _row(
            self.connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression lz4_raw)")
        )
        return int(count)


def number_identical_rows(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], key: str, target: Path
) -> list[Path]:
    """Give the second and later of identical rows a key of their own; return the files that hold the rows now.

    Identical rows of one file are different facts (two views of one page in a second). The ordinal depends on nothing
    but their number, so that the same file always gives the same keys.
    """
    files = f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"
    name = identifier(key)
    connection.execute(
        f"create or replace temp table twins as select {name} as twin from {files} group by all having count(*) > 1"
    )
    (count,) = _row(connection.execute("select count(*) from twins"))
    if count == 0:
        return list(paths)
    numbered = (
        f"select *, row_number() over (partition by {name}) as ordinal from {files} "
        f"where {name} in (select twin from twins)"
    )
    connection.execute(
        f"copy (select * from {files} where {name} not in (select twin from twins) union all "
        f"select * exclude (ordinal) replace ("
        f"case when ordinal = 1 then {name} else md5({name} || '#' || ordinal) end as {name}) from ({numbered})) "
        f"to {literal(str(target))} (format parquet, compression lz4_raw)"
    )
    for path in paths:
        path.unlink()
    return [target]


def _row(result: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    row = result.fetchone()
    if row is None:
        raise AssertionError("a query for one row gave none")
    return tuple(row)


def _folded(name: str) -> str:
    """Return ``name`` as warehouses write it: no accents, no case, no punctuation."""
    plain = unicodedata.normalize("NFKD", name)
    return re.sub(r"[^a-z0-9]+", "", "".join(c for c in plain if not unicodedata.combining(c)).casefold())


def _as_text(expression: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(timezone('UTC', {expression}), '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"cast({expression} as varchar)"


def _cell_types(width: int) -> str:
    return ", ".join(f"'c{index}': 'VARCHAR'" for index in range(width))


def _typed_and_text(cells: pd.Series[Any]) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return the typed cells in canonical form (None where a cell is text) and all cells as text (None where empty)."""
    kinds = cells.map(type)
    typed = pd.Series(None, index=cells.index, dtype=object)
    booleans, dates = kinds.isin([bool]), kinds.isin([datetime, date])
    numbers = kinds.isin([int, float])
    typed[booleans] = cells[booleans].astype(str).str.lower()
    # Workbooks keep 15 digits: further ones are noise of the binary number, not what the sheet shows.
    typed[numbers] = cells[numbers].map("{:.15g}".format)
    typed[dates] = cells[dates].astype(str)
    others = ~(booleans | numbers | dates)
    text = typed.where(~others, cells.astype(str))
    return typed, text.where(text.ne(""), None)
