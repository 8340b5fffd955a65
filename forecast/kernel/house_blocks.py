"""Blocks of a plan under laws of any parliament: drawn, counted tier by tier, and added to the tallies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.kernel.draw import Record, Scratch, Tallies
from forecast.kernel.house_count import (
    seat_covered_winners,
    seats_elsewhere,
    tally_house,
    tally_votes,
)
from forecast.kernel.house_draw import HouseScratch, draw_house, house_scratch
from forecast.kernel.house_plan import HouseLaw, HousePlan, TierLaw
from forecast.kernel.house_reference import lots_of_block, seats_by_reference
from forecast.kernel.list_house import count_tiers
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.rules.proportional import Covered, Levelling, SeatsBar

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HouseRows:
    """The work rows of one thread beside its ``Scratch``: of the draw, and of the seats of one system."""

    drawn: HouseScratch
    seats: I64  # [BLOCK, P] list seats of all tiers
    takes: npt.NDArray[np.bool_]  # [BLOCK, P]
    left: I64  # [BLOCK] seats of no party
    size: I64  # [BLOCK]
    need: I64  # [BLOCK, 2] seats of a majority and of two thirds
    base_need: I64  # [BLOCK, 2] under the first system

    @classmethod
    def of(cls, plan: Plan, scratch: Scratch) -> HouseRows | None:
        """Return work rows of a plan's shapes; None where its draws take the plain way."""
        if plan.houses is None:
            return None
        drawn = house_scratch(plan.voters, plan.houses.arrays, len(plan.laws.contests), scratch)
        seats, left = np.zeros((BLOCK, plan.lists), np.int64), np.zeros(BLOCK, np.int64)
        need = np.zeros((BLOCK, 2), np.int64)
        return cls(drawn, seats, np.zeros((BLOCK, plan.lists), np.bool_), left, left.copy(), need, need.copy())


@dataclass(frozen=True, slots=True, eq=False)
class TierSeats:
    """A tier counted in a block, for the tiers that answer for it: by place, of everybody, by list."""

    direct: I64  # [BLOCK, places, P]
    total: I64  # [BLOCK]
    held: I64  # [BLOCK, P]


def house_blocks(
    plan: Plan, houses: HousePlan, first_block: int, blocks: int, draws: int, scratch: Scratch, rows: HouseRows,
    tallies: Tallies, record: Record,
) -> None:  # fmt: skip
    """Simulate blocks of a plan; arguments as those of ``draw.simulate_blocks``, with work rows of its own."""
    for b in range(blocks):
        block, row = first_block + b, b * BLOCK
        lanes = min(BLOCK, draws - block * BLOCK)
        draw_house(plan.voters, plan.laws, houses.arrays, block, lanes, scratch, rows.drawn, record, row)
        counted = [_counted(plan, houses, k, block, lanes, scratch, rows) for k in range(len(plan.systems))]
        tally_votes(plan.voters, plan.laws, scratch, lanes, tallies)
        for k, (known, seats, left, takes) in enumerate(counted):
            tally_house(
                plan.voters, plan.laws, k, known, seats, left, takes, rows.size, rows.need, rows.base_need, scratch,
                tallies, record, row, lanes,
            )  # fmt: skip


def _counted(
    plan: Plan, houses: HousePlan, k: int, block: int, lanes: int, scratch: Scratch, rows: HouseRows
) -> tuple[bool, I64, I64, npt.NDArray[np.bool_]]:
    """Return whether a system was counted here, its list seats, the seats of no party, and who takes part."""
    known = houses.laws[k]
    rows.seats[:], rows.left[:], rows.takes[:] = 0, 0, False
    if known is not None:
        _count(plan, known, k, block, lanes, scratch, rows)
    if len(plan.systems) == 1:
        return known is not None, rows.seats, rows.left, rows.takes
    return known is not None, rows.seats.copy(), rows.left.copy(), rows.takes.copy()


