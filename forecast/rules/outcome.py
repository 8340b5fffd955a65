"""What a count returns: seats, ties, silent cases that occurred, and the steps taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a count as a sentence, and the article behind it."""

    text: str
    law: str


@dataclass(frozen=True, slots=True)
class Tie:
    """Options that the votes could not tell apart.

    ``chosen`` is who won by ``rule``: one name, several names, or None where the law orders another vote.
    """

    rule: str
    among: tuple[str, ...]
    chosen: str | tuple[str, ...] | None
    district: str = ""


@dataclass(frozen=True, slots=True)
class DistrictCount:
    """Seats of one district; ``winner`` is the person elected, None in list tiers and where the seat is undecided.

    ``elected`` are all persons elected where a district has several seats, the strongest first.
    """

    seats: dict[str, int]
    vacant: int
    winner: str | None = None
    elected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TierCount:
    """Seats of one tier. ``seats``, ``vacant``, ``uncounted`` and ``appointed`` add up to the tier's seats.

    Parameters
    ----------
    seats
        Seats by party in order of registration, those with none listed.
    vacant
        Seats nobody gets.
    silent
        Names of the cases on which the law is silent and which occurred: fields of ``SilentCases``.
    uncounted
        Seats of districts without a paper.
    appointed
        Seats of an appointed tier, which belong to no party.
    """

    name: str
    kind: Literal["list", "nominal", "appointed"]
    seats: dict[str, int]
    districts: dict[str, DistrictCount]
    vacant: int
    ties: tuple[Tie, ...] = ()
    silent: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    uncounted: int = 0
    appointed: int = 0

    @property
    def total(self) -> int:
        """Seats of the counted districts: those of parties, the vacant and the appointed ones."""
        return sum(self.seats.values()) + self.vacant + self.appointed


@dataclass(frozen=True, slots=True)
class Count:
    """Seats of a house. ``uncounted`` names the tiers for which there were no votes.

    ``system`` is the id of the electoral system; ``seats`` add up the tiers, parties without a seat are listed.
    """

    system: str
    tiers: tuple[TierCount, ...]
    seats: dict[str, int]
    uncounted: tuple[str, ...] = ()

    @property
    def vacant(self) -> int:
        """Seats nobody gets, over all counted tiers."""
        return sum(tier.vacant for tier in self.tiers)

    @property
    def total(self) -> int:
        """Seats of the counted districts and tiers: those of parties, the vacant and the appointed ones."""
        return sum(tier.total for tier in self.tiers)

    def tier(self, name: str) -> TierCount:
        """Return the count of the tier called ``name``; KeyError if it was not counted."""
        for tier in self.tiers:
            if tier.name == name:
                return tier
        raise KeyError(name)
