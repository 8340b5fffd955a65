"""What a forecast stands on: choices where the law is silent, the model card, how to make the run again, the codebook."""

from __future__ import annotations

import shlex

from forecast.library import is_bare
from forecast.report.folder import KNOWN, RunFolder, pathless_text, plain_text, title_of
from forecast.report.house import houses
from forecast.report.languages import Language
from forecast.report.sheets import Cell, Sheet

_OWN_FLAGS = ("draws=", "seed=")  # settings that have a flag of their own, written in any case
CASES = ("no_list_passes", "minimum_overflows", "short_list", "only_one_list", "second_place_tie")


def silent_sheet(run: RunFolder, words: Language) -> Sheet:
    """Return what was chosen where the law is silent."""
    choices = run.record["silent_choices"]
    several = len({str(one.get("system", "")) for one in choices}) > 1
    titles = {house.system: house.title(words.code) for house in houses(run)}
    rows: list[list[Cell]] = []
    for one in choices:
        case = str(one.get("case", ""))
        told = words(f"case_{case}") if case in CASES else plain_text(case.replace("_", " "))
        where = titles.get(str(one.get("system", "")), words("assemblies_title"))
        count = int(one.get("draws", 0))
        mattered: Cell = count
        if str(one.get("system", "")) not in titles:  # counted over all assemblies
            mattered = words("silent_assemblies", n=words.number(count / run.draws))
        row: list[Cell] = [told, words.term("choice", plain_text(str(one.get("choice", "")))), mattered]
        rows.append([*row, where] if several else row)
    columns = [words("col_case"), words("col_choice"), words("col_mattered")]
    return Sheet(words("silent_title"), [*columns, words("col_system")] if several else columns, rows)


def centre(run: RunFolder) -> str:
    """Return what the votes of a run stand on: ``polls``, a known ``result``, or ``draws`` of the user's own."""
    model = run.document.get("model")
    votes = model.get("votes") if isinstance(model, dict) else None
    known = str(votes.get("centre")) if isinstance(votes, dict) else ""
    return known if known in ("result", "draws") else "polls"


def card_sheet(run: RunFolder, words: Language) -> Sheet:
    """Return the model card."""
    model = run.document.get("model")
    model = model if isinstance(model, dict) else {}
    votes = model.get("votes")
    votes = votes if isinstance(votes, dict) else {}
    cells = [
        ("card_model", title_of(model, words.code)),
        ("card_country", run.names(words.code).get(str(model.get("country")), model.get("country"))),
        ("card_day", model.get("election_day")),
        ("card_as_of", model.get("as_of")),
        ("card_family", votes.get("family")),
        ("card_centre", votes.get("centre")),
    ]
    rows: list[list[Cell]] = [
        [words(key), words.day(words.term(key, plain_text(str(value))))] for key, value in cells if value
    ]
    for house in houses(run):
        rows.append([words("card_system"), house.title(words.code)])
        rows.append([words("card_seats"), f"{house.size}: {house.majority}, {house.two_thirds}"])
    rows.append([words("card_use"), words("card_use_text")])
    return Sheet(words("card_title"), [words("col_item"), words("col_value")], rows)


def reproduction(run: RunFolder) -> str:
    """Return the command that makes this run again; nothing of the machine it ran on stands in it."""
    asked = run.record.get("asked")
    asked = asked if isinstance(asked, dict) else {}
    systems = [placed(str(one)) for one in asked.get("systems") or (run.systems if len(run.systems) > 1 else [])]
    names = [placed(str(asked.get("forecast") or run.name)), *systems]
    words: list[str] = []
    for override in asked.get("overrides") or []:
        if not str(override).startswith(_OWN_FLAGS):
            words += ["--set", pathless_text(str(override))]
    words += ["--seed", str(run.record["seed"]), "--draws", str(run.draws)]
    if (sampler := run.record.get("sampler", {}).get("name", "mc")) != "mc":
        words += ["--sampler", str(sampler)]
    if run.draws_file is not None:
        words += ["--save-draws", "all" if asked.get("keep") in (None, run.draws) else str(asked["keep"])]
    words = [*words, "--", *names] if names[0].startswith("-") else [*names, *words]  # a name is no option
    return shlex.join(plain_text(word) for word in ("forecast", "compare" if systems else "run", *words))


def own_documents(run: RunFolder) -> str:
    """Return the path of a forecast that is not found by its name alone, as the command has it; empty for one that is."""
    asked = run.record.get("asked")
    path = placed(str(asked.get("forecast") or "")) if isinstance(asked, dict) else ""
    return path if path and not is_bare(path) else ""


def placed(name: str) -> str:
    """Return a document's name or path as anybody may type it: a path in a machine's own folders by its last two parts.

    >>> placed("kazakhstan-2023"), placed("mine/mine.toml"), placed("/home/me/mine/mine.toml"), placed("../mine/")
    ('kazakhstan-2023', 'mine/mine.toml', 'mine/mine.toml', 'mine/')
    """
    parts = [part for part in plain_text(name).replace("\\", "/").split("/") if part not in ("", ".")]
    if is_bare(name) or not parts:
        return plain_text(name)
    if name.startswith(("/", "~", "\\")) or ":" in name or ".." in parts:
        parts = [part for part in parts if part != ".."][-2:]
    path = "/".join(parts) + "/" * name.endswith(("/", "\\"))
    return path if "/" in path and not path.startswith("-") else f"./{path}"


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
