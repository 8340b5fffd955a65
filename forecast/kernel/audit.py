"""The audit: single draws of a run are drawn again and counted by the reference; the seats must be equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecast.errors import AuditFailure
from forecast.kernel.assembly_audit import AssemblyAudit
from forecast.kernel.blocks import Workspace, draw_house
from forecast.kernel.draw import F32, Record, Scratch
from forecast.kernel.house_plan import HouseLaw
from forecast.kernel.house_reference import invalid_beside, list_papers, lots_of
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import SECOND_ROUND, count, count_list_tier, count_nominal_tier, run_off_candidates
from forecast.rules.system import ElectoralSystem, ListTier, NominalTier, TwoRounds

RECOUNTS = 200

Redraw = Callable[[int, Scratch, Record], None]


@dataclass(frozen=True, slots=True)
class Audit:
    """How many draws were recounted, and that all of them agreed (a disagreement raises)."""

    recounts: int

    def __str__(self) -> str:
        """Return the line that every run prints."""
        return f"{self.recounts} of {self.recounts} recounts agree"


def audited_draws(seed: int, draws: int, recounts: int = RECOUNTS) -> list[int]:
    """Return the draws to recount: one at random from each of ``recounts`` equal stretches of the run.

    >>> audited_draws(1, 3)
    [0, 1, 2]
    """
    if draws <= recounts:
        return list(range(draws))
    chosen = np.random.Philox(key=seed).random_raw(recounts)
    edges = [draws * k // recounts for k in range(recounts + 1)]
    return [low + int(word) % (high - low) for word, low, high in zip(chosen, edges[:-1], edges[1:], strict=True)]


def audit(plan: Plan, draws: int, recounts: int = RECOUNTS, redraw: Redraw | None = None) -> Audit:
    """Recount a sample of the draws of a run.

    ``redraw`` draws a block into the scratch and the record again, where the run's draws are not plain ones.

    Raises
    ------
    AuditFailure
        A draw in which kernel and reference differ, with its ballots.
    """
    chosen = audited_draws(plan.seed, draws, recounts)
    work, tallies, record = Workspace.of(plan), plan.tallies(), plan.record(BLOCK, utilities=True)
    local = AssemblyAudit(plan, plan.assemblies) if plan.assemblies else None
    drawn = -1
    for draw in chosen:
        block = draw // BLOCK
        if block != drawn and redraw is not None:
            redraw(block, work.scratch, record)
        elif block != drawn:
            draw_house(plan, block, 1, draws, work, tallies, record)
        drawn = block
        for k, system in enumerate(plan.systems):
            known = plan.houses.laws[k] if plan.houses is not None else None
            if known is not None:
                _recount_house(plan, known, k, record, draw, draw % BLOCK)
            else:
                _recount(plan, system, k, record, draw, draw % BLOCK)
        if local is not None:
            local.recount(draw, work.scratch)
    return Audit(len(chosen))


def _recount(plan: Plan, system: ElectoralSystem, k: int, record: Record, draw: int, row: int) -> None:
    for tier in system.tiers:
        if isinstance(tier, ListTier):
            _recount_list(plan, system, tier, record.votes[row], record.list_seats[row, k], draw)
        elif isinstance(tier, NominalTier):
            _recount_districts(plan, system, tier, int(plan.laws.contest_of[k]), record, draw, row)


def _recount_house(plan: Plan, known: HouseLaw, k: int, record: Record, draw: int, row: int) -> None:
    """Compare the list seats of every party, and every district's winner, with a count of the whole house."""
    votes = house_votes(plan, known, k, record, row)
    counted = count(
        known.system,
        votes,
        list_lengths=list_lengths(plan),
        party_of=party_of(plan),
        lots=lots_of(plan, known, draw),
        steps=False,
    )
    listed = [one for one in counted.tiers if one.kind == "list"]
    kernel = dict(zip(plan.model.parties, record.list_seats[row, k].tolist(), strict=True))
    reference = {name: sum(one.seats.get(name, 0) for one in listed) for name in kernel}
    way = int(plan.laws.contest_of[k])
    elected = _winners(plan, record.winners[row, way]) if way >= 0 else {}
    by_law = {
        name: one.winner for tier in counted.tiers if tier.kind == "nominal" for name, one in tier.districts.items()
    }
    if (kernel, elected) != (reference, by_law):
        apart = {name: (elected[name], by_law.get(name)) for name in elected if elected[name] != by_law.get(name)}
        raise AuditFailure(
            f"draw {draw} of seed {plan.seed}, {known.system.id}: kernel and reference count differ\n"
            f"ballots: { {name: papers for name, papers in votes.tiers.items() if '' in papers} }\n"
            f"kernel: {kernel}\nreference: {reference}\ndistricts: {apart}"
        )


