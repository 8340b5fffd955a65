"""An electorate as its document states it: options, polls, turnout, regions, districts, candidates.

``documents`` reads a ``model.toml`` and its tables into an ``Electorate``; ``voteshare.model.fit`` turns that into
a ``VoteModel``, a distribution that can be drawn from. Nothing here is estimated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Noise = Literal["normal", "gumbel"]
Basis = Literal["sourced", "derived", "learned", "assumed", "set"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what it stands on: ``assumed`` is printed as such, ``set`` was given on the command line."""

    value: float
    basis: Basis
    note: str = ""


PROPORTIONAL_SWING = Quantity(1.0, "derived", "a candidate's vote moves as the party's does")


@dataclass(frozen=True, slots=True)
class Option:
    """A line of the list ballot. The order of options is the order in which the lists were registered.

    ``previous`` is the share at the last election (None: new on the ballot), ``list_length`` the people on the
    list (None: long enough for every seat), ``previous_seats`` those of the last election (None: not known, or new).
    ``past_error`` is what polls missed the option by before: result less polls, summed over earlier elections and
    divided by one more than their number (a fraction; 0 where nothing is known).
    """

    name: str
    kind: Literal["party", "against_all"]
    previous: float | None = None
    list_length: int | None = None
    previous_seats: int | None = None
    past_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll. ``shares`` are fractions of everybody asked, by option; what is missing from 1 is unallocated."""

    id: str
    pollster: str
    start: date
    end: date
    sample_size: int | None
    shares: Mapping[str, float]
    undecided: float | None = None


@dataclass(frozen=True, slots=True)
class PollCentre:
    """The vote is pooled from polls; ``horizon`` is the days before it, for ``voteshare.pooling``."""

    polls: tuple[Poll, ...]
    horizon: int
    missing_sample_size: int
    undecided_rule: Literal["proportional"]
    undecided_sd: Quantity


@dataclass(frozen=True, slots=True)
class ResultCentre:
    """The vote is centred on known votes, with an error of ``error * sqrt(p (1 - p))`` around them."""

    votes: Mapping[str, int]
    error: Quantity


@dataclass(frozen=True, slots=True, eq=False)
class DrawsCentre:
    """The vote is somebody's own posterior: ``shares[row, option]``, fractions that add up to 1 in every row."""

    shares: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turnout:
    """Registered voters, the valid share of ballots, and the sd of national turnout (as a share)."""

    electorate: int
    valid_share: Quantity
    sd: Quantity


@dataclass(frozen=True, slots=True)
class Region:
    """A region and its turnouts at earlier elections, by column name; None where a figure was not found.

    ``electorate`` are its registered voters, where no district says how many live there.
    """

    name: str
    turnouts: Mapping[str, float | None]
    electorate: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person on a district's ballot paper; ``party`` is None for the self-nominated.

    ``base_share`` is the share of the district's votes that the party's candidate had at the last election (None: not
    known, or nobody stood).
    """

    name: str
    party: str | None
    basis: str = "sourced"
    base_share: float | None = None


@dataclass(frozen=True, slots=True)
class District:
    """A single-member district; ``id`` is text (``007`` stays ``007``). The bases say what was sourced."""

    id: str
    region: str
    electorate: int
    candidates: tuple[Candidate, ...]
    region_basis: str = "sourced"
    electorate_basis: str = "sourced"
    candidates_basis: str = "sourced"


@dataclass(frozen=True, slots=True)
class SelfNominated:
    """Strength of self-nominated candidates, fixed so that they win ``won`` of ``of`` districts on average.

    ``sd`` spreads single candidates, ``national_sd`` moves all of them together.
    """

    label: str
    won: int
    of: int
    sd: Quantity
    national_sd: Quantity


@dataclass(frozen=True, slots=True)
class Contests:
    """The district contests: who stands where, and how strongly regions and persons differ (log scale).

    ``noise`` is the law of the personal vote of every candidate; its spreads are the same under either. ``swing`` is the
    part of a party's swing, on the log scale, that candidates with a base share follow.
    """

    districts: tuple[District, ...]
    candidate_sd: Quantity
    self_nominated: SelfNominated
    noise: Noise = "normal"
    swing: Quantity = PROPORTIONAL_SWING


@dataclass(frozen=True, slots=True)
class Ward:
    """A single-member district of an assembly: the parties that stand in it, and how many stand for none."""

    parties: tuple[str, ...]
    self_nominated: int


@dataclass(frozen=True, slots=True)
class Assembly:
    """A local assembly elected on the same day. ``lists`` are people on party lists, in order of registration."""

    name: str
    level: Literal["regional", "city", "district"]
    region: str
    list_seats: int
    lists: Mapping[str, int]
    wards: tuple[Ward, ...]

    @property
    def seats(self) -> int:
        """List seats and districts together."""
        return self.list_seats + len(self.wards)

    @property
    def candidates(self) -> int:
        """Everybody who stands, on lists and in districts."""
        return sum(self.lists.values()) + sum(len(ward.parties) + ward.self_nominated for ward in self.wards)


@dataclass(frozen=True, slots=True)
class Assemblies:
    """The local assemblies, and how far each moves from its region (log scale, one shock a party or group)."""

    every: tuple[Assembly, ...]
    local_sd: Quantity


@dataclass(frozen=True, slots=True)
class Electorate:
    """Everything a model document states. ``assumptions`` are lines for the reader, one an assumed input."""

    id: str
    name: str
    country: str
    election_day: date
    as_of: date
    options: tuple[Option, ...]
    centre: PollCentre | ResultCentre | DrawsCentre
    turnout: Turnout
    regions: tuple[Region, ...]
    regional_sd: Quantity
    contests: Contests | None
    assumptions: tuple[str, ...] = ()
    assemblies: Assemblies | None = None
    regional_shares: Mapping[str, Mapping[str, float]] | None = None  # region, option: share at the last election

    @property
    def parties(self) -> tuple[str, ...]:
        """Names of the parties, in order of registration."""
        return tuple(option.name for option in self.options if option.kind == "party")
