"""CSV with strict typing and line numbers: text stays text, and nothing is guessed in silence."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

from forecast.documents.faults import Faults, hint, quoted, shown
from forecast.documents.names import clean, name_fault
from forecast.documents.text import read_text
from forecast.errors import DocumentError

MOST_DIGITS = 18
BASES = ("sourced", "derived", "learned", "assumed")

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_COMMON = ("basis", "source", "note")


@dataclass(frozen=True)
class Row:
    """A row of a table: its line, its cells by column (trimmed), where its faults go, and what the file calls its columns."""

    file: str
    line: int
    cells: dict[str, str]
    faults: Faults
    headings: Mapping[str, str] = field(default_factory=dict)

    def fault(self, column: str, wrong: str) -> None:
        """Note that a cell is wrong."""
        self.faults.add(self._place(column), wrong)

    def warn(self, column: str, remark: str) -> None:
        """Note something odd about a cell."""
        self.faults.warn(self._place(column), remark)

    def _place(self, column: str) -> str:
        return f"{self.file}, line {self.line}: {self.headings.get(column, column)}"

    def text(self, column: str) -> str:
        """Return a cell as it stands; empty if the table does not have the column."""
        return self.cells.get(column, "")

    def name(self, column: str) -> str | None:
        """Return a name; None (and the fault noted) if it cannot be one."""
        name = clean(self.text(column))
        wrong = name_fault(name)
        if wrong is not None:
            self.fault(column, wrong if not name else f"{quoted(name)} {wrong}")
            return None
        return name

    def one_of(self, column: str, allowed: Sequence[str]) -> str | None:
        """Return one of a few words."""
        if self.text(column) in allowed:
            return self.text(column)
        self.fault(column, f"is {quoted(self.text(column))}" + hint(self.text(column), allowed))
        return None

    def whole(self, column: str, low: int = 0, high: int = 10**MOST_DIGITS - 1) -> int | None:
        """Return a whole number."""
        number = self.number(column)
        if number is None:
            return None
        if number.denominator != 1 or "." in self.text(column):
            self.fault(column, f"is {quoted(self.text(column))}; a whole number is needed")
        elif number > high and high == 10**MOST_DIGITS - 1:
            self.fault(column, f"is too large; at most {MOST_DIGITS} digits")
        elif not low <= number <= high:
            self.fault(column, f"is {number}; {_allowed(low, high)}")
        else:
            return int(number)
        return None

    def number(self, column: str) -> Fraction | None:
        """Return a decimal number, exactly; None (and the fault noted) if the cell holds none."""
        text = self.text(column)
        if _NUMBER.fullmatch(text) and len(text) <= 100:
            return Fraction(text)
        advice = ""
        if re.fullmatch(r"[+-]?\d+,\d+", text):
            advice = f" (a decimal number is written with a point: {text.replace(',', '.')})"
        elif re.fullmatch(r"\d{1,3}([\s,'\u2009\u202f\u00a0]\d{3})+(\.\d+)?", text):
            advice = f" (write it without separators of thousands: {re.sub(r'[^0-9.]', '', text)})"
        elif text.endswith("%"):
            advice = " (leave the % sign out)"
        if len(text) > 100 and text.isdecimal():
            advice = f" (too large: at most {MOST_DIGITS} digits)"
        self.fault(column, f"is {quoted(text)}; a number is needed{advice}" if text else "is empty; a number is needed")
        return None

    def day(self, column: str) -> date | None:
        """Return a date written as 2023-03-19."""
        text = self.text(column)
        advice = ""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                advice = " (the calendar has no such day)"
        elif match := re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4})", text):
            advice = f" (write {match[3]}-{match[2]:0>2}-{match[1]:0>2})"
        elif re.fullmatch(r"\d{5}", text):
            advice = " (looks like a spreadsheet's day number; format the column as text)"
        self.fault(column, f"is {quoted(text)}; a date is written as 2023-03-19{advice}")
        return None

    def basis(self, column: str = "basis") -> tuple[str, str]:
        """Return the basis of a cell or row, and the note after its colon; ``sourced`` where nothing is said."""
        word, _, note = self.text(column).partition(":")
        word = word.strip() or "sourced"
        if word not in BASES:
            self.fault(column, f"is {quoted(word)}" + hint(word, BASES) + "; a note may follow a colon")
            word = "sourced"
        return word, note.strip()


@dataclass(frozen=True)
class Table:
    """A CSV file: its columns and rows, and the SHA-256 of its bytes."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    sha256: str


