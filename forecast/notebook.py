"""A forecast as one reads it in a notebook: distributions by name, events by a sentence, tables with labelled axes."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.distribution import SeatDistribution, SystemForecast
from forecast.drawsfile import StoredDraws, stored_draws
from forecast.errors import ForecastError
from forecast.events.tokens import EventError
from forecast.execution import Order, Prepared, compute, prepare, stored
from forecast.explain import prepared_again
from forecast.probability import Probability, bounded
from forecast.query import Answer, answers
from forecast.runfile import read_run_file
from forecast.runs import REPLICATES_FILE, TALLIES_FILE, forecasts_of, read_replicates, read_tallies, system_forecasts
from forecast.tables import COLUMNS, district_rows, event_rows, summary_rows


@dataclass(frozen=True)
class Seats:
    """The distribution of one party's seats; what it does not have is asked of ``distribution``."""

    party: str
    distribution: SeatDistribution

    @property
    def pmf(self) -> pd.Series[float]:
        """Probability of each number of seats, indexed by that number."""
        index = pd.RangeIndex(len(self.distribution.counts), name="seats")
        return pd.Series(self.distribution.pmf, index=index, name=self.party)

    @property
    def mean(self) -> float:
        """Mean number of seats."""
        return self.distribution.mean

    @property
    def median(self) -> int:
        """Median number of seats."""
        return self.distribution.median

    @property
    def sd(self) -> float:
        """Standard deviation of the number of seats."""
        return self.distribution.sd

    def quantile(self, level: float) -> int:
        """Return the smallest number of seats that is not exceeded with probability ``level``."""
        return self.distribution.quantile(level)

    def interval(self, level: float = 0.8) -> tuple[int, int]:
        """Return the central interval of seats."""
        return self.distribution.interval(level)

    def at_least(self, seats: int) -> Probability:
        """Return the probability of ``seats`` or more, with its Monte Carlo error (``.mcse``)."""
        return self.distribution.at_least(seats)

    def __repr__(self) -> str:
        low, high = self.interval()
        return f"{self.party}: median {self.median} seats, 80 % interval {low} to {high}, mean {self.mean:.1f}"


class SeatsByParty(Mapping[str, Seats]):
    """The distributions of seats under one system, by party, as they stand on the ballot; then the self-nominated."""

    def __init__(self, house: SystemForecast) -> None:
        self._house = house

    def __getitem__(self, party: str) -> Seats:
        if party not in self._house.groups:
            raise KeyError(f"{party!r} is not in the race; there are: {', '.join(self._house.groups)}")
        return Seats(party, self._house.seats(party))

    def __iter__(self) -> Iterator[str]:
        return iter(self._house.groups)

    def __len__(self) -> int:
        return len(self._house.groups)

    @property
    def frame(self) -> pd.DataFrame:
        """Probability of every number of seats (columns) for every party (rows)."""
        return self._house.frame()

    def __repr__(self) -> str:
        return "\n".join(repr(one) for one in self.values())


