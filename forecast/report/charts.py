"""Charts of one system: Altair, long tables with fixed field names, one look on paper, on screens light and dark.

Ink is ``currentColor``: the page's style sheet decides it, and a picture falls back to black. No name is ever a field
or an expression: names are cells, and Vega shows cells as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.palette import party_colors

MOST_PARTIES = 12  # in one chart
LONGEST_NAME = 22  # characters of a name in a chart
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
INK = "currentColor"
EDGE = "#16191d"  # of what is white on both papers
Cells = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Figure:
    """A chart with what is said about it; ``chart`` has no width yet, ``height`` is in pixels."""

    id: str
    chart: Any
    height: int
    alt: str
    title: str
    caption: str = ""
    aspect: float | None = None  # width to height, where the shape matters more than the height
    key: tuple[tuple[str, str], ...] = ()  # names and colours, where the page says them beside the chart
    repeats: bool = False  # whether the page shows the same elsewhere: no picture of its own then

    def spec(self, width: int | str, *, titled: bool = False) -> dict[str, Any]:
        """Return the chart as a Vega-Lite document, ``width`` in pixels or ``container``; with title it stands alone."""
        height = round(width / self.aspect) if self.aspect and isinstance(width, int) else self.height
        chart = (
            alt.layer(self.chart, _key(self.key)).resolve_scale(color="independent")
            if titled and self.key
            else self.chart
        )
        sized = chart.properties(width=width, height=height, description=self.alt)
        if titled:
            sized = sized.properties(title=alt.TitleParams(self.title, anchor="start", fontSize=15, offset=14))
        spec: dict[str, Any] = look(sized).to_dict()
        return spec


def _key(names: Sequence[tuple[str, str]]) -> Any:
    """Return a legend alone: a layer of marks that are not seen."""
    said, colors = zip(*names, strict=True)
    legend = alt.Legend(orient="bottom", columns=4, symbolType="circle", symbolOpacity=1, labelLimit=160)
    scale = alt.Scale(domain=list(said), range=list(colors))
    rows: Cells = [{"name": name} for name in said]
    color = alt.Color("name:N", sort=list(said), title=None, scale=scale, legend=legend)
    return alt.Chart(alt.InlineData(values=rows)).mark_circle(opacity=0).encode(color=color)


def look(chart: Any) -> Any:
    """Return a chart in the look of the report."""
    return (
        chart.configure(
            font=FONT, background="transparent", padding=4, aria=False,
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK, titleColor=INK, gridColor=INK, gridOpacity=0.12, domainColor=INK, domainOpacity=0.35,
            tickColor=INK, tickOpacity=0.35, labelFontSize=12, labelSeparation=6, titleFontSize=12, titleFontWeight="normal",
            titlePadding=8, labelPadding=5,
        )
        .configure_text(color=INK, fontSize=11.5)
        .configure_title(color=INK, fontWeight=600)
        .configure_legend(labelColor=INK, titleColor=INK, labelFontSize=12)
    )  # fmt: skip


def short(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a name cut to what fits beside a chart.

    >>> short("x" * 30)
    'xxxxxxxxxxxxxxxxxxxxx…'
    """
    return name if len(name) <= longest else name[: longest - 1] + "…"


def labels(names: Sequence[str], longest: int = LONGEST_NAME) -> dict[str, str]:
    """Return names as charts show them, cut but still different from each other."""
    shown: dict[str, str] = {}
    for name in names:
        label, number = short(name, longest), 2
        while label in shown.values():
            label, number = f"{short(name, longest)[: longest - 4]}… {number}", number + 1
        shown[name] = label
    return shown


