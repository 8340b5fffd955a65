"""What a report tells, section by section: figures, tables and sentences of every system of a run, ready for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forecast import __version__
from forecast.report.bars import bars_sheet
from forecast.report.charts import Figure, histogram_figure, seats_figure, shown
from forecast.report.coalitions import builder_counts
from forecast.report.comparison import Comparison
from forecast.report.districts import MOST_TILES, by_region, closest, districts, tipping
from forecast.report.dots import dots_figure
from forecast.report.folder import RunFolder, plain_text
from forecast.report.foundations import (
    card_sheet,
    centre,
    codebook_sheets,
    own_documents,
    provenance_sheet,
    reproduction,
    silent_sheet,
)
from forecast.report.headline import headline, sentences
from forecast.report.hemicycle import (
    INNER,
    MOST_SEATS,
    hemicycle_figure,
    legend,
    median_chamber,
    seat_colors,
    seat_names,
    seat_rows,
    state,
)
from forecast.report.house import House, group_names, houses
from forecast.report.languages import Language
from forecast.report.palette import APPOINTED, OPEN, party_colors
from forecast.report.polls import polls_section
from forecast.report.sheets import (
    Cell,
    Sheet,
    assembly_sheet,
    candidate_sheet,
    closest_sheet,
    coalition_sheet,
    composition_sheet,
    curve_sheet,
    district_sheet,
    events_sheet,
    histogram_sheet,
    passes_sheet,
    person_sheet,
    pmf_sheet,
    seats_sheet,
    tipping_sheet,
)
from forecast.report.stored import StoredDraws, chambers, stored_draws
from forecast.report.threshold import curve_figure, passes_figure

LONGEST_NUMBER = 4  # characters of a district's id that fit on a small tile
BEST = 8  # rows of the tables of self-nominated candidates


@dataclass(frozen=True, eq=False)
class Story:
    """A report before it takes a format: what a template says, what its script reads, and the charts in their order."""

    words: Language
    template: str
    content: Mapping[str, Any]
    embedded: Mapping[str, Any]
    figures: list[Figure]
    colors: set[str]


def run_story(run: RunFolder, words: Language, comparisons: Sequence[Comparison] = ()) -> Story:
    """Return the report of one run, told in ``words``; ``comparisons`` stand after its systems."""
    parts = [HouseSection(house, words, number) for number, house in enumerate(houses(run))]
    first = parts[0]
    polls = polls_section(run, first.house, words, first.names)
    figures = [figure for part in parts for figure in part.figures]
    figures += [one.figure for one in comparisons if one.figure is not None]
    figures += [figure for figure, _ in polls.figures] if polls else []
    colors = {color for part in parts for color in party_colors(part.house).values()} | {OPEN, APPOINTED}
    colors |= {color for one in comparisons if one.figure is not None for _, color in one.figure.key}
    content = {
        "kicker": words("kicker"),
        "title": run.title(words.code),
        "headline": headline(first.house, words, first.names),
        "made_of": words("made_of", draws=words.counted("n_draws", run.draws)),
        "houses": [part.content() for part in parts],
        "names": {name: label for part in parts for name, label in part.names.items()},
        "comparisons": comparisons,
        "headlines": list(dict.fromkeys(line for one in comparisons for line in one.headlines)),
        "polls": polls,
        "district_ties": _district_ties([part.house for part in parts], words),
        "contents": _contents(parts, comparisons, run, words),
        **_foundations(run, words),
        **_assemblies(run, words, first.names),
    }
    return Story(words, "report.html.j2", content, {"houses": [part.embedded() for part in parts]}, figures, colors)


class HouseSection:
    """The sections of one system, and the charts in them."""

    def __init__(self, house: House, words: Language, number: int) -> None:
        self.house, self.words, self.number = house, words, number
        self.names = group_names(house, words)
        self.stored = stored_draws(house)
        names = self.names
        self.dots = dots_figure(house, words, names[house.leader], number)
        self.seats = seats_figure(house, words, names, number)
        self.hemicycle = hemicycle_figure(house, words, names, number)
        self.passes = passes_figure(house, words, names, number)
        self.curve = curve_figure(house, words, names, number)
        self.histograms = [
            (group, histogram_figure(house, words, group, names[group], number, place, house.last_seats.get(group)))
            for place, group in enumerate(shown(house))
        ]
        own = house.self_nominated
        self.independents = (
            replace(
                histogram_figure(house, words, own, names[own], number, len(self.histograms)),
                repeats=own in shown(house),
            )
            if own is not None
            else None
        )

    @property
    def figures(self) -> list[Figure]:
        """The charts in the order of the page, those that matter most first."""
        some = [self.dots, self.seats, self.hemicycle, self.passes, self.curve, self.independents]
        return [figure for figure in some if figure is not None] + [figure for _, figure in self.histograms]

    def content(self) -> dict[str, Any]:
        """Return what the template says of this system."""
        house, words, names = self.house, self.words, self.names
        return {
            "number": self.number,
            "house": house,
            "sentences": sentences(house, words, names),
            "dots": self.dots,
            "dots_sheet": histogram_sheet(house, words, house.leader),
            "seats": self.seats,
            "seats_sheet": seats_sheet(house, words, names),
            "histograms": [figure for _, figure in self.histograms],
            "no_last": not house.last_seats,
            "cut": len(self.histograms) < len([name for name in house.groups if house.seats(name).at_least(1).count]),
            "pmf_sheet": pmf_sheet(house, words, names),
            "events_sheet": events_sheet(house, words, names),
            "hemicycle": self.hemicycle,
            "chamber": [(name, color[1:], seats) for name, color, seats in legend(house, words, names)],
            "chamber_state": state(house, words),
            "stored": words("hemicycle_stored", n=words.whole(len(self._draws))) if self._draws else "",
            "passes": self.passes,
            "curve": self.curve,
            "passes_sheet": passes_sheet(house, words, names) if house.selects else None,
            "bars_sheet": bars_sheet(house, words) if house.admission is not None else None,
            "curve_sheet": curve_sheet(house, words, names) if house.varies else None,
            **self._coalitions(),
            **self._districts(),
            **self._independents(),
            **self._persons(),
        }

    def embedded(self) -> dict[str, Any]:
        """Return what the page's script reads of this system."""
        house, colors = self.house, seat_colors(self.house)
        called = seat_names(self.words, self.names)
        return {
            "size": house.size,
            "appointed": house.appointed,
            "appointedColor": APPOINTED,
            "groups": [self.names[group] for group in house.groups],
            "colors": [colors[group] for group in house.groups],
            "open": OPEN,
            "order": [house.groups.index(group) for group in house.by_seats],
            "inner": INNER,
            "most": MOST_SEATS,
            "median": seat_rows(median_chamber(house), called, colors, house.usual_size),
            "medianLegend": legend(house, self.words, self.names),
            "medianState": state(house, self.words),
            "draws": self._draws,
            "coalition": builder_counts(house),
        }

    @property
    def _draws(self) -> list[list[int]]:
        return chambers(self.house, self.stored) if self.stored is not None else []

    def _color(self, group: str) -> str:
        return party_colors(self.house).get(group, OPEN)[1:]

    def _coalitions(self) -> dict[str, Any]:
        house, words = self.house, self.words
        counted = house.coalition_parties
        if len(counted) < 2:
            return {"builder": []}
        cut = words("coalition_cut", n=len(counted)) if len(counted) < len(house.parties) else ""
        return {
            "builder": [(self.names[party], self._color(party)) for party in counted],
            "coalition_sheet": coalition_sheet(house, words, self.names),
            "coalition_caption": words("coalition_caption_grows")
            if house.grows
            else words("coalition_caption", majority=words.whole(house.majority)),
            "coalition_cut": cut,
        }

    def _districts(self) -> dict[str, Any]:
        house, words = self.house, self.words
        found = districts(house)
        if not found:
            return {"regions": []}
        called = self.names
        regions = {one.id: called.get(one.region, one.region) for one in found}
        ratings = [(key, sum(one.rating == key for one in found)) for key in ("open", "lean", "likely", "safe")]
        favourites = list(dict.fromkeys(one.favourite for one in found))
        return {
            "regions": [
                (
                    called.get(region, region) or words("districts_title"),
                    [(one, self._color(one.favourite)) for one in some],
                )
                for region, some in by_region(found[:MOST_TILES]).items()
            ],
            "tiles_cut": words("too_many_tiles", n=words.whole(MOST_TILES)) if len(found) > MOST_TILES else "",
            "named": any(len(one.id) > LONGEST_NUMBER for one in found),
            "ratings": ratings,
            "favourites": [(self.names[group], self._color(group)) for group in favourites],
            "closest_sheet": closest_sheet(closest(found), words, self.names),
            "district_sheet": district_sheet(house, words, self.names),
            **self._tipping(self.stored, regions),
        }

    def _tipping(self, stored: StoredDraws | None, regions: dict[str, str]) -> dict[str, Any]:
        if stored is None or not stored.districts:
            return {"tipping": []}
        house, words = self.house, self.words
        party = self.names[house.leader]
        goals = [("goal_majority", house.majority), ("goal_thirds", house.two_thirds)]
        told = [
            (words("tipping_lead", party=party, goal=words(key)), tipping(house, stored, goal)) for key, goal in goals
        ]
        return {
            "tipping": [(lead, tipping_sheet(some, regions, words, words("tipping_title"))) for lead, some in told],
            "tipping_from": words("tipping_from", n=words.whole(len(stored.draws))),
        }

    def _independents(self) -> dict[str, Any]:
        house, words, own = self.house, self.words, self.house.self_nominated
        if own is None or self.independents is None:
            return {"independents": None}
        seats = house.seats(own)
        chances = [(one, chance) for one in districts(house) for group, chance in one.chances if group == own]
        ranked = sorted(chances, key=lambda pair: -pair[1].value)[:BEST]
        best: list[list[Cell]] = [[one.id, self.names.get(one.region, one.region), chance] for one, chance in ranked]
        columns = [words("col_district"), words("col_region"), words("col_probability")]
        candidates = candidate_sheet(house, words, self.names, only=own, most=BEST)
        return {
            "independents": self.independents,
            "independents_lead": words(
                "independents_lead", median=words.whole(seats.median), span=words.span(*seats.interval(0.8))
            ),
            "independents_sheet": histogram_sheet(house, words, own),
            "independents_best": Sheet(words("independents_best"), columns, best),
            "independents_candidates": Sheet(words("independents_candidates"), candidates.columns, candidates.rows),
        }

    def _persons(self) -> dict[str, Any]:
        house, words = self.house, self.words
        quota = (house.law.get("persons") or {}).get("mandate_quota") or {}
        told = ""
        if quota.get("share"):
            top, _, bottom = str(quota["share"]).partition("/")
            told = words(
                "persons_quota", share=words.share(float(top) / float(bottom or 1), 0), age=quota.get("youth_to", "")
            )
        if not house.run.rows("list_candidates.csv", house.system):
            return {"quota": told, "persons": None}
        composed = bool(house.run.rows("composition.csv", house.system))
        return {
            "quota": told,
            "persons": person_sheet(house, words, self.names),
            "composition": composed,
            "composition_sheet": composition_sheet(house, words, self.names),
        }


