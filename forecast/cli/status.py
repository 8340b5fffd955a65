"""``forecast status``: how a batch stands, from its folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(talk: Talk, /, folder: Path, as_json: bool) -> None:
    """Show how the batch in DIR stands: done, failed, missing, and what is left to compute.

    The folders of scenarios are read and their checksums compared; a lost index is made again.
    """
    from collections import Counter

    from forecast.batch.folder import BatchFolder
    from forecast.batch.index import INDEX, write_index
    from forecast.batch.lock import holder, is_held
    from forecast.batch.session import index_entries
    from forecast.cli.render import console, json_text, plain, table
    from forecast.errors import EnvironmentTrouble

    place = BatchFolder(folder)
    manifest = place.manifest()
    entries = index_entries(place, manifest)
    once = {entry.digest: entry for entry in reversed(entries)}.values()
    counts = Counter(entry.state for entry in once)
    held = is_held(folder)
    timed = [entry for entry in once if entry.seconds is not None]
    left = [entry for entry in once if entry.state in ("missing", "damaged")]
    mean = sum(entry.seconds or 0.0 for entry in timed) / len(timed) if timed else None
    if not held and not (folder / INDEX).exists():
        try:
            write_index(folder, entries)
        except (OSError, EnvironmentTrouble):
            held = False  # a folder that may only be read has no index, and needs none to be shown
    if as_json:
        content = {
            "batch": manifest["id"],
            "shard": manifest["shard"],
            **{state: counts[state] for state in ("done", "failed", "damaged", "missing")},
            "at_work": holder(folder) if held else None,
            "draws_left": sum(entry.draws for entry in left),
            "work_seconds_left": None if mean is None else round(mean * len(left), 1),
            "scenarios": [
                {"number": e.number, "name": e.name, "digest": e.digest, "state": e.state, "error": e.error}
                for e in entries
            ],
        }
        click.echo(json_text(content))
        return
    out = console(talk)
    out.print(plain(str(manifest["name"])), style="bold")
    made = table(("scenarios", "left"), ("", "right"))
    for state in ("done", "failed", "damaged", "missing"):
        made.add_row(state, str(counts[state]))
    out.print(made)
    for entry in [entry for entry in once if entry.state in ("failed", "damaged")][:60]:
        out.print(f"{entry.state}: {plain(entry.name)}: {plain(entry.error)}")
    if left:
        cost = "" if mean is None else f", about {mean * len(left):,.0f} s of one process"
        out.print(f"Left: {sum(entry.draws for entry in left):,} draws{cost}.")
    out.print(f"At work: {holder(folder)}." if held else "Nobody is at work here.")
