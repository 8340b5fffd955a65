"""A finished run against what happened: scores of seats, votes and events, from the run's own tables and tallies."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.rules.system import majority_of, two_thirds_of
from forecast.runfile import RunFile, size_by_law
from forecast.scoring import (
    LEVELS,
    brier_score,
    log_loss,
    log_score,
    pit_of_pmf,
    probability_of_count,
    ranked_probability_score,
)

Counts = npt.NDArray[np.int64]

PER_POINT = 10  # the tallies hold vote shares in thousandths


@dataclass(frozen=True, eq=False)
class Distribution:
    """A count of draws over 0, 1, 2, ... and the step that came true; ``unit`` is how many steps make one.

    Where a step is not the whole truth (vote shares in thousandths, rounded down), ``exact`` is the value itself.
    """

    name: str
    counts: Counts
    actual: int
    unit: float = 1.0
    exact: float | None = None

    @property
    def value(self) -> float:
        """The value that came true, in units."""
        return self.actual / self.unit if self.exact is None else self.exact

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.counts.sum())

    @cached_property
    def pmf(self) -> npt.NDArray[np.float64]:
        """Probability of each value."""
        return self.counts / self.draws

    @property
    def mean(self) -> float:
        """Mean, in units."""
        rounding = 0.0 if self.exact is None else 0.5
        return float(((self.pmf * np.arange(len(self.pmf))).sum() + rounding) / self.unit)

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central interval, in units."""
        reached = np.cumsum(self.counts)
        low, high = (
            int(np.argmax(reached >= part * self.draws * (1 - 1e-12))) for part in ((1 - level) / 2, (1 + level) / 2)
        )
        return low / self.unit, high / self.unit

    def covers(self, level: float) -> bool:
        """Return whether the central interval holds the actual value."""
        low, high = self.interval(level)
        return low <= self.actual / self.unit <= high

    @property
    def crps(self) -> float:
        """Continuous ranked probability score (of a count: the ranked probability score), in units."""
        return ranked_probability_score(self.pmf, self.actual) / self.unit

    @property
    def log_score(self) -> float:
        """Logarithmic score of the value that came true, in nats; a value never drawn counts as half a draw."""
        count = int(self.counts[self.actual]) if self.actual < len(self.counts) else 0
        return float(log_score(probability_of_count(count, self.draws, len(self.counts))))

    @property
    def pit(self) -> float:
        """Mid-point probability integral transform."""
        return pit_of_pmf(self.pmf, self.actual)


@dataclass(frozen=True, slots=True)
class ScoredEvent:
    """An event, its probability as a count of draws, and whether it happened."""

    kind: str
    name: str
    count: int
    draws: int
    happened: bool

    @property
    def probability(self) -> float:
        """Its probability in the forecast."""
        return self.count / self.draws

    @property
    def brier(self) -> float:
        """Its Brier score."""
        return float(brier_score(self.probability, self.happened))

    @property
    def log_loss(self) -> float:
        """Its logarithmic score, in nats; never 0 or infinite."""
        return float(log_loss(probability_of_count(self.count, self.draws), self.happened))


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """The scores of one system of a run; empty where the result did not say."""

    run: str
    system: str
    draws: int
    seats: tuple[Distribution, ...]
    shares: tuple[Distribution, ...]
    events: tuple[ScoredEvent, ...]
    unscored: int  # events of the run about which the result says nothing

    def kinds(self) -> dict[str, list[ScoredEvent]]:
        """Return the events by kind."""
        found: dict[str, list[ScoredEvent]] = {}
        for event in self.events:
            found.setdefault(event.kind, []).append(event)
        return found


