"""The keys of ``model.toml``: the voters as a document."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from forecast.documents.schema import Document, LanguageCode, Name, QuantityTable, Spread, Titles, within

MOST_VOTERS = 10**10
MOST_BALLOTS = 2**30 - 1  # what the kernel counts exactly

_Part: TypeAlias = Annotated[QuantityTable, AfterValidator(within(0, 1, low_open=True))]
_Swing: TypeAlias = Annotated[QuantityTable, AfterValidator(within(0, 2))]
_OpenPart: TypeAlias = Annotated[QuantityTable, AfterValidator(within(0, 1, low_open=True, high_open=True))]


class BasisTable(Document):
    """What something stands on that is no number."""

    basis: Literal["sourced", "derived", "learned", "assumed"] = "sourced"
    note: str = ""


class OptionsTable(Document):
    """``[options]``: the lines of the list ballot, in order of registration."""

    table: str = "options.csv"
    persons: str | None = None
    registration_order: BasisTable = BasisTable()


class UndecidedTable(Document):
    """``undecided``: how voters without an option will split, and how surely."""

    rule: Literal["proportional"] = "proportional"
    sd: Spread


class PollVotesTable(Document):
    """``[votes]`` pooled from polls."""

    family: Literal["logistic-normal"] = "logistic-normal"
    centre: Literal["polls"]
    polls: str = "polls.csv"
    unit: Literal["percent", "fraction"]
    horizon: Annotated[int, AfterValidator(within(1, 60))] | None = None
    missing_sample_size: Annotated[int, AfterValidator(within(1, 10**7))] = 1000
    undecided: UndecidedTable


class ResultVotesTable(Document):
    """``[votes]`` centred on a known result."""

    family: Literal["logistic-normal"] = "logistic-normal"
    centre: Literal["result"]
    result: str = "result.csv"
    error: Spread


class DrawsVotesTable(Document):
    """``[votes]`` from a posterior of the user's own; ``centre`` may be left out."""

    centre: Literal["draws"]
    draws: str
    unit: Literal["fraction", "percent"] = "fraction"


class TurnoutTable(Document):
    """``[turnout]``; ``expected`` is for models without regions, which bring turnouts of their own."""

    electorate: Annotated[int, AfterValidator(within(1, MOST_VOTERS))]
    valid_share: _Part
    sd: Spread
    expected: _OpenPart | None = None


class RegionsTable(Document):
    """``[regions]``."""

    table: str = "regions.csv"
    shock_sd: Spread
    votes: str | None = None


class SelfNominatedTable(Document):
    """``[districts.self_nominated]``: they win ``won`` of ``of`` districts on average."""

    label: Name = "Self-nominated"
    won: Annotated[int, AfterValidator(within(0))]
    of: Annotated[int, AfterValidator(within(1, 100_000))]
    sd: Spread
    national_sd: Spread


class DistrictsTable(Document):
    """``[districts]``."""

    table: str = "districts.csv"
    candidates: str = "candidates.csv"
    noise: Literal["normal", "gumbel"] = "normal"
    swing: _Swing | None = None
    candidate_sd: Spread
    self_nominated: SelfNominatedTable


class AssembliesTable(Document):
    """``[assemblies]``: local assemblies elected on the same day."""

    table: str = "assemblies.csv"
    lists: str = "assembly_lists.csv"
    candidates: str = "assembly_candidates.csv"
    local_sd: Spread


class ModelDocument(Document):
    """The voters of an election as they could be known on a day."""

    name: Name
    country: str = ""
    election_day: date
    as_of: date
    assumptions: list[str] = Field(default_factory=list)
    options: OptionsTable
    votes: Annotated[PollVotesTable | ResultVotesTable | DrawsVotesTable, Field(discriminator="centre")]
    turnout: TurnoutTable
    regions: RegionsTable | None = None
    districts: DistrictsTable | None = None
    assemblies: AssembliesTable | None = None
    titles: Titles = Field(default_factory=dict)
    names: dict[LanguageCode, dict[str, Name]] = Field(default_factory=dict)
