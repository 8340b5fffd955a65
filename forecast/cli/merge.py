"""``forecast merge``: the shards of a batch joined."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder to join them in (DIR, if it holds the shards).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def merge(ctx: click.Context, /, folders: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Join what `forecast batch --shard` wrote: every run folder verified and copied, and one combined table.

    DIR is a folder that holds shards, or each shard by itself. The exit code is 1 while scenarios are missing.
    """
    from forecast.batch.merge import merge as joined
    from forecast.batch.merge import shards_of
    from forecast.cli.render import json_text, plain

    talk: Talk = ctx.obj

    def say(text: str) -> None:
        if not talk.quiet:
            click.echo(plain(text), err=True)

    shards, root = shards_of(folders, out)
    entries = joined(shards, root, say)
    done = sum(entry.state == "done" for entry in entries)
    rest = [entry for entry in entries if entry.state != "done"]
    if as_json:
        left = {entry.name: entry.state for entry in rest}
        click.echo(json_text({"folder": str(root), "shards": len(shards), "done": done, "left": left}))
    else:
        for entry in rest[:60]:
            click.echo(plain(f"{entry.state}: {entry.name}" + (f": {entry.error}" if entry.error else "")))
        click.echo(f"{len(shards)} shards joined in {root}: {done} of {len(entries)} scenarios done")
    ctx.exit(1 if rest else 0)
