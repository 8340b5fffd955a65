"""Generated electoral systems and ballots, with the edges of the law over-sampled."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from forecast.kernel.random import BLOCK
from forecast.rules.system import (
    AgainstAll,
    LargestRemainder,
    ListTier,
    RemainderTies,
    SecondList,
    SilentCases,
    Threshold,
    ThresholdBase,
)

Ints = npt.NDArray[np.int64]

MOST = 2**30 - 2**27  # leaves room for invalid ballots below the kernel's limit
BASES: tuple[ThresholdBase, ...] = ("valid ballots", "party votes", "ballots cast")


def random_tier(rng: np.random.Generator) -> ListTier:
    """Return a list tier anywhere in the document language (but for the values "error")."""
    seats = int(rng.choice([1, 2, 3, 10, 69, 98, 145, 450, int(rng.integers(1, 1000))]))
    share = Fraction(
        *[(1, 20), (7, 100), (3, 100), (0, 1), (1, 3), (49, 1000), (1, 2), (999_999, 1_000_000)][rng.integers(8)]
    )
    second = None
    if rng.random() < 0.6:
        coefficient = Fraction(*[(7, 10), (1, 1), (1, 2), (0, 1), (123, 1000)][rng.integers(5)])
        second = SecondList(coefficient, int(rng.integers(0, min(seats, 3) + 1)))
    return ListTier(
        name="party lists",
        seats=seats,
        threshold=Threshold(
            share,
            of=BASES[rng.integers(3)],
            comparison="at least" if rng.random() < 0.7 else "more than",
        ),
        formula=LargestRemainder(),
        ties=RemainderTies(),
        second_list=second,
        against_all=AgainstAll("counted" if rng.random() < 0.7 else "not on the ballot"),
        silent=SilentCases(
            no_list_passes="vacant" if rng.random() < 0.5 else "all lists",
            minimum_overflows="first list yields" if rng.random() < 0.5 else "second list yields",
            only_one_list="all seats" if rng.random() < 0.5 else "vacant",
        ),
    )


def random_ballots(rng: np.random.Generator, tier: ListTier, lists: int) -> Ints:
    """Return ``[list or against all, election]`` for one block of elections under a tier."""
    total = int(rng.choice([1, 7, 100, 1_000, 6_366_441, 2**24, 10**8, MOST]))
    columns = [_one(rng, tier, lists, total) for _ in range(BLOCK)]
    return np.array(columns, dtype=np.int64).T


def _one(rng: np.random.Generator, tier: ListTier, lists: int, total: int) -> list[int]:
    kind = rng.integers(8)
    votes = _dirichlet(rng, lists + 1, total, concentration=float(rng.choice([0.1, 0.5, 2.0, 50.0])))
    if kind == 1:  # on the threshold, or one vote either side of it
        at = -(-total * tier.threshold.share.numerator // tier.threshold.share.denominator) + int(rng.integers(-1, 2))
        at = min(max(at, 0), total)
        votes = _dirichlet(rng, lists + 1, total - at, 1.0)
        chosen = int(rng.integers(lists))
        votes[lists], votes[chosen] = votes[lists] + votes[chosen], at
    elif kind == 2:  # equal votes
        votes = [total // (lists + 1)] * (lists + 1)
    elif kind == 3:  # whole quotas, perhaps with one vote moved
        quota = max(total // tier.seats, 1)
        split = rng.multinomial(tier.seats, np.full(lists, 1 / lists))
        votes = [int(count) * quota for count in split] + [0]
        if rng.random() < 0.5 and max(votes) > 0:
            votes[int(np.argmax(votes))] -= 1
            votes[int(rng.integers(lists))] += 1
    elif kind == 4:  # equal remainders
        quota = max(total // tier.seats, 2)
        rest = int(rng.integers(0, quota))
        votes = [int(rng.integers(0, max(tier.seats // lists, 1) + 1)) * quota + rest for _ in range(lists)] + [0]
    elif kind == 5:  # one strong list, the others tiny, some of them equal
        tiny = int(rng.integers(0, max(total // 200, 1) + 1))
        votes = [tiny if rng.random() < 0.5 else int(rng.integers(0, tiny + 1)) for _ in range(lists)] + [0]
        votes[int(rng.integers(lists))] = max(total - tiny * lists, 0)
    elif kind == 6:  # "against all" leaves hardly anything
        votes = [*_dirichlet(rng, lists, max(total // 50, 1), 1.0), total]
    elif kind == 7 and rng.random() < 0.2:
        votes = [0] * (lists + 1)
    excess = sum(votes)
    if excess > MOST:
        votes = [vote * (MOST // 2) // excess for vote in votes]
    return votes


def _dirichlet(rng: np.random.Generator, parts: int, total: int, concentration: float) -> list[int]:
    weights = rng.gamma(concentration, size=parts) + 1e-300
    return [int(x) for x in rng.multinomial(total, weights / weights.sum())]
