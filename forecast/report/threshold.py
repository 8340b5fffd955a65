"""Who reaches the threshold, and who would reach another one: from the tallied shares of the valid ballots."""

from __future__ import annotations

import altair as alt

from forecast.report.charts import INK, Cells, Figure, labels, percent_axis
from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.palette import ink_on, party_colors
from forecast.report.sheets import passes_title


def passes_figure(house: House, words: Language, names: dict[str, str], number: int) -> Figure | None:
    """Return a bar a list; None where nothing is asked of lists."""
    if not house.selects:
        return None
    colors = party_colors(house)
    chances = {party: chance for party in house.parties if (chance := house.passes(party)) is not None}
    ranked = sorted(chances, key=lambda party: -chances[party].value)[:20]
    label = labels([names[party] for party in ranked])
    rows: Cells = [
        {"party": label[names[party]], "p": chances[party].value, "text": words.percent(chances[party]),
         "color": colors[party], "ink": ink_on(colors[party]), "inside": chances[party].value > 0.85}
        for party in ranked
    ]  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("party:N", sort=[row["party"] for row in rows], title=None,
                axis=alt.Axis(domain=False, ticks=False, labelLimit=170)),
        x=alt.X("p:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=percent_axis(words, tickCount=5)),
    )  # fmt: skip
    bars = base.mark_bar(size=17).encode(color=alt.Color("color:N", scale=None))
    text = base.mark_text(align="left", dx=5, fontWeight=600).encode(text="text:N").transform_filter("!datum.inside")
    text += (
        base.mark_text(align="right", dx=-6, fontWeight=600)
        .encode(text="text:N", color=alt.Color("ink:N", scale=None))
        .transform_filter("datum.inside")
    )
    spoken = "; ".join(f"{names[party]} {words.percent(chances[party])}" for party in ranked)
    return Figure(
        f"passes-{number}", bars + text, 30 * len(rows), words("passes_alt", list=spoken),
        passes_title(house, words), _caption(house, words),
    )  # fmt: skip


def _caption(house: House, words: Language) -> str:
    if house.threshold is None or house.base != "valid ballots":
        return words("takes_part_caption")
    return words("passes_caption", threshold=words.limit(house.threshold))


def curve_figure(house: House, words: Language, names: dict[str, str], number: int) -> Figure | None:
    """Return the curves over thresholds; None unless one share decides."""
    if house.threshold is None or not house.varies:
        return None
    colors = party_colors(house)
    parties = sorted(house.parties, key=lambda party: -house.shares(party).mean)[:12]
    label = labels([names[party] for party in parties])
    limit, rows = words.limit(house.threshold), []
    for party in parties:
        rows += [
            {"party": label[names[party]], "color": colors[party], "threshold": at / 1000, "p": chance.value,
             "at": words.share(at / 1000), "percent": words.percent(chance)}
            for at, chance in house.curve(party)
        ]  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("threshold:Q", title=words("axis_threshold"), axis=percent_axis(words),
                scale=alt.Scale(domain=[0, house.highest_threshold / 1000], nice=False)),
        y=alt.Y("p:Q", title=words("axis_probability"), axis=percent_axis(words, tickCount=5)),
        detail="party:N",
        color=alt.Color(
            "party:N", title=None, sort=[label[names[party]] for party in parties],
            scale=alt.Scale(domain=[label[names[party]] for party in parties], range=[colors[party] for party in parties]),
            legend=alt.Legend(orient="bottom", columns=2, symbolType="stroke", symbolStrokeWidth=3, labelLimit=140),
        ),
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=2.5)
    hover = base.mark_circle(size=90, opacity=0).encode(
        tooltip=[alt.Tooltip("party:N", title=words("col_party")), alt.Tooltip("at:N", title=words("axis_threshold")),
                 alt.Tooltip("percent:N", title=words("axis_probability"))]
    )  # fmt: skip
    law = alt.Chart(alt.InlineData(values=[{"threshold": house.threshold, "label": limit}])).encode(x="threshold:Q")
    law_lines = law.mark_rule(color=INK, strokeDash=[4, 3]) + law.mark_text(dy=-6, y=0, baseline="bottom").encode(
        text="label:N"
    )
    chances = [(names[party], chance) for party in parties if (chance := house.passes(party)) is not None]
    spoken = "; ".join(f"{name} {words.percent(chance)}" for name, chance in chances)
    return Figure(
        f"curve-{number}", law_lines + lines + hover, 260,
        words("curve_alt", most=words.share(house.highest_threshold / 1000, 0), threshold=limit, list=spoken),
        words("curve_title"), words("curve_caption"),
    )  # fmt: skip