def _count(plan: Plan, known: HouseLaw, k: int, block: int, lanes: int, scratch: Scratch, rows: HouseRows) -> None:
    """Count the tiers of a system in their order, and add up their seats."""
    drawn, way = rows.drawn, int(plan.laws.contest_of[k])
    others: dict[str, TierSeats] = {}
    rows.left[:] = known.appointed
    for one in known.tiers:
        seats, left, cover = _count_tier(plan, one, way, block, lanes, rows, others)
        undecided = np.flatnonzero(left[:lanes] < 0)
        for i in undecided.tolist():  # floating-point numbers could not tell: the slow count can
            seats[i], left[i] = seats_by_reference(plan, one, drawn, i)
        rows.seats[:] += seats.sum(axis=1)
        rows.left[:] += left
        others[one.tier.name] = TierSeats(seats[:, :-1], seats.sum(axis=(1, 2)), seats.sum(axis=1))
        if isinstance(one.tier.linkage, Covered):
            winners = scratch.winner[way * len(plan.model.contests) : (way + 1) * len(plan.model.contests)]
            seat_covered_winners(
                drawn.elected[way], one.place, drawn.won_votes, drawn.won_valid, cover, plan.lists, lanes, winners
            )


def _count_tier(
    plan: Plan, one: TierLaw, way: int, block: int, lanes: int, rows: HouseRows, others: Mapping[str, TierSeats]
) -> tuple[I64, I64, I64]:
    """Return a tier's seats ``[draw, place or last, list]``, the seats of nobody, and the seats that cover winners."""
    drawn, lowered, link = rows.drawn, one.plan, one.tier.linkage
    places, lists = len(lowered.places), plan.lists
    votes, against, invalid = (
        (drawn.whole, drawn.whole_against, drawn.whole_invalid)
        if one.national
        else (drawn.votes, drawn.against, drawn.invalid)
    )
    nominal = TierSeats(
        np.zeros((BLOCK, places, lists), np.int64), np.zeros(BLOCK, np.int64), np.zeros((BLOCK, lists), np.int64)
    )
    if way >= 0:
        seats_elsewhere(drawn.elected[way], one.place, lanes, nominal.direct, nominal.total, nominal.held)
    direct, total, held = np.zeros_like(nominal.direct), np.zeros_like(nominal.total), np.zeros_like(nominal.held)
    here = np.zeros_like(nominal.direct)
    if link is not None:
        other = others.get(link.tier, nominal)
        total, held = other.total, other.held
        if not isinstance(link, Levelling):
            direct = np.ascontiguousarray(other.direct)
        elif link.tier in others and other.direct.shape == here.shape:
            here[:] = other.direct
    bars = (*one.tier.admission.all_of, *one.tier.admission.any_of)
    won = np.zeros((BLOCK, len(bars), lists), np.int64)
    for b, bar in enumerate(bars):
        if isinstance(bar, SeatsBar):
            won[:, b] = others.get(bar.tier, nominal).held
    cap = one.tier.cap
    cap_seats = others.get(cap.tier, nominal).held if cap is not None else np.zeros((BLOCK, lists), np.int64)
    seats, left = np.zeros((BLOCK, places + 1, lists), np.int64), np.zeros(BLOCK, np.int64)
    order = np.zeros((BLOCK, places + 1, lists + 1), np.int64)
    if one.lots is not None:
        order[:] = lots_of_block(one.lots, block).reshape(order.shape)
    tier, formulas, bar_rows, shares, exempt, alliance, group = lowered.law
    count_tiers(
        tier, formulas, bar_rows, shares, exempt, alliance, group, one.people, lowered.region, lowered.regions,
        lowered.magnitude, lowered.levelling, lowered.population, lanes, order, votes, against, invalid, won, cap_seats,
        direct, total, held, here, seats, left, rows.takes,
    )  # fmt: skip
    return seats, left, here