@dataclass(frozen=True, eq=False)
class StoredForecast:
    """What a run's folder says of one system."""

    file: RunFile
    system: str

    @cached_property
    def seats(self) -> dict[str, Counts]:
        """Counts of draws by number of seats, by party or group."""
        found: dict[str, list[int]] = {}
        for row in _rows(self.file, "seat_pmf.csv"):
            if row["system"] == self.system:
                found.setdefault(_bare(row["party"]), []).append(_count(row["probability"], self.file.draws))
        return {name: np.array(counts, np.int64) for name, counts in found.items()}

    @cached_property
    def standing(self) -> tuple[str, ...]:
        """Those who can win seats: the parties, and the self-nominated where any stand."""
        rows = _rows(self.file, "districts.csv") if self.file.holds("districts.csv") else []
        people = {_bare(row["party"]) for row in rows if row["system"] == self.system}
        return tuple(name for name in self.seats if name in self.options or name in people)

    @property
    def house(self) -> int:
        """Seats of the house, or the most that it grew to."""
        return max(len(counts) for counts in self.seats.values()) - 1

    def members(self, seats: Mapping[str, int]) -> int:
        """Return the members of a house with these seats: those of the law, or more where it grew; vacant seats count."""
        return max(
            size_by_law(self.file.content["document"]["systems"][self.system]) or self.house, sum(seats.values())
        )

    @cached_property
    def shares(self) -> dict[str, Counts]:
        """Counts of draws by thousandths of the votes, by option."""
        path = self.file.checked("tallies.json")
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))["tallies"]["shares"]
            options, bins = stored["shape"]
            table = np.zeros(int(options) * int(bins), np.int64)
            table[stored["at"]] = stored["count"]
        except (ValueError, KeyError, TypeError, IndexError):
            raise EnvironmentTrouble(f"{path}: holds no tallies of shares; compute the run again") from None
        if int(options) != len(self.options):
            raise EnvironmentTrouble(f"{path}: shares of {options} options, not {len(self.options)}; compute it again")
        return dict(zip(self.options, table.reshape(int(options), int(bins)), strict=True))

    @cached_property
    def options(self) -> tuple[str, ...]:
        """The lines of the list ballot."""
        fit = self.file.content.get("fit")
        if not isinstance(fit, dict) or not isinstance(fit.get("options"), list):
            raise EnvironmentTrouble(
                f"{self.file.folder}/run.json: fit: is missing; compute the run again with --force"
            )
        return tuple(str(name) for name in fit["options"])

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties, without the self-nominated."""
        return tuple(name for name in self.seats if name in self.options)


def stored_forecast(file: RunFile, system: str | None = None) -> StoredForecast:
    """Return what a run says of a system: the one named, or its only or first one.

    Raises
    ------
    ForecastError
        The run has no such system.
    """
    systems = list(dict.fromkeys(row["system"] for row in _rows(file, "seat_pmf.csv")))
    if system is not None and system not in systems:
        raise ForecastError(f"{file.folder}: has no system {system!r}; there are: {', '.join(systems)}")
    return StoredForecast(file, system or systems[0])


def assess(
    stored: StoredForecast, seats: Mapping[str, int], shares: Mapping[str, float], passed: Mapping[str, bool]
) -> Assessment:
    """Score a stored forecast against a result.

    Parameters
    ----------
    seats
        Seats won, by everybody who stands in the run; empty: not known.
    shares
        Vote shares as fractions, by option; empty: not known.
    passed
        Whether lists reached the threshold; of those that are known.
    """
    events = _threshold_events(stored, passed)
    rows = [row for row in _rows(stored.file, "events.csv") if row["system"] == stored.system]
    truth = _truths(stored, seats) if seats else {}
    for row in rows:
        name = row["event"]
        if name in truth:
            kind = name.partition(":")[0]
            events.append(ScoredEvent(kind, name, *_of_draws(row["probability"], stored.file.draws), truth[name]))
    return Assessment(
        run=stored.file.name,
        system=stored.system,
        draws=stored.file.draws,
        seats=tuple(Distribution(name, stored.seats[name], seats[name]) for name in stored.standing if seats),
        shares=tuple(
            Distribution(name, counts, int(1000 * shares[name] + 1e-9), PER_POINT, 100 * shares[name])
            for name, counts in (stored.shares.items() if shares else ())
        ),
        events=tuple(events),
        unscored=sum(row["event"] not in truth for row in rows),
    )


def _threshold_events(stored: StoredForecast, passed: Mapping[str, bool]) -> list[ScoredEvent]:
    return [
        ScoredEvent(
            "passes the threshold",
            f"passes the threshold: {name}",
            *_of_draws(row["p_threshold"], stored.file.draws),
            passed[name],
        )
        for row in _rows(stored.file, "summary.csv")
        if row["system"] == stored.system and row["p_threshold"] and (name := _bare(row["party"])) in passed
    ]


def _truths(stored: StoredForecast, seats: Mapping[str, int]) -> dict[str, bool]:
    """Return which of the house's standing events happened, by their names in ``events.csv``."""
    house, parties = stored.members(seats), stored.parties
    majority, thirds = majority_of(house), two_thirds_of(house)
    top = max(seats.values())
    alone = [name for name, won in seats.items() if won == top]
    truth: dict[str, bool] = {}
    for name in parties:
        truth[f"majority: {name}"] = seats[name] >= majority
        truth[f"two thirds: {name}"] = seats[name] >= thirds
        truth[f"blocking third: {name}"] = seats[name] >= house - thirds + 1
        truth[f"largest: {name}"] = alone == [name]
    truth["no party alone is the largest"] = not any(alone == [name] for name in parties)
    truth["no party has a majority"] = all(seats[name] < majority for name in parties)
    present = sum(seats[name] > 0 for name in parties)
    truth |= {f"parties in the house: {number}": number == present for number in range(len(parties) + 1)}
    for event in (row["event"] for row in _rows(stored.file, "events.csv")):
        kind, _, written = event.partition(": ")
        members = _members(written, parties) if kind.startswith("coalition") else None
        if members is not None:
            joint = sum(seats[name] for name in members)
            needed = all(joint - seats[name] < majority for name in members)
            truth[event] = joint >= majority and (kind == "coalition" or needed)
    return truth