def read_table(
    path: Path, required: Sequence[str], faults: Faults, *, optional: Sequence[str] = (), starting: str | None = None
) -> Table | None:
    """Read a table; None (and its faults noted) if its form is wrong.

    Parameters
    ----------
    required, optional
        Columns, beside ``basis``, ``source`` and ``note``, which every table may have.
    starting
        Columns with this start are allowed as well; with an empty start, any column.
    """
    name = shown(path)
    try:
        file = read_text(path)
    except DocumentError as fault:
        faults.lines += fault.faults
        return None
    before = len(faults.lines)
    lines = csv_lines(file.text, name, faults)
    if not lines:
        return None
    header_line, header = lines[0]
    columns = tuple(cell.strip() for cell in header)
    _check_header(columns, required, [*required, *optional, *_COMMON], starting, f"{name}, line {header_line}", faults)
    if len(lines) == 1 and len(faults.lines) == before:
        faults.add(name, "has a header, but no rows")
    if len(faults.lines) > before:
        return None
    rows = [
        Row(name, line, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}, faults)
        for line, cells in lines[1:]
        if fits(columns, cells, f"{name}, line {line}", faults)
    ]
    return Table(name, columns, tuple(rows), file.sha256)


def csv_lines(text: str, name: str, faults: Faults, separator: str = ",") -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV text that are not empty, each with its first line; none (and the fault noted) if broken."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    found: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as fault:
        most = csv.field_size_limit()
        wrong = f"a cell has more than {most:,} characters" if "limit" in str(fault) else f"broken quotes: {fault}"
        faults.add(f"{name}, line {start}", wrong)
        return []
    return found


def _check_header(
    columns: Sequence[str],
    required: Sequence[str],
    allowed: Sequence[str],
    starting: str | None,
    where: str,
    faults: Faults,
) -> None:
    for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(columns) == 1 and sign in columns[0]:
            faults.add(where, f"columns are separated by {word}; save the table with commas, and points in decimals")
            return
    for column, times in Counter(columns).items():
        if times > 1:
            faults.add(where, f"column {quoted(column)} is there {times} times")
        if column not in allowed and (starting is None or not column.startswith(starting)):
            faults.add(where, f"unknown column {quoted(column)}" + hint(column, allowed))
    for column in required:
        if column not in columns:
            faults.add(where, f"column {column} is missing; required: {', '.join(required)}")


def fits(columns: Sequence[str], cells: Sequence[str], where: str, faults: Faults) -> bool:
    """Return whether a row has a cell for every column; the fault is noted."""
    if len(cells) == len(columns):
        return True
    long = "; put a cell with a comma in quotes, and write decimals with a point" if len(cells) > len(columns) else ""
    faults.add(where, f"the row has {len(cells)} cells, the header {len(columns)}{long}")
    return False


def duplicates(rows: Sequence[tuple[Row, str]]) -> Iterator[tuple[Row, Row]]:
    """Yield (row, earlier row) of rows whose keys are the same."""
    seen: dict[str, Row] = {}
    for row, key in rows:
        if key in seen:
            yield row, seen[key]
        seen.setdefault(key, row)


def _allowed(low: int, high: int) -> str:
    if high == 10**MOST_DIGITS - 1:
        return f"at least {low:,} is allowed"
    return f"{low:,} to {high:,} is allowed"
