"""What the schemas of all documents share: strictness, exact numbers, quantities, and a walk along a dotted path."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator

from forecast.documents.locate import Path
from forecast.documents.names import clean, name_fault

_TAGS = ("kind", "centre")


class Document(BaseModel):
    """A table of a document: unknown keys are errors, nothing is coerced, nothing changes afterwards."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


def rational(value: Any) -> Fraction:
    """Return a number of a document as an exact fraction; text and true/false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise ValueError(f"is {described(value)}; a number is needed" + _unquoted(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is not a finite number; write a number")
    return Fraction(value)


def real(value: Any) -> float:
    """Return a number of a document as a float."""
    return float(rational(value))


def within(
    low: int, high: int | None = None, *, low_open: bool = False, high_open: bool = False, most_denominator: int = 0
) -> Callable[[Any], Any]:
    """Return the check that a number (or a quantity's value) lies in an interval."""
    allowed = f"{'more than' if low_open else 'at least'} {low}"
    if high is not None:
        allowed += f" and {'below' if high_open else 'at most'} {high}"

    def check(given: Any) -> Any:
        value = given.value if isinstance(given, QuantityTable) else given
        below = value <= low if low_open else value < low
        above = high is not None and (value >= high if high_open else value > high)
        if below or above:
            percent = " (a share is a fraction of 1: 5 % is 0.05)" if high == 1 and 1 <= value <= 100 else ""
            written = value if isinstance(value, int) else f"{float(value):.12g}"
            raise ValueError(f"is {written}; {allowed} is allowed{percent}")
        if most_denominator and Fraction(value).denominator > most_denominator:
            raise ValueError(f"is {value}; at most six decimals (a denominator up to {most_denominator:,}) are counted")
        return given

    return check


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is {described(value)}; text in quotes is needed")
    fault = name_fault(clean(value))
    if fault is not None:
        raise ValueError(fault)
    return clean(value)


Name: TypeAlias = Annotated[str, PlainValidator(_name)]
LanguageCode: TypeAlias = Literal["en", "kk", "ru"]  # the languages of reports
Titles: TypeAlias = dict[LanguageCode, Name]  # what a report in a language calls the document, instead of its name
Exact: TypeAlias = Annotated[Fraction, PlainValidator(rational)]
Real: TypeAlias = Annotated[float, PlainValidator(real)]


class QuantityTable(Document):
    """A number and what it stands on."""

    value: Real
    basis: Literal["sourced", "derived", "learned", "assumed", "set"]
    note: str = ""


Positive: TypeAlias = Annotated[QuantityTable, AfterValidator(within(0, low_open=True))]
Spread: TypeAlias = Annotated[QuantityTable, AfterValidator(within(0, 1000))]


def described(value: Any) -> str:
    """Return what a TOML value is, in words.

    >>> described("98"), described(True), described(Fraction(197, 2)), described([])
    ("text '98'", 'true', 'the number 98.5', 'an array')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"text {value[:40]!r}"
    if isinstance(value, int | float | Fraction):
        return f"the number {float(value):.15g}"
    if isinstance(value, dict):
        return "a table"
    return "an array" if isinstance(value, list) else f"{value}"


def _unquoted(value: Any) -> str:
    if isinstance(value, str) and value.strip().replace(".", "", 1).isdigit():
        return f" (write {value.strip()} without quotes)"
    if isinstance(value, str) and value.strip().replace(",", "", 1).isdigit():
        return f" (write {value.strip().replace(',', '.')}, with a point and without quotes)"
    return ""


def table_at(schema: type[Document], tree: Any, path: Path) -> type[Document] | None:
    """Return the schema of the table at a path of a tree; None if no table belongs there."""
    found: type[Document] | None = schema
    candidates: list[type[Document]] = []
    for part in path:
        if isinstance(part, int):
            tree = tree[part] if isinstance(tree, list) and part < len(tree) else None
        else:
            if found is None or part not in found.model_fields:
                return None
            annotation = found.model_fields[part].annotation
            candidates = list(_tables(annotation))
            tree = tree.get(part) if isinstance(tree, dict) else None
            if _is_list(annotation):
                found = None
                continue
        found = _tagged(candidates, tree)
    return found


def is_list_at(schema: type[Document], tree: Any, path: Path) -> bool:
    """Return whether an array of tables belongs at a path."""
    owner = table_at(schema, tree, path[:-1]) if path and isinstance(path[-1], str) else None
    if owner is None or str(path[-1]) not in owner.model_fields:
        return False
    annotation = owner.model_fields[str(path[-1])].annotation
    return _is_list(annotation) and any(_tables(annotation))


def tag_of(node: Any) -> Any:
    """Return the value by which a table says which kind of table it is; None if it has none."""
    return next((node[tag] for tag in _TAGS if tag in node), None) if isinstance(node, dict) else None


def _tagged(candidates: list[type[Document]], node: Any) -> type[Document] | None:
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    for one in candidates:
        for tag in _TAGS:
            if tag in one.model_fields and tag_of(node) in get_args(one.model_fields[tag].annotation):
                return one
    return None


def _tables(annotation: Any) -> Iterator[type[Document]]:
    if isinstance(annotation, type) and issubclass(annotation, Document):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _tables(part)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(part) is list for part in get_args(annotation))
