"""Pictures without a browser: the charts of a report as SVG and PNG, the same bytes for the same run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forecast.report.charts import Figure

VEGA_LITE = "6.4"
WIDTH = 720  # pixels
INK, PAPER = "#16191d", "#ffffff"


def svg(figure: Figure, *, titled: bool = True) -> str:
    """Return a chart as SVG on white paper."""
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(_spec(figure, titled), vl_version=VEGA_LITE)
    return text


def png(figure: Figure) -> bytes:
    """Return a chart as PNG at twice its size, for screens with fine dots."""
    import vl_convert

    picture: bytes = vl_convert.vegalite_to_png(_spec(figure, titled=True), vl_version=VEGA_LITE, scale=2)
    return picture


def pictures(figures: Iterable[Figure], kind: str) -> dict[str, bytes]:
    """Return every chart by its file name; ``kind`` is ``svg`` or ``png``."""
    once = [figure for figure in figures if not figure.repeats]
    return {f"{figure.id}.{kind}": svg(figure).encode("utf-8") if kind == "svg" else png(figure) for figure in once}


def _spec(figure: Figure, titled: bool) -> Any:
    spec = figure.spec(WIDTH, titled=titled)
    spec["background"] = PAPER
    spec["config"]["background"] = PAPER
    return _inked(spec)


def _inked(part: object) -> object:
    """Return a specification with the page's ink put in place of ``currentColor``."""
    if isinstance(part, dict):
        return {key: value if key == "datasets" else _inked(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_inked(value) for value in part]
    return INK if part == "currentColor" else part
