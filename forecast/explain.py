"""One draw of a finished run told as the law would: drawn again alone, counted by the reference, every step kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from forecast.errors import AuditFailure, DocumentError, EnvironmentTrouble, ForecastError
from forecast.execution import Order, Prepared, prepare
from forecast.files import is_sealed
from forecast.kernel.audit import list_lengths, party_of
from forecast.kernel.random import BLOCK, STREAM_VERSION
from forecast.kernel.replay import Replay, drawn_again
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import SECOND_ROUND, count
from forecast.rules.outcome import Count, DistrictCount, Step, TierCount
from forecast.rules.persons import Person, mandates
from forecast.rules.persons_law import PersonsLaw
from forecast.rules.price import votes_for_next_seat
from forecast.rules.system import ElectoralSystem, ListTier, NominalTier
from forecast.runfile import RUN_FILE, RunFile


@dataclass(frozen=True, slots=True)
class Telling:
    """One draw under one system.

    ``votes`` are its ballots, ``count`` their count with all steps. ``next_seat`` says, by party, how many votes more
    would have brought one list seat more (None: no number would). ``sitting`` are those who take a list's seats, where
    the model names people.
    """

    system: ElectoralSystem
    votes: Votes
    count: Count
    next_seat: Mapping[str, int | None]
    sitting: Mapping[str, tuple[Person, ...]]


def prepared_again(record: RunFile) -> Prepared:
    """Return a finished run as it was before it started: the same documents, model, law and seed.

    Raises
    ------
    ForecastError
        The documents cannot be read any more, or they, or the random stream, are not those of the run.
    EnvironmentTrouble
        ``run.json`` was edited, or an older version wrote it.
    """
    asked, stream = record.content.get("asked"), record.content["kernel_stream"]
    where = record.folder / RUN_FILE
    if not is_sealed(record.content):
        raise EnvironmentTrouble(f"{where}: was changed after the run; compute it again with --force")
    if not isinstance(asked, dict):
        raise EnvironmentTrouble(f"{where}: asked: is missing: an older seatcast wrote it; compute the run again")
    if (stream.get("version"), stream.get("block")) != (STREAM_VERSION, BLOCK):
        raise EnvironmentTrouble(
            f"{where}: kernel_stream: version {stream.get('version')}; this seatcast draws version {STREAM_VERSION}: "
            "compute the run again, or use the version that wrote it"
        )
    try:
        order = Order(
            str(asked["forecast"]),
            (*map(str, asked["overrides"]), f"seed={record.seed}"),
            tuple(map(str, asked["systems"])),
            precision=None if asked["precision"] is None else float(asked["precision"]),
            sampler=None if asked.get("sampler", "mc") is None else str(asked.get("sampler", "mc")),
            keep=int(asked["keep"]),
            allow_outside=True,
        )
    except (KeyError, TypeError, ValueError):
        raise EnvironmentTrouble(f"{where}: asked: cannot be understood; compute the run again with --force") from None
    try:
        prepared = prepare(order)
    except DocumentError as fault:
        raise ForecastError(
            f"{record.folder}: its forecast {order.forecast} cannot be read any more: {fault.faults[0]}; stand where "
            "the run was computed, or compute it again"
        ) from None
    if prepared.digest != record.digest:
        raise ForecastError(
            f"{record.folder}: the documents of {order.forecast} are no longer those of the run (digest "
            f"{prepared.digest[:8]}, the run's is {record.digest[:8]}); restore them, or compute the run again"
        )
    return prepared


def told(record: RunFile, draw: int, system: str | None = None) -> tuple[Prepared, list[Telling]]:
    """Return one draw of a finished run under every system, or under the one named.

    Raises
    ------
    ForecastError
        The run has no such draw or system, or cannot be prepared again (see ``prepared_again``).
    AuditFailure
        Kernel and reference count differ.
    """
    if not 0 <= draw < record.draws:
        raise ForecastError(f"--draw: {draw:,} is no draw of {record.folder}; it has 0 to {record.draws - 1:,}")
    if (record.content.get("sampler") or {}).get("name") == "lattice":
        raise ForecastError(
            f"{record.folder}: was drawn on a lattice: its districts are integrated, so that no single draw is an election; "
            "explain a draw of a run with --sampler mc"
        )
    prepared = prepared_again(record)
    systems = prepared.plan.systems
    chosen = [k for k, one in enumerate(systems) if system in (None, one.id)]
    if not chosen:
        there = ", ".join(one.id for one in systems)
        raise ForecastError(f"--system: {record.folder} has no system {system!r}; it has: {there}")
    replay = drawn_again(prepared.plan, draw)
    people = prepared.spec.model.people
    return prepared, [telling(replay, k, people) for k in chosen]


def telling(replay: Replay, number: int, people: Sequence[Person] = ()) -> Telling:
    """Return a draw under one system of its plan; AuditFailure where kernel and reference count differ."""
    plan = replay.plan
    system, lengths = replay.system(number), list_lengths(plan)
    if (votes := replay.house_votes(number)) is not None:
        counted = count(system, votes, list_lengths=lengths, party_of=party_of(plan), lots=replay.lots(number))
        listed = [one for one in counted.tiers if one.kind == "list"]
        kernel = replay.list_seats(number)
        _agree(
            replay, system, "lists", kernel, {name: sum(one.seats.get(name, 0) for one in listed) for name in kernel}
        )
        return Telling(system, votes, counted, {}, {})
    tiers: dict[str, dict[str, Paper]] = {}
    for tier in system.tiers:
        if isinstance(tier, ListTier):
            tiers[tier.name] = {"": replay.list_paper}
        elif isinstance(tier, NominalTier):
            tiers[tier.name] = papers = replay.district_papers(number)
            if second := replay.second_papers(tier, papers):
                tiers[tier.name + SECOND_ROUND] = second
    votes, parties = Votes(tiers), party_of(plan)
    counted = count(system, votes, list_lengths=lengths, party_of=parties)
    counted = _as_drawn(system, counted, replay, number, parties)
    next_seat: dict[str, int | None] = {}
    sitting: dict[str, tuple[Person, ...]] = {}
    for tier in system.tiers:
        if isinstance(tier, ListTier):
            paper = replay.list_paper
            next_seat = {party: votes_for_next_seat(tier, paper, party, lengths) for party in paper.votes}
            sitting = _sitting(people, system, counted.tier(tier.name).seats, plan.model.electorate.election_day)
    return Telling(system, votes, counted, next_seat, sitting)


def _as_drawn(
    system: ElectoralSystem, counted: Count, replay: Replay, number: int, party_of: Mapping[tuple[str, str], str]
) -> Count:
    """Return the count after the repeat votes of tied districts; AuditFailure where the kernel's differs."""
    tiers = []
    for one in counted.tiers:
        made = one
        if one.kind == "list":
            kernel = replay.list_seats(number)
            _agree(replay, system, one.name, kernel, {name: one.seats.get(name, 0) for name in kernel})
        elif one.kind == "nominal":
            winners = replay.winners(number)
            law = next(tier.ties.law for tier in system.tiers if isinstance(tier, NominalTier))
            made = _after_repeat_votes(one, winners, party_of, law)
            _agree(replay, system, one.name, winners, {name: part.winner for name, part in made.districts.items()})
        tiers.append(made)
    seats: dict[str, int] = {}
    for one in tiers:
        for party, won in one.seats.items():
            seats[party] = seats.get(party, 0) + won
    return replace(counted, tiers=tuple(tiers), seats=seats)


