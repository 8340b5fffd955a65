"""``forecast query``: the probability of any event on stored draws, or what a number is like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk
    from forecast.query import Answer


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("expression", metavar="EXPR")
@click.option("--given", metavar="EXPR", help="Only draws in which this event happens.")
@click.option("--system", metavar="NAME", help="One system of a run with several (all of them, if not given).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def query(talk: Talk, /, run: Path, expression: str, given: str | None, system: str | None, as_json: bool) -> None:
    """Ask the stored draws of RUN (a run's folder) for EXPR.

    An event is answered by its probability: 'seats("Amanat") >= 66', 'share("JSDP") >= 0.05 and parties() >= 6',
    'winner(12) == "self"', 'majority("Auyl", "Respublica")'. A number is answered by its mean and quantiles:
    'seats("Auyl") - seats("JSDP")'. mean(...), sd(...), median(...), quantile(..., 0.9) and count(...) ask for one
    figure. Words: seats, list_seats, district_seats, votes, share, passes, majority, two_thirds (of one party or of
    several together); parties(), largest(), turnout(), house(); winner(DISTRICT); abs, max, min; and, or, not.
    """
    from forecast.drawsfile import stored_draws
    from forecast.query import answers
    from forecast.runfile import read_run_file

    record = read_run_file(run)
    draws = stored_draws(record)
    houses = [draws.house(system)] if system is not None else None
    found = answers(draws, expression, given, houses)
    if as_json:
        from forecast.cli.render import json_text

        question: dict[str, Any] = {"run": record.digest, "expression": expression, "given": given}
        question |= {"stored_draws": draws.draws, "draws": record.draws}
        click.echo(json_text({**question, "answers": [_form(answer) for answer in found]}))
        return
    several = len(draws.houses) > 1
    for answer in found:
        for line in _lines(answer, given is not None):
            click.echo(f"{answer.system}: {line}" if several else line)
    whole = "" if draws.draws == record.draws else f" of the run's {record.draws:,}"
    click.echo(f"{draws.draws:,} stored draws{whole}, seed {record.seed}.")


def _lines(answer: Answer, conditional: bool) -> list[str]:
    from forecast.query import FEW

    behind = f" of {answer.draws:,} draws" + (" in which the condition holds" if conditional else "")
    lines = []
    if answer.probability is not None:
        from forecast.probability import bounded, interval_text

        chance = answer.probability
        if answer.measure == "count":
            lines.append(f"{chance.count:,}{behind}.")
        elif chance.certain:
            lines.append(f"{100 * chance.value:.0f} %: the model leaves nothing to chance ({chance.count:,}{behind}).")
        else:
            lines.append(
                f"{bounded(chance)} (standard error {_points(chance.mcse)} points; 95 % interval "
                f"{interval_text(chance)}): {chance.count:,}{behind}."
            )
        if answer.examples:
            numbers = ", ".join(str(number) for number in answer.examples)
            lines.append(f"First draws in which it happens: {numbers}.")
    elif answer.measure in ("mean", "sd"):
        error = answer.mcse_mean if answer.measure == "mean" else answer.mcse_sd
        value = answer.mean if answer.measure == "mean" else answer.sd
        lines.append(f"{answer.measure} {_number(value)} (standard error {error:.2g}){behind}.")
    else:
        if len(answer.quantiles) > 1:
            lines.append(
                f"mean {_number(answer.mean)} (standard error {answer.mcse_mean:.2g}), sd {_number(answer.sd)}{behind}."
            )
        for one in answer.quantiles:
            spread = "" if one.low == one.high else f" (95 % interval {_number(one.low)} to {_number(one.high)})"
            lines.append(f"{100 * one.level:g} % quantile {_number(one.value)}{spread}")
    if conditional and answer.draws < FEW:
        lines.append(f"Only {answer.draws:,} draws are behind this: read it as a hint, or store more draws.")
    return lines


def _points(error: float) -> str:
    return f"{100 * error:.2g}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4f}" if abs(value) < 1 else f"{value:,.2f}"


def _form(answer: Answer) -> dict[str, Any]:
    form: dict[str, Any] = {"system": answer.system, "measure": answer.measure, "draws": answer.draws}
    if answer.probability is not None:
        low, high = answer.probability.jeffreys()
        form |= {"count": answer.probability.count, "probability": answer.probability.value}
        form |= {"mcse": answer.probability.mcse, "interval95": [low, high], "first_draws": list(answer.examples)}
        return form
    form |= {"mean": answer.mean, "mcse_mean": answer.mcse_mean, "sd": answer.sd, "mcse_sd": answer.mcse_sd}
    form["quantiles"] = [
        {"level": one.level, "value": one.value, "low95": one.low, "high95": one.high} for one in answer.quantiles
    ]
    return form
