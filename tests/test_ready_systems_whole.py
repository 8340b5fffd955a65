"""Ready systems on every district of real elections, from a folder of election documents that is not part of this project.

The folder is ``SEATCAST_ELECTIONS``, else ``shared/elections`` beside the checkout; its documents are those that
``python -m benchmarks.elections`` reads. Nothing of their results is used but to compare.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.election_papers import names_of, paper
from forecast.documents import read_system
from forecast.rules.ballots import Paper, Votes
from forecast.rules.outcome import TierCount
from forecast.rules.proportional import Covered, ProportionalTier
from forecast.rules.system import ElectoralSystem, NominalTier
from tests.ready import check_kernel, counted, winners, without_zeros

CHECKOUT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("SEATCAST_ELECTIONS") or CHECKOUT.parent / "shared" / "elections")


@dataclass(frozen=True)
class Whole:
    """A document, the system it is counted under, and how the names of the two differ.

    ``tiers`` are the document's tiers by name of the system's; ``won`` are districts that the document does not have.
    """

    system: str
    tiers: dict[str, str]
    settings: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    won: dict[str, dict[str, int]] = field(default_factory=dict)


def agreements(*pairs: tuple[str, str]) -> tuple[str, ...]:
    groups = ", ".join(f'"{first} + {second}" = ["{first}", "{second}"]' for first, second in pairs)
    return ("tier.national lists.alliances.groups={" + groups + "}",)


def blocks(*seats: int) -> tuple[str, ...]:
    """Return the magnitudes of Japan's eleven blocks at another election."""
    tier = read_system("japan-shugiin-2017").value.tiers[0]
    assert isinstance(tier, ProportionalTier)
    rows = [f'{{name = "{one.name}", seats = {number}}}' for one, number in zip(tier.districts, seats, strict=True)]
    return f"tier.{tier.name}.seats={sum(seats)}", f"tier.{tier.name}.districts=[{', '.join(rows)}]"


JAPANESE_NAMES = {"Kitakanto": "Northern Kanto", "Minamikanto": "Southern Kanto", "Hokuriku": "Hokuriku-Shinetsu"}
GERMAN = {"constituencies": "constituencies", "Land lists": "total"}
SCOTTISH_NAMES = {
    "Aberdeen S. and N. Kincardine": "Aberdeen South and North Kincardine",
    "Caithness Sutherland & Ross": "Caithness, Sutherland and Ross",
    "Nah h-Eilanan an Iar": "Na h-Eileanan an Iar",
}
WHOLE = {
    "de_bundestag_2005": Whole("germany-bundestag-2005", GERMAN),
    "de_bundestag_2013": Whole("germany-bundestag-2013", GERMAN | {"Land lists": "total with levelling"}),
    "de_bundestag_2021": Whole("germany-bundestag-2020", GERMAN),
    "de_bundestag_2025": Whole(
        "germany-bundestag-2023",
        {"constituencies": "constituency winners (not automatically seats)", "Land lists": "Unterverteilung"},
    ),
    "gb_scotland_2016": Whole(
        "scotland-parliament",
        {"constituencies": "constituencies", "regional lists": "regional additional members"},
        names=SCOTTISH_NAMES,
    ),
    "ru_duma_2021": Whole("russia-duma-2016", {"federal lists": "federal lists"}),
    "ua_rada_2012": Whole("ukraine-rada-2012", {"nationwide lists": "nationwide lists"}),
    "ua_rada_2019": Whole("ukraine-rada-2012", {"nationwide lists": "lists"}),
    "lt_seimas_2016": Whole(
        "lithuania-seimas",
        {"nationwide lists": "multi-member nationwide"},
        settings=(
            "tier.nationwide lists.coalition_members={'Anti-Corruption Coalition (LCP-LPP)' = 2, "
            "'Against Corruption and Poverty (JL-LTS)' = 2}",
        ),
    ),
    "jp_hor_2014": Whole(
        "japan-shugiin-2017",
        {"proportional blocks": "proportional blocks"},
        settings=blocks(8, 14, 20, 22, 17, 11, 21, 29, 11, 6, 21),
        names=JAPANESE_NAMES,
    ),
    "jp_hor_2021": Whole("japan-shugiin-2017", {"proportional blocks": "proportional blocks"}, names=JAPANESE_NAMES),
    "kr_na_2004": Whole(
        "south-korea-2004",
        {"national list": "national list"},
        won={"districts": {"Uri Party": 129, "Grand National Party": 100, "Millennium Democratic Party": 5}},
    ),
    "kr_na_2012": Whole(
        "south-korea-2004",
        {"national list": "national list"},
        settings=("tier.districts.districts=246", "tier.national list.seats=54"),
        won={"districts": {"Saenuri Party": 127, "Democratic United Party": 106, "Unified Progressive Party": 7}},
    ),
    "il_knesset_20": Whole("israel-knesset", {"national lists": "national"}),
    "il_knesset_22": Whole("israel-knesset", {"national lists": "national"}),
    "us_house_1970": Whole("us-house-apportionment", {"states": "states"}),
    "us_house_1990": Whole("us-house-apportionment", {"states": "states"}),
    "us_house_2010": Whole("us-house-apportionment", {"states": "states"}),
    "am_na_2017": Whole(
        "armenia-national-assembly-2016",
        {"national lists": "national list (101) + 4 minority seats"},
        settings=("tier.national lists.coalition_members={'Tsarukyan Alliance' = 2, 'Yelk (Way Out)' = 2}",),
    ),
    "ge_parliament_2012": Whole("georgia-parliament-2012", {"national lists": "lists"}),
    "uk_hoc_2024": Whole("united-kingdom-commons", {"constituencies": "constituencies"}),
}


