"""The console of the command line: rich, but for a closed pipe, and for tables on a narrow terminal."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

_BETWEEN = 3  # columns of a table are so far apart
_LEAST = 14  # of a column that may be folded


class Screen(Console):
    """A console that leaves a closed pipe (`| head`) to the command line, where it is quiet and no failure."""

    def on_broken_pipe(self) -> None:
        """Let the error through; rich itself would end the program with 1."""
        raise BrokenPipeError

    def print(self, *objects: Any, **ways: Any) -> None:
        """Print; a table that a terminal is too narrow for is told row by row, for cells that are cut say nothing."""
        width = self.width if self.is_terminal else None
        told = (_told(one) if width and isinstance(one, Table) and _width(one) > width else one for one in objects)
        super().print(*told, **ways)


def _width(table: Table) -> int:
    """Return the least width of a table whose numbers are whole."""
    return sum(_BETWEEN + _least(column) for column in table.columns) - _BETWEEN


def _least(column: Column) -> int:
    widest = max(cell_len(str(cell)) for cell in (column.header, *column.cells))
    return widest if column.no_wrap else min(widest, _LEAST)


def _told(table: Table) -> Text:
    """Return a table as text: a paragraph a row, each of its cells after the title of its column."""
    titles = [str(column.header) for column in table.columns]
    lines = []
    for row in zip(*(column.cells for column in table.columns), strict=True):
        first, *others = (str(cell) for cell in row)
        cells = [f"{title}: {cell}" if title else cell for title, cell in zip(titles[1:], others, strict=True) if cell]
        lines.append(f"{first}: {'; '.join(cells)}")
    return Text("\n".join([*([titles[0] + ":"] if titles[0] else []), *lines, ""]))