class RunFolder:
    """A run's folder, whose draws are opened when they are first asked for; a passing one goes with its last reader."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def draws(self) -> StoredDraws:
        """The stored draws."""
        return stored_draws(read_run_file(self.path))


@dataclass(frozen=True, eq=False)
class House:
    """One system's house: ``forecast`` has every distribution, the rest are the ones asked for most."""

    forecast: SystemForecast
    run: RunFolder
    coalitions: tuple[tuple[str, ...], ...]

    @property
    def system(self) -> str:
        """Name of the electoral system."""
        return self.forecast.system.id

    @property
    def seats(self) -> SeatsByParty:
        """Distributions of seats, by party."""
        return SeatsByParty(self.forecast)

    @property
    def parties(self) -> pd.DataFrame:
        """A row a party: mean, median and quantiles of seats, chances of passing, of the largest party, of a majority."""
        return _frame("summary.csv", summary_rows(self.forecast), "party")

    @property
    def districts(self) -> pd.DataFrame:
        """A row a district and party that stands in it: the chance of winning, and the rating."""
        return _frame("districts.csv", district_rows(self.forecast), "district")

    @property
    def events(self) -> pd.DataFrame:
        """A row an event of the house with its probability: majorities, thirds, numbers of parties, coalitions."""
        return _frame("events.csv", event_rows(self.forecast, self.coalitions), "event")

    def ask(self, question: str, given: str | None = None) -> Answer:
        """Return the answer to any question of ``forecast query`` about this house."""
        draws = self.run.draws
        (answer,) = answers(draws, question, given, [draws.house(self.system)])
        return answer

    def probability(self, event: str, given: str | None = None) -> Probability:
        """Return the probability of an event, or its conditional probability, with its Monte Carlo error (``.mcse``).

        Raises
        ------
        EventError
            The sentence is no event; the message marks the place.
        """
        answer = self.ask(event, given)
        if answer.probability is None:
            raise EventError(event, 0, 'this is a number: compare it, as in seats("Name") >= 50, or use ask(...)')
        return answer.probability

    def _repr_html_(self) -> str:
        names = ("party", "mean", "median", "80 %", "majority")
        rows = []
        for party in self.seats.values():
            low, high = party.interval()
            chance = self.forecast.majority(party.party)
            cells = (party.party, f"{party.mean:.1f}", str(party.median), f"{low} to {high}", bounded(chance))
            rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        law = self.forecast.system
        title = f"{escape(law.name)}: {law.seats} seats, majority {law.majority}"
        return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Result:
    """What a forecast says. Under one system its house is here at once; of several, ``under(name)`` gives each."""

    def __init__(self, prepared: Prepared, run: RunFolder, houses: list[SystemForecast]) -> None:
        self.name = prepared.spec.name
        self.folder = run.path
        self.digest = prepared.digest
        self.seed = prepared.plan.seed
        self.draws = houses[0].draws
        self._run = run
        self._houses = {one.system.id: House(one, run, prepared.spec.coalitions) for one in houses}

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the electoral systems."""
        return tuple(self._houses)

    def under(self, system: str) -> House:
        """Return the house of one system."""
        if system not in self._houses:
            raise ForecastError(f"{self.name} has no system {system!r}; it has: {', '.join(self._houses)}")
        return self._houses[system]

    @property
    def house(self) -> House:
        """The house of the only system; ForecastError where there are several."""
        if len(self._houses) > 1:
            raise ForecastError(f"{self.name} has several systems; choose one: .under({next(iter(self._houses))!r})")
        return next(iter(self._houses.values()))

    @property
    def seats(self) -> SeatsByParty:
        """Distributions of seats of the only system, by party."""
        return self.house.seats

    @property
    def parties(self) -> pd.DataFrame:
        """The table of parties of the only system."""
        return self.house.parties

    @property
    def districts(self) -> pd.DataFrame:
        """The table of districts of the only system."""
        return self.house.districts

    @property
    def events(self) -> pd.DataFrame:
        """The table of events of the only system."""
        return self.house.events

    def ask(self, question: str, given: str | None = None) -> Answer:
        """Return the answer to any question of ``forecast query`` under the only system."""
        return self.house.ask(question, given)

    def probability(self, event: str, given: str | None = None) -> Probability:
        """Return the probability of an event under the only system, with its Monte Carlo error (``.mcse``)."""
        return self.house.probability(event, given)

    def sample(self, most: int | None = None) -> pd.DataFrame:
        """Return the stored draws, or the first ``most``: a row a draw, a column a quantity."""
        drawn: pd.DataFrame = self._run.draws.frame(most).to_pandas().set_index("draw")
        return drawn

    def __repr__(self) -> str:
        return f"<{self.name}: {self.draws:,} draws, seed {self.seed}, {', '.join(self.systems)}>"

    def _repr_html_(self) -> str:
        houses = "".join(one._repr_html_() for one in self._houses.values())
        foot = f"{self.draws:,} draws, seed {self.seed}, digest {self.digest[:8]}"
        return f"<h3>{escape(self.name)}</h3>{houses}<p>{escape(foot)}</p>"


def computed(order: Order) -> Result:
    """Run a forecast (see ``forecast.run``); without a folder of its own it gets one that goes when the result goes."""
    if order.out is not None:
        return _computed(order)
    place = Path(tempfile.mkdtemp(prefix="forecast-run-"))
    try:
        result = _computed(replace(order, out=place / "run"))
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    weakref.finalize(result._run, shutil.rmtree, place, ignore_errors=True)
    return result


def _computed(order: Order) -> Result:
    prepared = prepare(order)
    simulation = stored(prepared) or compute(prepared)
    houses = forecasts_of(simulation)
    return Result(prepared, RunFolder(prepared.folder), houses)


def loaded(folder: Path) -> Result:
    """Read a finished run (see ``forecast.load``)."""
    record = read_run_file(folder)
    record.checked(TALLIES_FILE)
    prepared = prepared_again(record)
    tallies, draws = read_tallies(folder, prepared.plan)
    if record.holds(REPLICATES_FILE):
        record.checked(REPLICATES_FILE)
    replicates = read_replicates(folder, prepared.plan)
    return Result(prepared, RunFolder(folder), system_forecasts(prepared.plan, tallies, draws, replicates))


def _frame(table: str, rows: Iterator[list[Any]], index: str) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS[table])).drop(columns="system").set_index(index)
