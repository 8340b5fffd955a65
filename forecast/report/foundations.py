"""What a forecast stands on: choices where the law is silent, the model card, how to make the run again, the codebook."""

from __future__ import annotations

import shlex

from forecast.report.folder import KNOWN, RunFolder, plain_text
from forecast.report.house import houses
from forecast.report.languages import Language
from forecast.report.sheets import Cell, Sheet

_OWN_FLAGS = ("draws=", "seed=")  # settings that have a flag of their own, written in any case
CASES = ("no_list_passes", "minimum_overflows", "short_list", "only_one_list", "second_place_tie")


def silent_sheet(run: RunFolder, words: Language) -> Sheet:
    """Return what was chosen where the law is silent."""
    choices = run.record["silent_choices"]
    several = len({str(one.get("system", "")) for one in choices}) > 1
    rows: list[list[Cell]] = []
    for one in choices:
        case = str(one.get("case", ""))
        told = words(f"case_{case}") if case in CASES else plain_text(case.replace("_", " "))
        where = plain_text(str(one.get("system", "")))
        row: list[Cell] = [told, words.term("choice", plain_text(str(one.get("choice", "")))), int(one.get("draws", 0))]
        rows.append([*row, where] if several else row)
    columns = [words("col_case"), words("col_choice"), words("col_mattered")]
    return Sheet(words("silent_title"), [*columns, words("col_system")] if several else columns, rows)


def card_sheet(run: RunFolder, words: Language) -> Sheet:
    """Return the model card."""
    model = run.document.get("model")
    model = model if isinstance(model, dict) else {}
    votes = model.get("votes")
    votes = votes if isinstance(votes, dict) else {}
    cells = [
        ("card_model", model.get("name")),
        ("card_country", model.get("country")),
        ("card_day", model.get("election_day")),
        ("card_as_of", model.get("as_of")),
        ("card_family", votes.get("family")),
        ("card_centre", votes.get("centre")),
    ]
    rows: list[list[Cell]] = [
        [words(key), words.day(words.term(key, plain_text(str(value))))] for key, value in cells if value
    ]
    for house in houses(run):
        rows.append([words("card_system"), house.title])
        rows.append([words("card_seats"), f"{house.size}: {house.majority}, {house.two_thirds}"])
    rows.append([words("card_use"), words("card_use_text")])
    return Sheet(words("card_title"), [words("col_item"), words("col_value")], rows)


def reproduction(run: RunFolder) -> str:
    """Return the command that makes this run again; nothing of the machine it ran on stands in it."""
    asked = run.record.get("asked")
    asked = asked if isinstance(asked, dict) else {}
    words = ["forecast", "run", run.name]
    if len(run.systems) > 1:
        words = ["forecast", "compare", run.name, *run.systems]
    for override in asked.get("overrides") or []:
        if not str(override).startswith(_OWN_FLAGS):
            words += ["--set", str(override)]
    words += ["--seed", str(run.record["seed"]), "--draws", str(run.draws)]
    if (sampler := run.record.get("sampler", {}).get("name", "mc")) != "mc":
        words += ["--sampler", str(sampler)]
    if run.draws_file is not None and len(run.systems) == 1:
        words += ["--save-draws", "all" if asked.get("keep") in (None, run.draws) else str(asked["keep"])]
    return shlex.join(plain_text(word) for word in words)


def provenance_sheet(run: RunFolder, words: Language) -> Sheet:
    """Return seed, digest, versions and checksums of the inputs."""
    record = run.record
    stream = record["kernel_stream"]
    rows: list[list[Cell]] = [
        [words("seed"), str(record["seed"])],
        [words("digest"), str(record["digest"])],
        [words("draws"), words.whole(run.draws)],
        [words("stream"), f"{stream.get('version')} ({stream.get('block')})"],
        [words("versions"), ", ".join(f"{name} {version}" for name, version in record["tool"].items())],
        [words("commit"), str(record.get("git_commit") or "–")],
    ]
    # Inputs are named inside their library, never by the path of a machine.
    rows += [[words("inputs"), f"{_inside(name)}: {entry.get('sha256')}"] for name, entry in record["inputs"].items()]
    cleaned: list[list[Cell]] = [[plain_text(str(cell)) for cell in row] for row in rows]
    return Sheet(words("reproduce_title"), [words("col_item"), words("col_value")], cleaned)


def _inside(name: str) -> str:
    return name.rsplit("/", 1)[-1] if name.startswith(("/", "~", "\\")) or ":" in name else name


def codebook_sheets(run: RunFolder, words: Language) -> list[Sheet]:
    """Return the columns of every table of the run with their meanings."""
    return [
        Sheet(table, [words("col_column"), words("col_meaning")], [[name, text] for name, text in KNOWN[table].items()])
        for table in run.tables
    ]
