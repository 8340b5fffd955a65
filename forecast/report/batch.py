"""The report of a batch: what moves the forecast (tornado), the grid (heat map), every party over all scenarios."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from forecast import __version__
from forecast.errors import EnvironmentTrouble
from forecast.report.batch_charts import Point, change_figure, heat_figure, multiple_figure
from forecast.report.charts import MOST_PARTIES, Figure
from forecast.report.comparison import setting_in_words, short_key
from forecast.report.folder import are_names, are_texts, names_in, plain_text, read_json, read_table, title_of
from forecast.report.house import SELF_NOMINATED, probability
from forecast.report.languages import Language
from forecast.report.palette import COLORS
from forecast.report.palette import SELF_NOMINATED as GREY
from forecast.report.sections import Story
from forecast.report.sheets import Cell, Change, Share, Sheet, Span

MANIFEST, RESULTS = "batch.json", "results.csv"
SCHEMA = 1
MOST_SCENARIOS = 400  # in charts
NEEDED = (
    "number", "scenario", "draws", "system", "party", "mean", "lo80", "hi80", "p_threshold", "p_majority", "mean_share",
    "house_seats", "p_two_thirds", "d_mean", "mcse_d_mean", "d_house_share", "mcse_d_house_share", "d_p_two_thirds",
    "mcse_d_p_two_thirds",
)  # fmt: skip
TEXTS = ("scenario", "system", "party")  # of these columns; the others are figures
LONGEST_NUMBER = 13  # digits of a whole one
WHOLE = ("number", "draws", "lo80", "hi80", "house_seats")


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch's folder, read and checked: rows of its results, one a scenario, system and party.

    ``document`` has its name and titles, and what parties are called, by language.
    """

    folder: Path
    document: Mapping[str, Any]
    keys: Sequence[str]
    rows: list[dict[str, str]]

    @cached_property
    def uneven(self) -> bool:
        """Whether houses differ in size, so that shares of the house are compared, not seats."""
        return len({row["house_seats"] for row in self.rows}) > 1

    def amount(self, row: Mapping[str, str], column: str = "mean") -> float:
        """Return seats, or the share of the house that they are."""
        return float(row[column]) / (int(row["house_seats"]) if self.uneven else 1)

    def change(self, row: Mapping[str, str], column: str = "d_mean") -> float | None:
        """Return how far a scenario moves a party from the base, or the error of it: seats, or points of the house."""
        cell = row[column.replace("d_mean", "d_house_share") if self.uneven else column]
        return float(cell) * (100 if self.uneven else 1) if cell else None

    def said(self, words: Language, amount: float, digits: int = 1) -> str:
        """Return an amount as a reader reads it."""
        return words.share(amount, digits) if self.uneven else words.number(amount, digits)

    def words(self, words: Language, key: str, **values: object) -> str:
        """Return the message on seats, or that on shares of the house."""
        return words(f"{key}_share" if self.uneven else key, **values)

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """The number of every scenario and system in charts and tables, in the order of the results."""
        every = dict.fromkeys((row["number"], row["system"]) for row in self.rows)
        return {one: place for place, one in enumerate(every)}

    def place(self, row: Mapping[str, str]) -> int:
        """Return the number of a row's scenario and system."""
        return self.places[row["number"], row["system"]]

    @property
    def parties(self) -> list[str]:
        """Everybody who stands, in the order of the results: a group without lists or seats does not."""
        standing = (row["party"] for row in self.rows if row["mean_share"] or float(row["mean"]))
        return list(dict.fromkeys(standing))

    @property
    def leader(self) -> str:
        """The party with the most seats on average over all scenarios."""
        listed = [row for row in self.rows if row["mean_share"]] or self.rows
        seats: dict[str, float] = {}
        for row in listed:
            seats[row["party"]] = seats.get(row["party"], 0.0) + float(row["mean"])
        return max(seats, key=lambda party: seats[party])

    def of(self, party: str) -> list[dict[str, str]]:
        """Return a party's rows in the order of the scenarios."""
        return [row for row in self.rows if row["party"] == party]

    @cached_property
    def several(self) -> bool:
        """Whether there are results of more systems than one."""
        return len({row["system"] for row in self.rows}) > 1

    def label(self, row: Mapping[str, str], words: Language) -> str:
        """Return the name of a scenario, with its system where there are several."""
        name = row["scenario"]
        settings = self.settings(row)
        if name == ", ".join(f"{key.rsplit('.', 1)[-1]}={value}" for key, value in settings.items()):
            name = self.told(settings, words)  # nobody gave it another name
        else:
            name = plain_text(self.document.get("scenario_titles", {}).get(name, {}).get(words.code, name))
            name = words.term("scenario", name)
        return f"{name} · {row['system']}" if self.several and row["system"] not in row["scenario"] else name

    def settings(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return what a scenario sets, by key."""
        return {key: row[key] for key in self.keys if row[key]}

    def told(self, settings: Mapping[str, str], words: Language) -> str:
        """Return settings as a reader says them."""
        return ", ".join(
            f"{words.term('setting', short_key(key))} {setting_in_words(key, value, words)}"
            for key, value in settings.items()
        )


def read_batch(folder: Path) -> Batch:
    """Read a batch; EnvironmentTrouble where a file is missing, damaged, or of another schema."""
    manifest = read_json(folder / MANIFEST)
    if manifest.get("schema") != SCHEMA:
        raise EnvironmentTrouble(
            f"{folder / MANIFEST}: schema: is {manifest.get('schema')!r}; this version reads {SCHEMA}"
        )
    keys = manifest.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise EnvironmentTrouble(f"{folder / MANIFEST}: keys: is no list of names; run the batch again")
    if not are_texts(manifest.get("titles", {})) or not all(
        are_names(manifest.get(key, {})) for key in ("names", "scenario_titles")
    ):
        raise EnvironmentTrouble(f"{folder / MANIFEST}: titles, names: have another shape; run the batch again")
    path = folder / RESULTS
    if not path.is_file():
        raise EnvironmentTrouble(
            f"{path}: is missing: no scenario is finished yet; see `forecast status {folder.name}`"
        )
    rows = read_table(path, dict.fromkeys([*NEEDED, *keys], ""), None)
    if not rows:
        raise EnvironmentTrouble(f"{path}: has no rows; see `forecast status {folder.name}`")
    for number, row in enumerate(rows, 2):
        if wrong := [key for key in NEEDED if key not in TEXTS and not _is_figure(key, row[key])]:
            raise EnvironmentTrouble(f"{path}, line {number}: {wrong[0]}: is no figure; run the batch again")
    name = str(manifest.get("name") or manifest.get("id") or folder.name)
    return Batch(folder, {**manifest, "name": name}, keys, rows)


def _is_figure(key: str, cell: str) -> bool:
    """Return whether a cell is a figure that its column may hold; chances and differences may be missing."""
    if key in WHOLE:
        return cell.isdecimal() and len(cell) <= LONGEST_NUMBER
    return (not cell and key != "mean") or (_is_number(cell) and math.isfinite(float(cell)))


def batch_story(batch: Batch, words: Language) -> Story:
    """Return the report of a batch."""
    leader = batch.leader
    called = {SELF_NOMINATED: words("self_nominated"), **names_in(batch.document, words.code)}
    names = {party: called.get(party, party) for party in batch.parties}
    title = title_of(batch.document, words.code)
    own = {row["party"] for row in batch.rows if not row["mean_share"]}
    colors = {party: GREY if party in own else COLORS[n % len(COLORS)] for n, party in enumerate(batch.parties)}
    rows = batch.of(leader)
    means = [batch.amount(row) for row in rows]
    count = words.counted("n_scenarios", len({row["number"] for row in rows}))
    low, high = (batch.said(words, value, 0) for value in (min(means), max(means)))
    parts = [
        part
        for part in (
            _tornado(batch, words, names[leader], colors[leader]),
            _heat(batch, words, names[leader]),
            _history(batch, words, names, colors),
            _multiples(batch, words, names, colors) if list(batch.keys) != [_dates(batch)] else None,
            _scenarios(batch, words, names),
        )
        if part is not None
    ]
    content: dict[str, Any] = {
        "kicker": words("batch_kicker"),
        "title": title,
        "headline": batch.words(words, "batch_headline", party=names[leader], low=low, high=high, scenarios=count),
        "made_of": words(
            "batch_made", scenarios=count, base=base_name(batch), draws=words.counted("n_draws", int(rows[0]["draws"]))
        ),
        "headlines": [],
        "day": "",
        "as_of": "",
        "sentences": _sentences(batch, words, names[leader]),
        "parts": parts,
        "contents": [(part["id"], part["title"]) for part in parts],
        "footer": words("footer_batch", version=__version__, name=title),
    }
    figures = [figure for part in parts for figure in part["figures"]]
    return Story(words, "batch.html.j2", content, {"houses": []}, figures, set(colors.values()))


def base_name(batch: Batch) -> str:
    """Return the base forecast's name, or the last part of its path."""
    return plain_text(str(batch.document.get("forecast", ""))).replace("\\", "/").rsplit("/", 1)[-1] or "–"


def _sentences(batch: Batch, words: Language, name: str) -> list[str]:
    rows = batch.of(batch.leader)
    base = rows[0]
    thirds = probability(base["p_two_thirds"], int(base["draws"]))
    mean = batch.said(words, batch.amount(base))
    made = [batch.words(words, "batch_base", party=name, mean=mean, frequency=words.frequency(thirds))]
    changes = [
        (change, row) for row in rows if row["number"] != base["number"] and (change := batch.change(row)) is not None
    ]
    if changes:
        most, row = max(changes, key=lambda entry: abs(entry[0]))
        made.append(batch.words(words, "batch_most", scenario=batch.label(row, words), change=words.signed(most)))
    return made


def _part(id_: str, title: str, figures: list[Figure], **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "title": title,
        "figures": figures,
        "sheets": [],
        "behind": [],
        "lead": "",
        "caption": "",
        "small": False,
        **more,
    }


def _tornado(batch: Batch, words: Language, name: str, color: str) -> dict[str, Any] | None:
    rows = [row for row in batch.of(batch.leader) if row["d_mean"] and row["number"] != "0"][:MOST_SCENARIOS]
    if not rows:
        return None
    seats = [(batch.label(row, words), change) for row in rows if (change := batch.change(row)) is not None]
    thirds = [(batch.label(row, words), 100 * float(row["d_p_two_thirds"])) for row in rows if row["d_p_two_thirds"]]
    figures = [change_figure(seats, words, color, "tornado-seats", batch.words(words, "tornado_seats"))]
    figures += [change_figure(thirds, words, color, "tornado-thirds", words("tornado_thirds"))] if thirds else []
    return _part(
        "tornado", words("tornado_title"), figures, lead=batch.words(words, "tornado_lead", party=name),
        caption=words("tornado_caption"),
    )  # fmt: skip


def _heat(batch: Batch, words: Language, name: str) -> dict[str, Any] | None:
    """Return the grid over the two settings with the most values, all others as in the base; None without two."""
    rows = batch.of(batch.leader)
    axes = [key for key in [*batch.keys, "system"] if key != "systems"]
    values = {key: list(dict.fromkeys(row[key] for row in rows if row[key])) for key in axes}
    varied = sorted((key for key in axes if len(values[key]) > 1), key=lambda key: -len(values[key]))[:2]
    if len(varied) < 2:
        return None
    y, x = varied  # the longer way goes down the page: a phone is narrow
    others = [key for key in axes if key not in varied]
    cells: dict[tuple[str, str], float] = {}
    for row in rows:
        if row[x] and row[y] and all(row[key] in ("", values[key][0] if values[key] else "") for key in others):
            cells.setdefault((row[x], row[y]), batch.amount(row))
    if len({a for a, _ in cells}) < 2 or len({b for _, b in cells}) < 2 or len(cells) > MOST_SCENARIOS:
        return None
    titles = [words.term("setting", short_key(key)) for key in (x, y)]
    told = {(setting_in_words(x, a, words), setting_in_words(y, b, words)): mean for (a, b), mean in cells.items()}
    return _part(
        "grid", words("heat_title"), [heat_figure(told, words, name, *titles, share=batch.uneven)],
        lead=batch.words(words, "heat_lead", party=name),
    )  # fmt: skip


def _dates(batch: Batch) -> str | None:
    for key in batch.keys:
        found = {row[key] for row in batch.rows if row[key]}
        if key.rsplit(".", 1)[-1] == "as_of" and len(found) > 1 and all(_is_day(one) for one in found):
            return key
    return None


def _history(
    batch: Batch, words: Language, names: Mapping[str, str], colors: Mapping[str, str]
) -> dict[str, Any] | None:
    key = _dates(batch)
    if key is None:
        return None
    figures = []
    for place, party in enumerate(_shown(batch)):
        rows = sorted((row for row in batch.of(party) if row[key]), key=lambda row: row[key])
        points = [_point(batch, row, row[key]) for row in rows]
        figures.append(
            multiple_figure(
                points, words, names[party], colors[party], f"history-{place}", dates=True, share=batch.uneven
            )
        )
    return _part("history", words("history_title"), figures, lead=words("history_lead"), small=True)


def _multiples(batch: Batch, words: Language, names: Mapping[str, str], colors: Mapping[str, str]) -> dict[str, Any]:
    figures = [
        multiple_figure(
            [_point(batch, row, batch.label(row, words)) for row in batch.of(party)[:MOST_SCENARIOS]], words, names[party],
            colors[party], f"multiple-{place}", share=batch.uneven,
        )
        for place, party in enumerate(_shown(batch))
    ]  # fmt: skip
    return _part("multiples", words("multiples_title"), figures, lead=batch.words(words, "multiples_lead"), small=True)


def _point(batch: Batch, row: Mapping[str, str], label: str) -> Point:
    return Point(batch.place(row), label, *(batch.amount(row, column) for column in ("mean", "lo80", "hi80")))


def _shown(batch: Batch) -> list[str]:
    most = {party: max(map(batch.amount, batch.of(party))) for party in batch.parties}
    return sorted(most, key=lambda party: -most[party])[:MOST_PARTIES]


def _scenarios(batch: Batch, words: Language, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a row a scenario for the leading party, and one a scenario and party behind a click."""
    rows: list[list[Cell]] = []
    named = False  # whether any scenario has a name that does not say what is set
    stood = [row for row in batch.rows if row["party"] in names]
    for row in stood:
        draws = int(row["draws"])
        chances = [probability(row[key], draws) if row[key] else None for key in ("p_majority", "p_two_thirds")]
        moved, error = batch.change(row), batch.change(row, "mcse_d_mean")
        change = Change(moved, 1, error) if moved is not None else None
        label, settings = batch.label(row, words), batch.told(batch.settings(row), words)
        settings = "" if settings == label else settings  # said once
        named |= bool(settings)
        own: list[Cell] = [int(row["house_seats"]), Share(batch.amount(row))] if batch.uneven else []
        rows.append(
            [label, batch.place(row), settings, names[row["party"]], float(row["mean"]),
             Span(int(row["lo80"]), int(row["hi80"])), *own, *chances, change]
        )  # fmt: skip
    more, difference = (("house_seats", "house_share"), "difference_share") if batch.uneven else ((), "difference")
    keys = ("scenario", "number", "setting", "party", "mean", "80", *more, "majority", "two_thirds", difference)
    columns = [words(f"col_{key}") for key in keys if named or key != "setting"]
    rows = rows if named else [[*row[:2], *row[3:]] for row in rows]
    leading = [cells for cells, row in zip(rows, stood, strict=True) if row["party"] == batch.leader]
    return _part(
        "scenarios", words("scenarios_title"), [], sheets=[Sheet(words("scenarios_title"), columns, leading)],
        behind=[Sheet(words("scenarios_every"), columns, rows)],
    )  # fmt: skip


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def batch_table(batch: Batch) -> str:
    """Return the batch's results as they are, for ``--format csv``."""
    import io

    from forecast.files import safe_text

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(batch.rows[0])
    writer.writerows([cell if _is_number(cell) else safe_text(cell) for cell in row.values()] for row in batch.rows)
    return stream.getvalue()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
