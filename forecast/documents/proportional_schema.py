"""The keys of a tier of kind ``proportional``: list seats in one or many districts, under any formula."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forecast.documents.schema import Document, Exact, Name, within
from forecast.rules.proportional import Area, Base
from forecast.rules.ties import TieRule

Share = Annotated[Exact, AfterValidator(within(0, 1, high_open=True, most_denominator=10**6))]
Seats = Annotated[int, AfterValidator(within(1, 100_000))]
Number = Annotated[int, AfterValidator(within(0, 100_000))]
Divisor = Annotated[Exact, AfterValidator(within(0, 10, low_open=True, most_denominator=10**6))]
Factor = Annotated[Exact, AfterValidator(within(0, 100, low_open=True, most_denominator=10**6))]
Residents = Annotated[int, AfterValidator(within(0, 2**31 - 1))]
People = Annotated[int, AfterValidator(within(1, 10**10))]


class QuotaTable(Document):
    """``formula``: a quota, and what becomes of the seats left over."""

    method: Literal["largest remainder"]
    quota: Literal["hare", "droop", "hagenbach-bischoff", "imperiali"] = "hare"
    rounding: Literal["exact", "down", "nearest", "up"] = "exact"
    leftovers: Literal["largest remainders", "order of votes", "largest list", "nobody"] = "largest remainders"
    over_allocation: Literal["smallest remainders yield", "larger quota"] = "smallest remainders yield"
    quota_votes: Literal["admitted lists", "valid ballots"] = "admitted lists"
    law: str = ""


class DivisorTable(Document):
    """``formula``: highest averages."""

    method: Literal["highest averages"]
    divisors: Literal["d'hondt", "sainte-lague", "danish", "imperiali", "adams", "huntington-hill"]
    first_divisor: Divisor | None = None
    law: str = ""


FormulaTable = Annotated[QuotaTable | DivisorTable, Field(discriminator="method")]


class DistrictTable(Document):
    """One of ``districts``."""

    name: Name
    seats: Number
    region: str = ""
    levelling: Number = 0
    population: Residents = 0


class CoalitionShareTable(Document):
    """What a coalition of so many parties or more needs."""

    members: Annotated[int, AfterValidator(within(2, 1000))]
    share: Share


class ShareBarTable(Document):
    """A share of the votes."""

    kind: Literal["share"]
    share: Share
    of: Base = "valid ballots"
    area: Area = "tier"
    comparison: Literal["at least", "more than"] = "at least"
    coalitions: list[CoalitionShareTable] = Field(default_factory=list)
    law: str = ""


class NaturalBarTable(Document):
    """So many Hare quotas of the area: one is the natural threshold."""

    kind: Literal["natural"]
    quotas: Factor = Fraction(1)
    of: Base = "valid ballots"
    area: Area = "tier"
    law: str = ""


class SeatsBarTable(Document):
    """Seats won in another tier."""

    kind: Literal["seats"]
    seats: Seats
    tier: Name
    law: str = ""


class AverageBarTable(Document):
    """The average votes per seat in so many regions."""

    kind: Literal["average"]
    regions: Seats
    tier: Name
    law: str = ""


class FirstBarTable(Document):
    """The most votes of the district."""

    kind: Literal["first"]
    law: str = ""


AllBar = Annotated[ShareBarTable | NaturalBarTable, Field(discriminator="kind")]
AnyBar = Annotated[
    ShareBarTable | NaturalBarTable | SeatsBarTable | AverageBarTable | FirstBarTable, Field(discriminator="kind")
]


class AdmissionTable(Document):
    """``admission``: which lists take part."""

    all_of: list[AllBar] = Field(default_factory=list)
    any_of: list[AnyBar] = Field(default_factory=list)
    exempt: list[Name] = Field(default_factory=list)
    minimum_lists: Number = 0
    joint_share: Share | None = None
    none_passes: Literal["vacant", "all lists"] = "vacant"


class AlliancesTable(Document):
    """``alliances``: lists that are first counted as one."""

    groups: dict[str, list[Name]]
    pass_as: Literal["lists", "alliance"] = "lists"
    share: Share | None = None
    counts_from: Share = Fraction(0)
    member_share: Share = Fraction(0)
    best_loser: bool = False
    formula: FormulaTable | None = None
    law: str = ""


class BonusTable(Document):
    """``bonus``: seats for the largest."""

    seats: Seats
    kind: Literal["at least", "on top"] = "at least"
    share: Share = Fraction(0)
    law: str = ""


class ExtraTable(Document):
    """``extra``: further seats by a formula of their own."""

    seats: Seats
    formula: FormulaTable
    law: str = ""


class OppositionTable(Document):
    """``opposition``: the share of the house that the others hold at least."""

    share: Share
    law: str = ""


class CapTable(Document):
    """``cap``: at most so many times the share of the votes and a share more, or so many seats, in the house."""

    factor: Factor = Fraction(1)
    house: Seats
    tier: str = ""
    plus: Share = Fraction(0)
    most: Seats | None = None
    law: str = ""


class RemaindersTable(Document):
    """``remainders``: a second scrutiny of what the districts left."""

    formula: QuotaTable
    law: str = ""


class ScrutiniesTable(Document):
    """``scrutinies``: districts, regions and the nation, one after another."""

    formula: FormulaTable
    seat_admits: bool = True
    law: str = ""


class FusedTable(Document):
    """``fused``: the list votes are those of the candidates in another tier."""

    tier: Name
    regions: dict[str, str] = Field(default_factory=dict)
    law: str = ""


class BiproportionalTable(Document):
    """``biproportional``: districts and lists both keep their seats."""

    weights: Literal["voters", "votes"] = "voters"
    strongest_list: bool = False
    law: str = ""


class AdditionalMemberTable(Document):
    """``linkage``: the divisors go on from the district seats of each region."""

    kind: Literal["additional member"]
    tier: Name
    regions: dict[str, str]
    law: str = ""


class MixedMemberTable(Document):
    """``linkage``: the house by the formula, overhang kept."""

    kind: Literal["mixed member"]
    tier: Name
    house: Seats
    regions: dict[str, str] = Field(default_factory=dict)
    sublists: bool = False
    law: str = ""


class LevelledTable(Document):
    """``linkage``: the house grows until everybody has their minimum."""

    kind: Literal["levelled"]
    tier: Name
    house: Seats
    regions: dict[str, str]
    population: dict[str, People]
    minimum: Literal["full", "half"] = "full"
    free_overhang: Number = 0
    law: str = ""


class CoveredTable(Document):
    """``linkage``: winners sit as far as list seats cover them."""

    kind: Literal["covered"]
    tier: Name
    house: Seats
    regions: dict[str, str]
    law: str = ""


class LevellingTable(Document):
    """``linkage``: national seats that level the districts' result."""

    kind: Literal["levelling"]
    tier: Name
    total: Seats
    over_represented: Literal["removed", "continued"] = "removed"
    placement: Literal["none", "share", "relative average", "regions"] = "none"
    law: str = ""


