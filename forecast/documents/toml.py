"""TOML with exact numbers, a line for every key, and messages that say what to write instead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from forecast.documents import locate
from forecast.documents.faults import Faults, shown
from forecast.documents.text import read_text
from forecast.errors import DocumentError

MOST_DIGITS = 18
_DEEPEST = 32
_LONGEST_NUMBER = 60
_LARGEST_EXPONENT = 300


class BadNumber(str):
    """A number that cannot be computed with, as written; ``reason`` says why."""

    reason: str

    def __new__(cls, written: str, reason: str) -> BadNumber:
        """Keep the number as written, with the reason."""
        made = super().__new__(cls, written)
        made.reason = reason
        return made


@dataclass(frozen=True)
class Source:
    """A document as written: its tree of tables, the line of every key, and what ``--set`` changed since."""

    path: Path
    tree: dict[str, Any]
    lines: locate.Locator
    sha256: str
    set_by: dict[locate.Path, str] = field(default_factory=dict)

    def where(self, path: locate.Path) -> str:
        """Return where a key stands: ``file, line N: dotted.key``, or the ``--set`` that gave it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.set_by:
                rest = [part for part in path[length:] if part != "value"]
                return f"--set {self.set_by[path[:length]]}" + (f": {dotted({}, tuple(rest))}" if rest else "")
        place = f"{shown(self.path)}, line {self.lines.line_of(path)}"
        return f"{place}: {dotted(self.tree, path)}" if path else place


def dotted(tree: Any, path: locate.Path) -> str:
    """Return a path as a dotted key in which tiers go by their names.

    >>> dotted({"tier": [{"name": "party lists"}]}, ("tier", 0, "threshold", "share"))
    'tier.party lists.threshold.share'
    """
    written = ""
    for part in path:
        tree = _child(tree, part)
        if isinstance(part, str):
            written += f".{part}" if written else part
        elif isinstance(tree, dict) and isinstance(tree.get("name"), str):
            written += f".{tree['name']}"
        else:
            written += f"[{part + 1}]"
    return written


def _child(tree: Any, part: str | int) -> Any:
    if isinstance(tree, dict):
        return tree.get(str(part))
    if isinstance(tree, list) and isinstance(part, int) and part < len(tree):
        return tree[part]
    return None


def read_toml(path: Path) -> Source:
    """Read and parse a TOML file; DocumentError says in which line it is no TOML."""
    file = read_text(path)
    tree, lines = parsed(file.text, shown(path))
    return Source(path, tree, lines, file.sha256)


def parsed(text: str, name: str) -> tuple[dict[str, Any], locate.Locator]:
    """Parse a TOML text; ``name`` is what messages call it."""
    try:
        tree = tomllib.loads(text, parse_float=exact)
        lines = locate.Locator(text)
    except RecursionError:
        raise DocumentError(f"{name}: brackets are nested too deeply; at most {_DEEPEST} levels are read") from None
    except tomllib.TOMLDecodeError as fault:
        raise DocumentError(_syntax_fault(text, name, str(fault))) from None
    except ValueError:
        line = next((n for n, one in enumerate(text.splitlines(), 1) if re.search(r"\d{4000}", one)), 1)
        raise DocumentError(f"{name}, line {line}: a number is too large; at most {MOST_DIGITS} digits") from None
    if _depth(tree) > _DEEPEST:
        raise DocumentError(f"{name}: brackets are nested too deeply; at most {_DEEPEST} levels are read")
    return tree, lines


def exact(written: str) -> Fraction | BadNumber:
    """Return a TOML float as an exact fraction; a BadNumber if it is not finite or out of all range.

    >>> exact("0.05")
    Fraction(1, 20)
    >>> exact("1e999999999").reason
    'is out of range; numbers lie between 1e-300 and 1e300'
    """
    bare = written.replace("_", "").lower()
    if "n" in bare:
        return BadNumber(written, "is not a finite number; write a number")
    mantissa, _, exponent = bare.partition("e")
    if len(mantissa) > _LONGEST_NUMBER:
        return BadNumber(written[:20] + "...", f"has too many digits; at most {_LONGEST_NUMBER}")
    if len(exponent) > 5 or abs(int(exponent or 0)) > _LARGEST_EXPONENT:
        return BadNumber(written, "is out of range; numbers lie between 1e-300 and 1e300")
    return Fraction(bare)


def note_bad_numbers(source: Source, faults: Faults) -> set[locate.Path]:
    """Note every number that cannot be computed with; return their paths."""
    bad = {}
    for path, value in _leaves(source.tree):
        if isinstance(value, BadNumber):
            bad[path] = f"{value} {value.reason}"
        elif isinstance(value, int) and abs(value) >= 10**MOST_DIGITS and path != ("seed",):
            bad[path] = f"a number of {len(str(abs(value)))} digits is too large; at most {MOST_DIGITS} digits"
    for path, wrong in bad.items():
        faults.add(source.where(path), wrong)
    return set(bad)


def _leaves(tree: Any, path: locate.Path = ()) -> Iterator[tuple[locate.Path, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _leaves(value, (*path, number))
    else:
        yield path, tree


def _depth(tree: Any) -> int:
    level, depth = [tree], 0
    while level:
        inner: list[Any] = []
        for node in level:
            children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
            inner += [child for child in children if isinstance(child, dict | list)]
        level, depth = inner, depth + 1
    return depth


def _syntax_fault(text: str, name: str, message: str) -> str:
    if re.search("overwrite|declare|Duplicate|namespace", message) and (twice := _given_twice(text)) is not None:
        path, first, second = twice
        return f"{name}, line {second}: {dotted({}, path)}: is given twice; line {first} has it already"
    if match := re.search(r"\(at line (\d+), column (\d+)\)", message):
        number, column = int(match[1]), int(match[2])
        written = (text.split("\n")[number - 1 : number] or [""])[0].strip()
        reason = message[: match.start()].strip()
        return f"{name}, line {number}, column {column}: {reason[:200]}: {written[:80]!r}{_advice(written)}"
    last = text.rstrip().count("\n") + 1
    return f"{name}, line {last}: {message[:200]}"


def _given_twice(text: str) -> tuple[locate.Path, int, int] | None:
    try:
        return locate.Locator(text).twice
    except (IndexError, RecursionError):
        return None


def _advice(written: str) -> str:
    key = written.partition("=")[0].strip()
    if "=" in written and not key.isascii() and not key.startswith(('"', "'")):
        return f'; put a name that is not in plain Latin letters in quotes: "{key}" = ...'
    if re.search(r"=\s*[+-]?\d+,\d", written):
        return "; a decimal number is written with a point: 5.0"
    return ""
