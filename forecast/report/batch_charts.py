"""Charts of a batch: changes against the base, a heat map of a grid, small multiples over scenarios or days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt

from forecast.report.charts import INK, Cells, Figure, axis, decimal_expression, ends, percent_axis
from forecast.report.languages import Language
from forecast.report.palette import ink_on, mixed

MOST_BARS = 40
FEW_COLUMNS = 6  # of a heat map, for figures with decimals
LONGEST_ROW = 36  # characters of all names under a heat map, before they are set at a slant
LONGEST_SCENARIO = 54  # characters: what fits over a bar on a phone
LAST_SCENARIO = 20  # of them from the end of a name
LEAST, MOST = "#dbe9f6", "#1b5a96"  # colours of a heat map


def change_figure(changes: Sequence[tuple[str, float]], words: Language, color: str, id_: str, title: str) -> Figure:
    """Return a tornado: the largest change on top, to the left what takes away, to the right what adds."""
    ranked = sorted(changes, key=lambda change: -abs(change[1]))[:MOST_BARS]
    label = ends([name for name, _ in ranked], LONGEST_SCENARIO, LAST_SCENARIO)
    rows: Cells = [
        {"scenario": label[name], "change": value, "text": words.signed(value), "adds": value >= 0}
        for name, value in ranked
    ]
    reach = max(max(abs(value) for _, value in ranked), 0.5) * 1.25
    seats = alt.Axis(tickCount=8, grid=False, labelExpr=decimal_expression("datum.label", words))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("scenario:N", sort=[row["scenario"] for row in rows], axis=None),
        x=alt.X("change:Q", title=None, axis=seats, scale=alt.Scale(domain=[-reach, reach], nice=False)),
    )  # fmt: skip
    layers = base.mark_bar(color=color, size=13, yOffset=8).encode(
        opacity=alt.condition("datum.adds", alt.value(1), alt.value(0.55))
    )
    layers += base.mark_text(align="left", dx=4, dy=8).encode(text="text:N").transform_filter("datum.adds")
    layers += base.mark_text(align="right", dx=-4, dy=8).encode(text="text:N").transform_filter("!datum.adds")
    # Names stand above the bars: beside them they would leave a phone no room, or be cut where they differ.
    layers += base.mark_text(align="left", dy=-7).encode(text="scenario:N", x=alt.value(0))
    zero = base.mark_tick(color=INK, opacity=0.6, size=18, thickness=1, yOffset=8).encode(x=alt.datum(0))
    spoken = "; ".join(f"{name} {words.signed(value)}" for name, value in ranked)
    return Figure(id_, zero + layers, 34 * len(rows), words("tornado_alt", list=spoken), title)


@dataclass(frozen=True, slots=True)
class Point:
    """One party in one scenario: the scenario's number and name, mean and 80 % interval in seats or shares of the house."""

    number: int
    label: str
    mean: float
    low: float
    high: float


def heat_figure(
    cells: Mapping[tuple[str, str], float], words: Language, name: str, x: str, y: str, *, share: bool = False
) -> Figure:
    """Return mean seats, or shares of the house, over two settings."""
    written = words.share if share else words.number
    across, down = (list(dict.fromkeys(pair[place] for pair in cells)) for place in (0, 1))
    least, most = min(cells.values()), max(cells.values())
    many = len(across) > FEW_COLUMNS  # whole seats then, so that a phone can show them
    slanted = sum(map(len, across)) > LONGEST_ROW
    rows: Cells = [
        {
            "x": a,
            "y": b,
            "mean": mean,
            "text": written(mean, 0 if many else 1),
            "ink": ink_on(mixed(LEAST, MOST, (mean - least) / ((most - least) or 1))),
        }
        for (a, b), mean in cells.items()
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("x:N", sort=across, title=x, axis=alt.Axis(labelAngle=-45 if slanted else 0, labelLimit=180)),
        y=alt.Y("y:N", sort=down, title=None, axis=alt.Axis(labelLimit=170)),
    )
    tiles = base.mark_rect().encode(
        color=alt.Color(
            "mean:Q", title=words("col_mean"), scale=alt.Scale(range=[LEAST, MOST], interpolate="rgb"), legend=None
        )
    )
    text = base.mark_text(fontSize=12).encode(text="text:N", color=alt.Color("ink:N", scale=None))
    spoken = "; ".join(f"{a}, {b}: {written(mean)}" for (a, b), mean in cells.items())
    height = 36 * len(down)
    return Figure(
        "heat",
        (tiles + text).resolve_scale(color="independent"),
        height,
        words("heat_alt_share" if share else "heat_alt", party=name, list=spoken),
        f"{y} × {x}",
    )


def multiple_figure(
    points: Sequence[Point],
    words: Language,
    name: str,
    color: str,
    id_: str,
    *,
    dates: bool = False,
    share: bool = False,
) -> Figure:
    """Return one party's mean and 80 % interval over scenarios, or over days: seats, or shares of the house."""
    written = words.share if share else words.number
    rows: Cells = [
        {"x": f"{one.label}T00:00:00" if dates else one.number, "scenario": one.label, "mean": one.mean,
         "low": one.low, "high": one.high, "text": written(one.mean)}
        for one in points
    ]  # fmt: skip
    x = (
        alt.X("x:T", title=None, axis=alt.Axis(format=words("date_format"), tickCount=4, grid=False))
        if dates
        else alt.X("x:Q", axis=axis(words, words("col_scenario"), grid=False), scale=alt.Scale(nice=False, padding=10))
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=x,
        tooltip=[
            alt.Tooltip("scenario:N", title=words("col_scenario")),
            alt.Tooltip("text:N", title=words("col_mean")),
        ],
    )
    layers = base.mark_rule(color=color, opacity=0.45, strokeWidth=4).encode(
        y=alt.Y("low:Q", title=None, axis=percent_axis(words, tickCount=4) if share else axis(words, tickCount=4)),
        y2="high:Q",
    )
    layers += base.mark_point(filled=True, size=45, color=color, opacity=1).encode(y="mean:Q")
    if dates:
        layers += base.mark_line(color=color, strokeWidth=1.5).encode(y="mean:Q")
    spoken = "; ".join(f"{row['scenario']} {row['text']}" for row in rows)
    return Figure(
        id_, layers, 120, words("multiples_alt_share" if share else "multiples_alt", party=name, list=spoken), name
    )
