"""How ``forecast run --dry-run`` shows the fitted votes: means, correlations, polls and pollsters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecast.cli.render import plain, table

if TYPE_CHECKING:
    from rich.console import Console

MOST_POLLS = 25  # rows; lighter polls are counted
MOST_OPTIONS = 10  # columns of the tables by option


def show_fit(out: Console, fit: dict[str, Any]) -> None:
    """Print the fit of a model, from the block that ``run.json`` keeps."""
    votes = table(("votes on election day", "left"), ("mean", "right"), ("sd", "right"))
    for name, mean, sd in zip(fit["options"], fit["mean"], fit["sd"], strict=True):
        votes.add_row(plain(name), f"{100 * mean:.1f} %", f"{100 * sd:.1f}")
    out.print(votes)
    if "tail" in fit:
        out.print(
            f"An error of more than three sd has a chance of 1 in {1 / fit['beyond_3_sd']:.0f} (a normal: 1 in 370)."
        )
    _show_correlations(out, fit)
    if "polls" in fit:
        _show_polls(out, fit)
        _show_pollsters(out, fit)


def _show_correlations(out: Console, fit: dict[str, Any]) -> None:
    shown = fit["options"][:MOST_OPTIONS]
    made = table(("correlations", "left"), *((str(number), "right") for number in range(1, len(shown) + 1)))
    for number, (name, row) in enumerate(zip(shown, fit["correlation"], strict=False), 1):
        cells = ["" if r is None else f"{r:.2f}" for r in row[:number]]
        made.add_row(f"{number} {plain(name)}", *cells, *[""] * (len(shown) - number))
    out.print(made)
    _say_more(out, fit)


def _show_polls(out: Console, fit: dict[str, Any]) -> None:
    polls = table(("poll", "left"), ("ended", "left"), ("asked", "right"), ("weight", "right"), ("no option", "right"))
    heaviest = sorted(fit["polls"], key=lambda poll: -abs(float(poll["weight"])))
    kept = {poll["id"] for poll in heaviest[:MOST_POLLS]}
    for poll in fit["polls"]:
        if poll["id"] in kept:
            asked = f"{poll['sample_size']:,}" if poll["sample_size"] else "not stated"
            weight, without = _percent(poll["weight"]), f"{100 * poll['no_option']:.0f} %"
            polls.add_row(plain(poll["pollster"]), poll["end"], asked, weight, without)
    out.print(polls)
    if left := heaviest[MOST_POLLS:]:
        out.print(f"{len(left)} lighter polls have {_percent(sum(poll['weight'] for poll in left))} together.")
    if any(poll["weight"] < 0 for poll in fit["polls"]):
        out.print("Weights add up to 100 %; a poll below 0 tells its pollster's house effect from the trend.")


def _show_pollsters(out: Console, fit: dict[str, Any]) -> None:
    shown = fit["options"][:MOST_OPTIONS]
    made = table(
        ("house effects", "left"), ("polls", "right"), ("weight", "right"),
        *((str(number), "right") for number in range(1, len(shown) + 1)),
    )  # fmt: skip
    for one in fit["pollsters"]:
        effects = [f"{100 * one['house_effect'][name]:+.1f}" for name in shown]
        made.add_row(plain(one["pollster"]), str(one["polls"]), _percent(one["weight"]), *effects)
    out.print(made)
    out.print(
        "House effects in points of the vote, by option: "
        + ", ".join(f"{k} {plain(name)}" for k, name in enumerate(shown, 1))
    )


def _say_more(out: Console, fit: dict[str, Any]) -> None:
    if (more := len(fit["options"]) - MOST_OPTIONS) > 0:
        out.print(f"{more} options more are in the run's run.json, under fit.")


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %" if abs(part) >= 0.095 else f"{100 * part:.1f} %"
