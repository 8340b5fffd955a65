"""How results look on a terminal. Names are text: no markup, no escape sequences."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from forecast.cli.main import Talk
    from forecast.distribution import SystemForecast


def plain(text: str) -> str:
    r"""Return a name with control and direction characters made visible.

    >>> plain("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def json_text(form: object, indent: int = 1) -> str:
    """Write JSON for stdout: signs that could steer a terminal are escaped, letters stay where stdout can hold them."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(form, indent=indent, ensure_ascii=not utf8, allow_nan=False)
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


def console(talk: Talk, *, stderr: bool = False) -> Console:
    """Return a console without markup; without colour where it was not asked for or there is no terminal."""
    from forecast.cli.screen import Screen

    stream = sys.stderr if stderr else sys.stdout
    piped = not stream.isatty()
    width = 100 if piped else _columns(stream)
    height = None if width is None or piped else 25  # rich takes a width of a dumb terminal only with its height
    return Screen(
        stderr=stderr, markup=False, emoji=False, highlight=False, no_color=not talk.color, width=width, height=height,
        soft_wrap=piped,
    )  # fmt: skip


def _columns(stream: TextIO) -> int | None:
    """Return the width of a dumb terminal, which rich takes to be 80 columns wide; None: rich finds out."""
    if os.environ.get("TERM") != "dumb" or os.environ.get("COLUMNS"):
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def table(*columns: tuple[str, str]) -> Table:
    """Return an empty table of (title, justification) columns; a ``name`` stands left and is never broken."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, justify in columns:
        right = justify == "right"
        whole = right or justify == "name"
        made.add_column(
            title, justify="right" if right else "left", no_wrap=whole, overflow="fold", min_width=None if right else 14
        )
    return made


def party_table(forecast: SystemForecast) -> Table:
    """Return the table of parties: seats, and the chances that matter."""
    from forecast.report.words import percentage

    tier = forecast.list_tier
    columns = [("party", "left"), ("mean", "right"), ("median", "right"), ("80 %", "right")]
    if forecast.has_lists:
        passes = "takes part" if tier is None else f"passes {100 * float(tier.threshold.share):g} %"
        columns.append((passes, "right"))
    columns += [("any seat", "right"), ("largest", "right"), ("majority", "right")]
    made = table(*columns)
    for group in sorted(forecast.plan.model.standing, key=lambda name: -forecast.seats(name).mean):
        seats = forecast.seats(group)
        low, high = seats.interval(0.8)
        listed = group in forecast.parties
        cells = [plain(group), f"{seats.mean:.1f}", str(seats.median), f"{low}-{high}"]
        if forecast.has_lists:
            cells.append(percentage(forecast.passes(group)) if listed else "")
        cells += [percentage(seats.at_least(1))]
        cells += [percentage(forecast.largest(group)), percentage(forecast.majority(group))] if listed else ["", ""]
        made.add_row(*cells)
    return made


def district_table(forecast: SystemForecast) -> Table:
    """Return the district summary: who stands where, and how many districts each group wins."""
    made = table(("districts", "left"), ("candidates", "right"), ("stands in", "right"), ("mean", "right"),
                 ("median", "right"), ("80 %", "right"))  # fmt: skip
    model = forecast.plan.model
    for number, group in enumerate(model.standing):
        standing = [contest.groups.count(number) for contest in model.contests]
        won = forecast.district_seats(group)
        low, high = won.interval(0.8)
        made.add_row(
            plain(group), str(sum(standing)), str(sum(count > 0 for count in standing)), f"{won.mean:.1f}",
            str(won.median), f"{low}-{high}",
        )  # fmt: skip
    return made


def rating_line(forecast: SystemForecast) -> str:
    """Return how many districts are open, lean, likely and safe."""
    from collections import Counter

    from forecast.tables import district_rows

    counts = Counter(str(row[-1]) for row in district_rows(forecast) if row[-1])
    names = {"open": "open (favourite below 65 %)", "lean": "lean (65-85)", "likely": "likely (85-95)", "safe": "safe"}
    return ", ".join(f"{counts[name]} {text}" for name, text in names.items())


def numbers_of_parties(forecast: SystemForecast) -> str:
    """Return the distribution of the number of parties with a seat, in a line."""
    from forecast.report.words import percentage

    parties = forecast.parties_in_house()
    shown = [(n, parties.exactly(n)) for n, count in enumerate(parties.counts) if count]
    return "  ".join(f"{n}: {percentage(p)}" for n, p in shown)
