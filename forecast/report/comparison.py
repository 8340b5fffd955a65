"""Side by side: the systems of one run, or runs of the same election; paired where they share their draws."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.distribution import Probability
from forecast.errors import ForecastError
from forecast.report.folder import RunFolder, plain_text
from forecast.report.foundations import reproduction
from forecast.report.headline import headline
from forecast.report.house import House, group_names, houses, probability
from forecast.report.languages import Language
from forecast.report.sheets import Cell, Change, Share, Sheet, Span
from forecast.report.stored import StoredDraws, stored_draws

if TYPE_CHECKING:
    from forecast.report.charts import Figure

MOST_CHANGES = 60  # settings listed as different
MOST_IN_LABEL = 2  # of them in the name of a run
_FRACTION = re.compile(r"\d{1,18}/[1-9]\d{0,17}")
_DECIMAL = re.compile(r"-?\d+\.\d+")
_REMARKS = (".note", ".law")  # keys whose texts are no settings
INDICES = ("parties", "effective parties", "gallagher", "wasted votes")


@dataclass(frozen=True, eq=False)
class Comparison:
    """A comparison as a section of a report; ``headlines`` are the name of each law or run, and what it comes to.

    ``again`` are what the other run is called and the command that makes it; ``rest`` says what the page else is about.
    """

    id: str
    title: str
    lead: str
    figure: Figure | None
    sheets: list[Sheet]
    headlines: list[tuple[str, str]]
    again: tuple[str, str] | None = None
    rest: str = ""


def check_same_election(runs: Sequence[RunFolder]) -> None:
    """Refuse runs of different elections; ForecastError names both."""
    first = _election(runs[0])
    for other in runs[1:]:
        if _election(other) != first:
            raise ForecastError(
                f"{other.folder}: is of another election ({' '.join(filter(None, _election(other)))}) than {runs[0].folder} "
                f"({' '.join(filter(None, first))}); only runs of the same election can stand side by side"
            )


def _election(run: RunFolder) -> tuple[str, str]:
    model = run.document.get("model")
    model = model if isinstance(model, dict) else {}
    return plain_text(str(model.get("country") or "")), plain_text(str(model.get("election_day") or ""))


def compared_systems(run: RunFolder, words: Language, figure: bool = True) -> list[Comparison]:
    """Return what other laws change in the same draws; nothing for a run of one system."""
    if len(run.systems) < 2:
        return []
    every = houses(run)
    sheets = [_system_sheet(run, every[0], house, words) for house in every[1:]]
    sheets += [_index_sheet(run, every, words)]
    return [
        Comparison(
            "laws", words("compare_title"), words("compare_lead", base=every[0].title(words.code)),
            _figure([(house.title(words.code), house) for house in every], words, "systems") if figure else None, sheets,
            [(house.title(words.code), _headline(every[0], house, words)) for house in every],
        )
    ]  # fmt: skip


def compared_runs(runs: Sequence[RunFolder], words: Language, figure: bool = True) -> list[Comparison]:
    """Return the first run beside each of the others; by their first systems."""
    check_same_election(runs)
    made = []
    base = houses(runs[0])[0]
    base_draws = stored_draws(base) if len(runs) > 1 else None
    for number, run in enumerate(runs[1:], 1):
        other = houses(run)[0]
        pairs = _pairs(base, other, base_draws)
        lead = words("compare_runs_unpaired")
        if pairs is not None:
            lead = words("compare_runs_paired", n=words.whole(len(pairs[0])))
        called = run_labels(runs[0], run, words)
        labels = [f"A: {called[0]}", f"{'BCDEFGHIJKLMNOP'[number - 1 :][:1] or number}: {called[1]}"]
        sheets = [_run_sheet(base, other, labels, pairs, words), _change_sheet(runs[0], run, labels, words)]
        title = f"{words('compare_runs_title')}: {called[1]}"
        drawn = _figure(list(zip(labels, (base, other), strict=True)), words, f"runs-{number}") if figure else None
        headlines = [(label, _headline(base, house, words)) for label, house in zip(labels, (base, other), strict=True)]
        again = (words("compare_again", name=labels[1]), reproduction(run))
        rest = words("compare_rest", name=labels[0])
        made.append(Comparison(f"compare-run-{number}", title, lead, drawn, sheets, headlines, again, rest))
    return made


def _headline(base: House, house: House, words: Language) -> str:
    """Return a house's headline, with whose share of the house differs most from the first one."""
    names = {**group_names(base, words), **group_names(house, words)}
    told = headline(house, words, names)
    if house is base:
        return told
    apart = {group: _mean_share(house, group) - _mean_share(base, group) for group in _side_by_side(base, house)}
    most = max(apart, key=lambda group: abs(apart[group]))
    return words("compare_most", headline=told, party=names[most], change=words.signed(100 * apart[most]))


