"""The negative control: a wrong formula must be told from the right one, wherever the votes can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.election_cases import Case
from benchmarks.election_count import Result, nominal_reference, reference, result
from benchmarks.election_papers import only
from benchmarks.election_words import formula
from forecast.rules.proportional import Admission, ProportionalTier

FORMULAS = ("lr_hare", "lr_droop", "dhondt", "sainte_lague", "sainte_lague_1.4")
Differences = Callable[[dict[str, Any], Result, str], list[str]]


@dataclass
class Control:
    """Wrong formulas tried and caught; right ones tried and confirmed; what did not come out as it should."""

    wrong: int = 0
    caught: int = 0
    right: int = 0
    confirmed: int = 0
    odd: list[str] = field(default_factory=list)

    def add(self, where: str, found: dict[str, tuple[bool, bool]]) -> None:
        """Add a tier: by formula, whether it should match and whether it does."""
        for name, (should, does) in found.items():
            self.right += should
            self.wrong += not should
            self.confirmed += should and does
            self.caught += not should and not does
            if should != does:
                self.odd.append(f"control: {where}: {name} {'should match' if should else 'should not match'}")

    def lines(self) -> list[str]:
        """Return what came out, a line each."""
        return [
            *self.odd,
            f"negative control: {self.caught} of {self.wrong} wrong formulas fail, as they should; "
            f"{self.confirmed} of {self.right} formulas that should match do",
        ]


def control(tier: dict[str, Any], todo: list[Case], differences: Differences) -> dict[str, tuple[bool, bool]]:
    """Count a tier under every formula that its document can tell apart; read only after it was counted.

    Whether a formula matches is stated for the lists that have seats: so the others are left out here.
    """
    stated, rule = tier.get("formulas_that_match"), todo[-1].tier
    if stated is None or not isinstance(rule, ProportionalTier) or rule.linkage is not None:
        return {}
    seated = {name for name, seats in (tier.get("official_seats") or {}).items() if seats}
    last = replace(todo[-1], papers=only(todo[-1].papers, seated))
    found = {}
    for name in FORMULAS:
        tried = [*todo[:-1], replace(last, tier=replace(rule, admission=Admission(), formula=formula(name)))]
        counted = result(tried, reference, nominal_reference)
        found[name] = (name in stated, not differences(tier, counted, todo[-1].view))
    return found