def ends(names: Sequence[str], longest: int, last: int) -> dict[str, str]:
    """Return names cut in the middle, where they are longer: laws and scenarios differ by their last words.

    >>> ends(["Mazhilis of Kazakhstan, law of 5 November 2022", "Kurultai of Kazakhstan, law of 11 June 2026"], 30, 18)
    ... # doctest: +NORMALIZE_WHITESPACE
    {'Mazhilis of Kazakhstan, law of 5 November 2022': 'Mazhilis of…of 5 November 2022',
     'Kurultai of Kazakhstan, law of 11 June 2026': 'Kurultai of…of 11 June 2026'}
    """
    cut = {name: name if len(name) <= longest else _cut(name, longest, last) for name in names}
    return cut if len(set(cut.values())) == len(names) else labels(names, longest)


def _cut(name: str, longest: int, last: int) -> str:
    """Return the beginning of a name and its end, which begins with a whole word."""
    end = name[-last:]
    if name[-last - 1].isalnum():
        end = re.split(r"[ ,=·-]+", end, maxsplit=1)[-1]
    return f"{name[: longest - last - 1].rstrip(' ,')}…{end}"


def shown(house: House) -> list[str]:
    """Return who is in the charts: those with the most seats, nobody who never wins any where others do."""
    some = [name for name in house.by_seats if house.seats(name).at_least(1).count] or house.by_seats
    return some[:MOST_PARTIES]


def axis(words: Language, title: str | None = None, **settings: Any) -> Any:
    """Return an axis with whole numbers."""
    return alt.Axis(title=title, format="d", tickMinStep=1, **settings)


def decimal_expression(figure: str, words: Language) -> str:
    """Return an expression of Vega's for a figure with the decimal sign of the language, as the text around has it."""
    return f"replace({figure}, '.', '{words.decimal}')"


def percent_axis(words: Language, **settings: Any) -> Any:
    """Return an axis of fractions, labelled in percent as the text around it writes them."""
    figure = decimal_expression("format(100 * datum.value, '~g')", words)
    return alt.Axis(labelExpr=figure + " + '\u00a0%'", **settings)


def seat_marks(house: House, words: Language, most: int) -> Cells:
    """Return majority and two thirds as far as a chart up to ``most`` seats reaches."""
    marks: Cells = [
        {"seats": house.majority, "label": words("mark_majority", n=house.majority)},
        {"seats": house.two_thirds, "label": words("mark_thirds", n=house.two_thirds)},
    ]
    return [mark for mark in marks if mark["seats"] <= most]


def seats_figure(house: House, words: Language, names: dict[str, str], number: int) -> Figure:
    """Return the ranges of everybody's seats: medians, and what holds half, 8 in 10 and 95 in 100 simulations."""
    parties, colors = shown(house), party_colors(house)
    label = labels([names[party] for party in parties])
    rows: Cells = []
    for party in parties:
        seats = house.seats(party)
        (a, b), (c, d), (e, f) = (seats.interval(level) for level in (0.5, 0.8, 0.95))
        rows.append(
            {"party": label[names[party]], "color": colors[party], "median": seats.median,
             "a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "text": words.whole(seats.median)}
        )  # fmt: skip
    most = min(house.most, max([row["f"] for row in rows] + [house.two_thirds]) + 2)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("party:N", sort=[row["party"] for row in rows], title=None,
                axis=alt.Axis(domain=False, ticks=False, labelLimit=170, labelPadding=9)),
        color=alt.Color("color:N", scale=None),
    )  # fmt: skip
    x = alt.X("e:Q", axis=axis(words, words("axis_seats")), scale=alt.Scale(domain=[0, most], nice=False))
    layers = base.mark_rule(strokeWidth=1.5).encode(x=x, x2="f:Q")
    layers += base.mark_rule(strokeWidth=7, opacity=0.45).encode(x="c:Q", x2="d:Q")
    layers += base.mark_rule(strokeWidth=13).encode(x="a:Q", x2="b:Q")
    layers += base.mark_point(filled=True, size=46, opacity=1, fill="white", stroke=EDGE, strokeWidth=0.7).encode(
        x="median:Q", color=alt.value("white")
    )
    layers += base.mark_text(align="center", dy=-15, fontWeight=600).encode(
        x="median:Q", text="text:N", color=alt.value(INK)
    )
    layers += mark_lines(seat_marks(house, words, most))
    spoken = [f"{names[party]} {words.whole(house.seats(party).median)} "
              f"({words.span(*house.seats(party).interval(0.8))})" for party in parties]  # fmt: skip
    return Figure(
        f"seats-{number}", layers, 38 * len(rows) + 10, words("seats_alt", list="; ".join(spoken)),
        words("seats_title"), words("seats_caption"),
    )  # fmt: skip


