"""The SQL shell: what it shows, what it says of an error, and that a statement reaches nothing but published tables."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.cli.sql import Output, SqlError, describe, open_shell, run_text, statements_of
from orchestration.lib.publish import publish

TABLES = """
    create schema marts;
    create table marts.fct_deals (
        deal_id varchar primary key, deal_name varchar, amount decimal(18, 4), score double, won_date date,
        won_at timestamp, is_won boolean, contacts varchar[]
    );
    insert into marts.fct_deals values
        ('d1', '=1+1', 1500.5, 0.25, date '2026-05-04', timestamp '2026-05-04 10:00:00', true, ['p1', 'p2']),
        ('d2', 'L''été; "à" ' || chr(27) || '[31m[red]', null, 'nan', null, null, false, []);
    comment on table marts.fct_deals is 'Deals. One row per deal.';
    comment on column marts.fct_deals.amount is 'Amount without [tax].';
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of which two deals are published."""
    home = tmp_path_factory.mktemp("home")
    (home / "build").mkdir()
    with duckdb.connect(home / "build" / "warehouse.duckdb") as connection:
        connection.execute(TABLES)
    publish(home / "build" / "warehouse.duckdb", home / "published", run_id="r1", as_of=date(2026, 6, 30), keep=2)
    return home


@pytest.fixture
def connection(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_shell(home / "published" / "pilotage.duckdb") as shell:
        yield shell


@pytest.fixture
def run(connection: duckdb.DuckDBPyConnection) -> Callable[..., str]:
    """Return a function that runs a text and gives what was written."""

    def call(
        text: str, output: Output = Output.TABLE, limit: int = 100, width: int = 100, is_terminal: bool = True
    ) -> str:
        stream = io.StringIO()
        console = Console(file=stream, width=width, force_terminal=is_terminal, no_color=True)
        run_text(connection, text, output=output, limit=limit, stream=stream, console=console)
        return re.sub(r"\x1b\[[12]?m|\x1b\[0m", "", stream.getvalue())

    return call


def pilotage_sql(home: Path, *arguments: str, text: str = "") -> Result:
    """The command, in this process: its standard input is no terminal."""
    return CliRunner().invoke(app, ["sql", "--home", str(home), *arguments], input=text)


# ---- what it writes


def test_a_query_gives_a_table_and_the_number_of_rows_left_out(home, run):
    shown = run("select deal_id, amount from fct_deals order by deal_id")
    assert [line.split() for line in shown.splitlines() if "d1" in line or "d2" in line] == [
        ["│", "d1", "│", "1500.5000", "│"],
        ["│", "d2", "│", "NULL", "│"],
    ]
    done = pilotage_sql(home, "select * from range(1000)", "--limit", "3")
    assert done.exit_code == 0
    assert [line.strip("│ ") for line in done.stdout.splitlines() if "│" in line] == ["0", "1", "2"]
    assert done.stderr.strip() == "3 rows shown, 997 left out (--limit 0 shows all)"
    all_of_them = pilotage_sql(home, "select * from range(1000)", "--limit", "0")
    assert all_of_them.stdout.count("\n") == 1004
    assert all_of_them.stderr.strip() == "1,000 rows"


def test_the_rows_of_a_cross_join_are_not_counted_for_ever(run, capsys):
    run("select 1 as one from range(100_000_000) as a, range(100_000) as b", limit=2)
    assert "2 rows shown, more than 1,000,000 left out" in capsys.readouterr().err


def test_data_cannot_steer_the_terminal_nor_be_taken_for_markup(run):
    shown = run("select deal_name from fct_deals where deal_id = 'd2'")
    assert "\\x1b[31m[red]" in shown
    assert "\x1b[31m" not in shown


def test_rows_wider_than_the_terminal_stand_one_below_the_other(run):
    wide = run("select * from fct_deals order by deal_id", width=60)
    assert "row 1" in wide
    assert "row 2" in wide
    assert [line.split() for line in wide.splitlines() if "amount" in line] == [
        ["amount", "1500.5000"],
        ["amount", "NULL"],
    ]
    piped = run("select * from fct_deals order by deal_id", width=60, is_terminal=False)
    assert "row 1" not in piped
    (first,) = [line for line in piped.splitlines() if "d1" in line]
    assert "2026-05-04 10:00:00" in first, "a table in a pipe is not folded"
    assert "['p1', 'p2']" in first


def test_csv_holds_every_row_as_it_is(run):
    (header, first, second) = csv.reader(io.StringIO(run("from fct_deals order by deal_id", Output.CSV, limit=1)))
    assert header[:3] == ["deal_id", "deal_name", "amount"]
    assert first == ["d1", "=1+1", "1500.5000", "0.25", "2026-05-04", "2026-05-04T10:00:00", "true", '["p1", "p2"]']
    assert second == ["d2", 'L\'été; "à" \x1b[31m[red]', "", "nan", "", "", "false", "[]"]


def test_json_holds_every_row_in_the_types_of_json(run):
    (first, second) = json.loads(run("from fct_deals order by deal_id", Output.JSON, limit=1))
    assert first == {
        "deal_id": "d1",
        "deal_name": "=1+1",
        "amount": 1500.5,
        "score": 0.25,
        "won_date": "2026-05-04",
        "won_at": "2026-05-04T10:00:00",
        "is_won": True,
        "contacts": ["p1", "p2"],
    }
    assert second["score"] is None
    assert second["amount"] is None
    assert json.loads(run("from fct_deals where false", Output.JSON)) == []
    with pytest.raises(SqlError, match="two columns are named a"):
        run("select 1 as a, 2 as a", Output.JSON)


def test_a_reader_that_has_enough_is_no_error(home):
    command = f"{Path(sys.executable).with_name('pilotage')} sql --home {home} 'from range(3000000)' --csv | head -2"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("range\n0\n", "")


def test_tables_and_columns_are_listed_with_what_they_mean(connection):
    stream = io.StringIO()
    console = Console(file=stream, width=100)
    describe(connection, None, console)
    assert "Deals. One row per deal." in stream.getvalue()
    assert "publication" in stream.getvalue()
    describe(connection, "marts.FCT_deals", console)
    assert "Amount without [tax]." in stream.getvalue()
    with pytest.raises(SqlError, match="there is no table fct_deal:"):
        describe(connection, "fct_deal", console)


# ---- what it says of an error


def test_an_error_names_the_statement_its_line_and_the_place(home):
    done = pilotage_sql(
        home, text="select 1;\n-- a comment; with a semicolon\n\nselect\n  foo\nfrom fct_deals;\nselect 2"
    )
    assert done.exit_code == 1
    assert "statement 2, from line 4 on: Binder Error" in done.stderr
    assert 'column "foo" not found' in done.stderr
    assert "^" in done.stderr
    assert "│ 1 │" in done.stdout
    assert "│ 2 │" not in done.stdout, "the first error ends the text"


@pytest.mark.parametrize(
    ("arguments", "text", "code", "message"),
    [
        (["selec 1"], "", 1, "syntax error"),
        ([" "], "", 1, "there is no statement"),
        ([], "-- nothing\n", 1, "there is no statement"),
        (["select 1; select 2", "--csv"], "", 1, "csv holds the rows of one statement and the text has 2"),
        (["select 1", "--csv", "--json"], "", 2, "exclude each other"),
        (["select 1", "--limit", "-1"], "", 2, "--limit"),
    ],
)
def test_what_cannot_be_done_is_said(home, arguments, text, code, message):
    done = pilotage_sql(home, *arguments, text=text)
    assert done.exit_code == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_company_without_a_published_file_is_told_so(tmp_path):
    done = pilotage_sql(tmp_path, "select 1")
    assert done.exit_code == 1
    assert "nothing is published" in done.stderr
    assert "pilotage run" in done.stderr


def test_statements_are_split_where_they_end(connection):
    found = statements_of(connection, "select ';' as a;\n-- one; two\nselect $$;$$;\n\nselect 1;;")
    assert [(item.number, item.line, item.text.split(";\n")[0].rstrip("; \n")) for item in found] == [
        (1, 1, "select ';' as a"),
        (2, 3, "select $$;$$"),
        (3, 5, "select 1"),
    ]


# ---- what it cannot reach

OUT_OF_REACH = {
    "read a file": "select * from read_text('{secret}')",
    "read a file by its name": "select * from '{secret}'",
    "list a folder": "select * from glob('{folder}/*')",
    "read through a view": "create temp view v as select * from read_csv('{secret}'); select * from v",
    "read another database": "attach '{other}' as other",
    "write a file": "copy (select 1) to '{target}'",
    "write through a prepared statement": "prepare p as copy (select 1) to '{target}'; execute p",
    "write a folder": "export database '{target}'",
    "profile into a file": "set profiling_output = '{target}'",
    "log into a file": "pragma log_query_path = '{target}'",
    "install": "install httpfs",
    "load": "load httpfs",
    "load by path": "load '{secret}'",
    "open what is shut": "set enable_external_access = true",
    "open what is locked": "set lock_configuration = false",
    "change a row": "update fct_deals set amount = 0",
    "add a row": "insert into publication select * from publication",
    "remove a row": "delete from fct_deals",
    "drop a table": "drop table fct_deals",
    "add a table": "create table marts.mine (a integer)",
    "read a variable of the program": "select * from HELP",
}


@pytest.mark.parametrize("what", OUT_OF_REACH)
def test_a_statement_cannot(what, run, connection, home, tmp_path):
    secret, target = tmp_path / "secret.csv", tmp_path / "target"
    secret.write_text("a\ncanary\n")
    statement = OUT_OF_REACH[what].format(
        secret=secret, target=target, folder=tmp_path, other=home / "build" / "warehouse.duckdb"
    )
    written = ""
    with pytest.raises(SqlError):
        written = run(statement)
    assert "canary" not in written
    assert not target.exists()
    assert connection.execute("select count(*), sum(amount) from fct_deals").fetchone() == (2, pytest.approx(1500.5))


# ---- on a terminal


class Terminal:
    """The shell on a pseudo-terminal."""

    def __init__(self, home: Path) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("pilotage"), "sql", "--home", str(home)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "dumb", "COLUMNS": "120", "NO_COLOR": "1"},
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """Return what was written up to ``text``."""
        deadline = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen!r}"
            if select.select([self.master], [], [], 1)[0]:
                self.seen += os.read(self.master, 65536).decode()
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def leave(self) -> int:
        self.type("\x04")
        code = self.process.wait(timeout=60)
        os.close(self.master)
        return code


@pytest.fixture
def terminal(home: Path) -> Iterator[Terminal]:
    (home / ".sql_history").unlink(missing_ok=True)
    shell = Terminal(home)
    yield shell
    if shell.process.poll() is None:
        shell.process.kill()
        shell.process.wait()


def test_the_shell_reads_statements_over_lines_and_survives_errors(terminal, home):
    assert "as of 2026-06-30" in terminal.wait_for("pilotage> ")
    terminal.type("select ';' as semicolon,\n")
    terminal.wait_for("...> ")
    terminal.type("40 + 2 as answer;\n")
    assert "42" in terminal.wait_for("pilotage> ")
    terminal.type("select foo from fct_deals;\n")
    assert "Binder Error" in terminal.wait_for("pilotage> ")
    terminal.type("\\d fct_de\t\n")
    assert "Amount without [tax]." in terminal.wait_for("pilotage> ")
    terminal.type(".nonsense\n")
    assert "no command of this shell" in terminal.wait_for("pilotage> ")
    terminal.type(".help\n")
    assert "\\d TABLE" in terminal.wait_for("pilotage> ")
    assert terminal.leave() == 0
    history = home / ".sql_history"
    assert "40 + 2 as answer;" in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


def test_ctrl_c_stops_a_statement_and_not_the_shell(terminal):
    terminal.wait_for("pilotage> ")
    terminal.type(
        "select count(*) from range(100_000_000) as a, range(100_000) as b where hash(a.range, b.range) = 1;\n"
    )
    terminal.wait_for("= 1;")
    time.sleep(1)
    terminal.process.send_signal(2)
    assert "stopped" in terminal.wait_for("pilotage> ")
    terminal.type("select 'still ' || 'here' as state;\n")
    assert "still here" in terminal.wait_for("pilotage> ")
    assert terminal.leave() == 0


def test_a_history_that_is_a_link_is_left_alone(home, tmp_path):
    target = tmp_path / "somewhere"
    target.write_text("kept\n")
    (home / ".sql_history").unlink(missing_ok=True)
    (home / ".sql_history").symlink_to(target)
    shell = Terminal(home)
    shell.wait_for("pilotage> ")
    shell.type("select 1;\n")
    shell.wait_for("pilotage> ")
    assert shell.leave() == 0
    assert target.read_text() == "kept\n"
