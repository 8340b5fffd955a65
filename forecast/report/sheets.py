"""The tables of a report, once for all formats: a page, a workbook and Markdown show the same cells in their own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forecast.distribution import Probability
from forecast.report.coalitions import likeliest_coalitions
from forecast.report.districts import District, Tipping
from forecast.report.folder import Row
from forecast.report.house import SELF_NOMINATED, House, probability
from forecast.report.languages import Language

MOST_COLUMNS = 60  # parties side by side in a table


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of whole numbers."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of something, as a fraction; it may be 0 or 1."""

    value: float
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """A difference with its sign, and its Monte Carlo error where it has one."""

    value: float
    digits: int = 1
    mcse: float | None = None


Cell = str | int | float | Probability | Span | Share | Change | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: a title, the names of its columns, its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def numeric(self) -> list[bool]:
        """Whether each column holds numbers: nothing but numbers, and at least one."""
        columns = [[row[place] for row in self.rows if row[place] is not None] for place in range(len(self.columns))]
        return [bool(cells) and not any(isinstance(cell, str) for cell in cells) for cells in columns]


def written(cell: Cell, words: Language) -> str:
    """Return a cell as text, probabilities without their errors."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Probability):
        return words.percent(cell)
    if isinstance(cell, Span):
        return words.span(cell.low, cell.high)
    if isinstance(cell, Share):
        return words.share(cell.value, cell.digits)
    if isinstance(cell, Change):
        return words.signed(cell.value, cell.digits)
    return words.whole(cell) if isinstance(cell, int) else words.number(cell)


def error_of(cell: Cell, words: Language) -> str:
    """Return the Monte Carlo error of a probability, in percentage points, or of a change; empty for others.

    >>> from forecast.report.languages import language
    >>> error_of(Probability(500, 1000), language("en")), error_of("x", language("en"))
    ('±1.6', '')
    """
    if isinstance(cell, Change) and cell.mcse is not None:
        return f"±{words.number(cell.mcse, 3)}"
    if not isinstance(cell, Probability):
        return ""
    points = max(100 * cell.mcse, 0.0001)  # all randomisations may agree: that is no error of nothing
    digits = 1 if points >= 1 else 2 if points >= 0.095 else 3 if points >= 0.0095 else 4
    return f"±{words.number(points, digits)}"


def seats_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return everybody's seats and chances."""
    columns = [words(f"col_{key}") for key in ("party", "mean", "median", "50", "80", "95")]
    columns += [_col_passes(house, words)] if house.selects else []
    columns += [words(f"col_{key}") for key in ("any", "largest", "majority")]
    mixed = bool(house.districts and house.list_tier)
    columns += [words("col_lists"), words("col_districts")] if mixed else []
    columns += [words("col_share")] if house.has_paper else []
    rows: list[list[Cell]] = []
    for group in house.by_seats:
        seats, own = house.seats(group), group not in house.parties
        row: list[Cell] = [names[group], seats.mean, seats.median]
        row += [Span(*seats.interval(level)) for level in (0.5, 0.8, 0.95)]
        row += [house.passes(group)] if house.selects else []
        row += [house.chance(group, "p_any_seat")]
        row += [None, None] if own else [house.chance(group, "p_largest"), house.chance(group, "p_majority")]
        if mixed:
            row += [_number(house.summary[group][column]) for column in ("mean_list_seats", "mean_district_seats")]
        share = _number(house.summary[group]["mean_share"])
        share_cell: list[Cell] = [None if share is None else Share(share)]
        rows.append([*row, *(share_cell if house.has_paper else [])])
    return Sheet(words("seats_title"), columns, rows)


def pmf_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return the probability of every number of seats that any party reaches, a column a party; a row each of very many."""
    if len(house.by_seats) > MOST_COLUMNS:
        held = [(group, house.seats(group)) for group in house.by_seats]
        chances: list[list[Cell]] = [
            [names[group], n, one.exactly(n)] for group, one in held for n in one.counts.nonzero()[0].tolist()
        ]
        return Sheet(words("pmf_title"), [words(f"col_{key}") for key in ("party", "seats", "probability")], chances)
    columns = [words("col_seats"), *(names[group] for group in house.by_seats)]
    counts = [house.seats(group) for group in house.by_seats]
    used = [n for n in range(house.most + 1) if any(n < len(one.counts) and one.counts[n] for one in counts)]
    rows: list[list[Cell]] = []
    for n in used:
        row: list[Cell] = [n]
        row += [one.exactly(n) if n < len(one.counts) and one.counts[n] else None for one in counts]
        rows.append(row)
    return Sheet(words("pmf_title"), columns, rows)


def histogram_sheet(house: House, words: Language, group: str) -> Sheet:
    """Return one party's probabilities: exactly, at most and at least each number of seats that occurs."""
    seats = house.seats(group)
    columns = [words(f"col_{key}") for key in ("seats", "probability", "cumulative", "at_least", "mark")]
    marks = {house.majority: words("zone_majority"), house.two_thirds: words("zone_thirds")}
    rows: list[list[Cell]] = []
    for n in (n for n in range(len(seats.counts)) if seats.counts[n]):
        below = seats.at_most(n)
        mark = [words("col_median")] if n == seats.median else []
        mark += [marks[n]] if n in marks else []
        rows.append([n, seats.exactly(n), below, seats.at_least(n), ", ".join(mark)])
    return Sheet(words("pmf_title"), columns, rows)


