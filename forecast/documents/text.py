"""A file's text, or a clear word on why it has none: encodings, sizes, folders, workbooks."""

from __future__ import annotations

import codecs
import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from forecast.documents.faults import shown
from forecast.errors import DocumentError, EnvironmentTrouble

MOST_BYTES = 10_000_000

_CYRILLIC_WORD = re.compile("[А-Яа-яЁёІіЇїЄєҐґЎў]+")


@dataclass(frozen=True, slots=True)
class FileText:
    """Text of a file in UTF-8 without its byte order mark, and the SHA-256 of its bytes."""

    text: str
    sha256: str


def read_text(path: Path) -> FileText:
    """Read a text file.

    Raises
    ------
    DocumentError
        The file is missing, a folder, too big, empty, or no text in UTF-8.
    EnvironmentTrouble
        The machine does not let us read it.
    """
    content = _text_bytes(path)
    try:
        return _file_text(path, content, content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise _not_utf8(path, content, fault) from None


def read_foreign_text(path: Path) -> tuple[FileText, list[str]]:
    """Read a text file that somebody else wrote: Windows-1251 too, where it can be nothing else; and what to say of it.

    Raises
    ------
    DocumentError, EnvironmentTrouble
        As in ``read_text``.
    """
    content = _text_bytes(path)
    try:
        said = ["starts with a byte order mark, which is left out"] if content.startswith(codecs.BOM_UTF8) else []
        return _file_text(path, content, content.decode("utf-8-sig")), said
    except UnicodeDecodeError as fault:
        text = _windows_1251(content)
        if text is None:
            raise _not_utf8(path, content, fault) from None
    word = next(iter(_CYRILLIC_WORD.findall(text)), "")
    return _file_text(path, content, text), [f"is not UTF-8; read as Windows-1251, in which a word is {word!r}"]


def _text_bytes(path: Path) -> bytes:
    content = _bytes_of(path)
    name = shown(path)
    if content[:4] == b"PK\x03\x04":
        raise DocumentError(f"{name}: this is an xlsx file (or another zip archive); save it as CSV in UTF-8")
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise DocumentError(f"{name}: not UTF-8; looks like UTF-16, save as UTF-8")
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise DocumentError(f"{name}, line {line}: holds a NUL byte; a text file in UTF-8 is needed")
    return content


def _file_text(path: Path, content: bytes, text: str) -> FileText:
    if not text.strip():
        raise DocumentError(f"{shown(path)}: the file is empty")
    return FileText(text, hashlib.sha256(content).hexdigest())


def _not_utf8(path: Path, content: bytes, fault: UnicodeDecodeError) -> DocumentError:
    line = content[: fault.start].count(b"\n") + 1
    looks = "; looks like Windows-1251" if _looks_cyrillic(content) else ""
    return DocumentError(f"{shown(path)}, line {line}: not UTF-8{looks}, save as UTF-8")


def _windows_1251(content: bytes) -> str | None:
    """Return the text that Windows-1251 makes of some bytes; None if it might be in another encoding.

    Russian words are whole words of Russian letters; the accents of a Western encoding would stand among Latin ones.
    """
    try:
        text = content.decode("cp1251")
    except UnicodeDecodeError:
        return None
    words = re.findall(r"[^\W\d_]+", text)
    foreign = [word for word in words if not word.isascii()]
    if not foreign or not _looks_cyrillic(content):
        return None
    return text if all(_CYRILLIC_WORD.fullmatch(word) for word in foreign) else None


def _bytes_of(path: Path) -> bytes:
    name = shown(path)
    if path.name == "-":
        raise DocumentError("-: standard input is not read here; name a file")
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DocumentError(f"{name}: is a folder; name a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError(f"{name}: is no regular file")
        if status.st_size > MOST_BYTES:
            raise DocumentError(f"{name}: has {status.st_size:,} bytes; at most {MOST_BYTES:,} are read")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise DocumentError(f"{name}: no such file") from None
    except ValueError:
        raise DocumentError(f"{name!r}: no file can have this name") from None
    except OSError as fault:
        raise EnvironmentTrouble(f"{name}: cannot be read: {fault.strerror}") from None


def _looks_cyrillic(content: bytes) -> bool:
    """Return whether most of the bytes beyond ASCII would be Russian letters in Windows-1251."""
    high = [byte for byte in content[:100_000] if byte >= 0x80]
    return sum(byte >= 0xC0 for byte in high) > 0.8 * len(high)
