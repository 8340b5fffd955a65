"""A quantile dot plot (Kay, Kola, Hullman and Munson 2016): a distribution as a hundred outcomes to be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import altair as alt

from forecast.distribution import SeatDistribution
from forecast.report.charts import Cells, Figure, axis, mark_lines, seat_marks
from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.palette import OPEN, mixed, party_colors

DOTS = 100
HEIGHT = 190
MOST_BINS = 34  # from the first dot or line to the last
TALLEST, MOST_COLUMNS = 30, 4  # dots in a column before a bin takes another one


def quantile_dots(seats: SeatDistribution, dots: int = DOTS) -> list[int]:
    """Return the quantiles at (i + 1/2) / dots: equally likely outcomes, in order.

    >>> import numpy as np
    >>> quantile_dots(SeatDistribution(np.array([1, 2, 1])), 4)
    [0, 1, 1, 2]
    """
    return [seats.quantile((i + 0.5) / dots) for i in range(dots)]


def stacked(values: list[int], width: int, marks: Sequence[int] = ()) -> list[tuple[float, int]]:
    """Return the place of every dot: in the middle of its bin of ``width`` seats, and its height in the stack from 0.

    Bins end before ``marks``, so that every dot stands on its own side of a line. Bins with very many dots take several
    columns side by side, so that the dots can still be counted.

    >>> stacked([4, 5, 6, 7], 2, [5])
    [(3.5, 0), (5.5, 0), (5.5, 1), (7.5, 0)]
    """
    bins = [_bin(value, width, sorted(marks)) for value in values]
    in_bin = Counter(bins)
    columns = min(MOST_COLUMNS, -(-max(in_bin.values(), default=1) // TALLEST))
    seen: Counter[tuple[int, int]] = Counter()
    places = []
    for start, end in bins:
        used = min(columns, -(-in_bin[start, end] // TALLEST))
        height, column = divmod(seen[start, end], used)
        offset = (column - (used - 1) / 2) * (end - start) / (columns + 0.5)
        places.append(((start + end - 1) / 2 + offset, height))
        seen[start, end] += 1
    return places


def _bin(value: int, width: int, marks: Sequence[int]) -> tuple[int, int]:
    """Return the bin of a value, its end not included; bins are counted from the nearest mark."""
    below, above = [mark for mark in marks if mark <= value], [mark for mark in marks if mark > value]
    origin = below[-1] if below else above[0] if above else 0
    start = origin + (value - origin) // width * width
    return start, min([start + width, *(above if below else [])])


def dots_figure(house: House, words: Language, name: str, number: int) -> Figure:
    """Return the leading party's seats as a hundred dots, and how many of them lie beyond majority and two thirds."""
    party = house.leader
    values = quantile_dots(house.seats(party))
    first, last = min(values[0], house.majority), max(values[-1], min(house.two_thirds, house.size))
    width = max(1, -(-(last - first + 1) // MOST_BINS))
    color = party_colors(house)[party]
    zones = (words("zone_below"), words("zone_majority"), words("zone_thirds"))
    rows: Cells = []
    for value, (x, y) in zip(values, stacked(values, width, (house.majority, house.two_thirds)), strict=True):
        zone = (value >= house.majority) + (value >= house.two_thirds)
        rows.append({"seats": x, "height": y + 0.5, "zone": zones[zone], "n": value})
    tallest = max(row["height"] for row in rows) + 0.5
    low, high = first - 2 * width, last + 2 * width
    size = (
        f"min({min(130, 0.7 * (HEIGHT / tallest) ** 2):.0f}, {0.7 * (width / (high - low)) ** 2:.8f} * pow(width, 2))"
    )
    dots = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=alt.ExprRef(size), opacity=1)  # neighbours never touch, however narrow the page
        .encode(
            x=alt.X("seats:Q", axis=axis(words, words("axis_seats"), grid=False),
                    scale=alt.Scale(domain=[low, high], nice=False)),
            y=alt.Y("height:Q", axis=None, scale=alt.Scale(domain=[0, max(tallest, 8)])),
            color=alt.Color(
                "zone:N", sort=list(zones), title=None,
                scale=alt.Scale(domain=list(zones), range=[OPEN, mixed(color, OPEN), color]),
                legend=alt.Legend(orient="bottom", direction="horizontal", columnPadding=4, labelOffset=2, padding=0),
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
