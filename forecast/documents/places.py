"""Files that a document names: they lie in its own folder, unless the reader is told otherwise."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

from forecast.documents.faults import Faults
from forecast.documents.locate import Path as Key
from forecast.documents.toml import Source


def beside(source: Source, key: Key, name: str, faults: Faults, *, allow_outside: bool) -> Path | None:
    """Return the path of a file that a document names; None (and the fault noted) if it may not be read."""
    folder = source.path.parent
    path = folder / name
    if not name.strip() or "\x00" in name:
        faults.add(source.where(key), "is empty; name a file")
        return None
    if allow_outside:
        return path
    foreign = Path(name).is_absolute() or PureWindowsPath(name).anchor or PureWindowsPath(name).drive
    if foreign or name.startswith("~") or ".." in PureWindowsPath(name).parts:
        faults.add(source.where(key), f"is {name!r}; only files in the document's own folder are read")
        return None
    if not path.resolve().is_relative_to(folder.resolve()):
        faults.add(source.where(key), f"{name!r} leads out of the document's own folder; only files in it are read")
        return None
    return path