def party_of(plan: Plan) -> dict[tuple[str, str], str]:
    """Return the party of every candidate by district and name; the self-nominated have their label."""
    return {
        (contest.id, person.name): person.party or plan.model.groups[-1]
        for contest in plan.model.contests
        for person in contest.candidates
    }


def house_votes(plan: Plan, known: HouseLaw, k: int, record: Record, row: int) -> Votes:
    """Return a draw's papers of every tier; where candidates tie, the model's winner has won the repeat vote by one."""
    regional = record.regional[row] if len(record.regional) else record.regional.reshape(0, len(plan.model.options))
    tiers = list_papers(plan, known, record.votes[row], regional)
    way = int(plan.laws.contest_of[k])
    nominal = next((tier for tier in known.system.tiers if isinstance(tier, NominalTier)), None)
    if nominal is not None and way >= 0:
        papers, winners = {}, _winners(plan, record.winners[row, way])
        for d, contest in enumerate(plan.model.contests):
            paper, winner = district_paper(plan, way, record, row, d), winners[contest.id]
            most = max(paper.votes.values())
            if winner is not None and paper.votes[winner] == most and list(paper.votes.values()).count(most) > 1:
                paper = Paper({**paper.votes, winner: most + 1}, paper.against_all, paper.invalid)
            papers[contest.id] = paper
        tiers = {nominal.name: papers, **tiers}
        if isinstance(nominal.formula, TwoRounds):
            tiers[nominal.name + SECOND_ROUND] = {
                contest.id: second_paper(plan, record, row, d, run_off_candidates(papers[contest.id]))
                for d, contest in enumerate(plan.model.contests)
                if len(contest.candidates) > 2
            }
    return Votes(tiers)


