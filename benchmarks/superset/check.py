"""Really run Superset on the published data: install, import the dashboard, open it in a browser, look for errors.

``python -m benchmarks.superset.check WORKSPACE --environment .superset --picture docs/images/superset.png`` publishes
the version of WORKSPACE into a PostgreSQL server of its own, with a reader's role for Superset, starts Superset on this
machine alone with a metadata database of its own, imports examples/superset as a person would (the password is asked
for), logs in with Chromium and takes the picture. Exit code 1 when a chart shows an error or no rows.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, Response, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from benchmarks.chromium import CHROMIUM, launch
from benchmarks.superset.assets import CHARTS, DATABASE_NAME, FOLDER, SLUG, URI
from benchmarks.throwaway_postgres import Server, find_binaries, free_port, throwaway_server
from ingestion.config.settings import Postgres
from ingestion.config.workspace import Workspace
from orchestration.lib.environment import be_quiet_and_private
from orchestration.lib.postgres import publish_to_postgres
from orchestration.lib.postgres_ddl import proven_references
from orchestration.lib.project import dbt_project

START_SECONDS: Final = 300.0
PATIENCE_MS: Final = 180_000.0
"""The first page of a cold server takes long on a busy machine."""

ACCOUNT: Final = "admin"
MOST_OF_ONE_COLOUR: Final = 0.85

CONFIG: Final = """
import os
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.environ["SUPERSET_HOME"] + "/superset.db"
WTF_CSRF_ENABLED = True
# The browser talks plain HTTP to this machine.
TALISMAN_ENABLED = False
SESSION_COOKIE_SECURE = False
RATELIMIT_ENABLED = False
FAB_ADD_SECURITY_API = False
# Every chart is drawn, whether it is in view or not.
FEATURE_FLAGS = {"DASHBOARD_VIRTUALIZATION": False}
"""


class CheckError(Exception):
    """Superset does not show what it should."""


@contextmanager
def superset(environment: Path, home: Path, port: int, password: str) -> Iterator[str]:
    """Start Superset with a new metadata database in ``home``; give its address."""
    (home / "superset_config.py").write_text(CONFIG, encoding="utf-8")
    variables = {
        "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "SUPERSET_HOME": str(home),
        "SUPERSET_CONFIG_PATH": str(home / "superset_config.py"),
        "SUPERSET_SECRET_KEY": secrets.token_urlsafe(42),
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
    }
    command = str(environment / "bin" / "superset")
    for arguments in (
        ["db", "upgrade"],
        [
            "fab", "create-admin", "--username", ACCOUNT, "--firstname", "Ada", "--lastname", "Min",
            "--email", "admin@example.test", "--password", password,
        ],
        ["init"],
    ):  # fmt: skip
        _step(f"superset {arguments[0]}")
        done = subprocess.run([command, *arguments], env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CheckError(f"superset {arguments[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    log = home / "superset.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [command, "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"],
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{address}/health", process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(15)


def _step(text: str) -> None:
    print(f"  .. {text}", file=sys.stderr, flush=True)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - of this machine
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise CheckError(f"Superset did not start:\n{log.read_text(errors='replace')[-4000:]}")


def bundle(uri: str) -> bytes:
    """Return examples/superset as the archive that the import takes, with the address of another database."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(FOLDER.rglob("*.yaml")):
            text = file.read_text(encoding="utf-8").replace(URI, uri)
            archive.writestr(f"export/{file.relative_to(FOLDER).as_posix()}", text)
    return packed.getvalue()


def log_in(page: Page, address: str, password: str) -> None:
    """Log in as a person does. Raises ``CheckError`` when there is no login page."""
    answer = page.goto(f"{address}/login/")
    if answer is None or answer.status != 200:
        raise CheckError(f"the login page answered {answer.status if answer else 'nothing'}: see the log")
    page.get_by_test_id("username-input").fill(ACCOUNT)
    page.get_by_test_id("password-input").fill(password)
    page.get_by_test_id("login-button").click()
    page.wait_for_url(lambda url: "/login" not in url)


def import_dashboard(page: Page, address: str, uri: str, password: str) -> None:
    """Import the archive with the session of the browser, the password beside it. Raises ``CheckError``."""
    token = page.request.get(f"{address}/api/v1/security/csrf_token/").json()["result"]
    answer = page.request.post(
        f"{address}/api/v1/dashboard/import/",
        headers={"X-CSRFToken": token, "Referer": address},
        multipart={
            "formData": {"name": "pilotage.zip", "mimeType": "application/zip", "buffer": bundle(uri)},
            "passwords": json.dumps({f"databases/{DATABASE_NAME}.yaml": password}),
            "overwrite": "true",
        },
        timeout=PATIENCE_MS,
    )
    if answer.status != 200:
        raise CheckError(f"the import was refused: {answer.status} {answer.text()[:3000]}")


