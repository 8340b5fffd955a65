"""The chamber as half a circle of dots: seats in rows, parties side by side; at the median, or of one stored draw."""

from __future__ import annotations

import math
from itertools import pairwise

import altair as alt

from forecast.report.charts import Cells, Figure, labels
from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.palette import APPOINTED, OPEN, party_colors

INNER = 0.42  # radius of the innermost row, of the outermost 1
ASPECT = 1.9  # width to height of the picture
APPOINTED_SEATS = "\0appointed"  # who holds seats that no ballot fills: no party's name, for it has a control character
MOST_SEATS = 1000  # beyond that one dot stands for several seats


def places(seats: int) -> list[tuple[float, float]]:
    """Return the places of a chamber's seats ``(x, y)``, from left to right; the outermost row has the radius 1.

    Rows are as far apart as neighbours in a row, and each has seats in proportion to its length.

    >>> len(places(98)), all(y >= -1e-9 and math.hypot(x, y) <= 1 + 1e-9 for x, y in places(98))
    (98, True)
    """
    rows = max(1, round(math.sqrt(seats * (1 - INNER) / (math.pi * (1 + INNER) / 2))))
    radii = [1.0] if rows == 1 else [INNER + (1 - INNER) * row / (rows - 1) for row in range(rows)]
    length = sum(radii)
    reached, filled, found = 0.0, 0, []
    for radius in radii:
        reached += radius
        count = round(seats * reached / length) - filled
        filled += count
        for i in range(count):
            angle = math.pi * (1 - (i / (count - 1) if count > 1 else 0.5))
            found.append((angle, radius))
    found.sort(key=lambda place: (-round(place[0], 9), place[1]))
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle, radius in found]


def median_chamber(house: House) -> dict[str, int]:
    """Return every party's median seats; empty names the elective seats that remain, or nothing where they are filled.

    Where medians add up to more than there are, the largest remainders of their shares are taken. Appointed seats come last.
    """
    medians = house.medians
    total, size = sum(medians.values()), house.elective
    if total > size:
        shares = {name: divmod(median * size, total) for name, median in medians.items()}
        medians = {name: whole for name, (whole, _) in shares.items()}
        ranked = sorted(shares, key=lambda name: -shares[name][1])
        for name in ranked[: size - sum(medians.values())]:
            medians[name] += 1
    chamber = {name: seats for name, seats in medians.items() if seats}
    if sum(chamber.values()) < size:
        chamber[""] = size - sum(chamber.values())
    if house.appointed:
        chamber[APPOINTED_SEATS] = house.appointed
    return chamber


def crowded(house: House) -> bool:
    """Whether the parties' medians add up to more seats than are elected, and the chamber is therefore scaled down."""
    return sum(house.medians.values()) > house.elective


def legend(house: House, words: Language, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return name, colour and seats of everybody in the chamber, with the median where fewer seats are drawn."""
    colors, medians, told = seat_colors(house), house.medians, []
    called = seat_names(words, names)
    for group, seats in median_chamber(house).items():
        median = medians.get(group, seats)
        shown = words.whole(seats)
        if seats != median:
            shown = words("hemicycle_scaled_seats", n=shown, median=words.whole(median))
        told.append((called[group], colors[group], shown))
    return told


def seat_names(words: Language, names: dict[str, str]) -> dict[str, str]:
    """Return what holders of seats are called, those who are no party too."""
    return {**names, "": words("hemicycle_open"), APPOINTED_SEATS: words("hemicycle_by_appointment")}


def seat_colors(house: House) -> dict[str, str]:
    """Return the colours of holders of seats, of those who are no party too."""
    return {**party_colors(house), "": OPEN, APPOINTED_SEATS: APPOINTED}


def state(house: House, words: Language) -> str:
    """Return what the chamber shows while no simulation is picked."""
    return words("hemicycle_scaled" if crowded(house) else "hemicycle_median")


def seat_rows(chamber: dict[str, int], names: dict[str, str], colors: dict[str, str], size: int) -> Cells:
    """Return a row a seat: its place, party and colour, by ``seat_names`` and ``seat_colors``."""
    holders = [group for group, seats in chamber.items() for _ in range(seats)]
    step = -(-size // MOST_SEATS)
    dots = places(-(-size // step))
    return [
        {"x": round(x, 4), "y": round(y, 4), "party": names[holder], "color": colors[holder]}
        for (x, y), holder in zip(dots, holders[::step], strict=False)
    ]


def nearest(rows: Cells) -> float:
    """Return the distance of the two nearest seats next to each other in the list, at least a fiftieth of the radius."""
    gaps = [math.dist((a["x"], a["y"]), (b["x"], b["y"])) for a, b in pairwise(rows)]
    return max(0.02, min(gaps, default=0.5))


def hemicycle_figure(house: House, words: Language, names: dict[str, str], number: int) -> Figure:
    """Return the chamber at the median."""
    chamber, entries = median_chamber(house), legend(house, words, names)
    rows = seat_rows(chamber, seat_names(words, names), seat_colors(house), house.usual_size)
    chart = (
        alt.Chart(alt.InlineData(values=rows, name="chamber"))
        .mark_circle(size=alt.ExprRef(f"{0.5 * nearest(rows) ** 2:.6f} * pow(width / 2.12, 2)"), opacity=1)
        .encode(
            x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-1.06, 1.06], nice=False)),
            y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.06, 1.06], nice=False)),
            color=alt.Color("color:N", scale=None),
            tooltip=[alt.Tooltip("party:N", title=words("col_party"))],
        )
    )
    middle = alt.Chart(alt.InlineData(values=[{"x": 0, "y": 0, "text": words.whole(house.usual_size)}])).encode(
        x="x:Q", y="y:Q"
    )
    chart += middle.mark_text(fontSize=30, fontWeight=600, baseline="bottom", dy=-6).encode(text="text:N")
    spoken = "; ".join(f"{name} {seats}" for name, _, seats in entries)
    label = labels([name for name, _, _ in entries])
    key = tuple((f"{label[name]} {seats}", color) for name, color, seats in entries)
    fit = "more" if crowded(house) else "less" if "" in chamber else "equal"
    medians = words.whole(sum(house.medians.values()))
    caption = words(f"hemicycle_{fit}", medians=medians, size=words.whole(house.elective))
    told = [words("hemicycle_caption"), caption]
    told += [words("hemicycle_vacant", n=words.number(house.vacant))] * (house.vacant >= 1)
    return Figure(
        f"hemicycle-{number}", chart, 230, words("hemicycle_alt", list=spoken), words("hemicycle_title"),
        " ".join(told), ASPECT, key,
    )  # fmt: skip
