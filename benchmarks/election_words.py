"""Words of election documents into rules: ``method`` becomes formulas, ``threshold`` and its base an admission."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from forecast.rules.proportional import (
    Admission,
    Area,
    AverageBar,
    Base,
    DivisorFormula,
    FirstBar,
    Formula,
    QuotaFormula,
    SeatsBar,
    ShareBar,
)

Rounding = Literal["exact", "down", "nearest", "up"]
PERCENT = r"(\d+(?:\.\d+)?)\s*%"


class Unexpressed(Exception):
    """A method or a base of a threshold for which the language has no words."""


def formula(method: str) -> Formula:
    """Return the formula that a method names.

    >>> formula("sainte_lague_1.4_by_district")
    DivisorFormula(divisors='sainte-lague', first_divisor=Fraction(7, 5), law='')
    >>> formula("lr_hagenbach_bischoff_rounded").rounding
    'nearest'
    """
    words = method.lower().replace("-", "_").replace(" ", "_")
    first = re.search(r"sainte_lague_(\d+\.\d+)", words)
    if first or "modified_sainte_lague" in words:
        return DivisorFormula("sainte-lague", Fraction(first[1]) if first else Fraction(7, 5))
    if "biproportional" in words or "sainte_lague" in words or "webster" in words:
        return DivisorFormula("sainte-lague")
    for name in ("huntington_hill", "danish", "adams"):
        if name in words:
            return DivisorFormula(
                "huntington-hill" if name == "huntington_hill" else "danish" if name == "danish" else "adams"
            )
    if "imperiali_div" in words:
        return DivisorFormula("imperiali")
    if "georgia" in words:
        return QuotaFormula("hare", leftovers="order of votes", quota_votes="valid ballots")
    if "imperiali_quota" in words or "lr_imperiali" in words:
        return QuotaFormula("imperiali", rounding="nearest" if "then" in words or "rounded" in words else "exact")
    rounding: Rounding = "nearest" if "rounded" in words else "down" if "integer_quotient" in words else "exact"
    if "lr_hagenbach" in words:
        return QuotaFormula("hagenbach-bischoff", rounding=rounding)
    if "lr_droop" in words:
        return QuotaFormula("droop")
    if "lr_hare" in words:
        return QuotaFormula("hare", rounding=rounding)
    if re.search(r"^fixed_\d+_each", words):
        return QuotaFormula("hare")
    if "dhondt" in words or "d'hondt" in words:
        return DivisorFormula("d'hondt")
    raise Unexpressed(f"no formula is called {method!r}")


def number_after(words: str, text: str) -> int | None:
    """Return the number that follows some words.

    >>> number_after("on", "lr_hare on 175 minus constituency seats")
    175
    """
    found = re.search(rf"{words}\s+(\d+)", text)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Bars:
    """What a tier says of admission: the rule, and what its words add to alliances and lists.

    ``coalitions`` are (members, share) of joint lists; ``alone`` the share of a list outside an alliance;
    ``counts_from`` what a member needs to add to its alliance; ``best_loser``, ``minorities``: so they say.
    """

    admission: Admission
    of: Base
    share: Fraction
    alone: Fraction | None = None
    together: Fraction | None = None
    counts_from: Fraction = Fraction(0)
    best_loser: bool = False
    minorities: bool = False


def share_of(threshold: Any) -> Fraction:
    """Return a threshold as a fraction of 1; a number above 1 is one of per cent.

    >>> share_of("1/150"), share_of(0.0325), share_of(None), share_of(5)
    (Fraction(1, 150), Fraction(13, 400), Fraction(0, 1), Fraction(1, 20))
    """
    if threshold is None:
        return Fraction(0)
    share = Fraction(str(threshold).rstrip(" %"))
    return share / 100 if share > 1 or "%" in str(threshold) else share


def base_of(words: str) -> Base:
    """Return the base that some prose names.

    >>> base_of("all ballots cast (valid + invalid)"), base_of("national valid votes (no blanks)")
    ('ballots cast', 'party votes')
    >>> base_of("valid votes of the district incl. blank ballots, excl. null")
    'valid ballots'
    """
    if re.search(r"no blanks|blank votes not|without 'i|party votes|list votes|for candidate|excluded", words):
        return "party votes"
    if re.search(r"excl\. null|incl\. blank\b(?!.*null)", words):
        return "valid ballots"
    if re.search(r"ballots cast|votes cast|took part|incl\. invalid|inaccurac|all ballots|null and blank", words):
        return "ballots cast"
    return "valid ballots"


def bars(threshold: Any, prose: str | None, nominal: str, lower: str) -> Bars:
    """Return the rule of admission of a tier.

    Parameters
    ----------
    threshold
        A share, text such as ``1/150``, shares by ``district`` and ``total`` in per cent, or None.
    prose
        ``threshold_base``.
    nominal, lower
        Names of the tiers of single-member and of regional seats, for alternatives in seats.
    """
    words = (prose or "").lower()
    of = base_of(words)
    if isinstance(threshold, dict):
        return Bars(_either(threshold, of), of, Fraction(0))
    share = share_of(threshold)
    coalitions = tuple(_coalitions(words))
    together = alone = None
    if found := re.search(rf"lone lists? {PERCENT}", words):
        together, alone = share, Fraction(found[1]) / 100
    elif found := re.search(rf"(?<![\d.]){PERCENT} coalition(?!s)", words):
        together, alone = Fraction(found[1]) / 100, share
    if together is not None:
        coalitions = ((2, together),)
    all_of: list[ShareBar] = []
    any_of: list[ShareBar | SeatsBar | AverageBar | FirstBar] = []
    area: Area = "district" if re.search(r"of the district|in the district", words) else "tier"
    if "at least one wahlkreis" in words or "any district" in words:
        area = "any district"
    if " or " in words and "island" in words:
        any_of += [_part(part, of) for part in re.split(r"\s+or\s+", words)]
    elif re.search(r"of the province or of the region", words):
        any_of = [ShareBar(share, of, "tier"), ShareBar(share, of, "district")]
    elif share:
        needed = alone if alone is not None else share
        all_of.append(ShareBar(needed, of, area, coalitions=coalitions))
    if found := re.search(rf"plus {PERCENT} in (?:every|each) region", words):
        all_of.append(ShareBar(Fraction(found[1]) / 100, of, "every district"))
    if found := re.search(rf"{PERCENT} in the region alternative", words):
        any_of.append(ShareBar(Fraction(found[1]) / 100, of, "district"))
    if found := re.search(r"\b(\d+|one) (?:constituenc|electorate|single-member|district seat)", words):
        tier = (
            lower if lower and "single-member" not in words and "electorate" not in words and not nominal else nominal
        )
        any_of.append(SeatsBar(1 if found[1] == "one" else int(found[1]), tier))
    elif re.search(r"one regional (?:constituency )?seat", words):
        any_of.append(SeatsBar(1, lower))
    if found := re.search(r"regional quota in (\d+) of \d+ regions", words):
        any_of.append(AverageBar(int(found[1]), lower))
    joint = re.search(rf"must have >{PERCENT}", words)
    least = re.search(r"at least (\w+) lists", words)
    counting = re.search(rf"below {PERCENT} do not add|{PERCENT} for counting", words)
    return Bars(
        Admission(
            tuple(all_of),
            tuple(any_of),
            minimum_lists={"two": 2, "three": 3}.get(least[1], 0) if least else 0,
            joint_share=Fraction(joint[1]) / 100 if joint else None,
        ),
        of,
        share,
        alone,
        together,
        Fraction(next(group for group in counting.groups() if group)) / 100 if counting else Fraction(0),
        "best list below" in words,
        bool(re.search(r"minorit", words)),
    )


def _either(threshold: dict[str, Any], of: Base) -> Admission:
    total, district = threshold.get("total"), threshold.get("district")
    any_of = []
    if total is not None:
        any_of.append(ShareBar(Fraction(str(total)) / 100, of, "tier"))
    if district is not None:
        any_of.append(ShareBar(Fraction(str(district)) / 100, of, "any district"))
    return Admission(any_of=tuple(any_of))


def _part(words: str, of: Base) -> ShareBar | FirstBar:
    if "first list" in words:
        return FirstBar()
    found = re.search(PERCENT, words)
    if not found:
        raise Unexpressed(f"no bar is called {words!r}")
    return ShareBar(Fraction(found[1]) / 100, of, "district" if "island" in words else "tier")


def _coalitions(words: str) -> list[tuple[int, Fraction]]:
    """Return (members, share) of coalitions.

    >>> [(n, str(share)) for n, share in _coalitions("coalitions 8% (2 parties), 11% (3+)")]
    [(2, '2/25'), (3, '11/100')]
    >>> [(n, str(share)) for n, share in _coalitions("7% for coalitions of 2-3, 10% for 4+")]
    [(2, '7/100'), (4, '1/10')]
    >>> [(n, str(share)) for n, share in _coalitions("voters who took part (ballots cast); 7% for joint lists")]
    [(2, '7/100')]
    """
    if "lone list" in words:
        return []
    steps = [(int(n), Fraction(share) / 100) for share, n in re.findall(rf"{PERCENT} \((\d)", words)]
    if not steps:
        steps = [
            (int(n), Fraction(share) / 100) for share, n in re.findall(rf"{PERCENT} for (?:coalitions of )?(\d)", words)
        ]
    if not steps:
        found = re.search(
            rf"{PERCENT} (?:for )?(?:alliances|joint lists|coalitions)|coalition committees {PERCENT}", words
        )
        if found:
            steps = [(2, Fraction(found[1] or found[2]) / 100)]
    return steps
