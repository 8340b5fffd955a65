"""The page: one HTML file that needs nothing else, opens from a mail, and lets no name of a party become markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from forecast.report.charts import Figure
from forecast.report.languages import Language
from forecast.report.sections import Story
from forecast.report.sheets import error_of, written

TEMPLATES = Path(__file__).parent / "templates"
VEGA_LITE = "6.4"
LARGEST = 2_000_000  # bytes of a report
_WHOLE = re.compile("[0-9\u202f]+\u2013[0-9\u202f]+|--[a-z-]+")
MOST_PLAIN = 5  # stills for readers without scripts


def page(story: Story) -> str:
    """Return the report as HTML.

    Stills of the charts for mail programs that run no scripts are left out where the page would grow too large.
    """
    whole = _rendered(story, _stills(story.figures))
    return whole if len(whole.encode("utf-8")) <= LARGEST else _rendered(story, {})


def embedded(content: object) -> Markup:
    """Return JSON that may stand in a script element: nothing in it can end the element or begin a comment.

    >>> str(embedded("</script>"))
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def unbroken(text: str) -> Markup:
    """Return text in which no line ends inside an interval of numbers, or inside an option of the command.

    >>> str(unbroken("<61–82 seats"))
    '&lt;<span class="whole">61–82</span> seats'
    """
    return Markup(_WHOLE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))


def breakable(text: str) -> Markup:
    """Return text in which a line may end after a sign that scenarios, keys and files have inside: = _ / or a point.

    >>> str(breakable("<as_of=2023-03-18"))
    '&lt;as_<wbr>of=<wbr>2023-03-18'
    """
    return Markup(re.sub("[=_]|(?<=[a-z0-9])[/.](?=[a-z])", r"\g<0><wbr>", str(escape(text))))


def _rendered(story: Story, stills: Mapping[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    words = story.words
    style = _text("report.css") + color_classes(story.colors)
    script, bundle = _text("report.js"), _bundle()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    content = {
        **story.content,
        "t": words,
        "written": lambda cell: written(cell, words),
        "unbroken": unbroken,
        "breakable": breakable,
        "error": lambda cell: error_of(cell, words),
        "stills": stills,
        "embedded": embedded({**story.embedded, "charts": _specs(story.figures), "words": _script_words(words)}),
        "style": Markup(style),
        "script": Markup(script),
        "bundle": Markup(bundle),
        "policy": content_policy(scripts=(bundle, script), styles=(style,)),
    }
    return environment.get_template(story.template).render(content)


def content_policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """Return a content security policy: just these scripts and styles, pictures inside the page, no network at all."""

    def hashes(texts: Iterable[str]) -> str:
        sums = (base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{one}'" for one in sums)

    return (
        f"default-src 'none'; script-src {hashes(scripts)}; style-src {hashes(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def color_classes(colors: Iterable[str]) -> str:
    """Return a style class a colour, since the policy allows no style attributes."""
    return "".join(f".c-{color[1:]}{{--c:{color}}}" for color in sorted(set(colors)))


def _specs(figures: Iterable[Figure]) -> dict[str, Any]:
    return {figure.id: figure.spec("container") for figure in figures}


def _stills(figures: list[Figure]) -> dict[str, str]:
    from forecast.report.pictures import svg

    return {
        figure.id: "data:image/svg+xml;base64," + base64.b64encode(svg(figure, titled=False).encode("utf-8")).decode()
        for figure in figures[:MOST_PLAIN]
    }


def _bundle() -> str:
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;", vl_version=VEGA_LITE)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _script_words(words: Language) -> dict[str, str]:
    return {
        "decimal": words.decimal,
        "vacant": words("vacant"),
        "appointed": words("hemicycle_by_appointment"),
        "draw": words.messages["hemicycle_draw"],
        "pick": words("coalition_pick"),
        "reads": words("coalition_reads"),
        "needs": words("coalition_needs"),
        "of": words("coalition_of"),
        "failed": words("chart_failed"),
    }


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