def _contents(
    parts: list[HouseSection], comparisons: Sequence[Comparison], run: RunFolder, words: Language
) -> list[tuple[str, str]]:
    if len(parts) > 1:
        listed = [(f"system-{part.number}", part.house.title(words.code)) for part in parts]
    else:
        only = parts[0]
        listed = [("seats-of-0", words("seats_title")), ("chamber-0", words("hemicycle_title"))]
        listed += [("threshold-0", only.passes.title)] if only.passes is not None else []
        listed += [("coalitions-0", words("coalition_title"))] if len(only.house.coalition_parties) > 1 else []
        listed += [("districts-0", words("districts_title"))] if only.house.districts else []
        listed += [("independents-0", words("independents_title"))] if only.independents is not None else []
        listed += [("persons-0", words("persons_title"))]
    listed += [(one.id, one.title) for one in comparisons]
    listed += [("assemblies", words("assemblies_title"))] if run.rows("assembly_totals.csv") else []
    keys = ("polls", "assumed", "silent", "audit", "method", "reproduce", "codebook")
    return listed + [(key, words(f"{key}_title")) for key in keys]


def _district_ties(every: Sequence[House], words: Language) -> str:
    """Say who wins a district where votes are equal; nothing where no house has districts."""
    if not any(house.districts for house in every):
        return ""
    return words("silent_district_tie" if any(house.repeats_votes for house in every) else "silent_district_lead")


