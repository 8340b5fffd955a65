"""Colours of parties: distinct for readers who confuse red and green, and readable on white and on black paper alike."""

from __future__ import annotations

from forecast.report.house import House

# After Okabe and Ito (2008) and Paul Tol's muted scheme; yellow and black left out, since one paper would swallow them.
COLORS = (
    "#3b86c8", "#e69f00", "#b6588f", "#1f9e78", "#56b4e9", "#d55e00", "#a8a032", "#7a6fc4",
    "#cc6677", "#44aa99", "#999999", "#aa4466", "#c58b6a", "#6699aa", "#88aa44", "#bb77dd",
)  # fmt: skip
SELF_NOMINATED = "#8a8f98"
APPOINTED = "#5f6670"  # seats that no ballot fills
OPEN = "#c9cdd3"


def party_colors(house: House) -> dict[str, str]:
    """Return the colour of everybody who can hold seats; by place on the ballot, so that all charts of a run agree."""
    colors = {name: COLORS[place % len(COLORS)] for place, name in enumerate(house.parties)}
    return {name: colors.get(name, SELF_NOMINATED) for name in house.groups}


def ink_on(color: str) -> str:
    """Return the ink, black or white, that reads better on a colour: a contrast of 4.5 or more (WCAG 2) on any.

    >>> ink_on("#e69f00"), ink_on("#14588f")
    ('#000000', '#ffffff')
    """
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if luminance > 0.179 else "#ffffff"


def mixed(one: str, other: str, part: float = 0.5) -> str:
    """Return a colour between two, ``part`` of the way from one to the other.

    >>> mixed("#000000", "#ffffff"), mixed("#000000", "#ffffff", 1)
    ('#7f7f7f', '#ffffff')
    """
    parts = [int((1 - part) * int(one[at : at + 2], 16) + part * int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)
