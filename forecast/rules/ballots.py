"""Whole ballots: what the law counts. Statistics end here; from here on there are only integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RESERVED = ("against_all", "invalid")


@dataclass(frozen=True, slots=True)
class Paper:
    """Ballots of one district: votes by option in order of registration, "against all", and the invalid ones.

    >>> paper = Paper({"A": 60, "B": 30}, against_all=10, invalid=5)
    >>> paper.party_votes, paper.valid, paper.cast
    (90, 100, 105)
    """

    votes: Mapping[str, int]
    against_all: int = 0
    invalid: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "votes", dict(self.votes))
        for option, votes in self.votes.items():
            if option in RESERVED:
                raise ValueError(f"{option!r} is no option of its own: give it as Paper({option}=...)")
            if type(votes) is not int or votes < 0:
                raise ValueError(f"votes of {option!r} are {votes!r}; they must be a whole number of 0 or more")
        for name, votes in (("against_all", self.against_all), ("invalid", self.invalid)):
            if type(votes) is not int or votes < 0:
                raise ValueError(f"{name} is {votes!r}; it must be a whole number of 0 or more")

    @property
    def party_votes(self) -> int:
        """Votes of all options, without "against all"."""
        return sum(self.votes.values())

    @property
    def valid(self) -> int:
        """Valid ballots: votes of all options and "against all"."""
        return self.party_votes + self.against_all

    @property
    def cast(self) -> int:
        """Ballots cast: the valid and the invalid ones."""
        return self.valid + self.invalid


@dataclass(frozen=True, slots=True)
class Votes:
    """Papers of an election by tier name and district; the one national district is called ``""``."""

    tiers: Mapping[str, Mapping[str, Paper]]