def _mean_share(house: House, group: str) -> float:
    """Return a group's mean share of the house; 0 where it does not stand."""
    return house.seats(group).mean / house.size if group in house.standing else 0.0


def _figure(entries: list[tuple[str, House]], words: Language, name: str) -> Figure:
    from forecast.report.side_by_side import side_by_side_figure

    return side_by_side_figure(entries, words, name)


def _system_sheet(run: RunFolder, base: House, house: House, words: Language) -> Sheet:
    names = group_names(house, words)
    rows: list[list[Cell]] = []
    every = {row["party"]: row for row in run.rows("compare_summary.csv", house.system)}
    for group in _side_by_side(base, house):
        if group not in every:
            continue
        row = every[group]
        seats = house.seats(group)
        rows.append(
            [
                names[group], seats.mean, Span(*seats.interval(0.8)),
                Change(float(row["mean_difference"]), 1, float(row["mcse"])),
                Change(100 * float(row["mean_difference_share"]), 1, 100 * float(row["mcse_share"])),
                probability(row["p_gain"], run.draws), probability(row["p_lose"], run.draws),
            ]
        )  # fmt: skip
    columns = [words("col_party"), words("col_mean"), words("col_80"), words("col_difference")]
    columns += [words("col_difference_share"), words("col_gain"), words("col_lose")]
    return Sheet(house.title(words.code), columns, rows)


def _index_sheet(run: RunFolder, every: list[House], words: Language) -> Sheet:
    cells = {(row["system"], row["index"]): row for row in run.rows("compare_indices.csv")}
    rows: list[list[Cell]] = []
    for index in INDICES:
        found = [cells.get((house.system, index)) for house in every]
        line: list[Cell] = [words(f"index_{index.replace(' ', '_')}")]
        for row in found:
            if row is None:
                line.append(None)
            else:
                value = float(row["mean"])
                line.append(Share(value) if index == "wasted votes" else value)
        rows.append(line)
    return Sheet(words("indices_title"), [words("col_index"), *(house.title(words.code) for house in every)], rows)


Pairs = tuple[Any, Any, list[str]]


def _pairs(base: House, other: House, base_draws: StoredDraws | None) -> Pairs | None:
    """Return the seats of both runs in the draws that both store, and the groups they share; None where not paired."""
    ways = [
        (run.record["seed"], json.dumps(run.record["kernel_stream"], sort_keys=True)) for run in (base.run, other.run)
    ]
    other_draws = stored_draws(other)
    if ways[0] != ways[1] or base_draws is None or other_draws is None:
        return None
    _, left, right = np.intersect1d(base_draws.draws, other_draws.draws, return_indices=True)
    groups = [group for group in base.groups if group in other.groups]
    if not len(left) or not groups:
        return None
    one = base_draws.seats[left][:, [base.groups.index(group) for group in groups]]
    two = other_draws.seats[right][:, [other.groups.index(group) for group in groups]]
    return one, two, groups


def _run_sheet(base: House, other: House, labels: list[str], pairs: Pairs | None, words: Language) -> Sheet:
    names = {**group_names(other, words), **group_names(base, words)}
    rows: list[list[Cell]] = []
    for group in _side_by_side(base, other):
        row: list[Cell] = [names[group]]
        spans: list[Cell] = []
        for house in (base, other):
            seats = house.seats(group) if group in house.groups else None
            row.append(seats.mean if seats is not None else None)
            spans.append(Span(*seats.interval(0.8)) if seats is not None else None)
        change, *chances = _difference(base, other, group, pairs)
        rows.append([*row, change, *spans, *chances])
    heads = [label.partition(":")[0] for label in labels]
    columns = [words("col_party"), *(f"{head}: {words('col_mean')}" for head in heads), words("col_difference_seats")]
    columns += [f"{head}: {words('col_80')}" for head in heads]
    columns += [words("col_gain"), words("col_lose")] if pairs is not None else []
    return Sheet(" · ".join(labels), columns, rows)


def _side_by_side(base: House, other: House) -> list[str]:
    """Return everybody who stands in either house, those with more seats in the first one first."""
    return [*base.by_seats, *(group for group in other.by_seats if group not in base.standing)]