def papers_of(tier: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Paper]:
    """Return a tier's papers by the names of the system's districts; second votes by Land where they are so given."""
    if tier.get("land_votes"):
        return {land: paper({"votes": votes}, False) for land, votes in tier["land_votes"].items()}
    rows = tier.get("districts")
    if not rows:
        return {"": paper(tier, False)}
    own = [
        names.get(name, name.replace(" & ", " and ") if names is SCOTTISH_NAMES else name) for name in names_of(rows)
    ]
    return {name: paper(row, False) for name, row in zip(own, rows, strict=True)}


def people_of(tier: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return the persons left on lists, where a document says so."""
    return {
        names.get(row["name"], row["name"]): row["list_cap"] for row in tier.get("districts", []) if "list_cap" in row
    }


def together(seats: Mapping[str, int], official: Mapping[str, int]) -> dict[str, int]:
    """Return seats under the names of an official row, where ``A/B`` is both parties."""
    found = without_zeros(seats)
    for name in official:
        parts = name.split("/")
        if len(parts) > 1:
            found[name] = sum(found.pop(part, 0) for part in parts)
    return found


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no folder of election documents: set SEATCAST_ELECTIONS ({FOLDER})")
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_election_has_its_official_seats(name: str) -> None:
    case = WHOLE[name]
    document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    given = {tier["name"]: tier for tier in document["tiers"]}
    settings = case.settings
    if case.system == "israel-knesset":
        settings = agreements(*map(tuple, given["national"]["surplus_agreements"]))
    system = read_system(case.system, settings).value
    votes = {own: winners(won) for own, won in case.won.items()}
    votes |= {own: papers_of(given[theirs], case.names) for own, theirs in case.tiers.items()}
    people = {place: row for tier in given.values() for place, row in people_of(tier, case.names).items()}
    if people:
        found = {own: one.counted for own, one in check_kernel(system, Votes(votes), people).items()}
    else:
        found = {one.name: one for one in counted(system, Votes(votes)).tiers}
    compared = 0
    for own, theirs in case.tiers.items():
        tier, official = given[theirs], given[theirs].get("official_seats") or {}
        if isinstance(system.tier(own), NominalTier):
            lost = [place for place, _ in tier.get("uncovered_winners", [])]
            for row, one in zip(tier["districts"], found[own].districts.values(), strict=True):
                winner = row.get("official_winner") or row.get("winner")
                assert winner is None or one.winner == (None if row["name"] in lost else winner), row["name"]
                compared += winner is not None
        elif "totals" not in document or len(case.tiers) < len(system.tiers):
            assert together(found[own].seats, official) == without_zeros(official)
            compared += len(official)
        for party, land, seats in tier.get("official_land_seats", []):
            assert land_seats(system, found, party, land) == seats, (party, land)
            compared += 1
    if "totals" in document and len(case.tiers) == len(system.tiers):
        seats = {
            party: sum(one.seats.get(party, 0) for one in found.values())
            for one in found.values()
            for party in one.seats
        }
        assert together(seats, document["totals"]) == document["totals"]
        compared += len(document["totals"])
    assert compared


def land_seats(system: ElectoralSystem, found: Mapping[str, TierCount], party: str, land: str) -> int:
    """Return a party's seats in a Land: of its list, and of the constituencies whose winners sit."""
    lists = system.tiers[1]
    assert isinstance(lists, ProportionalTier)
    assert isinstance(lists.linkage, Covered)
    sitting = (name for name, one in found[lists.linkage.tier].districts.items() if one.winner == party)
    won = sum(lists.linkage.regions[name] == land for name in sitting)
    return won + found[lists.name].districts[land].seats.get(party, 0)
