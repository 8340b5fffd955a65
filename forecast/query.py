"""Questions to stored draws: how often an event happens, what a number is like, given another event or not.

The draws are read a row group at a time, so that memory does not grow with their number. Frequencies are counted,
comparisons are exact, quantiles are those of the draws themselves (the smallest value not exceeded by that part of them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from forecast.drawsfile import StoredDraws
from forecast.errors import ForecastError
from forecast.events.bind import bind, bound
from forecast.events.grammar import Call, Number, Tree, parsed
from forecast.events.house import House
from forecast.events.meaning import Bound, Chunk
from forecast.events.quantities import AGGREGATES
from forecast.events.tokens import EventError
from forecast.probability import Probability

FEW = 100  # draws behind a conditional answer below which it is said how few they are
EXAMPLES = 3  # draws named in which an event happens
_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_BINS = 2**14
_Z = 1.96

Floats = npt.NDArray[np.float64]
Measure = Literal["probability", "count", "mean", "sd", "quantiles"]


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of the draws, and the 95 % interval of order statistics that luck may have moved it in."""

    level: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer under one system; ``probability`` is that of an event, the rest is about a number.

    ``draws`` are those behind it: all, or those in which the condition holds. ``examples`` are the first draws in
    which the event happens.
    """

    system: str
    measure: Measure
    draws: int
    probability: Probability | None = None
    examples: tuple[int, ...] = ()
    mean: float = float("nan")
    sd: float = float("nan")
    quantiles: tuple[Quantile, ...] = ()

    @property
    def mcse_mean(self) -> float:
        """Monte Carlo standard error of the mean."""
        return self.sd / sqrt(self.draws)

    @property
    def mcse_sd(self) -> float:
        """Monte Carlo standard error of the standard deviation, as if the number were normal."""
        return self.sd / sqrt(2 * max(self.draws - 1, 1))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of all draws together: a ``measure`` of what ``tree`` means, at ``level`` for a quantile."""

    sentence: str
    tree: Tree
    measure: Measure | None
    levels: tuple[float, ...] = _LEVELS


def question_of(sentence: str) -> Question:
    """Return a sentence as a question; ``mean(...)`` and its like may stand around it.

    >>> question_of('quantile(seats("A"), 0.9)').levels
    (0.9,)

    Raises
    ------
    EventError
        The sentence cannot be read.
    """
    tree = parsed(sentence)
    if not isinstance(tree, Call) or tree.name not in AGGREGATES:
        return Question(sentence, tree, None)
    wanted = 2 if tree.name == "quantile" else 1
    if len(tree.arguments) != wanted:
        example = 'quantile(seats("Name"), 0.9)' if wanted == 2 else f'{tree.name}(seats("Name"))'
        raise EventError(sentence, tree.at, f"{tree.name} is written {example}")
    inner = tree.arguments[0]
    if tree.name == "quantile":
        level = tree.arguments[1]
        if not isinstance(level, Number) or not 0 < level.value < 1:
            raise EventError(sentence, level.at, "a quantile's level is a number between 0 and 1, such as 0.9")
        return Question(sentence, inner, "quantiles", (float(level.value),))
    if tree.name == "median":
        return Question(sentence, inner, "quantiles", (0.5,))
    figures: dict[str, Measure] = {"count": "count", "mean": "mean", "sd": "sd"}
    return Question(sentence, inner, figures[tree.name])


def answers(
    draws: StoredDraws, sentence: str, given: str | None = None, systems: Sequence[House] | None = None
) -> list[Answer]:
    """Return the answer to a question under every system, or those named.

    Raises
    ------
    EventError
        The question or the condition cannot be understood in a house.
    ForecastError
        The condition holds in no draw.
    """
    question = question_of(sentence)
    pairs = [(house, *_meanings(question, given, house)) for house in systems or draws.houses]
    return [_answer(draws, house, question, asked, condition) for house, asked, condition in pairs]


def _meanings(question: Question, given: str | None, house: House) -> tuple[Bound, Bound | None]:
    asked = bind(question.tree, question.sentence, house)
    wanted = {None: ("event", "number"), "count": ("event",)}.get(question.measure, ("number",))
    if asked.kind not in wanted:
        raise EventError(question.sentence, question.tree.at, f"{_wanted(wanted)} is needed here")
    condition = None
    if given is not None:
        try:
            condition = bound(given, house)
        except EventError as fault:
            raise type(fault)(fault.sentence, fault.at, f"--given: {fault.wrong}") from None
        if condition.kind != "event":
            raise EventError(given, 0, "--given: a condition is an event, such as parties() >= 4")
    return asked, condition


def _wanted(kinds: Sequence[str]) -> str:
    return " or ".join(
        {"event": 'an event, such as seats("Name") >= 50,', "number": "a number"}[kind] for kind in kinds
    )


def _answer(draws: StoredDraws, house: House, question: Question, asked: Bound, condition: Bound | None) -> Answer:
    chosen = _Chosen(draws, house, asked, condition)
    if asked.kind == "event":
        return _frequency(chosen, house, question)
    return _distribution(chosen, house, question)


