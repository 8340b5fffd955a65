"""The keys of ``configs/systems``: the law as a document."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forecast.documents.persons_law import PersonsTable
from forecast.documents.proportional_schema import ProportionalTable
from forecast.documents.schema import Document, Exact, Name, Titles, within
from forecast.rules.system import NominalTieRule

_Share = Annotated[Exact, AfterValidator(within(0, 1, high_open=True, most_denominator=10**6))]
_Coefficient = Annotated[Exact, AfterValidator(within(0, 1, most_denominator=10**6))]
_Seats = Annotated[int, AfterValidator(within(1, 100_000))]


class ThresholdTable(Document):
    """``threshold = {share = 0.05, ...}``."""

    share: _Share
    of: Literal["valid ballots", "party votes", "ballots cast"] = "valid ballots"
    comparison: Literal["at least", "more than"] = "at least"
    law: str = ""


class LargestRemainderTable(Document):
    """``formula`` of a list tier."""

    method: Literal["largest remainder"]
    quota: Literal["hare"] = "hare"
    law: str = ""


class RemainderTiesTable(Document):
    """``ties`` of a list tier."""

    rule: Literal["registration order"] = "registration order"
    law: str = ""


class SecondListTable(Document):
    """``second_list``: the rule for exactly one passing list."""

    coefficient: _Coefficient
    minimum_seats: Annotated[int, AfterValidator(within(0))]
    law: str = ""


class SilentTable(Document):
    """``silent``: our choices where the law says nothing."""

    no_list_passes: Literal["vacant", "all lists", "error"] = "vacant"
    minimum_overflows: Literal["first list yields", "second list yields", "error"] = "first list yields"
    short_list: Literal["vacant", "error"] = "vacant"
    only_one_list: Literal["all seats", "vacant", "error"] = "all seats"
    second_place_tie: Literal["registration order", "error"] = "registration order"


class AgainstAllTable(Document):
    """``against_all`` of a tier: what the line on the ballot paper does."""

    use: Literal["counted", "not on the ballot", "voids the district"] = "counted"
    law: str = ""


class ListAgainstAllTable(Document):
    """``against_all`` of a list tier."""

    use: Literal["counted", "not on the ballot"] = "counted"
    law: str = ""


class ListTable(Document):
    """A tier of party lists."""

    kind: Literal["list"]
    name: Name
    seats: _Seats
    law: str = ""
    threshold: ThresholdTable
    formula: LargestRemainderTable
    ties: RemainderTiesTable = RemainderTiesTable()
    second_list: SecondListTable | None = None
    against_all: ListAgainstAllTable = ListAgainstAllTable()
    silent: SilentTable = SilentTable()


class PluralityTable(Document):
    """``formula`` of a nominal tier."""

    method: Literal["plurality"]
    law: str = ""


class TwoRoundsTable(Document):
    """``formula`` of a nominal tier: a majority, or a second round of the first two."""

    method: Literal["two rounds"]
    share: _Share = Fraction(1, 2)
    of: Literal["valid ballots", "party votes", "ballots cast"] = "valid ballots"
    comparison: Literal["at least", "more than"] = "more than"
    second_place_tie: Literal["order on the ballot paper", "lot"] = "order on the ballot paper"
    law: str = ""


class BlockVoteTable(Document):
    """``formula`` of a nominal tier: several seats a district, the candidates with the most votes."""

    method: Literal["block vote"]
    seats: _Seats = 1
    magnitudes: dict[str, _Seats] = Field(default_factory=dict)
    law: str = ""


class NominalTiesTable(Document):
    """``ties`` of a nominal tier."""

    rule: NominalTieRule = "repeat voting among the tied; repeat elections if only two stood"
    law: str = ""


class NominalTable(Document):
    """A tier of single-member districts."""

    kind: Literal["nominal"]
    name: Name
    districts: _Seats
    law: str = ""
    formula: Annotated[PluralityTable | TwoRoundsTable | BlockVoteTable, Field(discriminator="method")]
    ties: NominalTiesTable = NominalTiesTable()
    against_all: AgainstAllTable = AgainstAllTable()


class AppointedTable(Document):
    """A tier that voters do not fill."""

    kind: Literal["appointed"]
    name: Name
    seats: _Seats
    by: Name
    law: str = ""


class SystemDocument(Document):
    """An electoral system."""

    name: Name
    titles: Titles = Field(default_factory=dict)
    in_force: date | None = None
    linkage: Literal["parallel"] = "parallel"
    sources: list[str] = Field(default_factory=list)
    tier: Annotated[
        list[Annotated[ListTable | NominalTable | AppointedTable | ProportionalTable, Field(discriminator="kind")]],
        Field(min_length=1),
    ]
    persons: PersonsTable | None = None
