"""The report as a workbook for journalists: one sheet a question, frozen headers, numbers as numbers, no live formulas.

Text stays text, whatever it begins with; the date of the file is fixed, so that equal runs give equal bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from forecast.distribution import Probability
from forecast.report.bars import bars_sheet
from forecast.report.comparison import Comparison
from forecast.report.folder import RunFolder, plain_text
from forecast.report.foundations import card_sheet, codebook_sheets, provenance_sheet, reproduction, silent_sheet
from forecast.report.headline import headline, sentences
from forecast.report.house import House, group_names, houses
from forecast.report.languages import Language
from forecast.report.polls import fit_of, option_names, poll_sheets
from forecast.report.sheets import (
    Cell,
    Change,
    Share,
    Sheet,
    Span,
    assembly_sheet,
    candidate_sheet,
    coalition_sheet,
    composition_sheet,
    curve_sheet,
    district_sheet,
    events_sheet,
    passes_sheet,
    person_sheet,
    pmf_sheet,
    seats_sheet,
)

MADE = datetime(
    2000, 1, 1, tzinfo=UTC
)  # in the file's properties: not the time of the run, which would change its bytes
LONGEST_CELL = 32_767  # characters, the limit of the format
LONGEST_NAME = 31  # of a sheet
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")

Value = str | int | float | None


def workbook(run: RunFolder, words: Language, comparisons: Sequence[Comparison] = ()) -> bytes:
    """Return the report of a run as an XLSX file."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": run.title(words.code), "created": MADE, "author": "seatcast"})
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "percent": book.add_format({"num_format": "0.0%"}),
            "error": book.add_format({"num_format": "0.000%"}),
            "number": book.add_format({"num_format": "0.0"}),
            "fine": book.add_format({"num_format": "0.000"}),
        }
        taken: list[str] = []
        for name, sheets in _sheets(run, words, comparisons):
            _write(book.add_worksheet(sheet_name(name, taken)), sheets, words, formats)
    return stream.getvalue()


def sheet_name(name: str, taken: list[str]) -> str:
    """Return a name a workbook allows, and add it to those taken.

    >>> taken = []
    >>> sheet_name("a/b:c", taken), sheet_name("A b c", taken)
    ('a b c', 'A b c 2')
    """
    base = (_FORBIDDEN.sub(" ", plain_text(name)).strip() or "-")[:LONGEST_NAME]
    made, number = base, 2
    while made.casefold() in taken or made.casefold() == "history":
        made, number = f"{base[: LONGEST_NAME - len(str(number)) - 1]} {number}", number + 1
    taken.append(made.casefold())
    return made


def _sheets(run: RunFolder, words: Language, comparisons: Sequence[Comparison]) -> Iterator[tuple[str, list[Sheet]]]:
    every = houses(run)
    first = every[0]
    about: list[list[Cell]] = [[headline(first, words, group_names(first, words))]]
    for house in every:
        about += [[one] for one in sentences(house, words, group_names(house, words))]
    about += [[f"{name} · {told}"] for one in comparisons for name, told in one.headlines]
    yield words("sheet_about"), [
        Sheet(run.title(words.code), [words("kicker")], about), card_sheet(run, words),
        Sheet(words("reproduce_title"), [words("reproduce_title")], [[reproduction(run)]]), provenance_sheet(run, words),
    ]  # fmt: skip
    for number, house in enumerate(every):
        suffix = f" {number + 1}" if number else ""
        for key, sheet in _house_sheets(house, words):
            yield words(key) + suffix, [sheet]
    if comparisons:
        yield words("sheet_compare"), [sheet for one in comparisons for sheet in one.sheets]
    names = group_names(first, words)
    if totals := run.rows("assembly_totals.csv"):
        yield words("sheet_assemblies"), [assembly_sheet(totals, words, names)]
    if (fit := fit_of(run)) is not None:
        yield words("polls_title"), poll_sheets(fit, words, option_names(fit, words, names))
    told = [(words("assumed_title"), run.assumptions), (words("warnings_title"), run.warnings)]
    lists = [Sheet(title, [title], [[line] for line in lines]) for title, lines in told if lines]
    yield words("sheet_assumed"), [*lists, silent_sheet(run, words)]
    yield words("sheet_codebook"), codebook_sheets(run, words)