def _agree(replay: Replay, system: ElectoralSystem, tier: str, kernel: object, reference: object) -> None:
    if kernel != reference:
        raise AuditFailure(
            f"draw {replay.draw} of seed {replay.plan.seed}, {system.id}, {tier}: kernel and reference count differ\n"
            f"kernel: {kernel}\nreference: {reference}"
        )


def _after_repeat_votes(
    one: TierCount, winners: Mapping[str, str | None], party_of: Mapping[tuple[str, str], str], law: str
) -> TierCount:
    """Fill the seats of tied districts: the law votes again, and the model lets the greater strength decide."""
    districts, seats, steps = dict(one.districts), dict(one.seats), list(one.steps)
    for tie in one.ties:
        winner = winners[tie.district]
        if winner not in tie.among:
            continue
        party = party_of[tie.district, winner]
        districts[tie.district] = DistrictCount({**districts[tie.district].seats, party: 1}, 0, winner)
        seats[party] += 1
        text = f"District {tie.district}: the vote is repeated. Elected (the model decides by a hair): {winner}"
        steps.append(Step(text, law))
    vacant = sum(part.vacant for part in districts.values())
    return replace(one, districts=districts, seats=seats, steps=tuple(steps), vacant=vacant)


def _sitting(
    people: Sequence[Person], system: ElectoralSystem, seats: Mapping[str, int], day: date
) -> dict[str, tuple[Person, ...]]:
    quota = (system.persons or PersonsLaw()).mandate_quota
    lists = {party: [one for one in people if one.party == party and not one.district] for party in seats}
    return {party: mandates(lists[party], won, quota, day) for party, won in seats.items() if won and lists[party]}