def look(browser: Browser, address: str, password: str, uri: str, secret: str, picture: Path) -> list[str]:
    """Open the dashboard, take its picture, and return what is wrong with it."""
    page = browser.new_page(viewport={"width": 1440, "height": 2340})
    page.set_default_timeout(PATIENCE_MS)
    answers: list[dict[str, Any]] = []
    wrong: list[str] = []

    def keep(response: Response) -> None:
        if "/api/v1/chart/data" not in response.url:
            return
        if response.status != 200:
            wrong.append(f"a chart got {response.status}: {response.text()[:500]}")
            return
        answers.extend(response.json()["result"])

    _step("log in")
    log_in(page, address, password)
    _step("import")
    import_dashboard(page, address, uri, secret)
    page.on("response", keep)
    _step("open the dashboard")
    page.goto(
        f"{address}/superset/dashboard/{SLUG}/?standalone=1",
    )
    deadline = time.monotonic() + 120
    while len(answers) + len(wrong) < len(CHARTS) and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    drawn = sum(chart.viz_type != "table" for chart in CHARTS)
    try:
        page.wait_for_function(
            "([drawn, tables]) => document.querySelectorAll('canvas').length >= drawn"
            " && [...document.querySelectorAll('table tbody')].filter(body => body.rows.length).length >= tables",
            arg=[drawn, len(CHARTS) - drawn],
        )
    except PlaywrightTimeout:
        wrong.append(
            f"{page.locator('canvas').count()} of {drawn} charts are drawn, "
            f"{page.locator('table tbody').count()} of {len(CHARTS) - drawn} tables"
        )
    # Their entrance is animated.
    page.wait_for_timeout(3_000)
    if len(answers) < len(CHARTS):
        wrong.append(f"{len(answers)} of {len(CHARTS)} charts asked for data")
    wrong += [f"a chart has no rows: {answer.get('query', '')[:300]}" for answer in answers if not answer["rowcount"]]
    wrong += [f"a chart shows {answer['error']}" for answer in answers if answer.get("error")]
    shown = page.locator("[data-test='slice-container'], .slice_container").count()
    if shown < len(CHARTS):
        wrong.append(f"{shown} of {len(CHARTS)} charts are on the page")
    for text in ("Unexpected error", "Data error", "See more", "No results were returned", "An error occurred"):
        if page.get_by_text(text).count():
            wrong.append(f"the page says {text!r}")
    picture.parent.mkdir(parents=True, exist_ok=True)
    # Not the full page: the browser would be resized for it, and every chart drawn anew while it is taken.
    page.screenshot(path=picture)
    if (share := share_of_one_colour(picture)) > MOST_OF_ONE_COLOUR:
        wrong.append(f"{share:.0%} of the picture is of one colour: nothing is drawn")
    return wrong


def share_of_one_colour(picture: Path) -> float:
    """Return the share of the most frequent colour of a picture."""
    with Image.open(picture) as image:
        colours = image.convert("RGB").getcolors(maxcolors=image.width * image.height) or []
        return max((count for count, _ in colours), default=0) / (image.width * image.height)


def serve_database(server: Server, workspace: Workspace, secret: str) -> str:
    """Publish into ``server`` and return the address by which Superset reads, its password left out as it shows it."""
    server.psql("create database bi encoding 'UTF8' template template0")
    os.environ["PILOTAGE_CHECK_PASSWORD"] = server.password
    target = Postgres.model_validate(
        {
            "host": str(server.folder),
            "port": server.port,
            "database": "bi",
            "user": server.superuser,
            "password_env": "PILOTAGE_CHECK_PASSWORD",
        }
    )
    publish_to_postgres(
        workspace.published_database,
        target,
        workspace.home,
        references=proven_references(dbt_project().manifest_path),
    )
    server.psql(f"create role superset login password '{secret}' in role {target.reader_role}")
    return f"postgresql+psycopg2://superset:XXXXXXXXXX@127.0.0.1:{server.port}/bi"


def main() -> int:
    """Check, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path, help="with a published version")
    parser.add_argument("--environment", type=Path, default=Path(".superset"), help="where Superset is installed")
    parser.add_argument("--picture", type=Path, default=Path("superset.png"))
    arguments = parser.parse_args()
    be_quiet_and_private()
    binaries = find_binaries()
    if binaries is None or not CHROMIUM.exists():
        print("this check needs Debian's packages postgresql and chromium", file=sys.stderr)
        return 1
    secret, password = secrets.token_hex(16), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="pilotage-superset-") as made, throwaway_server(binaries) as server:
        _step("publish to PostgreSQL")
        uri = serve_database(server, Workspace(arguments.workspace.resolve()), secret)
        try:
            with (
                superset(arguments.environment.resolve(), Path(made), free_port(), password) as address,
                sync_playwright() as playwright,
            ):
                playwright.selectors.set_test_id_attribute("data-test")
                browser = launch(playwright)
                wrong = look(browser, address, password, uri, secret, arguments.picture)
                browser.close()
        except CheckError as error:
            wrong = [str(error)]
        if wrong:
            log = Path(made) / "superset.log"
            if log.exists():
                shutil.copy(log, arguments.picture.with_suffix(".log"))
    for problem in wrong:
        print(f"error: {problem}", file=sys.stderr)
    if not wrong:
        print(f"{len(CHARTS)} charts, no error; picture in {arguments.picture}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
