"""Check a document against its schema, and put every fault into words."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import ValidationError

from forecast.documents.faults import Faults, hint, nearest
from forecast.documents.locate import Path
from forecast.documents.schema import Document, described, table_at, tag_of
from forecast.documents.toml import Source, note_bad_numbers

D = TypeVar("D", bound=Document)

_TYPES = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "an array [...]",
    "model_type": "a table {...}",
    "model_attributes_type": "a table {...}",
    "dict_type": "a table {...}",
    "date_type": "a date such as 2023-03-19, without quotes and without a time,",
    "date_from_datetime_inexact": "a date such as 2023-03-19, without a time,",
    "bool_type": "true or false",
}
_QUANTITY = 'a quantity is written {value = 0.25, basis = "assumed", note = "why"}'


def validated(schema: type[D], source: Source, faults: Faults) -> D | None:
    """Return the checked document; None (and its faults noted) if it is not valid."""
    noted = note_bad_numbers(source, faults)
    try:
        document = schema.model_validate(source.tree)
    except ValidationError as error:
        found = [(_path(source.tree, item["loc"]), item) for item in error.errors(include_url=False)]
        meant = {_meant(schema, source.tree, path) for path, item in found if item["type"] == "extra_forbidden"}
        for path, item in found:
            if any(path[: len(bad)] == bad for bad in noted) or (item["type"] == "missing" and path in meant):
                continue
            path, wrong = _worded(schema, source.tree, path, item)
            faults.add(source.where(path), wrong)
        return None
    return None if noted else document


def _path(tree: Any, location: tuple[str | int, ...]) -> Path:
    """Return an error's location as a path in the tree: pydantic puts in the tag of the table it chose."""
    path: Path = ()
    entered = False
    for part in location:
        if not entered and isinstance(tree, dict) and path and part == tag_of(tree):
            entered = True
            continue
        path, entered = (*path, part), False
        if isinstance(tree, dict):
            tree = tree.get(str(part))
        elif isinstance(tree, list) and isinstance(part, int):
            tree = tree[part]
        else:
            tree = None
    return path


def _meant(schema: type[Document], tree: Any, path: Path) -> Path:
    """Return the path that an unknown key most likely stands for."""
    return (*path[:-1], nearest(str(path[-1]), _allowed(schema, tree, path[:-1])) or "")


def _allowed(schema: type[Document], tree: Any, path: Path) -> list[str]:
    table = table_at(schema, tree, path)
    return list(table.model_fields) if table is not None else []


def _worded(schema: type[Document], tree: Any, path: Path, item: Any) -> tuple[Path, str]:
    kind, given, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "missing":
        return path, "is missing; this key is required"
    if kind == "extra_forbidden":
        return path, "unknown key" + hint(str(path[-1]), _allowed(schema, tree, path[:-1]))
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        tag = context["discriminator"].strip("'")
        allowed = _names(context.get("expected_tags", "")) or _tags_at(schema, path)
        if kind == "union_tag_not_found":
            return (*path, tag), "is missing; this key is required" + hint("", allowed)
        return (*path, tag), f"is {context['tag']!r}" + hint(str(context["tag"]), allowed)
    if kind == "literal_error":
        allowed = _names(context["expected"]) or [context["expected"]]
        return path, f"is {described(given)}" + hint(str(given), allowed)
    if kind == "value_error":
        return path, str(context["error"])
    if kind == "too_short":
        return path, f"is empty; at least {context['min_length']} is needed"
    if kind == "model_type" and table_at(schema, tree, path) is not None and not isinstance(given, str | list):
        return path, f"is {described(given)}; {_quantity_or_table(schema, tree, path)}"
    needed = _TYPES.get(kind)
    if needed is not None:
        bare = given.strip() if isinstance(given, str) else ""
        unquoted = f" (write {bare} without quotes)" if "number" in needed and bare.isdigit() else ""
        return path, f"is {described(given)}; {needed} is needed{unquoted}"
    return path, f"{item['msg'][:1].lower()}{item['msg'][1:]}"


def _quantity_or_table(schema: type[Document], tree: Any, path: Path) -> str:
    table = table_at(schema, tree, path)
    if table is not None and set(table.model_fields) == {"value", "basis", "note"}:
        return _QUANTITY
    return "a table {...} is needed"


def _tags_at(schema: type[Document], path: Path) -> list[str]:
    return (
        ["list", "nominal"] if path[:1] == ("tier",) else ["polls", "result", "draws"] if path[:1] == ("votes",) else []
    )


def _names(expected: str) -> list[str]:
    return re.findall(r"'((?:[^'\\]|\\.)*)'", expected)
