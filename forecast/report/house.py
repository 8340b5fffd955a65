"""One system of a run: its house, its parties and their distributions, from the tables and tallies of the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from forecast.distribution import Counts, Probability, SeatDistribution
from forecast.errors import EnvironmentTrouble
from forecast.report.folder import Row, RunFolder, title_of
from forecast.report.languages import Language
from forecast.runfile import size_by_law
from forecast.runs import REPLICATES_FILE, TALLIES_FILE

HIGHEST, STEP = 150, 5  # of the curves over thresholds, in thousandths of the valid ballots
SELF_NOMINATED = "Self-nominated"  # the label of a document that gives none
MOST_TALLY = 100_000_000  # entries of one tally


@dataclass(frozen=True, eq=False)
class House:
    """What a run says about one of its systems."""

    run: RunFolder
    system: str

    @cached_property
    def law(self) -> Mapping[str, Any]:
        """The system's resolved document."""
        law: Mapping[str, Any] = self.run.document["systems"][self.system]
        return law

    def title(self, code: str) -> str:
        """Return what the system is called in a language."""
        return title_of(self.law, code) or self.system

    @cached_property
    def summary(self) -> dict[str, Row]:
        """The rows of ``summary.csv`` by party, in order of registration, the self-nominated last."""
        return {row["party"]: row for row in self.run.rows("summary.csv", self.system)}

    @cached_property
    def groups(self) -> list[str]:
        """Everybody who can hold seats, in order of registration."""
        return list(self.summary)

    @cached_property
    def parties(self) -> list[str]:
        """The parties, in order of registration."""
        return [name for name, row in self.summary.items() if row["mean_share"]]

    @cached_property
    def standing(self) -> list[str]:
        """The groups that stand: the parties, and the self-nominated where there is one."""
        people = {row["party"] for row in self.run.rows("districts.csv", self.system)}
        return [name for name in self.groups if name in self.parties or name in people]

    @cached_property
    def by_seats(self) -> list[str]:
        """Everybody who stands, those with more seats on average first."""
        return sorted(self.standing, key=lambda name: -self.seats(name).mean)

    @cached_property
    def marks(self) -> dict[str, int]:
        """Seats of a majority and of two thirds, by their names in ``seat_pmf.csv``."""
        return {
            mark: int(row["seats"])
            for row in self.run.rows("seat_pmf.csv", self.system)
            for mark in row["mark"].split(", ")
            if mark in ("majority", "two thirds")
        }

    @property
    def majority(self) -> int:
        """Seats of an absolute majority."""
        return self.marks.get("majority", self.size // 2 + 1)

    @property
    def two_thirds(self) -> int:
        """Seats of two thirds."""
        return self.marks.get("two thirds", -(-2 * self.size // 3))

    @cached_property
    def size(self) -> int:
        """Seats of the house by its law."""
        return size_by_law(self.law) or self.most

    @cached_property
    def most(self) -> int:
        """The largest number of seats shown: those of the law, or what the house grew to."""
        return max(int(row["seats"]) for row in self.run.rows("seat_pmf.csv", self.system))

    @property
    def grows(self) -> bool:
        """Whether the house had more members than the law names in some simulations."""
        return self.most > self.size

    @cached_property
    def members(self) -> SeatDistribution:
        """The distribution of the number of members of a house that grows."""
        return self._distribution("sizes", self._number)

    @property
    def usual_size(self) -> int:
        """Seats of the house; of one that grows, at the median."""
        return self.members.median if self.grows else self.size

    def has_majority(self, group: str) -> Probability:
        """Return the probability of a majority of the members there are."""
        return self._of_members("majority", group, self.majority)

    def has_two_thirds(self, group: str) -> Probability:
        """Return the probability of two thirds of the members there are."""
        return self._of_members("two thirds", group, self.two_thirds)

    def has_blocking_third(self, group: str) -> Probability:
        """Return the probability that the others have no two thirds of the members there are."""
        return self._of_members("blocking third", group, self.size - self.two_thirds + 1)

    def _of_members(self, event: str, group: str, least: int) -> Probability:
        if self.grows:  # the size of the house is not known before the vote
            for row in self.run.rows("events.csv", self.system):
                if row["event"] == f"{event}: {group}":
                    return probability(row["probability"], self.run.draws)
        return self.seats(group).at_least(least)

    @property
    def tiers(self) -> list[Mapping[str, Any]]:
        """The tiers of the law, as its document has them."""
        return list(self.law.get("tier", []))

    @property
    def appointed(self) -> int:
        """Seats of the house that no ballot fills."""
        return sum(int(tier.get("seats", 0)) for tier in self.tiers if tier.get("kind") == "appointed")

    @property
    def elective(self) -> int:
        """Seats of the house that ballots fill; of one that grows, at the median."""
        return self.usual_size - self.appointed

    @cached_property
    def medians(self) -> dict[str, int]:
        """Everybody's seats at the median, those with more seats on average first."""
        return {name: self.seats(name).median for name in self.by_seats}

    @cached_property
    def vacant(self) -> float:
        """Mean number of elective seats that stay vacant; 0 of a house that grows, for it fills what it has."""
        if self.grows:
            return 0.0
        return max(0.0, self.elective - sum(self.seats(name).mean for name in self.standing))

    @property
    def list_tier(self) -> Mapping[str, Any] | None:
        """The tier of lists, if there is one; the first that asks something of them, where there are several."""
        lists = [tier for tier in self.tiers if tier.get("kind") in ("list", "proportional")]
        asking = (tier for tier in lists if tier.get("threshold") or _bars(tier))
        return next(asking, lists[0] if lists else None)

    @property
    def threshold(self) -> float | None:
        """The one share of the votes that decides which lists take part; None without one, or where more than that counts."""
        tier = self.list_tier or {}
        only = _bars(tier)[0] if len(_bars(tier)) == 1 and _alone(tier["admission"]) else {}
        share = (tier.get("threshold") or only).get("share")
        if not share or not self._tells_who_passes:
            return None
        return fraction(share)

    @property
    def base(self) -> str:
        """What the threshold is a share of."""
        tier = self.list_tier or {}
        asked: Mapping[str, Any] = tier.get("threshold") or next(iter(_bars(tier)), {})
        return str(asked.get("of", "valid ballots"))

    @property
    def varies(self) -> bool:
        """Whether the tallied shares tell who would reach another threshold: one share of all that was tallied."""
        whole = self.base == "valid ballots" or (self.base == "party votes" and not self._against_all)
        return self.threshold is not None and whole and self.has_paper

    @property
    def has_paper(self) -> bool:
        """Whether the tallied shares are of this law's ballots: not where its paper lacks the voters' line against all."""
        used = ((self.list_tier or {}).get("against_all") or {}).get("use", "")
        return not (self._against_all and used == "not on the ballot")

    @property
    def _against_all(self) -> bool:
        return "against_all" in ((self.run.record.get("fit") or {}).get("options") or [])

    @property
    def repeats_votes(self) -> bool:
        """Whether the law orders another vote where a district's votes are equal."""
        rules = [
            str((tier.get("ties") or {}).get("rule", "repeat voting"))
            for tier in self.tiers
            if tier.get("kind") == "nominal"
        ]
        return any(rule.startswith("repeat voting") for rule in rules)

    @property
    def admission(self) -> Mapping[str, Any] | None:
        """What lists are asked beside one threshold, as the law's document has it; None where that is all."""
        tier = self.list_tier or {}
        asked = bool(_bars(tier)) and self.threshold is None and self._tells_who_passes
        return tier["admission"] if asked else None

    @property
    def selects(self) -> bool:
        """Whether lists must reach something to take part."""
        return self.threshold is not None or self.admission is not None

    @property
    def _tells_who_passes(self) -> bool:
        return any(row["p_threshold"] for row in self.summary.values())

    @property
    def districts(self) -> int:
        """Number of districts in which the system fills seats."""
        return len({row["district"] for row in self.run.rows("districts.csv", self.system)})

    @property
    def leader(self) -> str:
        """The party with the most seats on average."""
        return max(self.parties, key=lambda name: self.seats(name).mean)

    @property
    def self_nominated(self) -> str | None:
        """The label of those who stand for no party; None where no seat is theirs to win."""
        own = [name for name in self.groups if name not in self.parties]
        return own[0] if own and self.districts and self.seats(own[0]).at_least(1).count else None

    def seats(self, group: str) -> SeatDistribution:
        """Return the distribution of a group's seats."""
        return self._distribution("seats", self._number, self.groups.index(group))

    def shares(self, party: str) -> SeatDistribution:
        """Return the distribution of a party's share, in thousandths of the valid ballots, rounded down."""
        return self._distribution("shares", self.parties.index(party))

    def passes(self, party: str) -> Probability | None:
        """Return the probability that a list takes part in the distribution of seats; None where it has no list."""
        return self.chance(party, "p_threshold")

    @property
    def highest_threshold(self) -> int:
        """The end of the curves over thresholds, in thousandths of the valid ballots."""
        return max(HIGHEST, min(1000, round(2000 * (self.threshold or 0)) // STEP * STEP))

    def curve(self, party: str) -> list[tuple[int, Probability]]:
        """Return the probability of at least a share of the valid ballots, at steps of thousandths ``(share, p)``.

        Exact at these steps: the tally keeps whole thousandths, rounded down.
        """
        shares = self.shares(party)
        return [(at, shares.at_least(at)) for at in range(0, self.highest_threshold + 1, STEP)]

    def chance(self, group: str, column: str) -> Probability | None:
        """Return a probability of ``summary.csv``; None where the cell is empty."""
        cell = self.summary[group][column]
        if not cell:
            return None
        chance = probability(cell, self.run.draws)
        if self.run.replicates is None:
            return chance
        if column == "p_any_seat":
            return self.seats(group).at_least(1)
        if column == "p_majority":
            return self.has_majority(group)
        tally = {"p_threshold": "passed", "p_largest": "largest"}[column]
        return replace(chance, replicates=self.by_randomisation(tally, self._number, self.groups.index(group)))

    @cached_property
    def last_seats(self) -> dict[str, int]:
        """Everybody's seats at the last election, where the model knows them, as ``seat_pmf.csv`` marks them."""
        return {
            row["party"]: int(row["seats"])
            for row in self.run.rows("seat_pmf.csv", self.system)
            if "last result" in row["mark"].split(", ")
        }

    def no_majority(self) -> Probability:
        """Return the probability that no party has a majority."""
        draws, each = self.run.draws, [self.has_majority(name) for name in self.parties]
        apart = zip(*(one.replicates for one in each), strict=True)
        none = tuple(max(1 - sum(chances), 0.0) for chances in apart)
        return Probability(draws - sum(one.count for one in each), draws, replicates=none)

    @cached_property
    def parties_in_house(self) -> SeatDistribution:
        """The distribution of the number of parties with a seat."""
        return self._distribution("parties", self._number)

    @cached_property
    def coalition_counts(self) -> tuple[Counts, Counts]:
        """Draws in which each set of parties has a majority, and has one and needs every member, ``[set]``.

        A set is a number whose bit p stands for party p in order of registration.
        """
        return self._tally("majority")[self._number], self._tally("minimal")[self._number]

    def coalition_replicates(self, tally: str, number: int) -> tuple[float, ...]:
        """Return the probability of a set of parties, of ``majority`` or ``minimal``, by each randomisation."""
        return self.by_randomisation(tally, self._number, number)

    @property
    def coalition_parties(self) -> list[str]:
        """The parties whose coalitions were tallied."""
        return self.parties[: len(self.coalition_counts[0]).bit_length() - 1]

    @property
    def _number(self) -> int:
        return self.run.systems.index(self.system)

    def by_randomisation(self, tally: str, *at: int) -> tuple[float, ...]:
        """Return a probability by each randomisation of a lattice; none where the run was drawn plainly."""
        if self.run.replicates is None:
            return ()
        in_all = self._replicates("parties")[:, self._number].sum(axis=1)
        each: Any = self._replicates(tally)
        return tuple((each[(slice(None), *at)] / in_all).tolist())

    def _distribution(self, tally: str, *at: int) -> SeatDistribution:
        counts: Counts = self._tally(tally)[at]
        if self.run.replicates is None:
            return SeatDistribution(counts)
        every: Any = self._replicates(tally)
        each = every[(slice(None), *at)]
        return SeatDistribution(counts, replicates=each / each.sum(axis=1, keepdims=True))

    def _tally(self, name: str) -> Counts:
        if name not in self._tallies:
            self._tallies[name] = _array(self.run.tallies, name, self.run.folder / TALLIES_FILE)
        return self._tallies[name]

    @cached_property
    def _tallies(self) -> dict[str, Counts]:
        """Tallies as they are asked for: hundreds of parties ask for the same one."""
        return {}

    def _replicates(self, name: str) -> Counts:
        return _array(self.run.replicates or {}, name, self.run.folder / REPLICATES_FILE)


def _array(tallies: Mapping[str, Any], name: str, path: Path) -> Counts:
    """Return a tally from its shape and its entries."""
    stored: Any = tallies.get(name)
    try:
        shape = [int(size) for size in stored["shape"]]
        if any(size < 0 for size in shape) or np.prod(shape, dtype=float) > MOST_TALLY:
            raise ValueError
        array = np.zeros(shape, np.int64)
        array.ravel()[np.array(stored["at"], dtype=np.int64)] = stored["count"]
    except (TypeError, KeyError, ValueError, IndexError, OverflowError):
        raise EnvironmentTrouble(f"{path}: {name}: is no tally; compute the run again with --force") from None
    return array


def houses(run: RunFolder) -> list[House]:
    """Return the systems of a run."""
    unknown = set(run.systems) - set(run.document["systems"])
    if unknown:
        raise EnvironmentTrouble(f"{run.folder}: summary.csv has systems that run.json does not know: {unknown}")
    return [House(run, system) for system in run.systems]


def group_names(house: House, words: Language) -> dict[str, str]:
    """Return the names of groups and regions as the report shows them: the model's in its language, else the document's."""
    own = [name for name in house.groups if name == SELF_NOMINATED and name not in house.parties]
    names = {name: name for name in house.groups} | {name: words("self_nominated") for name in own}
    return names | house.run.names(words.code)


def probability(cell: str | float, draws: int) -> Probability:
    """Return a cell of a table as a probability.

    >>> probability("0.25", 1000).count
    250
    """
    return Probability(round(float(cell) * draws), draws)


def _bars(tier: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    admission = tier.get("admission") or {}
    return [*admission.get("all_of", []), *admission.get("any_of", [])]


def _alone(admission: Mapping[str, Any]) -> bool:
    """Return whether nothing but one share of all votes decides."""
    (bar,) = _bars({"admission": admission})
    plain = bar.get("kind") == "share" and bar.get("area", "tier") == "tier" and not bar.get("coalitions")
    others = ("exempt", "minimum_lists", "joint_share")
    return plain and bar.get("comparison", "at least") == "at least" and not any(admission.get(key) for key in others)


def fraction(value: object) -> float:
    """Return a number of the law as its document has it, such as ``1/20``."""
    top, _, bottom = str(value).partition("/")
    return float(top) / float(bottom or 1)
