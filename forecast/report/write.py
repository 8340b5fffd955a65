"""From folders of runs to the files of a report: read and check, tell, take a format, write whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.files import replacing
from forecast.report.folder import RunFolder, read_run
from forecast.report.languages import Language, language

if TYPE_CHECKING:
    from forecast.report.comparison import Comparison

NEEDS = {
    "html": ("altair", "vl_convert", "jinja2"),
    "svg": ("altair", "vl_convert"),
    "png": ("altair", "vl_convert"),
    "xlsx": ("xlsxwriter",),
}
SEATS = "seats-0"  # the chart that stands for a report where one picture is asked for


def report_files(
    folders: Sequence[Path], kind: str, lang: str, *, only: str | None = None, raw: bool = False
) -> dict[str, bytes]:
    """Return the files of a report by their names; the first run is told, the others stand beside it.

    ``only`` names the one chart that is asked for. ``raw``: names in a CSV stay as they are, even where a spreadsheet
    would run them.

    Raises
    ------
    ForecastError
        A folder is no run, or the runs are of different elections.
    EnvironmentTrouble
        A run is damaged, or a library of the extra ``report`` is missing.
    """
    check_libraries(kind)
    words = language(lang)
    if is_batch(folders[0]):
        return _batch_files(folders, kind, words, only)
    runs = [read_run(folder) for folder in folders]
    if kind in ("svg", "png"):
        from forecast.report.pictures import pictures
        from forecast.report.sections import run_story

        figures = run_story(runs[0], words, _comparisons(runs, words)).figures
        return pictures([figure for figure in figures if only in (None, figure.id)], kind)
    return {f"report.{kind}": _single(runs, kind, words, raw)}


def is_batch(folder: Path) -> bool:
    """Return whether a folder is a batch's and not a run's."""
    return (folder / "batch.json").is_file()


def _batch_files(folders: Sequence[Path], kind: str, words: Language, only: str | None) -> dict[str, bytes]:
    check_libraries("html")
    from forecast.report.batch import batch_story, batch_table, read_batch

    if len(folders) > 1:
        raise ForecastError(f"{folders[0]}: is a batch; a report of a batch takes no other folder beside it")
    if kind not in ("html", "svg", "png", "csv"):
        raise ForecastError(f"{folders[0]}: is a batch; its report can be html, svg, png or csv, not {kind}")
    batch = read_batch(folders[0])
    if kind == "csv":
        return {"report.csv": batch_table(batch).encode("utf-8")}
    story = batch_story(batch, words)
    if kind == "html":
        from forecast.report.page import page

        return {"report.html": page(story).encode("utf-8")}
    from forecast.report.pictures import pictures

    wanted = None if only is None else story.figures[0].id
    return pictures([figure for figure in story.figures if wanted in (None, figure.id)], kind)


def check_libraries(kind: str) -> None:
    """Refuse a format whose libraries are not installed; EnvironmentTrouble says how to get them."""
    if missing := [name for name in NEEDS.get(kind, ()) if find_spec(name) is None]:
        raise EnvironmentTrouble(
            f"--format {kind} needs {', '.join(missing)}: pip install 'seatcast[report]' (md and csv need nothing more)"
        )


def _single(runs: list[RunFolder], kind: str, words: Language, raw: bool) -> bytes:
    if kind == "csv":
        from forecast.report.combined import combined
        from forecast.report.comparison import check_same_election

        check_same_election(runs)
        return combined(runs[0], raw=raw).encode("utf-8")
    if kind == "md":
        from forecast.report.markdown import markdown

        return markdown(runs[0], words, _comparisons(runs, words, figure=False)).encode("utf-8")
    if kind == "xlsx":
        from forecast.report.workbook import workbook

        return workbook(runs[0], words, _comparisons(runs, words, figure=False))
    from forecast.report.page import page
    from forecast.report.sections import run_story

    return page(run_story(runs[0], words, _comparisons(runs, words))).encode("utf-8")


def _comparisons(runs: list[RunFolder], words: Language, figure: bool = True) -> list[Comparison]:
    from forecast.report.comparison import compared_runs, compared_systems

    return [*compared_systems(runs[0], words, figure), *compared_runs(runs, words, figure)]


def default_output(folder: Path, kind: str, lang: str) -> Path:
    """Return where a report goes if nothing else is asked for: into the run's folder."""
    suffix = "" if lang == "en" else f".{lang}"
    return folder / (f"pictures{suffix}" if kind in ("svg", "png") else f"report{suffix}.{kind}")


def one_picture(place: Path | None, kind: str) -> str | None:
    """Return the chart that is meant by the name of a picture; None where all are asked for."""
    named = place is not None and place.suffix.lower() == f".{kind}" and not place.is_dir()
    return SEATS if named and kind in ("svg", "png") else None


def written_files(files: Mapping[str, bytes], place: Path) -> list[Path]:
    """Write the files of a report and return their paths.

    ``place`` is a file, or a folder: an existing one, or one that several files need.
    """
    if len(files) > 1 or place.is_dir():
        folder = place
    else:
        files, folder = {place.name: next(iter(files.values()))}, place.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with replacing(folder / name) as temporary:
                temporary.write_bytes(content)
    except OSError as fault:
        raise EnvironmentTrouble(f"{folder}: cannot be written: {fault.strerror}; name another place with -o") from None
    return [folder / name for name in files]
