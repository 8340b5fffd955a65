"""``forecast verify``: checksums, then a sample computed again and compared byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--sample", type=click.IntRange(0), default=2, show_default=True, help="Scenarios of a batch to compute again."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify(ctx: click.Context, /, folder: Path, sample: int, as_json: bool) -> None:
    """Verify the run or the batch in DIR: the checksum of every file, then bytes computed again.

    The exit code is 1 if anything differs.
    """
    from forecast.batch.folder import MANIFEST, BatchFolder
    from forecast.batch.verify import verify_batch, verify_run
    from forecast.cli.render import json_text, plain
    from forecast.errors import EnvironmentTrouble
    from forecast.runfile import RUN_FILE

    talk: Talk = ctx.obj

    def say(text: str) -> None:
        if not talk.quiet:
            click.echo(plain(text), err=True)

    if (folder / MANIFEST).exists():
        again, found = verify_batch(BatchFolder(folder), sample, say)
    elif (folder / RUN_FILE).exists():
        again = min(sample, 1)
        found = verify_run(folder, again=again > 0, say=say)
    else:
        raise EnvironmentTrouble(
            f"{folder}: holds neither {RUN_FILE} nor {MANIFEST}; name the folder of a run or a batch"
        )
    if as_json:
        click.echo(json_text({"folder": str(folder), "computed_again": again, "differences": found}))
    else:
        for line in found:
            click.echo(plain(line))
        ending = f"{len(found)} {'differ' if len(found) > 1 else 'differs'}" if found else "all agree"
        click.echo(f"{folder}: every checksum compared, {again} computed again: {ending}")
    ctx.exit(1 if found else 0)
