"""A document that was read, checked and frozen; and the digest that names what it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from forecast.rules.persons import Person

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read: SHA-256 of its bytes, and its rows if it is a table (None for a document)."""

    sha256: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T]):
    """A value, and the document it came from with every default and override filled in.

    Parameters
    ----------
    value
        The frozen value.
    id
        Stem of the file, or name of the model's folder.
    document
        The resolved document, ready for JSON: exact fractions as text (``1/20``), dates as ISO text.
    inputs
        Every file read, by name.
    warnings
        What a reader should know, a line each.
    people
        The people on the lists of a model that names them.
    """

    value: T
    id: str
    path: Path
    document: dict[str, Any]
    inputs: dict[str, Input] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()


def spoken(document: Any, *silent: str) -> dict[str, Any]:
    """Return a document in plain types, without those of the named keys that say nothing: a digest names what it says."""
    resolved: dict[str, Any] = plain(document)
    return {key: value for key, value in resolved.items() if value or key not in silent}


def plain(value: Any) -> Any:
    """Return a document, or a value in it, as JSON has it.

    >>> plain({"share": Fraction(1, 20), "in_force": date(2023, 1, 1)})
    {'share': '1/20', 'in_force': '2023-01-01'}
    """
    if isinstance(value, BaseModel):
        return {key: plain(one) for key, one in value}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Fraction):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def digest_of(
    resolved: Resolved[Any],
    *,
    seed: int | None = None,
    draws: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> str:
    """Return the SHA-256 of what a document says: its resolved form and its tables, never paths or comments.

    Parameters
    ----------
    seed, draws
        What a run uses in place of the document's.
    extra
        Whatever else makes two runs differ, such as the version of the random stream.
    """
    document = dict(resolved.document)
    document |= {name: number for name, number in (("seed", seed), ("draws", draws)) if number is not None}
    tables = sorted(
        (name.rpartition("/")[2], one.sha256) for name, one in resolved.inputs.items() if one.rows is not None
    )
    content = {"document": document, "tables": tables, "extra": dict(extra or {})}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
