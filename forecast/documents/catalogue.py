"""What a document is, by its place and its keys, without reading it as one."""

from __future__ import annotations

from pathlib import Path

from forecast import library
from forecast.documents.faults import hint
from forecast.documents.toml import read_toml
from forecast.errors import DocumentError

CHECKED: tuple[library.Kind, ...] = ("systems", "models", "forecasts", "batches")

_MARKS: dict[str, library.Kind] = {
    "tier": "systems",
    "linkage": "systems",
    "in_force": "systems",
    "forecast": "batches",
    "model": "forecasts",
    "systems": "forecasts",
    "draws": "forecasts",
    "election_day": "models",
    "votes": "models",
    "turnout": "models",
}


def kinds_of(name: str) -> list[tuple[library.Kind, Path]]:
    """Return the documents that a name or path means, each with its kind; a bare name may mean several.

    Raises
    ------
    DocumentError
        There is no such document, or it is of no known kind.
    """
    path = Path(name)
    if library.is_bare(name) and not path.exists():
        found = [(kind, known[name]) for kind in CHECKED if name in (known := library.paths(kind))]
        if not found:
            every = sorted({one for kind in CHECKED for one in library.names(kind)})
            raise DocumentError(f"{name!r}: no document has this name" + hint(name, every, "there are"))
        return found
    if path.is_dir():
        if not (path / library.MODEL_FILE).is_file():
            raise DocumentError(f"{name}: the folder holds no {library.MODEL_FILE}; it is no model")
        return [("models", path / library.MODEL_FILE)]
    if path.name == library.MODEL_FILE:
        return [("models", path)]
    tree = read_toml(path).tree
    for mark, kind in _MARKS.items():
        if mark in tree:
            return [(kind, path)]
    raise DocumentError(
        f"{name}: is no system ([[tier]]), no model ([votes]), no forecast (model, systems) and no batch (forecast)"
    )


def title_of(path: Path) -> str:
    """Return the ``name`` that a document gives itself; empty if it cannot be read."""
    try:
        title = read_toml(path).tree.get("name")
    except DocumentError:
        return ""
    return title if isinstance(title, str) else ""