class _Chosen:
    """The draws in which the condition holds, chunk by chunk, as often as they are asked for."""

    def __init__(self, draws: StoredDraws, house: House, asked: Bound, condition: Bound | None) -> None:
        self.draws, self.house, self.asked, self.condition = draws, house, asked, condition

    def chunks(self) -> Iterator[tuple[npt.NDArray[np.int64], Chunk]]:
        needs = self.asked.needs | (self.condition.needs if self.condition is not None else frozenset())
        for first, chunk in self.draws.chunks(self.house, needs):
            numbers = np.arange(first, first + len(chunk))
            if self.condition is None:
                yield numbers, chunk
                continue
            holds = self.condition.happens(chunk)
            if holds.any():
                yield numbers[holds], chunk.where(holds)

    def values(self) -> Iterator[Floats]:
        for _, chunk in self.chunks():
            yield self.asked.value(chunk).floats(len(chunk))

    def none_left(self) -> ForecastError:
        return ForecastError(
            f"--given: holds in none of the {self.draws.draws:,} stored draws"
            f"{f' under {self.house.system}' if len(self.draws.houses) > 1 else ''}, so nothing can be said; ask for a "
            "condition that is met now and then, or store more draws"
        )


def _frequency(chosen: _Chosen, house: House, question: Question) -> Answer:
    count = total = 0
    examples: list[int] = []
    for numbers, chunk in chosen.chunks():
        happens = chosen.asked.happens(chunk)
        count += int(np.count_nonzero(happens))
        total += len(chunk)
        if len(examples) < EXAMPLES:
            examples += numbers[happens][: EXAMPLES - len(examples)].tolist()
    if not total:
        raise chosen.none_left()
    probability = Probability(count, total, chosen.draws.description.certain)
    return Answer(house.system, question.measure or "probability", total, probability, tuple(examples))


def _distribution(chosen: _Chosen, house: House, question: Question) -> Answer:
    total, low, high, centre = 0, float("inf"), float("-inf"), 0.0
    first, second = [], []
    for values in chosen.values():
        if not total:
            centre = float(values.mean())  # sums about it lose no digits
        total += len(values)
        low, high = min(low, float(values.min())), max(high, float(values.max()))
        first.append(float((values - centre).sum()))
        second.append(float(((values - centre) ** 2).sum()))
    if not total:
        raise chosen.none_left()
    offset = sum(first) / total
    variance = max(sum(second) / total - offset**2, 0.0)
    ranks = {level: _ranks(level, total) for level in question.levels}
    at = _order_statistics(chosen.values, sorted({rank for three in ranks.values() for rank in three}), low, high)
    quantiles = tuple(
        Quantile(level, at[middle], at[least], at[most]) for level, (least, middle, most) in ranks.items()
    )
    return Answer(
        house.system,
        question.measure or "quantiles",
        total,
        mean=centre + offset,
        sd=sqrt(variance),
        quantiles=quantiles,
    )


def _ranks(level: float, draws: int) -> tuple[int, int, int]:
    """Return the ranks, from 0, of a quantile and of its 95 % interval among so many draws."""
    spread = _Z * sqrt(draws * level * (1 - level))
    middle = -(-Fraction(str(level)) * draws // 1) - 1
    least, most = int(draws * level - spread), int(draws * level + spread)
    return max(least, 0), min(max(int(middle), 0), draws - 1), min(most, draws - 1)


def _order_statistics(
    values: Callable[[], Iterator[Floats]], ranks: Sequence[int], low: float, high: float
) -> dict[int, float]:
    """Return the values of these ranks, exact, in two passes of bounded memory.

    The first pass counts values in equal bins; the second looks at the values of those bins that hold a rank.
    """
    if low == high:
        return dict.fromkeys(ranks, low)
    edges = np.linspace(low, high, _BINS + 1)
    counts = np.zeros(_BINS, np.int64)
    for chunk in values():
        counts += np.bincount(_bin_of(chunk, edges), minlength=_BINS)
    reached = np.cumsum(counts)
    wanted = np.searchsorted(reached, np.array(ranks), side="right")
    atoms: dict[int, tuple[Floats, npt.NDArray[np.int64]]] = {}
    bins = np.unique(wanted)
    for chunk in values():
        number = _bin_of(chunk, edges)
        for one in bins.tolist():
            inside = chunk[number == one]
            if len(inside):
                atoms[one] = _merged(atoms.get(one), inside)
    found = {}
    for rank, one in zip(ranks, wanted.tolist(), strict=True):
        support, weight = atoms[one]
        within = rank - (int(reached[one - 1]) if one else 0)
        found[rank] = float(support[np.searchsorted(np.cumsum(weight), within, side="right")])
    return found


def _bin_of(values: Floats, edges: Floats) -> npt.NDArray[np.int64]:
    number: npt.NDArray[np.int64] = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _BINS - 1)
    return number


def _merged(
    before: tuple[Floats, npt.NDArray[np.int64]] | None, values: Floats
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the different values and how often each occurs."""
    support, weight = np.unique(values, return_counts=True)
    if before is None:
        return support, weight
    both, place = np.unique(np.concatenate([before[0], support]), return_inverse=True)
    total = np.zeros(len(both), np.int64)
    np.add.at(total, place, np.concatenate([before[1], weight]))
    return both, total