LinkageTable = Annotated[
    AdditionalMemberTable | MixedMemberTable | LevelledTable | CoveredTable | LevellingTable,
    Field(discriminator="kind"),
]


class TieTable(Document):
    """``ties``: who wins equal quotients or remainders."""

    rule: TieRule = "registration order"
    law: str = ""


class ProportionalTable(Document):
    """A tier of list seats in one or many districts."""

    kind: Literal["proportional"]
    name: Name
    seats: Seats
    law: str = ""
    formula: FormulaTable
    level: Literal["districts", "nation"] = "nation"
    districts: list[DistrictTable] = Field(default_factory=list)
    magnitudes: FormulaTable | None = None
    initial_magnitude: Number = 0
    admission: AdmissionTable = AdmissionTable()
    ties: TieTable = TieTable()
    initial_seats: Number = 0
    minimum_seats: Number = 0
    coalition_members: dict[str, Seats] = Field(default_factory=dict)
    alliances: AlliancesTable | None = None
    bonus: BonusTable | None = None
    extra: ExtraTable | None = None
    opposition: OppositionTable | None = None
    cap: CapTable | None = None
    remainders: RemaindersTable | None = None
    scrutinies: ScrutiniesTable | None = None
    biproportional: BiproportionalTable | None = None
    linkage: LinkageTable | None = None
    fused: FusedTable | None = None
    exhausted: Literal["next list", "vacant"] = "next list"
