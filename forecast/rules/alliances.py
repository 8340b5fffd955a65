"""Alliances and joined lists: lists that are first counted as one and then share its seats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from forecast.rules.admission import reaches
from forecast.rules.apportion import apportionment
from forecast.rules.outcome import Tie
from forecast.rules.proportional import Alliances, Formula
from forecast.rules.ties import TieBreak


@dataclass(frozen=True, slots=True)
class AlliedSeats:
    """Seats by list, those of the alliances on the way, and the ties."""

    seats: dict[str, int]
    groups: dict[str, int]
    ties: tuple[Tie, ...]
    unassigned: int


def admitted_members(
    rule: Alliances,
    members: tuple[str, ...],
    votes: Mapping[str, int],
    base: int,
    passing: tuple[str, ...],
    exempt: tuple[str, ...],
    ties: TieBreak,
) -> tuple[str, ...]:
    """Return the members that share their alliance's seats."""
    standing = tuple(name for name in members if votes.get(name, 0))
    if rule.pass_as == "lists":
        return tuple(name for name in standing if name in passing)
    inside = tuple(name for name in standing if name in exempt or reaches(votes[name], base, rule.member_share))
    below = [name for name in standing if name not in inside]
    if rule.best_loser and below:
        inside = (*inside, ties.largest({name: votes[name] for name in below}))
    return inside


def counted_votes(
    rule: Alliances, members: tuple[str, ...], votes: Mapping[str, int], base: int, inside: tuple[str, ...]
) -> int:
    """Return an alliance's votes: of the members inside and of those large enough to add to it."""
    if rule.pass_as == "lists":
        return sum(votes[name] for name in inside)
    return sum(
        votes.get(name, 0)
        for name in members
        if name in inside or (name in votes and reaches(votes[name], base, rule.counts_from))
    )


def passing_alliances(
    rule: Alliances,
    votes: Mapping[str, int],
    base: int,
    share: Fraction,
    passing: tuple[str, ...],
    exempt: tuple[str, ...],
    ties: TieBreak,
) -> tuple[str, ...]:
    """Return the alliances that take part, and have somebody to seat, over the whole tier."""
    found = []
    for name, members in rule.groups.items():
        inside = admitted_members(rule, members, votes, base, passing, exempt, ties)
        together = counted_votes(rule, members, votes, base, inside)
        enough = rule.pass_as == "lists" or reaches(together, base, rule.share if rule.share is not None else share)
        if inside and enough:
            found.append(name)
    return tuple(found)


def allied_seats(
    rule: Alliances,
    formula: Formula,
    votes: Mapping[str, int],
    groups: Mapping[str, tuple[int, tuple[str, ...]]],
    alone: tuple[str, ...],
    seats: int,
    ties: TieBreak,
    given: Mapping[str, int] | None = None,
    people: Mapping[str, int] | None = None,
) -> AlliedSeats:
    """Share seats among alliances and lone lists, then each alliance's among its members.

    ``groups`` are an alliance's votes and the members that share; ``given`` are seats of the first step where they
    come from elsewhere.
    """
    first: dict[str, int] = {name: number for name, (number, _) in groups.items()}
    first |= {name: votes[name] for name in alone}
    if given is None:
        upper = apportionment(formula, first, seats, ties=ties)
        given, found, left = upper.seats, list(upper.ties), upper.unassigned
    else:
        found, left = [], 0
    won = {name: given.get(name, 0) for name in alone}
    for name, (_, inside) in groups.items():
        lower = apportionment(
            rule.formula or formula,
            {member: votes.get(member, 0) for member in inside},
            given.get(name, 0),
            caps=people,
            ties=ties,
        )
        won |= lower.seats
        found += lower.ties
        left += lower.unassigned
    return AlliedSeats(won, {name: given.get(name, 0) for name in first}, tuple(found), left)
