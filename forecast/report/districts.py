"""Districts: favourites, ratings, the closest races, and those in which a house tips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecast.distribution import Probability
from forecast.report.house import House, probability
from forecast.report.stored import StoredDraws

CLOSEST = 10
MOST_TILES = 2000


@dataclass(frozen=True, slots=True)
class District:
    """A district with everybody's chance in it, the favourite first."""

    id: str
    region: str
    rating: str
    chances: tuple[tuple[str, Probability], ...]
    assumed: bool

    @property
    def favourite(self) -> str:
        """Who is likeliest to win."""
        return self.chances[0][0]

    @property
    def chance(self) -> Probability:
        """The favourite's chance."""
        return self.chances[0][1]


def districts(house: House) -> list[District]:
    """Return the districts in the order of the run's table."""
    by_id: dict[str, list[dict[str, str]]] = {}
    for row in house.run.rows("districts.csv", house.system):
        by_id.setdefault(row["district"], []).append(row)
    found = []
    for name, rows in by_id.items():
        ranked = sorted(rows, key=lambda row: -float(row["probability"]))
        bases = [row[column] for row in rows for column in ("region_basis", "electorate_basis", "candidates_basis")]
        found.append(
            District(
                name,
                rows[0]["region"],
                next((row["rating"] for row in rows if row["rating"]), "open"),
                tuple((row["party"], probability(row["probability"], house.run.draws)) for row in ranked),
                any(basis.startswith("assumed") for basis in bases),
            )
        )
    return found


def by_region(found: Iterable[District]) -> dict[str, list[District]]:
    """Return districts by region, in the order in which regions appear."""
    regions: dict[str, list[District]] = {}
    for district in found:
        regions.setdefault(district.region, []).append(district)
    return regions


def closest(found: Iterable[District]) -> list[District]:
    """Return the districts whose favourites are least sure."""
    return sorted(found, key=lambda district: district.chance.value)[:CLOSEST]


@dataclass(frozen=True, slots=True)
class Tipping:
    """How often a district alone decides whether the leading party reaches a number of seats."""

    district: str
    chance: Probability


def tipping(house: House, stored: StoredDraws, goal: int) -> list[Tipping]:
    """Return the districts that tip most often, over the stored draws.

    A district tips where the party stands exactly on ``goal`` and won it, or one seat short and lost it.
    """
    seats = stored.seats[:, stored.groups.index(house.leader)]
    won = stored.winners == stored.groups.index(house.leader)
    tips = ((seats == goal)[:, None] & won) | ((seats == goal - 1)[:, None] & ~won)
    counts = tips.sum(axis=0)
    ranked = sorted(range(len(counts)), key=lambda d: -int(counts[d]))[:CLOSEST]
    return [Tipping(stored.districts[d], Probability(int(counts[d]), len(seats))) for d in ranked if counts[d] > 0]
