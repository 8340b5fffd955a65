"""Blocks of a plan drawn into tallies: the one place that knows whether local assemblies are elected too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.kernel.assemblies import AssemblyScratch, AssemblyTallies, assembly_scratch, elect_assemblies
from forecast.kernel.draw import Record, Scratch, Tallies, scratch_for, simulate_blocks
from forecast.kernel.house_blocks import HouseRows, house_blocks
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK


@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    """The work rows of one thread."""

    scratch: Scratch
    assemblies: AssemblyScratch | None
    houses: HouseRows | None

    @classmethod
    def of(cls, plan: Plan) -> Workspace:
        """Return work rows of a plan's shapes."""
        own = assembly_scratch(plan.assemblies.arrays) if plan.assemblies else None
        scratch = scratch_for(plan.voters, plan.laws)
        return cls(scratch, own, HouseRows.of(plan, scratch))


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The tallies of a run: those of the house, and those of local assemblies where there are any."""

    house: Tallies
    assemblies: AssemblyTallies | None

    @classmethod
    def of(cls, plan: Plan) -> Counts:
        """Return empty tallies of a plan's shapes."""
        return cls(plan.tallies(), plan.assemblies.tallies() if plan.assemblies else None)

    def add(self, other: Counts) -> None:
        """Add the tallies of other draws."""
        for total, part in zip(self.house, other.house, strict=True):
            total += part
        for total, part in zip(self.assemblies or (), other.assemblies or (), strict=True):
            total += part


def memory_of_a_thread(plan: Plan) -> int:
    """Return the bytes of one thread's work rows and tallies."""
    work, counts = Workspace.of(plan), Counts.of(plan)
    drawn = work.houses.drawn if work.houses is not None else ()
    every = (work.scratch, work.assemblies or (), drawn, counts.house, counts.assemblies or ())
    return sum(_bytes(rows) for rows in every)


def _bytes(rows: Any) -> int:
    return rows.nbytes if isinstance(rows, np.ndarray) else sum(_bytes(row) for row in rows)


def draw_house(
    plan: Plan, first_block: int, blocks: int, draws: int, work: Workspace, tallies: Tallies, record: Record
) -> None:
    """Simulate blocks of the house alone; arguments as those of ``draw.simulate_blocks``."""
    if plan.houses is None or work.houses is None:
        simulate_blocks(plan.voters, plan.laws, first_block, blocks, draws, work.scratch, tallies, record)
    else:
        house_blocks(plan, plan.houses, first_block, blocks, draws, work.scratch, work.houses, tallies, record)


def draw_blocks(
    plan: Plan, first_block: int, blocks: int, draws: int, work: Workspace, counts: Counts, record: Record
) -> None:
    """Simulate blocks of a plan; arguments as those of ``draw.simulate_blocks``."""
    local = plan.assemblies
    if local is None or work.assemblies is None or counts.assemblies is None:
        draw_house(plan, first_block, blocks, draws, work, counts.house, record)
        return
    every, scratch, nothing = local.all_of_them(), work.scratch, local.record(0)
    for b in range(blocks):
        block = first_block + b
        part = Record._make(array[b * BLOCK : (b + 1) * BLOCK] for array in record)
        draw_house(plan, block, 1, draws, work, counts.house, part)
        elect_assemblies(
            local.arrays, every, block, min(BLOCK, draws - block * BLOCK), scratch.shock, scratch.eta, scratch.ballots,
            work.assemblies, counts.assemblies, nothing, 0,
        )  # fmt: skip
