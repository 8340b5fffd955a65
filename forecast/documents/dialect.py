"""Tables that somebody else wrote: separators, decimal marks, thousands and missing cells, told apart and *said*.

Nothing is guessed: a form is taken only where the whole column can mean one thing, and what was taken is put into
words. Where a column can mean two things, that is a fault.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forecast.documents.faults import Faults, quoted, shown
from forecast.documents.tables import csv_lines, fits
from forecast.documents.text import read_foreign_text
from forecast.errors import DocumentError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
UNSTATED = ("", "-", "–", "—", "NA", "N/A", "n/a")  # in a column of numbers; text in a column of names

_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_POINT = re.compile(r"[+-]?\d+\.\d+", re.ASCII)
_TRIPLE = re.compile(r"[1-9]\d{0,2},\d{3}", re.ASCII)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:([ ,.'’\u00a0\u2009\u202f])\d{3})(?:\1\d{3})*", re.ASCII)
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0+)?)?Z?", re.ASCII)


@dataclass
class ForeignTable:
    """A CSV file of any dialect: the cells of each row, trimmed, by column. ``said`` tells what was taken for what."""

    file: str
    columns: list[str]
    rows: list[tuple[int, dict[str, str]]]
    sha256: str
    faults: Faults
    said: list[str] = field(default_factory=list)

    def cells(self, column: str) -> list[str]:
        """Return a column's cells."""
        return [cells[column] for _, cells in self.rows]

    def say(self, remark: str) -> None:
        """Note what was taken for what."""
        self.said.append(remark)

    def fault(self, line: int, column: str, wrong: str) -> None:
        """Note that a cell is wrong."""
        self.faults.add(f"{self.file}, line {line}: {column}", wrong)

    def read_decimals(self, columns: Sequence[str]) -> None:
        """Turn decimal commas of some columns into points, if these write all their decimals so, and drop % signs."""
        cells = [cell for column in columns for cell in self.cells(column) if cell not in UNSTATED]
        if cells and all(cell.endswith("%") for cell in cells):
            self._rewrite(columns, lambda cell: cell.removesuffix("%").rstrip())
            self.say(f"% signs are left out: {cells[0]!r} is read as {cells[0].removesuffix('%').rstrip()!r}")
            cells = [cell.removesuffix("%").rstrip() for cell in cells]
        commas, points = ([cell for cell in cells if form.fullmatch(cell)] for form in (_COMMA, _POINT))
        if not commas:
            return
        if points:
            where = f"{self.file}, line {self._line_of(columns, commas[0])}"
            self.faults.add(
                where,
                f"decimals are written with a comma here ({commas[0]}) and with a point in line "
                f"{self._line_of(columns, points[0])} ({points[0]}); write all of them with a point",
            )
        elif all(_TRIPLE.fullmatch(cell) for cell in commas):
            where = f"{self.file}, line {self._line_of(columns, commas[0])}"
            bare = commas[0].replace(",", "")
            self.faults.add(
                where, f"{commas[0]!r} may be {commas[0].replace(',', '.')} or {bare}; write decimals with a point"
            )
        else:
            self._rewrite(columns, lambda cell: cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell)
            self.say(f"decimals have commas: {commas[0]!r} is read as {commas[0].replace(',', '.')}")

    def read_wholes(self, column: str, decimals: Sequence[str]) -> None:
        """Take separators of thousands out of a column of whole numbers; ``decimals`` are columns as they were written."""
        cells = self.cells(column)
        if any(cell in UNSTATED and cell for cell in cells):
            word = next(cell for cell in cells if cell in UNSTATED and cell)
            self._rewrite([column], lambda cell: "" if cell in UNSTATED else cell)
            self.say(f"{column}: {word!r} is read as not stated")
        marks = {"," if _COMMA.fullmatch(cell) else "." for cell in decimals if _COMMA.fullmatch(cell) or "." in cell}
        told = False
        for line, row in self.rows:
            cell = row[column]
            grouped, floating = _GROUPED.fullmatch(cell), _WHOLE_FLOAT.fullmatch(cell)
            if grouped and grouped[1] in marks:
                bare = re.sub(r"\D", "", cell)
                self.fault(line, column, f"is {quoted(cell)}; that may be {bare} or a decimal number: write {bare}")
            elif grouped or floating:
                row[column] = re.sub(r"\D", "", cell) if grouped else cell.partition(".")[0]
                if not told:
                    self.say(f"{column}: {cell!r} is read as {row[column]}")
                told = True

    def read_days(self, column: str) -> None:
        """Take a time of midnight off a column's dates."""
        cells = [cell for cell in self.cells(column) if _MIDNIGHT.fullmatch(cell)]
        if cells:
            self._rewrite([column], lambda cell: match[1] if (match := _MIDNIGHT.fullmatch(cell)) else cell)
            self.say(f"{column}: {cells[0]!r} is read as {cells[0][:10]}")

    def _rewrite(self, columns: Iterable[str], change: Callable[[str], str]) -> None:
        for _, row in self.rows:
            for column in columns:
                row[column] = change(row[column])

    def _line_of(self, columns: Sequence[str], cell: str) -> int:
        return next(
            line
            for line, row in self.rows
            for column in columns
            if row[column] == cell or row[column].removesuffix("%").rstrip() == cell
        )


def read_foreign_table(path: Path, faults: Faults) -> ForeignTable | None:
    """Read a CSV file of any dialect; None (and its faults noted) if its form is wrong."""
    name = shown(path)
    try:
        file, said = read_foreign_text(path)
    except DocumentError as fault:
        faults.lines += fault.faults
        return None
    separator = _separator(file.text)
    if separator != ",":
        said.append(f"cells are separated by {SEPARATORS[separator]}")
    before = len(faults.lines)
    lines = csv_lines(file.text, name, faults, separator)
    if not lines:
        return None
    header_line, header = lines[0]
    if len(header) == 1 and len(lines) > 1 and len(lines[1][1]) > 1:
        faults.add(
            f"{name}, line {header_line}",
            f"{quoted(header[0])} is no header; delete what stands above the names of the columns",
        )
        return None
    columns, lines = _without_empty_columns([cell.strip() for cell in header], lines[1:])
    where = f"{name}, line {header_line}"
    for column in columns:
        if not column:
            faults.add(where, "a column has no name; name it or delete it")
        elif columns.count(column) > 1:
            faults.add(where, f"column {quoted(column)} is there {columns.count(column)} times")
    if not lines:
        faults.add(name, "has a header, but no rows")
    if len(faults.lines) > before:
        return None
    rows = [
        (line, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)})
        for line, cells in lines
        if fits(columns, cells, f"{name}, line {line}", faults)
    ]
    return ForeignTable(name, columns, rows, file.sha256, faults, said) if len(faults.lines) == before else None


def _separator(text: str) -> str:
    """Return the sign that separates the cells of the header: of those that occur in it, the one that makes most cells."""
    header = next(line for line in text.splitlines() if line.strip())
    cells = {sign: len(next(csv.reader([header], delimiter=sign), [])) for sign in SEPARATORS}
    return max(cells, key=lambda sign: cells[sign])


def _without_empty_columns(
    columns: list[str], lines: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Drop columns at the end that have neither a name nor a cell: spreadsheets write them."""
    kept = len(columns)
    while kept and not columns[kept - 1]:
        kept -= 1
    if any(cell.strip() for _, cells in lines for cell in cells[kept : len(columns)]):
        return columns, lines
    return columns[:kept], [(line, cells[:kept] if len(cells) == len(columns) else cells) for line, cells in lines]
