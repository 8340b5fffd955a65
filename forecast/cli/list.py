"""``forecast list``: the documents there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk


@click.command(name="list")
@click.argument("kind", required=False, type=click.Choice(["systems", "models", "forecasts", "batches"]))
@click.pass_obj
def list_documents(talk: Talk | None, kind: str | None) -> None:
    """List systems, models, forecasts or batches (all of them, if none is named): name, title, where."""
    from forecast import library
    from forecast.cli.main import Talk as Manner
    from forecast.cli.render import console, plain, table
    from forecast.documents import title_of
    from forecast.documents.faults import shown

    out = console(talk or Manner())
    for one in library.KINDS:
        if kind not in (None, one):
            continue
        found = library.paths(one)
        if not found:
            if kind is not None:
                click.echo(f"there are no {one}", err=True)
            continue
        rows = table((one, "name"), ("title", "left"), ("where", "left"))
        for name, path in sorted(found.items()):
            title = title_of(path) or "(not readable: forecast check says why)"
            rows.add_row(plain(name), plain(title), plain(shown(path)))
        out.print(rows)
