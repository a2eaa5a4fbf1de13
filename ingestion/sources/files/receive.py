"""From a file of the inbox to a private copy that the reading engine may see: hashed, unpacked, decoded to UTF-8.

The engine never gets the name that a user gave: only a path below ``workspace.staging_files`` that this module chose.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ingestion.config.settings import FileFormat, FileMapping, FilesSource
from ingestion.sources.files.discovery import OpenFile, file_identity
from ingestion.sources.files.report import FileRefusedError, MappingError
from ingestion.sources.files.settings import (
    MAX_WORKBOOK_BYTES,
    MAX_WORKBOOK_MEMBERS,
    RATIO_GRACE_BYTES,
    READ_CHUNK_BYTES,
)

_MAGIC: Final = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive or a workbook",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"(\xb5/\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"PAR1": "a Parquet file",
}
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8"}
_ARCHIVE_SUFFIXES: Final = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What a pass over UTF-8 text found."""

    count_bytes: int
    count_lines: int
    """Physical lines; the last one counts without its line end too."""
    count_returns: int
    """Carriage returns that are not part of a CR LF."""
    has_nul: bool
    bad_byte_offset: int | None
    """Where the first byte stands that is no UTF-8."""
    head: bytes


class TextScan:
    """Collects ``TextFacts`` chunk by chunk."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self.count_bytes = 0
        self._feeds = self._returns = self._pairs = 0
        self._last = b""
        self._has_nul = False
        self._bad: int | None = None
        self._head = b""

    def update(self, chunk: bytes) -> None:
        """Take the next ``chunk`` of bytes."""
        if not chunk:
            return
        if len(self._head) < 8:
            self._head = (self._head + chunk[:8])[:8]
        self._feeds += chunk.count(b"\n")
        if self._last == b"\r" or b"\r" in chunk:
            self._returns += chunk.count(b"\r")
            self._pairs += chunk.count(b"\r\n") + (self._last == b"\r" and chunk[:1] == b"\n")
        self._has_nul = self._has_nul or b"\0" in chunk
        pending = self._decoder.getstate()[0]
        if self._bad is None and (pending or not chunk.isascii()):
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError as error:
                self._bad = self.count_bytes - len(pending) + error.start
        self.count_bytes += len(chunk)
        self._last = chunk[-1:]

    def facts(self) -> TextFacts:
        """Return what was found. Call it once, at the end."""
        if self._bad is None and self._decoder.getstate()[0]:
            self._bad = self.count_bytes - len(self._decoder.getstate()[0])
        return TextFacts(
            self.count_bytes,
            self._feeds + (self._last not in (b"", b"\n")),
            self._returns - self._pairs,
            self._has_nul,
            self._bad,
            self._head,
        )


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hash of the bytes as they lie in the inbox, and what they are if they are plain text."""

    content_hash: str
    facts: TextFacts


@dataclass(frozen=True, slots=True)
class Received:
    """A private copy (or hard link) of a file. ``facts`` describe the text the engine will read."""

    path: Path
    name: str
    facts: TextFacts


def check_mapping(mapping: FileMapping) -> None:
    """Raise ``MappingError`` when no file can be read with the encoding, quote or separators of the mapping."""
    try:
        b"\n\n\n\n".decode(mapping.encoding, "replace")
    except (LookupError, UnicodeError) as error:
        raise MappingError(
            f"mapping {mapping.name}: there is no text encoding {mapping.encoding!r}; "
            "write one that Python knows, such as utf-8, cp1252 or utf-16"
        ) from error
    if not mapping.quote.isascii():
        raise MappingError(f"mapping {mapping.name}: quote {mapping.quote!r} must be an ASCII character")
    if mapping.quote == mapping.delimiter:
        raise MappingError(f"mapping {mapping.name}: quote and delimiter are both {mapping.quote!r}")
    if mapping.decimal_separator == mapping.thousands_separator:
        raise MappingError(
            f"mapping {mapping.name}: decimal and thousands separator are both {mapping.decimal_separator!r}"
        )


def fingerprint(file: OpenFile) -> Fingerprint:
    """Hash a file and look at it as text, in one pass."""
    digest = hashlib.sha256()
    scan = TextScan()
    for chunk in _chunks(file.descriptor):
        digest.update(chunk)
        scan.update(chunk)
    return Fingerprint(digest.hexdigest(), scan.facts())


def receive(
    file: OpenFile,
    origin: Path,
    name: str,
    mark: Fingerprint,
    mapping: FileMapping,
    limits: FilesSource,
    target: Path,
) -> Received:
    """Give the engine its private view of a file, at ``target``.

    Plain UTF-8, Parquet and workbooks are hard-linked (copied where the file system has no links); everything else is
    unpacked and decoded into a copy. Raises ``FileRefusedError`` for archives that are cut, nested or inflate beyond
    the limits, and for bytes that are not in the declared encoding.
    """
    is_text = mapping.format in (FileFormat.CSV, FileFormat.JSONL)
    is_packed = name.lower().endswith(".gz")
    if file.count_bytes > limits.max_file_bytes:
        raise FileRefusedError(
            "too_large", f"{name}: {file.count_bytes} bytes are more than max_file_bytes ({limits.max_file_bytes})"
        )
    if not is_text:
        if is_packed:
            raise FileRefusedError(
                "nested_archive", f"{name}: {mapping.format} is compressed by itself; unpack the .gz"
            )
        if mapping.format is FileFormat.XLSX:
            _check_workbook(file, name, limits)
        _link_or_copy(file, origin, target)
        return Received(target, name, mark.facts)
    codec = codecs.lookup(mapping.encoding).name
    is_plain = codec in ("utf-8", "utf-8-sig", "ascii")
    has_mark = mark.facts.head.startswith(codecs.BOM_UTF8)
    if is_plain and not is_packed and not (has_mark and mapping.format is FileFormat.JSONL):
        _check_utf8(mark.facts, name, mapping)
        _link_or_copy(file, origin, target)
        return Received(target, name, mark.facts)
    scan = TextScan()
    with target.open("xb") as copy:
        for chunk in _decoded(_unpacked(file, name, limits) if is_packed else _chunks(file.descriptor), codec, name):
            scan.update(chunk)
            if scan.count_bytes > limits.max_file_bytes:
                raise FileRefusedError(
                    "too_large", f"{name}: as UTF-8 it is larger than max_file_bytes ({limits.max_file_bytes})"
                )
            copy.write(chunk)
    return Received(target, name, scan.facts())


