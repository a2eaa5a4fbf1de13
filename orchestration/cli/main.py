"""The command line ``pilotage``. Commands parse, call and print; what they do stands in the modules they call."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from ingestion.config.errors import ConfigurationError
from ingestion.config.load import Configuration
from ingestion.config.scaffold import WorkspaceExistsError, create_workspace
from ingestion.config.settings import ReportFormat
from ingestion.config.workspace import Workspace
from orchestration.cli.console import Exit, err, fail, out, print_json
from orchestration.lib.build_plan import last_complete_day
from orchestration.lib.catalogue import checked_configuration
from orchestration.lib.environment import be_quiet_and_private
from orchestration.lib.paths import ROOT

app = typer.Typer(
    name="pilotage",
    help="A commercial-performance warehouse: files in, KPIs out, rebuilt every night.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Language(StrEnum):
    """Languages of the board."""

    EN = "en"
    FR = "fr"


Home = Annotated[
    Path, typer.Option("--home", envvar="PILOTAGE_HOME", help="The workspace's folder.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@app.callback()
def main() -> None:
    """Set what must hold before any framework is imported."""
    be_quiet_and_private()


def _configuration(home: Path) -> Configuration:
    try:
        return checked_configuration(home)
    except ConfigurationError as error:
        _refuse(error)


def _refuse(error: ConfigurationError) -> NoReturn:
    for problem in error.problems:
        err.print(f"[bold red]error:[/] {problem}", highlight=False, soft_wrap=True)
    raise typer.Exit(int(Exit.USAGE)) from error


@app.command(epilog="Example: pilotage init acme")
def init(
    directory: Annotated[Path, typer.Argument(help="New folder.", show_default=False)],
) -> None:
    """Make the workspace of a new company: settings, seeds, inbox."""
    try:
        workspace = create_workspace(directory, ROOT / "dagster.yaml")
    except WorkspaceExistsError as error:
        fail(str(error), Exit.USAGE)
    out.print(f"Workspace made in {workspace.home}", highlight=False, soft_wrap=True)
    out.print("Next: describe your files in pilotage.yml, drop them into inbox/, then")
    out.print(f"  pilotage run --home {directory}", highlight=False, soft_wrap=True)


def _show_progress(text: str) -> None:
    err.print(f"  .. {text}", highlight=False)


@app.command(epilog="Example: pilotage demo --home demo --scale 1")
def demo(
    home: Annotated[Path, typer.Option("--home", help="New folder for the demo company.")] = Path("demo"),
    scale: Annotated[float, typer.Option(min=0.02, max=100, help="1 is about 250,000 web events.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    months: Annotated[int, typer.Option(min=3, max=120, help="Months of history.")] = 36,
    end: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of the history; default yesterday."),
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the board.")] = Language.EN,
) -> None:
    """Make a demo company, run one night on it and show its KPI board."""
    from ingestion.demo import simulate

    if not (home / "truth.json").exists():
        if home.exists() and any(home.iterdir()):
            fail(
                f"{home} is not empty and holds no finished demo company; remove it if a demo was interrupted there,"
                " or choose a new folder (--home, or make demo DEMO=...)",
                Exit.USAGE,
            )
        err.print(f"[bold]1/3[/] making the demo company in {home} (scale {scale:g}) ...", highlight=False)
        last_day = end.date() if end else last_complete_day("Europe/Paris")
        create_workspace(home, ROOT / "dagster.yaml")
        report = simulate(
            home,
            seed=seed,
            scale=scale,
            end=last_day,
            months=months,
            progress=_show_progress,
        )
        err.print(f"  ok {report}", highlight=False)
    else:
        err.print(f"[bold]1/3[/] using the demo company that is in {home}", highlight=False)
    configuration = _configuration(home)
    err.print("[bold]2/3[/] one nightly run ...")
    _run(configuration, as_of=end.date() if end else None, as_json=False)
    err.print("[bold]3/3[/] the KPI board")
    _board(configuration.workspace, month=None, lang=lang, as_json=False)
    out.print("\n[bold]What to do next[/]")
    out.print(
        f"  pilotage serve --home {home}              the dashboard in your browser\n"
        f"  pilotage kpis --home {home} --lang fr     the same board in French\n"
        f"  pilotage sources --home {home}            what was loaded, what was quarantined\n"
        f"  make dev DEMO={home}                     the graph and the schedule in Dagster\n"
        f"  {home}/published/pilotage.duckdb          the database for your BI tool (read-only)\n"
        f"  pilotage init mycompany                a workspace for your own company",
        highlight=False,
        soft_wrap=True,
    )
    out.print("  (pilotage is .venv/bin/pilotage)", highlight=False)


@app.command(epilog="Example: pilotage run --home acme --as-of 2026-10-31")
def run(
    home: Home,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the build; default the last complete day."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the nightly job now: load, check, build, publish. The schedule executes the same job."""
    _run(_configuration(home), as_of=as_of.date() if as_of else None, as_json=as_json)


def _run(configuration: Configuration, *, as_of: date | None, as_json: bool) -> None:
    from ingestion.locking import AlreadyRunningError, exclusive_lock
    from orchestration.cli.execute import execute_nightly

    workspace = configuration.workspace
    free = shutil.disk_usage(workspace.home).free
    if free < 500_000_000:
        fail(f"only {free / 1e6:.0f} MB are free on the disk of {workspace.home}; free at least 500 MB")
    try:
        with exclusive_lock(workspace.lock_file):
            pass
    except AlreadyRunningError as error:
        fail(str(error), Exit.LOCKED)
    outcome = execute_nightly(workspace, as_of=as_of)
    if as_json:
        print_json(outcome.as_dict())
    elif outcome.is_success:
        out.print(
            f"[bold green]published[/] {workspace.published_database} in {outcome.seconds:.1f} s",
            highlight=False,
            soft_wrap=True,
        )
    else:
        for failure in outcome.failures:
            err.print(f"[bold red]failed:[/] {failure}", highlight=False, soft_wrap=True)
        err.print(f"Nothing was published; readers keep what they had. Log: {outcome.log_file}", soft_wrap=True)
    if not outcome.is_success:
        raise typer.Exit(int(Exit.FAILED))


