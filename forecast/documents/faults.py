"""Faults of documents, gathered so that a reader sees all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from forecast.errors import DocumentError


@dataclass
class Faults:
    """Faults (which stop) and warnings (which do not), in the order in which they were found."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, where: str, wrong: str) -> None:
        """Note that something is wrong at a place; a fault already noted is not repeated."""
        line = visible(f"{where}: {wrong}")
        if line not in self.lines:
            self.lines.append(line)

    def warn(self, where: str, remark: str) -> None:
        """Note something that a reader should know, but that stops nothing."""
        self.warnings.append(visible(f"{where}: {remark}"))

    def stop_if_any(self) -> None:
        """Raise DocumentError with every fault found so far."""
        if self.lines:
            raise DocumentError(self.lines)


def shown(path: Path) -> str:
    """Return a path as messages print it: relative to the working folder if it lies within."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def visible(text: str) -> str:
    r"""Return a message without signs that could steer a terminal or forge a line of a log.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


def quoted(text: str, most: int = 60) -> str:
    r"""Return a cell or value for a message: quoted, shortened, control characters as escapes.

    >>> quoted("Aq\x1bJol")
    "'Aq\\x1bJol'"
    """
    return repr(text if len(text) <= most else text[: most - 3] + "...")


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that a misspelt one most likely means; None if none is near.

    >>> nearest("threshhold", ["seats", "threshold"])
    'threshold'
    """
    known = list(allowed)
    folded = {one.casefold(): one for one in reversed(known)}
    near = get_close_matches(name.casefold()[:200], folded, 1)
    return folded[near[0]] if near else None


def hint(name: str, allowed: Iterable[str], what: str = "allowed") -> str:
    """Return ``; allowed: a, b (did you mean a?)`` for a name that is not allowed."""
    known = list(allowed)
    near = nearest(name, known)
    listed = f"; {what}: {', '.join(shortened(known))}" if known else ""
    return listed + (f" (did you mean {near}?)" if near else "")


def shortened(names: list[str], most: int = 40) -> Iterator[str]:
    """Yield names, and how many more there are after the first ``most``."""
    yield from names[:most]
    if len(names) > most:
        yield f"and {len(names) - most} more"