def _members(written: str, parties: tuple[str, ...]) -> list[str] | None:
    """Return the parties of ``A + B``, in whose names there may be a plus sign too; None if they are not these."""
    words = written.split(" + ")
    cuts = [[]] if not words else _splits(words, parties)
    return cuts[0] if len(cuts) == 1 else None


def _splits(words: list[str], parties: tuple[str, ...]) -> list[list[str]]:
    if not words:
        return [[]]
    found = []
    for length in range(1, len(words) + 1):
        name = " + ".join(words[:length])
        if name in parties:
            found += [[name, *rest] for rest in _splits(words[length:], parties)]
    return found


def _rows(file: RunFile, name: str) -> list[dict[str, str]]:
    path = file.checked(name)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _bare(name: str) -> str:
    """Return a name without the apostrophe that keeps spreadsheets from running it."""
    return name[1:] if name[:1] == "'" and name[1:2] in ("=", "+", "-", "@") else name


def _count(probability: str, draws: int) -> int:
    return round(float(probability) * draws)


def _of_draws(probability: str, draws: int) -> tuple[int, int]:
    return _count(probability, draws), draws


def assessment_document(found: Assessment) -> dict[str, Any]:
    """Return the scores as JSON has them: shares in points, scores in nats, seats or points."""
    return {
        "run": found.run,
        "system": found.system,
        "draws": found.draws,
        "seats": _block(found.seats, "rps"),
        "shares": _block(found.shares, "crps"),
        "events": {
            kind: {"n": len(events), "brier": _mean([e.brier for e in events]), "log_loss": _mean([e.log_loss for e in events])}
            for kind, events in found.kinds().items()
        },
        "by_event": [
            {
                "event": event.name, "probability": event.probability, "happened": event.happened,
                "brier": event.brier, "log_loss": event.log_loss,
            }
            for event in found.events
        ],
        "events_not_scored": found.unscored,
    }  # fmt: skip


def _block(every: tuple[Distribution, ...], score: str) -> dict[str, Any] | None:
    if not every:
        return None
    block: dict[str, Any] = {score: _mean([one.crps for one in every])}
    if score == "rps":
        block["log_score"] = _mean([one.log_score for one in every])
    block["coverage"] = {f"{100 * level:g}": _mean([one.covers(level) for one in every]) for level in LEVELS}
    block["by_name"] = [
        {
            "name": one.name,
            "actual": one.value,
            "mean": one.mean,
            **_ends(one),
            score: one.crps,
            **({"log_score": one.log_score} if score == "rps" else {}),
            "pit": one.pit,
        }
        for one in every
    ]
    return block


def _ends(one: Distribution) -> dict[str, float]:
    intervals = {level: one.interval(level) for level in LEVELS}
    return {f"{end}{100 * level:g}": both[k] for level, both in intervals.items() for k, end in enumerate(("lo", "hi"))}


def _mean(values: list[Any]) -> float:
    return float(np.mean(values))