def _assemblies(run: RunFolder, words: Language, names: dict[str, str]) -> dict[str, Any]:
    totals = run.rows("assembly_totals.csv")
    if not totals:
        return {"assemblies": None}
    count = len({(row["system"], row["assembly"]) for row in run.rows("assemblies.csv")})
    return {
        "assemblies": assembly_sheet(totals, words, names),
        "assemblies_lead": words("assemblies_lead", n=words.whole(count)),
    }


def _foundations(run: RunFolder, words: Language) -> dict[str, Any]:
    record, model = run.record, run.document.get("model")
    model = model if isinstance(model, dict) else {}
    audit, stands = record["audit"], centre(run)
    return {
        "day": words.day(plain_text(str(model.get("election_day") or ""))),
        "as_of": words.day(plain_text(str(model.get("as_of") or ""))),
        "assumptions": run.assumptions,
        "warnings": run.warnings,
        "silent": silent_sheet(run, words),
        "audit": words("audit_text", agree=audit.get("agree"), recounts=audit.get("recounts")),
        "method": words("method_text", source=words(f"method_{stands}"), draws=words.counted("n_draws", run.draws)),
        "no_polls": words("polls_none" if stands == "polls" else f"polls_none_{stands}"),
        "card": card_sheet(run, words),
        "command": reproduction(run),
        "place": words("reproduce_place", path=path) if (path := own_documents(run)) else "",
        "provenance": provenance_sheet(run, words),
        "codebook": codebook_sheets(run, words),
        "footer": words("footer", version=__version__, digest=str(record["digest"])[:8]),
    }
