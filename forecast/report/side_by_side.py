"""Everybody's share of the house, mean and 80 % interval, under several systems or in several runs."""

from __future__ import annotations

import altair as alt

from forecast.report.charts import MOST_PARTIES, Cells, Figure, ends, labels, percent_axis
from forecast.report.house import House, group_names
from forecast.report.languages import Language

LONGEST_SERIES = 60  # characters of a name
LAST = 30  # of them from its end
COLORS = ("#8a8f98", "#3b86c8", "#d55e00", "#1f9e78", "#b6588f", "#e69f00")


def side_by_side_figure(entries: list[tuple[str, House]], words: Language, name: str) -> Figure:
    """Return the shares of the house side by side; ``entries`` are names of runs or systems with their houses."""
    names: dict[str, str] = {}
    for _, house in entries:
        names |= {group: label for group, label in group_names(house, words).items() if group not in names}
    means = {
        group: max(house.seats(group).mean / house.size for _, house in entries if group in house.standing)
        for group in names
        if any(group in house.standing for _, house in entries)
    }
    groups = sorted(means, key=lambda group: -means[group])[:MOST_PARTIES]
    label = labels([names[group] for group in groups])
    series = ends([entry for entry, _ in entries], LONGEST_SERIES, LAST)
    rows: Cells = []
    spoken = []
    for entry, house in entries:
        for group in groups:
            if group not in house.standing:
                continue
            seats = house.seats(group)
            low, high = seats.interval(0.8)
            mean = seats.mean / house.size
            rows.append(
                {"party": label[names[group]], "run": series[entry], "mean": mean, "low": low / house.size,
                 "high": high / house.size, "text": words.share(mean)}
            )  # fmt: skip
            spoken.append(f"{names[group]}, {entry}: {words.share(mean)}")
    order = list(series.values())
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("party:N", sort=[label[names[group]] for group in groups], title=None,
                axis=alt.Axis(domain=False, ticks=False, labelLimit=170)),
        yOffset=alt.YOffset("run:N", sort=order),
        color=alt.Color("run:N", sort=order, title=None,
                        scale=alt.Scale(domain=order, range=[COLORS[n % len(COLORS)] for n in range(len(order))]),
                        legend=None),
        tooltip=[alt.Tooltip("party:N", title=words("col_party")), alt.Tooltip("text:N", title=words("col_mean"))],
    )  # fmt: skip
    bars = base.mark_rule(strokeWidth=4, opacity=0.5).encode(
        x=alt.X("low:Q", title=words("axis_house_share"), axis=percent_axis(words)), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(x="mean:Q")
    return Figure(
        f"compare-{name}", bars + dots, (16 * len(entries) + 14) * len(groups),
        words("compare_alt", list="; ".join(spoken)), words("compare_title"), words("compare_caption"),
        key=tuple((series[entry], COLORS[n % len(COLORS)]) for n, (entry, _) in enumerate(entries)),
    )  # fmt: skip
