"""The report as Markdown, for pull requests and notebooks: the headline, the main tables, what it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from forecast.report.bars import bars_sheet
from forecast.report.comparison import Comparison
from forecast.report.districts import closest, districts
from forecast.report.folder import RunFolder, plain_text
from forecast.report.foundations import card_sheet, own_documents, provenance_sheet, reproduction, silent_sheet
from forecast.report.headline import headline, sentences
from forecast.report.house import House, group_names, houses
from forecast.report.languages import Language
from forecast.report.sheets import (
    Cell,
    Sheet,
    assembly_sheet,
    closest_sheet,
    coalition_sheet,
    composition_sheet,
    error_of,
    events_sheet,
    passes_sheet,
    seats_sheet,
    written,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~&$@-])")


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is.

    >>> escaped("a|b <script>")
    'a\\\\|b \\\\<script\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", plain_text(text))


def markdown(run: RunFolder, words: Language, comparisons: Sequence[Comparison] = ()) -> str:
    """Return the report of a run as Markdown."""
    every = houses(run)
    parts = [f"# {escaped(headline(every[0], words, group_names(every[0], words)))}", escaped(run.title(words.code))]
    for house in every:
        parts += _house(house, words)
    for one in comparisons:
        headlines = "\n".join(f"- **{escaped(name)}** · {escaped(told)}" for name, told in one.headlines)
        parts += [
            f"## {escaped(one.title)}",
            headlines,
            escaped(one.lead),
            *(_table(sheet, words) for sheet in one.sheets),
        ]
    if totals := run.rows("assembly_totals.csv"):
        parts.append(_table(assembly_sheet(totals, words, group_names(every[0], words)), words))
    parts += [f"## {words('assumed_title')}"]
    parts.append("\n".join(f"- {escaped(line)}" for line in run.assumptions) or words("assumed_none"))
    if run.warnings:
        parts += [f"**{words('warnings_title')}**", "\n".join(f"- {escaped(line)}" for line in run.warnings)]
    silent = silent_sheet(run, words)
    parts += [_table(silent, words) if silent.rows else f"**{silent.title}**\n\n{escaped(words('silent_none'))}"]
    parts += [_table(card_sheet(run, words), words)]
    audit = run.record["audit"]
    parts += [words("audit_text", agree=audit.get("agree"), recounts=audit.get("recounts"))]
    parts += [f"## {words('reproduce_title')}", f"```sh\n{reproduction(run).replace('`', '')}\n```"]
    parts += [escaped(words("reproduce_place", path=path))] if (path := own_documents(run)) else []
    parts.append(_table(provenance_sheet(run, words), words))
    return "\n\n".join(parts) + "\n"


def _house(house: House, words: Language) -> list[str]:
    names = group_names(house, words)
    parts = [
        f"## {escaped(house.title(words.code))}",
        "\n".join(f"- {escaped(one)}" for one in sentences(house, words, names)),
    ]
    sheets = [seats_sheet(house, words, names), events_sheet(house, words, names)]
    sheets += [passes_sheet(house, words, names)] if house.selects else []
    sheets += [bars_sheet(house, words)] if house.admission is not None else []
    sheets += [coalition_sheet(house, words, names)] if len(house.coalition_parties) > 1 else []
    sheets += [closest_sheet(closest(districts(house)), words, names)] if house.districts else []
    sheets += [composition_sheet(house, words, names)] if house.run.rows("composition.csv", house.system) else []
    return parts + [_table(sheet, words) for sheet in sheets]


def _table(sheet: Sheet, words: Language) -> str:
    numeric = sheet.numeric
    lines = [f"**{escaped(sheet.title)}**", "", _line(escaped(name) for name in sheet.columns)]
    lines.append(_line("---:" if number and place else "---" for place, number in enumerate(numeric)))
    lines += [_line(_cell(cell, words) for cell in row) for row in sheet.rows]
    return "\n".join(lines)


def _cell(cell: Cell, words: Language) -> str:
    error = error_of(cell, words)
    return escaped(written(cell, words)) + (f" {error}" if error else "")


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
