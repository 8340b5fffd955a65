"""Lowering for ``--sampler lattice``: which dimensions the net takes, and who stands in which district."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtri

from forecast.kernel.conditional import STEPS_PER_SD, TABLE, TAIL, Fields, wider_ahead
from forecast.kernel.draw import Tallies, Voters, needs_ballots
from forecast.kernel.expected import UNIT, Expected
from forecast.kernel.gumbel import GUMBEL, PER_SD
from forecast.kernel.lattice import I64, Lattice
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK, stream_keys
from forecast.kernel.sobol import DIMENSIONS, POINT_BITS, RANDOMISATIONS, scrambled_net

WHOLE_NET = RANDOMISATIONS * BLOCK  # draws in which every randomisation has a block
MOST_POINTS = RANDOMISATIONS * 2**POINT_BITS
MOST_NODES = 96  # of the trapezoidal rule; a model whose spreads differ so much is drawn, not integrated


def lattice_draws(draws: int) -> int:
    """Return the number of draws of a lattice run: the next power of two times ``WHOLE_NET``.

    >>> lattice_draws(1), lattice_draws(65_536), lattice_draws(1_000_000)
    (8192, 65536, 1048576)
    """
    whole = WHOLE_NET
    while whole < draws:
        whole *= 2
    return whole


@dataclass(frozen=True, slots=True, eq=False)
class LatticePlan:
    """A plan of one system as the lattice's loop sees it; ``why_drawn`` says why districts are not integrated."""

    plan: Plan
    voters: Voters  # without the national shocks that come from the net
    lattice: Lattice
    why_drawn: str

    @property
    def has_districts(self) -> bool:
        """Whether the law elects anybody in districts."""
        return int(self.plan.laws.contest_of[0]) >= 0

    @property
    def integrated(self) -> bool:
        """Whether districts are integrated rather than drawn."""
        return bool(self.lattice.integrated[0])

    def tallies(self) -> Tallies:
        """Return empty tallies with a leading axis of randomisations."""
        return Tallies._make(np.zeros((RANDOMISATIONS, *array.shape), np.int64) for array in self.plan.tallies())

    def expected(self) -> Expected:
        """Return empty integrated tallies."""
        shapes = self.plan.tallies()
        return Expected(
            np.zeros((RANDOMISATIONS, *shapes.district_seats.shape[1:]), np.int64),
            np.zeros((RANDOMISATIONS, *shapes.seats.shape[1:]), np.int64),
            np.zeros((RANDOMISATIONS, len(self.lattice.fields.group)), np.int64),
        )

    def replicates(self, drawn: Tallies, expected: Expected) -> Tallies:
        """Return the tallies of every randomisation in units of ``1 / UNIT`` draws, the integrated ones where there are any."""
        scaled = drawn._replace(**{name: UNIT * array for name, array in drawn._asdict().items()})
        if not self.integrated:
            return scaled
        fields = self.lattice.fields
        entries = np.repeat(np.arange(len(fields.group)), fields.candidates)
        return scaled._replace(
            district_seats=expected.district_seats[:, None],
            seats=expected.seats[:, None],
            wins=(expected.wins // fields.candidates)[:, None, entries],
        )

    def totals(self, replicates: Tallies, draws: int) -> Tallies:
        """Return the tallies of all randomisations in whole draws; rounding is cumulative, so distributions add up."""
        summed = Tallies._make(array.sum(axis=0) for array in replicates)
        wholes = {name: _in_draws(getattr(summed, name), draws) for name in ("seats", "district_seats")}
        rest = {name: (array + UNIT // 2) // UNIT for name, array in summed._asdict().items() if name not in wholes}
        return Tallies(**wholes, **rest)


def lower_lattice(plan: Plan) -> LatticePlan:
    """Lower a plan of one system for the lattice's loop."""
    model, voters = plan.model, plan.voters
    why = _why_drawn(plan)
    fields = _fields(plan)
    if not why and int(fields.nodes.max(initial=0)) > MOST_NODES:
        why = "the spreads of candidates differ too much for an integral of few nodes"
    options = len(model.options)
    own = [g for g, option in enumerate(voters.group_option) if option < 0] if model.contests else []
    # The dimensions of a net are the better the earlier: those that move most seats come first, the turnout last.
    by_size = sorted(range(options), key=lambda o: (-float(model.mean[o]), o))
    order = [("national", o) for o in by_size[:1]] + [("group", g) for g in own]
    order += [("national", o) for o in by_size[1:]] + [("turnout", options)]
    dimension, groups = np.full(options + 1, -1), np.full(len(voters.group_option), -1)
    names = []
    for j, (kind, number) in enumerate(order[:DIMENSIONS]):
        (groups if kind == "group" else dimension)[number] = j
        label = "" if kind == "turnout" else model.groups[number] if kind == "group" else model.options[number]
        names.append(f"{kind}/{label}")
    taken = groups >= 0
    lattice = Lattice(
        net=scrambled_net(plan.seed, names),
        dimension=dimension.astype(np.int64),
        own=groups.astype(np.int64),
        own_sd=np.where(taken, voters.group_sd, np.float32(0)).astype(np.float32),
        fields=fields,
        integrated=np.array([not why and plan.laws.contest_of[0] >= 0], np.int64),
        district_keys=stream_keys(plan.seed, [f"district/{contest.id}" for contest in model.contests]),
        node_keys=stream_keys(plan.seed, [f"nodes/{contest.id}" for contest in model.contests]),
    )
    still = voters._replace(group_sd=np.where(taken, np.float32(0), voters.group_sd).astype(np.float32))
    return LatticePlan(plan, still, lattice, why)


def _in_draws(counts: I64, draws: int) -> I64:
    """Round distributions over the last axis to whole draws."""
    reached = np.cumsum(counts, axis=-1).astype(np.float64)
    whole = np.floor(reached * (draws / np.maximum(reached[..., -1:], 1)) + 0.5).astype(np.int64)
    steps: I64 = np.diff(whole, axis=-1, prepend=0)
    return steps


def _why_drawn(plan: Plan) -> str:
    if needs_ballots(plan.laws):
        return "the law counts whole ballots of candidates (a majority, a second round, or 'against all')"
    if plan.model.contests and not (plan.voters.candidate_sd > 0).all():
        return "some candidates have no personal vote at all"
    return ""


def _fields(plan: Plan) -> Fields:
    """Return who stands where; candidates of one group in one district have one spread."""
    voters = plan.voters
    first_entry, rows = [0], []
    for d in range(len(voters.district_region)):
        start, end = int(voters.district_first[d]), int(voters.district_first[d + 1])
        groups = voters.candidate_group[start:end]
        for g in np.unique(groups).tolist():
            at = int(np.searchsorted(groups, g))
            rows.append((g, int((groups == g).sum()), at, float(voters.candidate_sd[start + at])))
        first_entry.append(len(rows))
    group, count, first, sd = (np.array([row[k] for row in rows]) for k in range(4)) if rows else (np.zeros(0),) * 4
    wide, narrow = (float(sd.max()), float(sd.min())) if rows else (1.0, 1.0)
    low, high = ndtri(TAIL ** (1 / np.maximum(count, 1))), -ndtri(-np.expm1(np.log1p(-TAIL) / np.maximum(count, 1)))
    width, nodes = sd * (high - low), []
    for start, end in pairwise(first_entry):
        steps = width[start:end].max() / max(float(sd[start:end].min()), 1e-9) * STEPS_PER_SD
        nodes.append(min(int(np.ceil(steps)), MOST_NODES + 1))
    gumbel = int(voters.noise[0]) == GUMBEL
    scales = (wide * PER_SD, max(narrow, 1e-9) * PER_SD)
    return Fields(
        noise=voters.noise,
        first_entry=np.array(first_entry, np.int64),
        group=group.astype(np.int64),
        candidates=count.astype(np.int64),
        first_candidate=first.astype(np.int64),
        of_group=np.argsort(group, kind="stable").astype(np.int64),
        first_of_group=np.searchsorted(np.sort(group), np.arange(len(voters.group_option) + 1)).astype(np.int64),
        spread=(sd < wide).astype(np.int64),
        sd=sd.astype(np.float32),
        low=np.round(sd * low, 5).astype(np.float32),
        high=np.round(sd * high, 5).astype(np.float32),
        nodes=np.array(nodes if not gumbel else [0] * len(nodes), np.int64),
        scales=np.array(scales, np.float32),
        table=wider_ahead(scales) if gumbel and rows else np.zeros(TABLE, np.float32),
    )