@app.command(epilog="Example: pilotage kpis --home acme --month 2026-10 --lang fr")
def kpis(
    home: Home,
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="Month; default the last complete one.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the labels.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Show the commercial dashboard of one month from the published database."""
    workspace = Workspace(home.resolve())
    _board(workspace, month=month.date() if month else None, lang=lang, as_json=as_json)


def _board(workspace: Workspace, *, month: date | None, lang: Language, as_json: bool) -> None:
    from orchestration.cli.board import NothingPublishedError, read_board, render_board

    try:
        board = read_board(workspace.published_database, month)
    except NothingPublishedError as error:
        fail(str(error))
    if as_json:
        print_json(board.as_dict())
    else:
        render_board(board, lang.value, out)


@app.command(epilog="Example: pilotage report --home acme --month 2026-05 --lang fr --format pdf")
def report(
    home: Home,
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="Month; default the last complete one.")
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Language; default report.language of the settings.")] = None,
    formats: Annotated[
        list[ReportFormat] | None, typer.Option("--format", help="Format, once or twice; default both.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File to write (.html or .pdf); default reports/ of the workspace.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the monthly report, to be read, printed or mailed, and print where it is."""
    from orchestration.cli.report import ReportError, write_reports

    try:
        files = write_reports(
            Workspace(home.resolve()),
            month=month.date() if month else None,
            language=lang.value if lang else None,
            formats=formats or [],
            output=output,
        )
    except ConfigurationError as error:
        _refuse(error)
    except ReportError as error:
        fail(str(error))
    if as_json:
        print_json({"files": [str(file) for file in files]})
    else:
        for file in files:
            out.print(str(file), highlight=False, soft_wrap=True)


@app.command(epilog="Example: pilotage serve --home acme --port 8501")
def serve(
    home: Home,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; the default is this machine alone. See docs/dashboard.md.")
    ] = "127.0.0.1",
    is_opened: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
    is_postgres: Annotated[
        bool,
        typer.Option("--postgres", help="Read the PostgreSQL copy at PILOTAGE_DASHBOARD_DSN instead of the file."),
    ] = False,
) -> None:
    """Serve the commercial dashboard of a workspace to a browser, until it is stopped with Ctrl+C."""
    from orchestration.cli.serve import NoPostgresError, serve_dashboard

    if not home.is_dir():
        fail(f"there is no folder {home}: make a workspace with `pilotage init {home}`, or see --home", Exit.USAGE)
    if is_postgres:
        _configuration(home)
    try:
        serve_dashboard(
            Workspace(home.resolve()), port=port, address=address, is_opened=is_opened, is_postgres=is_postgres
        )
    except NoPostgresError as error:
        fail(str(error), Exit.USAGE)


@app.command(epilog="Example: pilotage sources --home acme --json")
def sources(home: Home, as_json: AsJson = False) -> None:
    """List the sources: what each mapping expects, what was loaded, what was quarantined and why."""
    from orchestration.cli.sources import read_sources, render_sources

    status = read_sources(_configuration(home))
    if as_json:
        print_json(status.as_dict())
    else:
        render_sources(status, out)


@app.command(epilog="Example: pilotage doctor --home acme")
def doctor(home: Home, as_json: AsJson = False) -> None:
    """Check the machine, the configuration, the databases and the published copy; say what to do."""
    from orchestration.cli.doctor import examine, render_findings

    findings = examine(Workspace(home.resolve()), now=datetime.now(UTC))
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        render_findings(findings, out)
    if not all(finding.is_fine for finding in findings):
        raise typer.Exit(int(Exit.FAILED))


@app.command(
    epilog='Example: pilotage sql --home acme "select metric_id, value from kpi_commercial_dashboard limit 10" --csv'
)
def sql(
    home: Home,
    query: Annotated[
        str | None,
        typer.Argument(
            help="Statements to run; without them they are read from standard input, or a shell opens on a terminal.",
            show_default=False,
        ),
    ] = None,
    as_csv: Annotated[
        bool,
        typer.Option("--csv", help="Write CSV: every row, values as they are (formulas are not made harmless)."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON: every row, one object each.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Rows that a table shows; 0 shows all.")] = 100,
) -> None:
    """Ask the published database in SQL, read-only: a statement reaches no file, extension or other database."""
    from orchestration.cli.sql import Output, SqlError, run_batch, run_interactive

    if as_csv and as_json:
        fail("--csv and --json exclude each other: choose one", Exit.USAGE)
    workspace = Workspace(home.resolve())
    output = Output.CSV if as_csv else Output.JSON if as_json else Output.TABLE
    try:
        if query is None and sys.stdin.isatty():
            if output is not Output.TABLE:
                fail(f"--{output} needs a query, as an argument or on standard input", Exit.USAGE)
            run_interactive(workspace.published_database, workspace.sql_history, limit=limit)
        else:
            text = sys.stdin.read() if query is None else query
            run_batch(workspace.published_database, text, output=output, limit=limit)
    except (FileNotFoundError, SqlError) as error:
        fail(escape(str(error)))
    except BrokenPipeError:
        # Whoever reads the rows has enough: `| head`. Python must not try to flush what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
