"""Where documents live: the user's folder first, then those shipped in a wheel or lying in a checkout."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args

from forecast.errors import DocumentError, EnvironmentTrouble

Kind = Literal["systems", "models", "forecasts", "batches"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MODEL_FILE = "model.toml"
ACTUAL_FILE = "actual.csv"

_PACKAGE = Path(__file__).resolve().parent


def home() -> Path:
    """Return the folder that holds ``models/`` and ``configs/``: packaged documents first, else the checkout."""
    shipped = _PACKAGE / "shipped"
    if shipped.is_dir():
        return shipped
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        return _PACKAGE.parent
    raise EnvironmentTrouble(f"{shipped}: the shipped documents are missing; install seatcast again")


def user_home() -> Path:
    """Return the user's own folder of documents: ``FORECAST_HOME``, else the platform's place for settings."""
    if own := os.environ.get("FORECAST_HOME"):
        return Path(own)
    from platformdirs import user_config_dir

    return Path(user_config_dir("seatcast"))


def find(kind: Kind, name: str | Path) -> Path:
    """Return the path of a document; a model's is that of its ``model.toml``, a folder's forecast has the folder's name.

    A bare name is looked up in the user's folder, then in ``home()``; anything with a slash or a suffix is a path.

    Raises
    ------
    DocumentError
        No document has this name; the text lists those there are.
    """
    if isinstance(name, Path) or not is_bare(name):
        path = Path(name)
        if path.is_dir() and kind in ("models", "forecasts"):
            return path / (MODEL_FILE if kind == "models" else f"{path.resolve().name}.toml")
        return path
    for root in (user_home(), home()):
        path = _place(root, kind, name)
        if path.is_file():
            return path
    known = names(kind)
    near = get_close_matches(name, known, 1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    there = f"; there are: {', '.join(known)}" if known else f"; there are no {kind} yet"
    if kind in ("models", "forecasts") and Path(name).is_dir():
        meant = f"; the folder that is here is {name}/, with the slash"
    raise DocumentError(f"{name!r}: no {kind.removesuffix('s').replace('batche', 'batch')} has this name{there}{meant}")


def names(kind: Kind) -> list[str]:
    """Return the bare names of all documents of a kind."""
    return sorted(paths(kind))


def paths(kind: Kind) -> dict[str, Path]:
    """Return the documents of a kind by name; the user's own come before shipped ones of the same name."""
    found: dict[str, Path] = {}
    for root in (home(), user_home()):
        folder = _folder(root, kind)
        if not folder.is_dir():
            continue
        if kind == "models":
            found |= {path.parent.name: path for path in sorted(folder.glob(f"*/{MODEL_FILE}"))}
        else:
            found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return found


def actual(name: str) -> Path | None:
    """Return the known result in the folder of this name among the models, the user's own first; None if there is none."""
    places = (_folder(root, "models") / name / ACTUAL_FILE for root in (user_home(), home()))
    return next((path for path in places if path.is_file()), None)


def is_bare(name: str) -> bool:
    """Return whether a name is to be looked up, and no path: it has neither a slash nor a suffix."""
    separators = {"/", os.sep, os.altsep or "/"}
    return (
        bool(name)
        and name not in ("-", ".", "..")
        and not any(sign in name for sign in separators)
        and not Path(name).suffix
    )


def _folder(root: Path, kind: Kind) -> Path:
    return root / "models" if kind == "models" else root / "configs" / kind


def _place(root: Path, kind: Kind, name: str) -> Path:
    folder = _folder(root, kind)
    return folder / name / MODEL_FILE if kind == "models" else folder / f"{name}.toml"