def mark_lines(marks: Cells) -> Any:
    """Return lines at given numbers of seats with their labels above, each on a line of its own; the last to the left."""
    base = alt.Chart(alt.InlineData(values=marks or [{"seats": None, "label": ""}])).encode(x="seats:Q")
    layers = base.mark_rule(color=INK, opacity=0.55, strokeWidth=1)
    for place, mark in enumerate(marks):
        one = alt.Chart(alt.InlineData(values=[mark])).encode(x="seats:Q", text="label:N")
        align: Literal["right", "center"] = "right" if place and place == len(marks) - 1 else "center"
        layers += one.mark_text(
            align=align, baseline="bottom", y=-6 - 14 * place, dx=2 * (align == "right"), fontSize=11
        )
    return layers


def histogram_figure(house: House, words: Language, party: str, name: str, number: int, place: int,
                     last: int | None = None) -> Figure:  # fmt: skip
    """Return the probability of every number of a party's seats, its median, last result, majority and two thirds."""
    seats = house.seats(party)
    low, high = max(0, seats.quantile(0.001) - 2), min(house.most, seats.quantile(0.999) + 2)
    low, high = min(low, low if last is None else last), max(high, low + 8, last or 0)
    rows = [
        {"seats": n - 0.45, "end": n + 0.45, "p": float(seats.pmf[n]), "n": n,
         "percent": words.percent(seats_probability(seats, n))}
        for n in range(low, min(high, len(seats.counts) - 1) + 1)
    ]  # fmt: skip
    x = alt.X("seats:Q", axis=axis(words), scale=alt.Scale(domain=[low - 0.6, high + 0.6], nice=False))
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect(color=party_colors(house)[party], opacity=0.9)
        .encode(
            x=x, x2="end:Q",
            y=alt.Y("p:Q", title=None, axis=percent_axis(words, tickCount=3, domain=False, ticks=False)),
            y2=alt.datum(0),
            tooltip=[alt.Tooltip("n:Q", title=words("col_seats")), alt.Tooltip("percent:N", title=words("col_probability"))],
        )
    )  # fmt: skip
    marks: Cells = [{"seats": seats.median, "dash": [5, 3], "label": words("mark_median", n=seats.median)}]
    if last is not None:
        marks.append({"seats": last, "dash": [1, 3], "label": words("mark_last", n=last)})
    marks += [{**mark, "dash": [1, 0]} for mark in seat_marks(house, words, high) if mark["seats"] >= low]
    layers = bars
    for height, mark in enumerate(marks):
        base = alt.Chart(alt.InlineData(values=[mark])).encode(x="seats:Q")
        right = mark["seats"] > low + 0.7 * (high - low)
        layers += base.mark_rule(color=INK, strokeDash=mark["dash"], opacity=0.75)
        layers += base.mark_text(
            align="right" if right else "left", baseline="bottom", y=-3 - 13 * (len(marks) - 1 - height), fontSize=10.5,
            dx=2 if right else -2,
        ).encode(text="label:N")  # fmt: skip
    return Figure(
        f"histogram-{number}-{place}", layers, 110,
        words("histogram_alt", party=name, median=seats.median, span=words.span(*seats.interval(0.8)),
              none=words.percent(seats_probability(seats, 0))),
        name,
    )  # fmt: skip


def seats_probability(seats: Any, number: int) -> Any:
    """Return the probability of exactly a number of seats."""
    return seats.exactly(number)
