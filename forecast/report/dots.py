"""A quantile dot plot (Kay, Kola, Hullman and Munson 2016): a distribution as a hundred outcomes to be counted."""

from __future__ import annotations

from collections import Counter

import altair as alt

from forecast.distribution import SeatDistribution
from forecast.report.charts import Cells, Figure, axis, mark_lines, seat_marks
from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.palette import OPEN, mixed, party_colors

DOTS = 100
HEIGHT = 190


def quantile_dots(seats: SeatDistribution, dots: int = DOTS) -> list[int]:
    """Return the quantiles at (i + 1/2) / dots: equally likely outcomes, in order.

    >>> import numpy as np
    >>> quantile_dots(SeatDistribution(np.array([1, 2, 1])), 4)
    [0, 1, 1, 2]
    """
    return [seats.quantile((i + 0.5) / dots) for i in range(dots)]


def stacked(values: list[int], width: int) -> list[tuple[float, int]]:
    """Return the place of every dot: the middle of its bin of ``width`` seats, and its height in the stack from 0."""
    heights: Counter[int] = Counter()
    places = []
    for value in values:
        bin_ = value // width
        places.append((bin_ * width + (width - 1) / 2, heights[bin_]))
        heights[bin_] += 1
    return places


def dots_figure(house: House, words: Language, name: str, number: int) -> Figure:
    """Return the leading party's seats as a hundred dots, and how many of them lie beyond majority and two thirds."""
    party = house.leader
    values = quantile_dots(house.seats(party))
    width = max(1, -(-(values[-1] - values[0] + 1) // 34))
    color = party_colors(house)[party]
    zones = (words("zone_below"), words("zone_majority"), words("zone_thirds"))
    rows: Cells = []
    for value, (x, y) in zip(values, stacked(values, width), strict=True):
        zone = (value >= house.majority) + (value >= house.two_thirds)
        rows.append({"seats": x, "height": y + 0.5, "zone": zones[zone], "n": value})
    tallest = max(row["height"] for row in rows) + 0.5
    low = min(values[0], house.majority) - 2 * width
    high = max(values[-1], min(house.two_thirds, house.size)) + 2 * width
    dots = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=max(22, min(130, 1500 / tallest)), opacity=1)
        .encode(
            x=alt.X("seats:Q", axis=axis(words, words("axis_seats"), grid=False),
                    scale=alt.Scale(domain=[low, high], nice=False)),
            y=alt.Y("height:Q", axis=None, scale=alt.Scale(domain=[0, max(tallest, 8)])),
            color=alt.Color(
                "zone:N", sort=list(zones), title=None,
                scale=alt.Scale(domain=list(zones), range=[OPEN, mixed(color, OPEN), color]),
                legend=alt.Legend(orient="bottom", direction="horizontal"),
            ),
            tooltip=[alt.Tooltip("n:Q", title=words("col_seats"))],
        )
    )  # fmt: skip
    marks = [mark for mark in seat_marks(house, words, high) if mark["seats"] >= low]
    for mark in marks:
        mark["seats"] -= 0.5  # between the last number below and the first that reaches it
    beyond = [sum(value >= least for value in values) for least in (house.majority, house.two_thirds)]
    return Figure(
        f"dots-{number}", dots + mark_lines(marks), HEIGHT,
        words("dots_alt", party=name, majority=house.majority, two_thirds=house.two_thirds, majority_dots=beyond[0],
              thirds_dots=beyond[1], median=house.seats(party).median),
        words("dots_title", party=name), words("dots_caption"),
    )  # fmt: skip
