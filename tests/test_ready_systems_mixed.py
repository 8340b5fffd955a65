"""Ready systems whose list seats answer for constituencies, on the official totals of whole elections.

``tests/law/*.csv`` hold, by region, the constituencies that a party won and its list votes. Germany: Der
Bundeswahlleiter (Die Bundeswahlleiterin), final results of 2005, 2009, 2013, 2021 (before the partial repetition in
Berlin) and 2025. Scotland: returning officers' declarations of 5 May 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from forecast.documents import read_system
from forecast.rules.proportional import AdditionalMember, Covered, Levelled, MixedMember, ProportionalTier
from tests.ready import counted, regional_votes, without_zeros


@dataclass(frozen=True)
class Official:
    """An election in ``tests/law``, the system it was held under, and its seats."""

    system: str
    file: str
    seats: dict[str, int]

    @property
    def house(self) -> int:
        return sum(self.seats.values())


GERMANY = [
    Official(
        "germany-bundestag-2005",
        "germany-bundestag-2005.csv",
        {"SPD": 222, "CDU": 180, "CSU": 46, "FDP": 61, "Die Linke": 54, "GRÜNE": 51},
    ),
    Official(
        "germany-bundestag-2009",
        "germany-bundestag-2009.csv",
        {"CDU": 194, "SPD": 146, "FDP": 93, "Die Linke": 76, "GRÜNE": 68, "CSU": 45},
    ),
    Official(
        "germany-bundestag-2013",
        "germany-bundestag-2013.csv",
        {"CDU": 255, "SPD": 193, "Die Linke": 64, "GRÜNE": 63, "CSU": 56},
    ),
    Official(
        "germany-bundestag-2020",
        "germany-bundestag-2021.csv",
        {"SPD": 206, "CDU": 152, "GRÜNE": 118, "FDP": 92, "AfD": 83, "CSU": 45, "Die Linke": 39, "SSW": 1},
    ),
    Official(
        "germany-bundestag-2023",
        "germany-bundestag-2025.csv",
        {"CDU": 164, "AfD": 152, "SPD": 120, "GRÜNE": 85, "Die Linke": 64, "CSU": 44, "SSW": 1},
    ),
]
SCOTLAND = Official(
    "scotland-parliament",
    "scotland-parliament-2016.csv",
    {"SNP": 63, "Conservative": 31, "Labour": 24, "Greens": 6, "Liberal Democrats": 5},
)


def regions(lists: ProportionalTier) -> dict[str, str]:
    link = lists.linkage
    assert isinstance(link, AdditionalMember | MixedMember | Levelled | Covered)
    return dict(link.regions)


@pytest.mark.parametrize("official", [*GERMANY, SCOTLAND], ids=lambda official: official.file.removesuffix(".csv"))
def test_a_whole_election_has_its_official_seats(official: Official) -> None:
    system = read_system(official.system).value
    nominal, lists = system.tiers
    assert isinstance(lists, ProportionalTier)
    votes = regional_votes(official.file, regions(lists), nominal.name, lists.name)
    found = counted(system, votes)
    assert without_zeros(found.seats) == official.seats
    assert found.total == official.house


@pytest.mark.parametrize(
    ("official", "setting"),
    [
        (GERMANY[0], "tier.Land lists.linkage.sublists=false"),
        (GERMANY[1], "tier.Land lists.linkage.sublists=false"),
        (GERMANY[2], "tier.Land lists.admission.all_of=[{kind = 'share', share = 0.04}]"),
        (GERMANY[3], "tier.Land lists.linkage.free_overhang=0"),
        (GERMANY[3], "tier.Land lists.admission.any_of=[]"),
        (GERMANY[4], "tier.Land lists.admission.exempt=none"),
        (SCOTLAND, "tier.regional lists.linkage=none"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.file.removesuffix(".csv"),
)
def test_another_law_has_other_seats(official: Official, setting: str) -> None:
    """A test of the tests above: these clauses decided seats in the elections they were certified on."""
    system = read_system(official.system, (setting,)).value
    before = read_system(official.system).value.tiers[1]
    assert isinstance(before, ProportionalTier)
    votes = regional_votes(official.file, regions(before), system.tiers[0].name, system.tiers[1].name)
    assert without_zeros(counted(system, votes).seats) != official.seats
