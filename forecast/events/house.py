"""A house as the language knows it: who can be named, what the law asks for, and how both are written down as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from forecast.rules.system import ElectoralSystem, ListTier, NominalTier
from forecast.voteshare.electorate import Electorate

NOBODY = "nobody"
SELF = "self"


@dataclass(frozen=True, slots=True)
class Standing:
    """A district: its candidates in the order in which the kernel numbers them, and the group of each."""

    id: str
    candidates: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a list needs to pass: ``share`` of the ``base``, in whole ballots.

    ``against_all`` tells whether those ballots count in the base, ``reached`` whether exactly the share is enough.
    """

    share: Fraction
    base: str
    against_all: bool
    reached: bool


@dataclass(frozen=True, slots=True)
class House:
    """One electoral system's house.

    ``options`` are the lines of the list ballot paper, ``parties`` those of them that are lists; ``label`` is what the
    self-nominated are called, empty where there are none. ``bar`` is None without a list tier, ``districts`` are empty
    without a nominal one. ``registered`` voters and the ``valid_share`` of the ballots cast give turnout.
    """

    system: str
    seats: int
    majority: int
    two_thirds: int
    options: tuple[str, ...]
    parties: tuple[str, ...]
    label: str
    bar: Bar | None
    districts: tuple[Standing, ...]
    registered: int
    valid_share: float

    @property
    def groups(self) -> tuple[str, ...]:
        """Those who can hold seats."""
        return (*self.parties, self.label) if self.label else self.parties

    def district(self, name: str) -> Standing | None:
        """Return the district called ``name``; None if there is none."""
        return next((one for one in self.districts if one.id == name), None)


def house_of(electorate: Electorate, system: ElectoralSystem) -> House:
    """Return the house that an electorate elects under a system."""
    parties = electorate.parties
    contests = electorate.contests
    label = contests.self_nominated.label if contests is not None else ""
    bar = None
    districts: tuple[Standing, ...] = ()
    for tier in system.tiers:
        if isinstance(tier, ListTier):
            counted = tier.threshold.of != "party votes" and tier.against_all.use != "not on the ballot"
            bar = Bar(tier.threshold.share, tier.threshold.of, counted, tier.threshold.comparison == "at least")
        elif isinstance(tier, NominalTier) and contests is not None:
            order = {group: number for number, group in enumerate((*parties, label))}
            for district in contests.districts:
                people = sorted(district.candidates, key=lambda person: order[person.party or label])
                names = tuple(person.name for person in people)
                districts += (Standing(district.id, names, tuple(person.party or label for person in people)),)
    return House(
        system=system.id,
        seats=system.seats,
        majority=system.majority,
        two_thirds=system.two_thirds,
        options=tuple(option.name for option in electorate.options),
        parties=parties,
        label=label,
        bar=bar,
        districts=districts,
        registered=electorate.turnout.electorate,
        valid_share=electorate.turnout.valid_share.value,
    )


def document_of(house: House) -> dict[str, Any]:
    """Return a house as JSON has it."""
    bar = house.bar
    return {
        "system": house.system,
        "seats": house.seats,
        "majority": house.majority,
        "two_thirds": house.two_thirds,
        "options": list(house.options),
        "parties": list(house.parties),
        "self_nominated": house.label,
        "threshold": None
        if bar is None
        else {"share": str(bar.share), "of": bar.base, "against_all": bar.against_all, "reached": bar.reached},
        "districts": [
            {"id": one.id, "candidates": list(one.candidates), "groups": list(one.groups)} for one in house.districts
        ],
        "registered": house.registered,
        "valid_share": house.valid_share,
    }


def house_from(document: Mapping[str, Any]) -> House:
    """Return the house that ``document_of`` wrote; ValueError, KeyError or TypeError if it did not write this."""
    written = document["threshold"]
    bar = None
    if written is not None:
        bar = Bar(
            Fraction(_text(written["share"])),
            _text(written["of"]),
            _truth(written["against_all"]),
            _truth(written["reached"]),
        )
    districts = tuple(
        Standing(_text(one["id"]), _texts(one["candidates"]), _texts(one["groups"])) for one in document["districts"]
    )
    if any(len(one.candidates) != len(one.groups) for one in districts):
        raise ValueError("a district has candidates without a group")
    return House(
        system=_text(document["system"]),
        seats=_whole(document["seats"]),
        majority=_whole(document["majority"]),
        two_thirds=_whole(document["two_thirds"]),
        options=_texts(document["options"]),
        parties=_texts(document["parties"]),
        label=_text(document["self_nominated"]),
        bar=bar,
        districts=districts,
        registered=_whole(document["registered"]),
        valid_share=_part(document["valid_share"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text is needed")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("an array is needed")
    return tuple(_text(one) for one in value)


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**62:
        raise TypeError("a whole number is needed")
    return value


def _part(value: object) -> float:
    if not isinstance(value, float | int) or not 0 < value <= 1:
        raise ValueError("a share is needed")
    return float(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value