def _chunks(descriptor: int) -> Iterator[bytes]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    while chunk := os.read(descriptor, READ_CHUNK_BYTES):
        yield chunk


def _reader(file: OpenFile) -> IO[bytes]:
    os.lseek(file.descriptor, 0, os.SEEK_SET)
    return os.fdopen(os.dup(file.descriptor), "rb")


def _unpacked(file: OpenFile, name: str, limits: FilesSource) -> Iterator[bytes]:
    count = 0
    allowed = max(RATIO_GRACE_BYTES, int(file.count_bytes * limits.max_compression_ratio))
    with _reader(file) as packed, gzip.open(packed) as archive:
        while True:
            try:
                chunk = archive.read(READ_CHUNK_BYTES)
            except EOFError as error:
                raise FileRefusedError(
                    "archive_cut",
                    f"{name}: the archive ends in the middle, after {count} bytes of content; send it again",
                ) from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise FileRefusedError(
                    "archive_broken", f"{name}: it is no sound gzip archive ({error}); send it again"
                ) from error
            if not chunk:
                return
            if count == 0:
                for magic, kind in _MAGIC.items():
                    if chunk.startswith(magic):
                        raise FileRefusedError(
                            "nested_archive", f"{name}: it holds {kind}; archives in archives are not opened"
                        )
            count += len(chunk)
            if count > allowed:
                raise FileRefusedError(
                    "archive_bomb",
                    f"{name}: it inflates to more than {limits.max_compression_ratio:g} times its size "
                    f"({file.count_bytes} bytes); raise max_compression_ratio if that is right",
                )
            if count > limits.max_file_bytes:
                raise FileRefusedError(
                    "too_large", f"{name}: unpacked it is larger than max_file_bytes ({limits.max_file_bytes})"
                )
            yield chunk


def _decoded(chunks: Iterator[bytes], codec: str, name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8-sig" if codec in ("utf-8", "ascii") else codec)("strict")
    position = 0
    is_first = True
    for chunk in chunks:
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise _undecodable(
                name, codec, position - pending + error.start, chunk[:8] if position == 0 else b""
            ) from error
        position += len(chunk)
        yield _encoded(text.removeprefix("\ufeff") if is_first else text, name, codec)
        is_first = is_first and not text
    try:
        text = decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _undecodable(name, codec, position, b"") from error
    yield _encoded(text, name, codec)


def _encoded(text: str, name: str, codec: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FileRefusedError(
            "undecodable", f"{name}: as {codec} it holds {text[error.start]!r}, which is no character; check encoding"
        ) from error


def _check_utf8(facts: TextFacts, name: str, mapping: FileMapping) -> None:
    if facts.bad_byte_offset is not None:
        raise _undecodable(name, mapping.encoding, facts.bad_byte_offset, facts.head)


def _undecodable(name: str, codec: str, offset: int, head: bytes) -> FileRefusedError:
    hint = "declare the encoding that the source really writes, often cp1252 or utf-16"
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            hint = f"it looks like {kind}; unpack it, or name it and its mapping for what it is"
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            hint = f"its first bytes say encoding: {encoding}"
    return FileRefusedError("undecodable", f"{name}: byte {offset} is not {codec}; {hint}")


def _link_or_copy(file: OpenFile, origin: Path, target: Path) -> None:
    try:
        os.link(origin, target, follow_symlinks=False)
    except OSError:
        pass
    else:
        if file_identity(target.lstat())[:2] == file.identity[:2]:
            return
        target.unlink()
    with target.open("xb") as copy:
        for chunk in _chunks(file.descriptor):
            copy.write(chunk)


def _check_workbook(file: OpenFile, name: str, limits: FilesSource) -> None:
    try:
        with _reader(file) as packed, zipfile.ZipFile(packed) as archive:
            members = archive.infolist()
            if len(members) > MAX_WORKBOOK_MEMBERS:
                raise FileRefusedError("archive_bomb", f"{name}: {len(members)} members are too many for a workbook")
            nested = [member.filename for member in members if member.filename.lower().endswith(_ARCHIVE_SUFFIXES)]
            if nested:
                raise FileRefusedError(
                    "nested_archive", f"{name}: it holds {nested[0]!r}; archives in archives are not opened"
                )
            ceiling = min(
                MAX_WORKBOOK_BYTES,
                limits.max_file_bytes,
                max(RATIO_GRACE_BYTES, int(file.count_bytes * limits.max_compression_ratio)),
            )
            total = 0
            for member in members:
                # Inflated for real: the sizes that an archive states about itself can lie.
                with archive.open(member) as content:
                    while chunk := content.read(READ_CHUNK_BYTES):
                        total += len(chunk)
                        if total > ceiling:
                            raise FileRefusedError(
                                "archive_bomb", f"{name}: the workbook inflates to more than {ceiling} bytes"
                            )
    # zipfile raises the last two for a compression that it does not know and for an encrypted member.
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise FileRefusedError(
            "archive_broken", f"{name}: it is no sound workbook ({error}); save it again as .xlsx"
        ) from error