def _house_sheets(house: House, words: Language) -> Iterator[tuple[str, Sheet]]:
    names = group_names(house, words)
    yield "sheet_seats", seats_sheet(house, words, names)
    yield "sheet_numbers", pmf_sheet(house, words, names)
    yield "sheet_events", events_sheet(house, words, names)
    if len(house.coalition_parties) > 1:
        yield "sheet_coalitions", coalition_sheet(house, words, names)
    if house.selects:
        yield "sheet_thresholds", passes_sheet(house, words, names)
    if house.admission is not None:
        yield "sheet_thresholds", bars_sheet(house, words)
    if house.varies:
        yield "sheet_thresholds", curve_sheet(house, words, names)
    if house.districts:
        yield "sheet_districts", district_sheet(house, words, names)
        yield "sheet_candidates", candidate_sheet(house, words, names)
    if house.run.rows("list_candidates.csv", house.system):
        yield "sheet_persons", person_sheet(house, words, names)
        yield "sheet_persons", composition_sheet(house, words, names)


def _write(page: Any, sheets: list[Sheet], words: Language, formats: dict[str, Any]) -> None:
    row, widths = 0, dict[int, int]()
    alone = len(sheets) == 1
    for sheet in sheets:
        if not alone:
            page.write_string(row, 0, _text(sheet.title), formats["title"])
            row += 1
        columns = list(_columns(sheet, words))
        for place, (name, _, _) in enumerate(columns):
            page.write_string(row, place, _text(name), formats["head"])
        if alone:
            page.freeze_panes(row + 1, 1)
            if sheet.rows:
                page.autofilter(row, 0, row + len(sheet.rows), len(columns) - 1)
        for values in zip(*(cells for _, cells, _ in columns), strict=True) if sheet.rows else ():
            row += 1
            for place, value in enumerate(values):
                if isinstance(value, str | int):
                    widths[place] = max(widths.get(place, 0), min(60, len(str(value)) + 2))
                if isinstance(value, str):
                    page.write_string(row, place, _text(value))
                elif value is not None:
                    page.write_number(row, place, value, formats.get(columns[place][2]))
        row += 3
    if not alone:
        page.freeze_panes(2, 0)
    for place, width in widths.items():
        page.set_column(place, place, max(width, 12))


def _columns(sheet: Sheet, words: Language) -> Iterator[tuple[str, list[Value], str]]:
    """Yield a table's columns with the values of a workbook; a probability takes two, with its error, an interval two."""
    for place, name in enumerate(sheet.columns):
        cells = [row[place] for row in sheet.rows]
        if any(isinstance(cell, Probability) for cell in cells):
            yield name, [cell.value if isinstance(cell, Probability) else None for cell in cells], "percent"
            error = f"{name}, {words('col_error')}"
            yield error, [cell.mcse if isinstance(cell, Probability) else None for cell in cells], "error"
        elif any(isinstance(cell, Span) for cell in cells):
            yield f"{name}, min", [cell.low if isinstance(cell, Span) else None for cell in cells], ""
            yield f"{name}, max", [cell.high if isinstance(cell, Span) else None for cell in cells], ""
        elif any(isinstance(cell, Share) for cell in cells):
            yield name, [cell.value if isinstance(cell, Share) else None for cell in cells], "percent"
        elif any(isinstance(cell, Change) for cell in cells):
            changes = [cell for cell in cells if isinstance(cell, Change)]
            fine = "number" if all(cell.digits < 2 for cell in changes) else "fine"
            yield name, [cell.value if isinstance(cell, Change) else None for cell in cells], fine
            if any(isinstance(cell, Change) and cell.mcse is not None for cell in cells):
                errors: list[Value] = [cell.mcse if isinstance(cell, Change) else None for cell in cells]
                yield f"{name}, {words('col_error')}", errors, "fine"
        else:
            plain = [cell for cell in cells if isinstance(cell, str | int | float) or cell is None]
            yield name, list(plain), "number" if any(isinstance(cell, float) for cell in plain) else ""


def _text(text: str) -> str:
    return plain_text(text)[:LONGEST_CELL]
