"""The one list law that the peers know: Hare quota, largest remainders, second-list rule, vacant where none passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.kernel import seats as column
from forecast.kernel.plan import Plan
from forecast.rules.system import ListTier

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ListLaw:
    """The numbers of a list tier, as plain integers; ``lengths[list]`` are the people on each list."""

    seats: int
    numerator: int
    denominator: int
    coefficient_numerator: int
    coefficient_denominator: int
    minimum_seats: int
    lengths: Ints


def list_tier_of(plan: Plan) -> ListTier:
    """Return the only list tier of the only system of a plan."""
    (tier,) = (tier for system in plan.systems for tier in system.tiers if isinstance(tier, ListTier))
    return tier


def list_law(plan: Plan) -> ListLaw:
    """Return the list law of a plan; a ValueError where its law is not the one the peers know."""
    return law_of_tier(list_tier_of(plan), plan.laws.list_lengths[0].astype(np.int64), plan.systems[0].id)


def law_of_tier(tier: ListTier, lengths: Ints, system: str) -> ListLaw:
    """Return the numbers of a list tier; a ValueError that names the system where the peers do not know its law."""
    threshold, second = tier.threshold, tier.second_list
    known = (
        threshold.of == "valid ballots"
        and threshold.comparison == "at least"
        and tier.formula.quota == "hare"
        and second is not None
        and tier.silent.no_list_passes == "vacant"
        and tier.silent.minimum_overflows == "first list yields"
        and len(lengths) > 1
    )
    if not known or second is None:
        raise ValueError(f"{system}: the benchmarks' peers do not know this list law")
    return ListLaw(
        seats=tier.seats,
        numerator=threshold.share.numerator,
        denominator=threshold.share.denominator,
        coefficient_numerator=second.coefficient.numerator,
        coefficient_denominator=second.coefficient.denominator,
        minimum_seats=second.minimum_seats,
        lengths=lengths,
    )


def majority_of(plan: Plan) -> int:
    """Return the seats that make a majority of the house."""
    return int(plan.laws.law[0, column.MAJORITY])