def events_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return the house's events with their probabilities in figures and in words, coalitions left to their own sheet."""
    draws = house.run.draws
    found: list[tuple[str, Probability]] = [(words("event_none"), house.no_majority())]
    for party in house.by_seats:
        if party not in house.parties:
            continue
        events = [
            ("event_majority", house.has_majority(party)),
            ("event_two_thirds", house.has_two_thirds(party)),
            ("event_blocking", house.has_blocking_third(party)),
            ("event_largest", house.chance(party, "p_largest")),
        ]
        found += [(words(key, party=names[party]), chance) for key, chance in events if chance and chance.count]
    parties = house.parties_in_house
    found += [
        (words("event_parties", n=words.counted("n_parties", n)), parties.exactly(n))
        for n, count in enumerate(parties.counts)
        if count
    ]
    known = ("majority: ", "two thirds: ", "blocking third: ", "largest: ", "coalition", "parties in the house: ")
    alone = "no party alone is the largest"
    for row in house.run.rows("events.csv", house.system):
        if row["event"] == alone:
            found.append((words("event_no_largest"), probability(row["probability"], draws)))
        elif not row["event"].startswith(known) and row["event"] != "no party has a majority":
            found.append((row["event"], probability(row["probability"], draws)))  # the user's own
    columns = [words("col_event"), words("col_probability"), words("col_frequency")]
    return Sheet(words("events_title"), columns, [[name, chance, words.frequency(chance)] for name, chance in found])


def coalition_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return the likeliest majorities, raw and minimal-winning."""
    columns = [words("col_coalition"), words("coalition_raw"), words("coalition_minimal")]
    rows: list[list[Cell]] = [
        [" + ".join(names[member] for member in one.members), one.majority, one.minimal]
        for one in likeliest_coalitions(house)
    ]
    return Sheet(words("coalition_table"), columns, rows)


def passes_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return every list's chance to take part."""
    ranked = sorted(house.parties, key=lambda party: -house.shares(party).mean)
    rows: list[list[Cell]] = [[names[party], house.passes(party)] for party in ranked]
    return Sheet(passes_title(house, words), [words("col_party"), _col_passes(house, words)], rows)


def passes_title(house: House, words: Language) -> str:
    """Return what the section on the threshold is called; that on several bars names none."""
    if house.threshold is None:
        return words("takes_part_title")
    return words("threshold_title", threshold=words.limit(house.threshold))


def _col_passes(house: House, words: Language) -> str:
    if house.threshold is None:
        return words("col_takes_part")
    return words("col_passes", threshold=words.limit(house.threshold))


def curve_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return the chances of the lists under other thresholds, a column a list."""
    ranked = sorted(house.parties, key=lambda party: -house.shares(party).mean)
    curves = [house.curve(party) for party in ranked]
    rows: list[list[Cell]] = [
        [Share(points[0][0] / 1000), *(chance for _, chance in points)]
        for points in zip(*curves, strict=True)
        if points[0][0] % 10 == 0
    ]
    return Sheet(words("curve_title"), [words("axis_threshold"), *(names[party] for party in ranked)], rows)


def district_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return every district and party that stands in it."""
    columns = [words(f"col_{key}") for key in ("district", "region", "party", "probability", "rating", "basis")]
    rows: list[list[Cell]] = [
        [
            row["district"], names.get(row["region"], row["region"]), names[row["party"]],
            probability(row["probability"], house.run.draws), words(f"rating_{row['rating']}") if row["rating"] else "",
            words.term("basis", row["region_basis"]),
        ]
        for row in house.run.rows("districts.csv", house.system)
    ]  # fmt: skip
    return Sheet(words("all_districts"), columns, rows)


def closest_sheet(found: Sequence[District], words: Language, names: dict[str, str]) -> Sheet:
    """Return the closest districts."""
    columns = [words("col_district"), words("col_region"), words("col_favourite"), words("col_probability")]
    columns += [words("col_second"), words("col_probability")]
    rows: list[list[Cell]] = []
    for one in found:
        second = one.chances[1] if len(one.chances) > 1 else None
        row: list[Cell] = [one.id, names.get(one.region, one.region), names[one.favourite], one.chance]
        rows.append([*row, names[second[0]], second[1]] if second else [*row, None, None])
    return Sheet(words("closest_title"), columns, rows)