def _difference(base: House, other: House, group: str, pairs: Pairs | None) -> list[Cell]:
    if pairs is not None and group in pairs[2]:
        one, two, groups = pairs
        change = two[:, groups.index(group)] - one[:, groups.index(group)]
        draws = len(change)
        error = float(change.std() / np.sqrt(draws))
        chances = [Probability(int((change > 0).sum()), draws), Probability(int((change < 0).sum()), draws)]
        return [Change(float(change.mean()), 1, error), *chances]
    blank: list[Cell] = [None, None] if pairs is not None else []
    if group not in base.groups or group not in other.groups:
        return [None, *blank]
    one_seats, two_seats = base.seats(group), other.seats(group)
    error = float(np.hypot(one_seats.mcse_mean, two_seats.mcse_mean))
    return [Change(two_seats.mean - one_seats.mean, 1, error), *blank]


def _change_sheet(base: RunFolder, other: RunFolder, labels: list[str], words: Language) -> Sheet:
    told = [line for line in _changes(base, other) if not line[0].endswith(_REMARKS)]
    rows: list[list[Cell]] = [
        [path, *(setting_in_words(path, value, words) for value in values)] for path, *values in told[:MOST_CHANGES]
    ]
    rows = rows or [[words("compare_same"), "", ""]]
    heads = [label.partition(":")[0] for label in labels]
    return Sheet(words("compare_changed"), [words("col_setting"), *heads], rows)


def run_labels(base: RunFolder, other: RunFolder, words: Language) -> tuple[str, str]:
    """Return what two runs are called side by side: their titles, or where these are the same what differs, in short."""
    if base.title(words.code) != other.title(words.code):
        return base.title(words.code), other.title(words.code)
    told = [line for line in _changes(base, other) if not line[0].endswith((".basis", *_REMARKS))]
    told.sort(key=lambda line: line[0] in ("draws", "seed"))
    more = "" if len(told) <= MOST_IN_LABEL else ", …"
    pairs = []
    for path, one, two in told[:MOST_IN_LABEL]:
        key = words.term("setting", short_key(path))
        pairs.append((f"{key} {setting_in_words(path, one, words)}", f"{key} {setting_in_words(path, two, words)}"))
    if not pairs:
        return str(base.record["digest"])[:8], str(other.record["digest"])[:8]
    first, second = (", ".join(values) + more for values in zip(*pairs, strict=True))
    return first, second


def short_key(path: str) -> str:
    """Return the part of a dotted path that says most.

    >>> short_key("systems.x.tier.party lists.threshold.share"), short_key("model.votes.undecided.sd.value")
    ('threshold', 'undecided sd')
    """
    parts = path.split(".")
    while len(parts) > 1 and parts[-1] in ("share", "value"):
        parts.pop()
    return " ".join(parts[-2:] if parts[-1] == "sd" else parts[-1:])


def setting_in_words(path: str, value: str, words: Language) -> str:
    r"""Return a setting's value as the report writes days and numbers; a threshold in percent.

    >>> from forecast.report.languages import language
    >>> setting_in_words("threshold.share", "0.07", language("en")).replace("\u00a0", " ")
    '7 %'
    >>> setting_in_words("undecided.sd.value", "0.25", language("ru"))
    '0,25'
    """
    if not _DECIMAL.fullmatch(value):
        return words.day(value)
    if path.endswith(("threshold.share", "threshold")):
        return words.limit(float(value))
    return value.replace(".", words.decimal)


def _changes(base: RunFolder, other: RunFolder) -> list[tuple[str, str, str]]:
    """Return the settings that differ, by path, with both values."""
    one, two = (dict(_settings(run.document)) for run in (base, other))
    changed = [path for path in sorted({*one, *two}) if one.get(path) != two.get(path)]
    return [(path, one.get(path, "–"), two.get(path, "–")) for path in changed]


def _settings(part: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every setting of a resolved document by its dotted path, parts of lists by their names.

    What reports call things in other languages is no setting.
    """
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key in ("names", "titles"):
                continue
            yield from _settings(value, f"{path}.{key}" if path else str(key))
    elif isinstance(part, list) and any(isinstance(entry, Mapping) for entry in part):
        for number, entry in enumerate(part):
            name = entry.get("name", number) if isinstance(entry, Mapping) else number
            yield from _settings(entry, f"{path}.{name}")
    else:
        text = ", ".join(map(_value, part)) if isinstance(part, list) else _value(part)
        yield plain_text(path), plain_text(text)


def _value(part: object) -> str:
    """Return a value as a reader writes it: fractions of the law as decimals.

    >>> _value("7/100"), _value("2/3 of all")
    ('0.07', '2/3 of all')
    """
    return f"{float(Fraction(part)):g}" if isinstance(part, str) and _FRACTION.fullmatch(part) else str(part)
