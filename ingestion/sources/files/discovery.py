"""Which files lie in the inbox, and how one is opened without leaving it. Nothing here reads the content of a file."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from ingestion.sources.files.report import FileOutcome, FileRefusedError, FileReport, FileUnsettledError
from ingestion.sources.files.settings import UNFINISHED_SUFFIXES

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Inbox:
    """The regular files below the inbox, and what lies there that is none."""

    names: tuple[str, ...]
    """Paths below the inbox with ``/`` between the parts, sorted."""
    reports: tuple[FileReport, ...]


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file opened for reading. ``identity`` changes when the file is replaced or written to."""

    descriptor: int
    identity: tuple[int, int, int, int]
    count_bytes: int
    modified_at: datetime
    """Modification time, naive UTC."""


def find_files(inbox: Path) -> Inbox:
    """List the files below ``inbox``; names that start with a dot are left alone, as shells do.

    Symbolic links are never followed: a link could hand any file of the machine to the warehouse.
    """
    names: list[str] = []
    reports: list[FileReport] = []
    for directory, folders, files in os.walk(inbox, followlinks=False):
        below = Path(directory).relative_to(inbox)
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for name in [*folders, *files]:
            if name.startswith("."):
                continue
            path = Path(directory, name)
            label = (below / name).as_posix()
            if _CONTROL.search(label):
                reports.append(
                    _refused(
                        label.encode(errors="backslashreplace").decode("unicode_escape", "replace").__repr__(),
                        "unsafe_name",
                        "the name holds control characters; rename it",
                    )
                )
            elif path.is_symlink():
                reports.append(_refused(label, "unsafe_name", "it is a symbolic link; put the file itself here"))
            elif name in folders:
                continue
            elif not stat.S_ISREG(path.lstat().st_mode):
                reports.append(_refused(label, "unsafe_name", "it is no regular file; remove it"))
            elif name.lower().endswith(UNFINISHED_SUFFIXES):
                reports.append(
                    FileReport(
                        file_name=label,
                        outcome=FileOutcome.UNSETTLED,
                        detail=f"{label}: the name says that it is still being written",
                    )
                )
            else:
                names.append(label)
    return Inbox(tuple(sorted(names)), tuple(reports))


@contextmanager
def open_file(inbox: Path, name: str) -> Iterator[OpenFile]:
    """Open the file called ``name`` below ``inbox``, part by part, so that no part can be a link out of it.

    Raises ``FileRefusedError`` when a part is a link or the last one is no regular file, and ``FileNotFoundError``
    when the file went away.
    """
    *folders, last = name.split("/")
    directory = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            below = _open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, directory, name)
            os.close(directory)
            directory = below
        # Non-blocking: a pipe that took the place of the file must not stop the night.
        descriptor = _open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, directory, name)
    finally:
        os.close(directory)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileRefusedError("unsafe_name", f"{name}: it is no regular file; remove it")
        yield OpenFile(
            descriptor,
            file_identity(status),
            status.st_size,
            datetime.fromtimestamp(status.st_mtime, UTC).replace(tzinfo=None),
        )
    finally:
        os.close(descriptor)


def file_identity(status: os.stat_result) -> tuple[int, int, int, int]:
    """Return what changes when a file is replaced or written to."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def check_unchanged(inbox: Path, name: str, file: OpenFile) -> None:
    """Raise ``FileUnsettledError`` when ``name`` was written to, replaced or taken away since it was opened."""
    try:
        status = (inbox / name).lstat()
    except FileNotFoundError as error:
        raise FileUnsettledError from error
    if file_identity(status) != file.identity:
        raise FileUnsettledError


def matches(pattern: str, name: str) -> bool:
    """Tell whether ``name`` matches the glob ``pattern``: ``*`` and ``?`` stay in a folder, ``**/`` crosses folders."""
    return _regex(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    tokens = re.findall(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", pattern, flags=re.DOTALL)
    parts = []
    for token in tokens:
        match token:
            case "**/":
                parts.append("(?:[^/]+/)*")
            case "**":
                parts.append(".*")
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _ if len(token) > 1:
                inner = token[1:-1].replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
                parts.append(f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
            case _:
                parts.append(re.escape(token))
    return re.compile("".join(parts), re.DOTALL)


def _open(part: str, flags: int, directory: int, name: str) -> int:
    try:
        return os.open(part, flags, dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise FileRefusedError(
                "unsafe_name", f"{name}: {part} is a symbolic link; put the file itself here"
            ) from error
        if error.errno == errno.EACCES:
            raise FileRefusedError("unreadable", f"{name}: no permission to read it; change its mode") from error
        raise


def _refused(name: str, code: str, detail: str) -> FileReport:
    return FileReport(file_name=name, outcome=FileOutcome.REFUSED, reason_code=code, detail=f"{name}: {detail}")
