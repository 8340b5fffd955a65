"""Polls over time: a small chart an option, each with a scale of its own."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from forecast.report.charts import INK, Cells, Figure, percent_axis
from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.palette import SELF_NOMINATED, party_colors
from forecast.report.polls import Fit

MOST = 12  # options with a chart
NORMAL_80 = 1.2816  # half of the central 80 % of a normal distribution, in standard deviations


def poll_figures(fit: Fit, house: House, words: Language, called: Mapping[str, str]) -> list[Figure]:
    """Return an option's polls, the weighted mean of those so far, and the fitted vote with its 80 % interval."""
    colors = party_colors(house)
    options = sorted(fit.vote, key=lambda option: -fit.vote[option][0])[:MOST]
    return [
        _figure(fit, house, words, option, called[option], colors.get(option, SELF_NOMINATED), place)
        for place, option in enumerate(options)
    ]


def _interval(fit: Fit, house: House, option: str) -> tuple[float, float]:
    if option in house.parties:
        low, high = house.shares(option).interval(0.8)
        return low / 1000, high / 1000
    mean, sd = fit.vote[option]
    return max(0.0, mean - NORMAL_80 * sd), mean + NORMAL_80 * sd


def _figure(fit: Fit, house: House, words: Language, option: str, name: str, color: str, place: int) -> Figure:
    mean, _ = fit.vote[option]
    low, high = _interval(fit, house, option)
    points: Cells = [
        {"day": _midnight(poll.end), "share": poll.shares[option], "weight": poll.weight, "pollster": poll.pollster,
         "text": words.share(poll.shares[option])}
        for poll in fit.polls if option in poll.shares
    ]  # fmt: skip
    line: Cells = [{"day": _midnight(day), "share": share} for day, share in fit.moving(option)]
    end: Cells = [{"day": _midnight(fit.election_day), "share": mean, "low": low, "high": high}]
    x = alt.X("day:T", title=None, axis=alt.Axis(format=words("date_format"), tickCount=4, grid=False))
    y = alt.Y("share:Q", title=None, axis=percent_axis(words, tickCount=4), scale=alt.Scale(zero=True))
    path = alt.Chart(alt.InlineData(values=line + end)).encode(x=x, y=y)
    ends: Cells = [{"day": _midnight(day)} for day in (fit.polls[0].end, fit.election_day)]  # of all options alike
    layers = alt.Chart(alt.InlineData(values=ends)).mark_point(opacity=0).encode(x=x)
    layers += path.mark_line(color=color, strokeWidth=2, opacity=0.8)
    layers += (
        alt.Chart(alt.InlineData(values=points))
        .mark_point(filled=True, color=INK, opacity=0.75)
        .encode(
            x=x, y=y, size=alt.Size("weight:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[25, 150])),
            tooltip=[alt.Tooltip("pollster:N", title=words("col_pollster")),
                     alt.Tooltip("text:N", title=words("axis_share"))],
        )
    )  # fmt: skip
    final = alt.Chart(alt.InlineData(values=end)).encode(x=x)
    layers += final.mark_rule(color=color, strokeWidth=5, opacity=0.5).encode(y="low:Q", y2="high:Q")
    layers += final.mark_point(filled=True, size=75, color=color, opacity=1).encode(y=y)
    first, last = (points[0]["day"][:10], points[-1]["day"][:10]) if points else ("–", "–")
    told = f"{name} {words.share(mean)} ({words.share(low)}–{words.share(high)})"
    return Figure(
        f"polls-{place}", layers, 120,
        words("polls_alt", n=len(points), first=words.day(first), last=words.day(last), list=told), name,
    )  # fmt: skip


def _midnight(day: str) -> str:
    return f"{day[:10]}T00:00:00"  # with a time, so that browsers read it as a local day and not as one in Greenwich
