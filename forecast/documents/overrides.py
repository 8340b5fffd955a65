"""What-if questions: ``key=value`` put into a document before it is checked."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forecast.documents.faults import Faults, hint
from forecast.documents.locate import Path
from forecast.documents.schema import Document, QuantityTable, is_list_at, table_at
from forecast.documents.toml import Source, exact

REMOVED = "none"


@dataclass(frozen=True, slots=True)
class Override:
    """``key=value`` as given; ``path`` is the part of the key that belongs to this document."""

    key: str
    path: str
    value: Any

    def within(self, prefix: str) -> Override | None:
        """Return the same override with ``prefix`` taken off its path; None if the path has another start."""
        return Override(self.key, self.path[len(prefix) :], self.value) if self.path.startswith(prefix) else None


class UnknownKey(Exception):
    """No key of the document is meant by a dotted path; the text says what is allowed there."""


def parse_overrides(given: Sequence[str], faults: Faults) -> list[Override]:
    """Return overrides from the command line: the value is TOML if it can be, else text; ``none`` takes a key out."""
    parsed = []
    for text in given:
        key, sign, written = text.partition("=")
        if not sign or not key.strip():
            faults.add(f"--set {text}", 'is no KEY=VALUE; write for example "tier.party lists.seats=69"')
        else:
            parsed.append(Override(key.strip(), key.strip(), _value(written.strip())))
    return parsed


def apply(overrides: Sequence[Override], schema: type[Document], source: Source, faults: Faults) -> None:
    """Put every override into a document that belongs to the caller."""
    for override in overrides:
        try:
            path = find(override.path, schema, source.tree)
            put(override, path, schema, source)
        except UnknownKey as fault:
            faults.add(f"--set {override.key}", str(fault))


def find(key: str, schema: type[Document], tree: Any) -> Path:
    """Return the path that a dotted key means: tiers go by name, and the longest name that fits is taken."""
    path: Path = ()
    rest = key
    while rest:
        if is_list_at(schema, tree, path):
            tables = _node(tree, path) or []
            names = [str(one.get("name", "")) if isinstance(one, dict) else "" for one in tables]
            name = _longest(rest, names)
            if name is None:
                raise UnknownKey(f"there is no {path[-1]} {rest.partition('.')[0]!r}" + hint(_stem(rest), names))
            path = (*path, names.index(name))
        else:
            table = table_at(schema, tree, path)
            if table is None:
                raise UnknownKey(f"unknown key {rest!r}; {_joined(key, rest)!r} has no keys of its own")
            names = list(table.model_fields)
            name = _longest(rest, names)
            if name is None:
                start = key[: len(key) - len(rest)]
                raise UnknownKey("unknown key" + hint(start + _stem(rest), [start + one for one in names]))
            path = (*path, name)
        rest = rest[len(name) + 1 :]
    return path


def put(override: Override, path: Path, schema: type[Document], source: Source) -> None:
    """Set or take out the value at a path, and remember which ``--set`` did."""
    node: Any = source.tree
    for part in path[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
        if not isinstance(node, dict | list):
            raise UnknownKey(f"{part!r} is no table in this document")
    last: Any = path[-1]
    value = override.value
    source.set_by[path] = override.key
    if isinstance(value, str) and value == REMOVED and isinstance(node, dict):
        node.pop(last, None)
        return
    quantity = table_at(schema, source.tree, path) is QuantityTable and not isinstance(value, dict)
    node[last] = {"value": value, "basis": "set"} if quantity else value
    if last == "value" and table_at(schema, source.tree, path[:-1]) is QuantityTable:
        node["basis"], node["note"] = "set", ""


def _value(written: str) -> Any:
    if written == REMOVED:
        return REMOVED
    try:
        parsed = tomllib.loads(f"value = {written}", parse_float=exact)
    except (ValueError, RecursionError):
        return written
    return parsed["value"] if set(parsed) == {"value"} else written


def _longest(rest: str, names: list[str]) -> str | None:
    fitting = [name for name in names if name and (rest == name or rest.startswith(name + "."))]
    return max(fitting, key=len, default=None)


def _stem(rest: str) -> str:
    return rest.partition(".")[0]


def _joined(key: str, rest: str) -> str:
    return key[: len(key) - len(rest) - 1]


def _node(tree: Any, path: Path) -> Any:
    for part in path:
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree
