"""Polls: points, how the weighted mean of them moved, the fitted vote, house effects and weights: from a run's ``fit``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.errors import EnvironmentTrouble
from forecast.report.folder import RunFolder, plain_text
from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.sheets import Cell, Change, Share, Sheet
from forecast.runfile import RUN_FILE

if TYPE_CHECKING:
    from forecast.report.charts import Figure


MOST_TOGETHER = 20  # options whose correlations are shown


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll as the fit has it; ``shares`` are of those who named an option."""

    pollster: str
    end: str
    asked: int | None
    no_option: float
    weight: float
    shares: Mapping[str, float]
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """Polls and the vote they were fitted to: ``vote`` has mean and standard deviation by option."""

    election_day: str
    polls: tuple[Poll, ...]
    vote: Mapping[str, tuple[float, float]]
    correlation: Mapping[str, Mapping[str, float | None]]
    pollsters: tuple[tuple[str, float, Mapping[str, float]], ...]
    beyond_3_sd: float | None

    def moving(self, option: str) -> list[tuple[str, float]]:
        """Return how the weighted mean of an option moved as polls came in: day, mean of the polls so far."""
        path, top, bottom = [], 0.0, 0.0
        for poll in self.polls:
            if option in poll.shares and (weight := poll.weights.get(option, 0.0)) > 0:
                top, bottom = top + weight * poll.shares[option], bottom + weight
                path.append((poll.end, top / bottom))
        return path


@dataclass(frozen=True, eq=False)
class PollsSection:
    """What a report says of the polls."""

    lead: str
    figures: list[tuple[Figure, None]]
    notes: list[str]
    sheets: list[Sheet]


def fit_of(run: RunFolder) -> Fit | None:
    """Return the fit of a run's model to its polls; None where there are none.

    Raises
    ------
    EnvironmentTrouble
        The record's ``fit`` has another shape.
    """
    fit: Any = run.record.get("fit")
    if not isinstance(fit, dict) or not fit.get("polls"):
        return None
    try:
        vote = {
            plain_text(option): (_finite(mean), _finite(sd))
            for option, mean, sd in zip(fit["options"], fit["mean"], fit["sd"], strict=True)
        }
        polls = sorted((_poll(entry) for entry in fit["polls"]), key=lambda poll: poll.end)
        pollsters = [
            (plain_text(one["pollster"]), _finite(one["weight"]), _by_option(one["house_effect"]))
            for one in fit["pollsters"]
        ]
        correlation = {
            one: {other: None if r is None else _finite(r) for other, r in zip(vote, row, strict=True)}
            for one, row in zip(vote, fit["correlation"], strict=True)
        }
        beyond = _chance(fit["beyond_3_sd"]) if "beyond_3_sd" in fit else None
        return Fit(plain_text(str(fit["election_day"])), tuple(polls), vote, correlation, tuple(pollsters), beyond)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        path = run.folder / RUN_FILE
        raise EnvironmentTrouble(f"{path}: fit: cannot be read ({fault}); compute the run again with --force") from None


def _poll(entry: Any) -> Poll:
    shares = _by_option(entry["shares"])
    named = sum(shares.values()) or 1.0
    asked = entry["sample_size"]
    return Poll(
        plain_text(entry["pollster"]), plain_text(str(entry["end"])), None if asked is None else int(asked),
        _finite(entry["no_option"]), _finite(entry["weight"]),
        {option: share / named for option, share in shares.items()}, _by_option(entry["weights"]),
    )  # fmt: skip


def _by_option(entry: Mapping[str, Any]) -> dict[str, float]:
    return {plain_text(option): _finite(value) for option, value in entry.items()}


def _finite(entry: Any) -> float:
    number = float(entry)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no figure")
    return number


def _chance(entry: Any) -> float:
    chance = _finite(entry)
    if not 1e-9 < chance <= 1:
        raise ValueError(f"{chance} is no chance")
    return chance


def polls_section(run: RunFolder, house: House, words: Language, names: Mapping[str, str]) -> PollsSection | None:
    """Return the section on polls with its charts; None where the run has none."""
    fit = fit_of(run)
    if fit is None:
        return None
    from forecast.report.poll_charts import poll_figures

    called = option_names(fit, words, names)
    figures = [(figure, None) for figure in poll_figures(fit, house, words, called)]
    return PollsSection(words("polls_lead_points"), figures, _notes(fit, words), poll_sheets(fit, words, called))


def _notes(fit: Fit, words: Language) -> list[str]:
    notes = [words("polls_tail", n=words.whole(round(1 / fit.beyond_3_sd)))] if fit.beyond_3_sd is not None else []
    return notes + [words("polls_negative")] * any(round(100 * poll.weight) < 0 for poll in fit.polls)


def option_names(fit: Fit, words: Language, names: Mapping[str, str]) -> dict[str, str]:
    """Return the names of the options as the report shows them."""
    return {
        option: words("against_all") if option == "against_all" else names.get(option, option) for option in fit.vote
    }


def poll_sheets(fit: Fit, words: Language, called: Mapping[str, str]) -> list[Sheet]:
    """Return the polls with the fitted vote, the pollsters with their house effects, and the vote's correlations."""
    options = sorted(fit.vote, key=lambda option: -fit.vote[option][0])
    polls: list[list[Cell]] = []
    for poll in fit.polls:
        row: list[Cell] = [
            poll.pollster,
            words.short_day(poll.end),
            poll.asked,
            Share(poll.weight, 0),
            Share(poll.no_option, 0),
        ]
        polls.append([*row, *(Share(poll.shares[o]) if o in poll.shares else None for o in options)])
    total: list[Cell] = [words("col_fitted"), words.short_day(fit.election_day), None, None, None]
    polls.append([*total, *(Share(fit.vote[option][0]) for option in options)])
    spread: list[Cell] = [words("col_sd"), None, None, None, None]
    polls.append([*spread, *(Share(fit.vote[option][1]) for option in options)])
    keys = ("pollster", "ended", "asked", "weight", "no_option")
    columns = [*(words(f"col_{key}") for key in keys), *(called[option] for option in options)]
    effects: list[list[Cell]] = [
        [name, Share(weight, 0), *(Change(100 * effect.get(option, 0.0), 2) for option in options)]
        for name, weight, effect in fit.pollsters
    ]
    heads = [words("col_pollster"), words("col_weight"), *(called[option] for option in options)]
    most = options[:MOST_TOGETHER]
    together: list[list[Cell]] = [[called[one], *(_correlation(fit, one, other) for other in most)] for one in most]
    return [
        Sheet(words("polls_title"), columns, polls),
        Sheet(words("house_title"), heads, effects),
        *(
            [Sheet(words("correlation_title"), ["", *(called[option] for option in most)], together)]
            if most[1:]
            else []
        ),
    ]


def _correlation(fit: Fit, one: str, other: str) -> Change | None:
    """Return a correlation with its sign; none of an option with itself, or where one of them never varies."""
    r = fit.correlation[one][other]
    return None if one == other or r is None else Change(r, 2)
