"""What a law asks of lists before they take part: the bars of a tier of kind ``proportional``, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forecast.report.folder import plain_text
from forecast.report.house import House, fraction
from forecast.report.languages import Language
from forecast.report.sheets import Cell, Sheet


def bars_sheet(house: House, words: Language) -> Sheet:
    """Return what the law asks, a row a bar: all of the first kind, or one of the second, or an exemption."""
    admission = house.admission or {}
    rows: list[list[Cell]] = [
        [
            words("bars_one_of" if key == "any_of" and not admission.get("all_of") else f"bars_{key}"),
            _bar(bar, words),
            plain_text(str(bar.get("law", ""))),
        ]
        for key in ("all_of", "any_of")
        for bar in admission.get(key, [])
    ]
    rows += [[words("bars_exempt"), plain_text(", ".join(admission["exempt"])), ""]] if admission.get("exempt") else []
    rows += [[words("bars_joined"), told, ""] for told in _joined(admission, words)]
    return Sheet(words("bars_title"), [words("bars_how"), words("bars_what"), words("bars_law")], rows)


def _bar(bar: Mapping[str, Any], words: Language) -> str:
    kind = str(bar.get("kind", ""))
    if kind == "share":
        key = "bar_more" if bar.get("comparison") == "more than" else "bar_share"
        said = words(key, share=words.limit(fraction(bar["share"]))) + _of(bar, words)
        pairs = [
            words("bar_coalition", members=int(one["members"]), share=words.limit(fraction(one["share"])))
            for one in bar.get("coalitions", [])
        ]
        return "; ".join([said, *pairs])
    if kind == "natural":
        return words("bar_natural", quotas=f"{fraction(bar.get('quotas', 1)):g}") + _of(bar, words)
    if kind == "seats":
        return words("bar_seats", n=int(bar["seats"]), tier=plain_text(str(bar["tier"])))
    if kind == "average":
        return words("bar_average", n=int(bar["regions"]), tier=plain_text(str(bar["tier"])))
    return words("bar_first") if kind == "first" else plain_text(kind)


def _of(bar: Mapping[str, Any], words: Language) -> str:
    area = str(bar.get("area", "tier"))
    return f" ({words.term('base', str(bar.get('of', 'valid ballots')))}" + (
        f", {words.term('area', area)})" if area != "tier" else ")"
    )


def _joined(admission: Mapping[str, Any], words: Language) -> Iterator[str]:
    if least := admission.get("minimum_lists"):
        yield words("bars_minimum_lists", n=int(least))
    if share := admission.get("joint_share"):
        yield words("bars_joint_share", share=words.limit(fraction(share)))