def _winners(plan: Plan, numbers: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> dict[str, str | None]:
    return {
        contest.id: contest.candidates[number].name if number >= 0 else None
        for contest, number in zip(plan.model.contests, numbers.tolist(), strict=True)
    }


def paper_of(plan: Plan, votes: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> Paper:
    """Return one draw's list ballots as the reference reads them."""
    named = {name: int(count) for name, count in zip(plan.model.options, votes, strict=True)}
    against = sum(count for name, count in named.items() if name not in plan.model.parties)
    return Paper(
        {name: named[name] for name in plan.model.parties},
        against_all=against,
        invalid=invalid_beside(sum(named.values()), plan.model.ballots.valid_share),
    )


def list_lengths(plan: Plan) -> dict[str, int]:
    """Return the people on each list, where the model states them."""
    options = plan.model.electorate.options
    return {option.name: option.list_length for option in options if option.list_length is not None}


def _recount_list(
    plan: Plan,
    system: ElectoralSystem,
    tier: ListTier,
    votes: np.ndarray[tuple[int, ...], np.dtype[np.int32]],
    seats: np.ndarray[tuple[int, ...], np.dtype[np.int32]],
    draw: int,
) -> None:
    paper = paper_of(plan, votes)
    reference = count_list_tier(tier, paper, list_lengths(plan), steps=False).seats
    kernel = {name: int(count) for name, count in zip(plan.model.parties, seats, strict=True)}
    if kernel != {name: reference.get(name, 0) for name in kernel}:
        raise AuditFailure(
            f"draw {draw} of seed {plan.seed}, {system.id}, {tier.name}: kernel and reference count differ\n"
            f"ballots: {dict(paper.votes)}, against all {paper.against_all}\nkernel: {kernel}\nreference: {dict(reference)}"
        )


def _recount_districts(
    plan: Plan, system: ElectoralSystem, tier: NominalTier, way: int, record: Record, draw: int, row: int
) -> None:
    """Compare each district's winner; equal whole ballots are the law's repeat vote, which the utilities decide."""
    papers = district_papers(plan, way, record, row)
    second = {}
    if isinstance(tier.formula, TwoRounds):
        for d, contest in enumerate(plan.model.contests):
            if len(contest.candidates) > 2:
                second[contest.id] = second_paper(plan, record, row, d, run_off_candidates(papers[contest.id]))
    counted = count_nominal_tier(tier, papers, None, second, steps=False)
    ties = {tie.district: tie.among for tie in counted.ties}
    for d, contest in enumerate(plan.model.contests):
        number = int(record.winners[row, way, d])
        kernel = contest.candidates[number].name if number >= 0 else None
        reference = counted.districts[contest.id].winner
        if kernel != reference and kernel not in ties.get(contest.id, ()):
            raise AuditFailure(
                f"draw {draw} of seed {plan.seed}, {system.id}, district {contest.id}: kernel and reference differ\n"
                f"ballots: {dict(papers[contest.id].votes)}, second round: {second.get(contest.id)}\n"
                f"kernel: {kernel}\nreference: {reference}"
            )


def district_papers(plan: Plan, way: int, record: Record, row: int) -> dict[str, Paper]:
    """Return the ballots of every district, as ``district_paper`` does; those of a plurality all at once."""
    contests = plan.model.contests
    if way > 0 or not contests:
        return {contest.id: district_paper(plan, way, record, row, d) for d, contest in enumerate(contests)}
    first, utilities = plan.voters.district_first, record.utilities[row]
    votes = iter(_ballots(utilities, np.repeat(np.maximum.reduceat(utilities, first[:-1]), np.diff(first))))
    return {contest.id: Paper({person.name: next(votes) for person in contest.candidates}) for contest in contests}


def district_paper(plan: Plan, way: int, record: Record, row: int, d: int) -> Paper:
    """Return a district's ballots: those the kernel made, or for a plurality those that the utilities stand for."""
    first, beyond = plan.voters.district_first[d], plan.voters.district_first[d + 1]
    names = [person.name for person in plan.model.contests[d].candidates]
    if way == 0:
        utilities = record.utilities[row, first:beyond]
        return Paper(dict(zip(names, _ballots(utilities, utilities.max()), strict=True)))
    against = int(record.ballots[row, plan.candidates + d])
    votes = record.ballots[row, first:beyond].tolist()
    return Paper(
        dict(zip(names, votes, strict=True)),
        against,
        invalid_beside(sum(votes) + against, plan.model.ballots.valid_share),
    )


def second_paper(plan: Plan, record: Record, row: int, d: int, finalists: tuple[str, str]) -> Paper:
    """Return the ballots of a second round, from the utilities drawn anew for it."""
    first = int(plan.voters.district_first[d])
    number = {person.name: c for c, person in enumerate(plan.model.contests[d].candidates)}
    utilities = record.run_off[row, [*(first + number[name] for name in finalists), plan.candidates]]
    *votes, against = _ballots(utilities, utilities.max())
    return Paper(dict(zip(finalists, votes, strict=True)), against)


def _ballots(utilities: F32, largest: F32 | np.float32) -> list[int]:
    """Return ballots in the proportion of exponentials, by the ``largest`` of a district; their order is kept."""
    behind = utilities.astype(np.float64) - largest
    votes: list[int] = np.rint(1e9 * np.exp(behind)).astype(np.int64).tolist()
    return votes
