"""``forecast report``: a finished run as a page, a workbook, Markdown, a table or pictures, from its folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk

FORMATS = ("html", "md", "xlsx", "csv", "svg", "png")
LANGUAGES = ("en", "ru", "kk")


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File or folder to write; - for stdout (RUN/report.html, "
              "if not given).")  # fmt: skip
@click.option("--format", "kind", type=click.Choice(FORMATS), help="What to write (from the name after -o, else html).")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the words.")
@click.option("--compare", "others", metavar="RUN", multiple=True, type=click.Path(path_type=Path),
              help="Another run of the same election to put beside the first; may be repeated.")  # fmt: skip
@click.option("--raw-csv", is_flag=True, help="Leave names in a CSV as they are, even where a spreadsheet would run "
              "them as a formula.")  # fmt: skip
@click.pass_obj
def report(
    talk: Talk, /, runs: tuple[Path, ...], output: Path | None, kind: str | None, lang: str, others: tuple[Path, ...],
    raw_csv: bool,
) -> None:  # fmt: skip
    """Make a report of RUN, the folder a run has written; further RUNs stand beside the first.
    The folder of a batch gets a report of the batch.

    html is one file that opens without a network; svg and png are all its charts in a folder (-o seats.svg: the seats
    alone); csv is one tidy table.
    """
    from forecast.report.write import default_output, one_picture, report_files, written_files

    if not runs:
        raise click.UsageError(
            "name the folder of a run, as `forecast run` prints it: forecast report runs/NAME-DIGEST"
        )
    chosen = kind or _kind_of(output) or "html"
    files = report_files([*runs, *others], chosen, lang, only=one_picture(output, chosen), raw=raw_csv)
    if output == Path("-"):
        if len(files) != 1:
            raise click.UsageError(f"--format {chosen} makes {len(files)} files; name a folder after -o")
        click.echo(next(iter(files.values())), nl=False)
        return
    place = output if output is not None else default_output(runs[0], chosen, lang)
    made = written_files(files, place)
    if not talk.quiet:
        for path in made[:1] if len(made) == 1 else [place]:
            click.echo(f"Written to {path}", err=True)


def _kind_of(output: Path | None) -> str | None:
    suffix = output.suffix.lower().lstrip(".") if output is not None else ""
    return suffix if suffix in FORMATS else None
