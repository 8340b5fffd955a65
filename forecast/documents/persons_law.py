"""``[persons]`` of a system: who may stand, and who takes the seats."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from forecast.documents.schema import Document, Exact, Name, within
from forecast.rules.persons import PersonsQuota
from forecast.rules.persons_law import (
    Candidacy,
    Deposit,
    DepositStep,
    DualCandidacy,
    Eligibility,
    ListSize,
    PartyRegistration,
    PersonsLaw,
)

_Share = Annotated[Exact, AfterValidator(within(0, 1, most_denominator=10**6))]
_Extra = Annotated[Exact, AfterValidator(within(0, 100, most_denominator=10**6))]
_Wages = Annotated[Exact, AfterValidator(within(0, 1_000_000, most_denominator=10**6))]
_Years = Annotated[int, AfterValidator(within(0, 150))]
_Many = Annotated[int, AfterValidator(within(0, 10**9))]


class EligibilityTable(Document):
    """``eligibility``: what a candidate must be."""

    age: _Years
    citizenship: Name
    residence_years: _Years = 0
    residence: Literal["country", "area"] = "country"
    area: str = ""
    law: str = ""

    @model_validator(mode="after")
    def _area_is_named(self) -> EligibilityTable:
        if (self.residence == "area") != bool(self.area):
            raise ValueError('residence = "area" and the name of that area, in the key area, go together')
        return self


class ListSizeTable(Document):
    """``list_size``: how many more persons than seats a list may have."""

    extra: _Extra
    rounding: Literal["up", "down"] = "up"
    law: str = ""


class QuotaTable(Document):
    """``list_quota`` and ``mandate_quota``."""

    share: _Share
    groups: Annotated[list[Literal["women", "youth", "disability"]], Field(min_length=1)]
    youth_to: _Years = 35
    rounding: Literal["up"] = "up"
    law: str = ""


class CandidacyTable(Document):
    """A way to stand twice, and whether it is allowed."""

    allowed: bool = False
    law: str = ""


class DualCandidacyTable(Document):
    """``dual_candidacy``: the ways to stand twice; what is not named is allowed."""

    list_and_district: CandidacyTable = CandidacyTable(allowed=True)
    two_districts: CandidacyTable = CandidacyTable(allowed=True)
    two_lists: CandidacyTable = CandidacyTable(allowed=True)


class RegistrationTable(Document):
    """``registration``: what a party needs."""

    members: _Many
    members_per_region: _Many = 0
    regions: _Many = 0
    initiators: _Many = 0
    law: str = ""


class DepositStepTable(Document):
    """A step of the deposit."""

    at_least: _Share
    pays: _Share


class DepositTable(Document):
    """``deposit``, in minimum wages a person."""

    minimum_wages: _Wages
    steps: list[DepositStepTable] = Field(default_factory=list)
    returned_at: _Share
    law: str = ""


class PersonsTable(Document):
    """``[persons]`` of a system."""

    election_day: date | None = None
    eligibility: EligibilityTable | None = None
    list_size: ListSizeTable | None = None
    list_quota: QuotaTable | None = None
    mandate_quota: QuotaTable | None = None
    dual_candidacy: DualCandidacyTable | None = None
    registration: RegistrationTable | None = None
    deposit: DepositTable | None = None


def persons_law(table: PersonsTable | None) -> PersonsLaw | None:
    """Return the frozen law on persons; None if a system does not speak of persons."""
    if table is None:
        return None
    dual, deposit = table.dual_candidacy, table.deposit
    return PersonsLaw(
        eligibility=Eligibility(**dict(table.eligibility)) if table.eligibility else None,
        list_size=ListSize(**dict(table.list_size)) if table.list_size else None,
        list_quota=_quota(table.list_quota, "list"),
        mandate_quota=_quota(table.mandate_quota, "mandates"),
        dual_candidacy=DualCandidacy(
            _candidacy(dual.list_and_district), _candidacy(dual.two_districts), _candidacy(dual.two_lists)
        )
        if dual
        else None,
        registration=PartyRegistration(**dict(table.registration)) if table.registration else None,
        deposit=Deposit(
            deposit.minimum_wages,
            tuple(DepositStep(step.at_least, step.pays) for step in deposit.steps),
            deposit.returned_at,
            deposit.law,
        )
        if deposit
        else None,
        election_day=table.election_day,
    )


def _quota(table: QuotaTable | None, applies_to: Literal["mandates", "list"]) -> PersonsQuota | None:
    if table is None:
        return None
    return PersonsQuota(table.share, tuple(table.groups), table.youth_to, applies_to, table.rounding, table.law)


def _candidacy(table: CandidacyTable) -> Candidacy:
    return Candidacy(table.allowed, table.law)
