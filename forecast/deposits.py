"""Deposits: how often a candidate, or a list, gets theirs back, counted on whole ballots of the first draws of a run.

A list gets it back with the declared share of the valid ballots or more; a candidate in a district also if elected.
The kernel makes no ballots of districts for a plurality, so the first draws are drawn again, a block at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from forecast.compare import SAMPLE
from forecast.distribution import Counts, Probability
from forecast.kernel.blocks import Workspace, draw_house
from forecast.kernel.district_ballots import district_ballots, district_rows
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.rules.persons_law import Deposit
from forecast.rules.system import ListTier, NominalTier

Ballots = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class TierDeposits:
    """One tier of one system: in how many of ``draws`` each of its lists or candidates gets the deposit back."""

    number: int
    tier: ListTier | NominalTier
    deposit: Deposit
    returned: Counts
    draws: int
    certain: bool

    def chance(self, one: int) -> Probability:
        """Return the probability that a list, or a candidate, gets the deposit back."""
        return Probability(int(self.returned[one]), self.draws, self.certain)


def reaches(votes: Ballots | Counts, base: Ballots | Counts, share: Fraction) -> npt.NDArray[np.bool_]:
    """Return where votes are at least a share of the base, in whole numbers.

    >>> reaches(np.array([4, 5, 6]), np.array([100, 100, 121]), Fraction(1, 20)).tolist()
    [False, True, False]
    """
    reached: npt.NDArray[np.bool_] = votes.astype(np.int64, copy=False) * share.denominator >= (
        base.astype(np.int64, copy=False) * share.numerator
    )
    return reached


def returned_deposits(plan: Plan, draws: int) -> list[TierDeposits]:
    """Return the deposits of every system that asks for one, over the first draws of a run of ``draws`` draws."""
    kept = min(draws, SAMPLE)
    asked = [
        TierDeposits(k, tier, deposit, np.zeros(_stand(plan, tier), np.int64), kept, plan.model.is_certain)
        for k, deposit in ((k, _deposit(plan, k)) for k in range(len(plan.systems)))
        for tier in plan.systems[k].tiers
        if deposit is not None and isinstance(tier, ListTier | NominalTier)
    ]
    if not asked:
        return []
    districts = any(isinstance(one.tier, NominalTier) for one in asked)
    work, tallies = Workspace.of(plan), plan.tallies()
    record, rows = plan.record(BLOCK, utilities=districts), district_rows(plan.voters)
    for block in range(-(-kept // BLOCK)):
        draw_house(plan, block, 1, kept, work, tallies, record)
        lanes = min(BLOCK, kept - block * BLOCK)
        if districts:
            rows.utilities[:] = record.utilities.T
            # The block's national utilities are still in the work rows.
            rows.against[:] = work.scratch.eta[plan.voters.against_option[: len(rows.against)], :BLOCK]
            district_ballots(plan.voters, work.scratch.ballots, rows)
        for one in asked:
            if isinstance(one.tier, ListTier):
                one.returned[:] += _lists(plan, one, record.votes[:lanes])
            else:
                way = int(plan.laws.contest_of[one.number])
                one.returned[:] += _candidates(plan, one, rows.ballots[:, :lanes], record.winners[:lanes, way])
    return asked


def _deposit(plan: Plan, number: int) -> Deposit | None:
    persons = plan.systems[number].persons
    return None if persons is None else persons.deposit


def _stand(plan: Plan, tier: object) -> int:
    return plan.lists if isinstance(tier, ListTier) else plan.candidates


def _lists(plan: Plan, one: TierDeposits, votes: Ballots) -> Counts:
    absent = one.tier.against_all.use == "not on the ballot"
    base = votes[:, : plan.lists].sum(axis=1) if absent else votes.sum(axis=1)
    counts: Counts = reaches(votes[:, : plan.lists], base[:, None], one.deposit.returned_at).sum(axis=0)
    return counts


def _candidates(plan: Plan, one: TierDeposits, ballots: Ballots, winners: Ballots) -> Counts:
    absent = one.tier.against_all.use == "not on the ballot"
    counts, papers = np.zeros(plan.candidates, np.int64), ballots.astype(np.int64)
    for d, (first, beyond) in enumerate(zip(plan.voters.district_first, plan.voters.district_first[1:], strict=False)):
        votes = papers[first:beyond]
        base = votes.sum(axis=0) if absent else votes.sum(axis=0) + papers[plan.candidates + d]
        elected = winners[:, d] == np.arange(beyond - first)[:, None]
        counts[first:beyond] = (elected | reaches(votes, base, one.deposit.returned_at)).sum(axis=1)
    return counts