def tipping_sheet(found: Sequence[Tipping], regions: dict[str, str], words: Language, title: str) -> Sheet:
    """Return the districts in which the house tips."""
    rows: list[list[Cell]] = [[one.district, regions.get(one.district, ""), one.chance] for one in found]
    return Sheet(title, [words("col_district"), words("col_region"), words("col_tips")], rows)


def candidate_sheet(house: House, words: Language, names: dict[str, str], *, only: str = "", most: int = 0) -> Sheet:
    """Return district candidates, of one group and the likeliest alone where asked."""
    rows = house.run.rows("candidates.csv", house.system)
    if only:
        rows = sorted((row for row in rows if row["party"] == only), key=lambda row: -float(row["probability"]))
    cells: list[list[Cell]] = [
        [candidate_name(row["candidate"], words), *([] if only else [names[row["party"]]]), row["district"],
         probability(row["probability"], house.run.draws), words.term("basis", row["basis"].split(":")[0])]
        for row in (rows[:most] if most else rows)
    ]  # fmt: skip
    keys = ("candidate", *(() if only else ("party",)), "district", "probability", "basis")
    columns = [words(f"col_{key}") for key in keys]
    return Sheet(words("sheet_candidates"), columns, cells)


def candidate_name(name: str, words: Language) -> str:
    """Return a candidate's name; where a model numbers those without one, its label in the language of the report.

    >>> from forecast.report.languages import language
    >>> candidate_name("Self-nominated 2", language("ru")), candidate_name("A. B", language("ru"))
    ('Самовыдвиженец 2', 'A. B')
    """
    label, _, number = name.rpartition(" ")
    return f"{words('self_nominated_one')} {number}" if label == SELF_NOMINATED and number.isdecimal() else name


def person_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return the people on the lists with their chances of a mandate, lists with more seats first."""
    groups = ("women", "youth", "disability")
    rows: list[list[Cell]] = [
        [
            names.get(row["party"], row["party"]), int(row["position"]), row["person"],
            ", ".join(words(f"group_{group}") for group in groups if row[group] == "yes"),
            probability(row["probability"], house.run.draws),
        ]
        for row in sorted(house.run.rows("list_candidates.csv", house.system), key=lambda row: _rank(house, row["party"]))
    ]  # fmt: skip
    columns = [words(f"col_{key}") for key in ("party", "position", "person", "group", "probability")]
    return Sheet(words("persons_title"), columns, rows)


def composition_means(house: House) -> dict[str, dict[str, float]]:
    """Return the mean number of deputies from the lists by party and group, all lists under ``all lists``."""
    means: dict[str, dict[str, float]] = {}
    for row in house.run.rows("composition.csv", house.system):
        of = means.setdefault(row["party"], {})
        of[row["group"]] = of.get(row["group"], 0.0) + float(row["number"]) * float(row["probability"])
    return means


def composition_sheet(house: House, words: Language, names: dict[str, str]) -> Sheet:
    """Return the mean number of women, young people and people with disabilities elected from each list, largest first."""
    means = composition_means(house)
    groups = list(dict.fromkeys(group for of in means.values() for group in of))
    rows: list[list[Cell]] = [
        [names.get(party, words("all_lists") if party == "all lists" else party), *(of.get(group) for group in groups)]
        for party, of in sorted(means.items(), key=lambda entry: _rank(house, entry[0]))
    ]
    return Sheet(words("composition_title"), [words("col_party"), *(group_name(one, words) for one in groups)], rows)


def _rank(house: House, party: str) -> int:
    """Return a party's place by seats; what is no party comes last."""
    return house.by_seats.index(party) if party in house.by_seats else len(house.by_seats)


def group_name(group: str, words: Language) -> str:
    """Return the name of a group of the quota."""
    return words(f"group_{group}") if group in ("women", "youth", "disability") else words("group_any")


def assembly_sheet(rows: Sequence[Row], words: Language, names: dict[str, str]) -> Sheet:
    """Return the totals of the local assemblies, of those who have a seat in some draw, the largest first."""
    absent = {row["party"] for row in rows if row["measure"] == "seats" and not float(row["mean"])}
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    columns = [words(f"col_{key}") for key in ("party", "measure", "mean", "median", "80")]
    cells: list[list[Cell]] = [
        [
            names.get(row["party"], row["party"]) if row["party"] else words("nobody"), words(f"measure_{row['measure']}"),
            float(row["mean"]), int(row["median"]), Span(int(row["lo80"]), int(row["hi80"])),
        ]
        for row in sorted(rows, key=lambda row: (measures.index(row["measure"]), not row["party"], -float(row["mean"])))
        if row["party"] not in absent
    ]  # fmt: skip
    return Sheet(words("assemblies_title"), columns, cells)


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
