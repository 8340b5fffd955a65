"""``python -m benchmarks.elections DIR``: count real elections by the rule language and compare with their seats.

Every ``*.json`` of the folder is an election: tiers with votes, a ``method``, a threshold, and official seats. What was
official or computed by others is taken out before anything is counted, and only compared with afterwards; but for the
lists admitted where ``lists_complete`` is false. A tier linked to one that has seats and no votes cannot be counted so,
and is a miss; with ``--given-seats`` those seats are its input, and every use of them is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from benchmarks.election_cases import cases
from benchmarks.election_control import Control, control
from benchmarks.election_count import Result, nominal_reference, reference, result, totals
from benchmarks.election_kernel import kernel, nominal_kernel
from benchmarks.election_papers import with_joined_names

RESULT_FIELDS = {
    "formulas_that_match",
    "verified",
    "winner",
    "plurality_winner",
    "majority",
    "placement",
    "uncovered_winners",
    "overhang",
    "overhang_official",
    "overhang_parties",
    "minimum_seats",
    "total_before_free_overhang",
    "additional_mandates",
    "after_court_recount",
}


# What a document outside the language may run into: a miss, not the end of the certification.
UNCOUNTABLE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


def is_result(field: str) -> bool:
    """Return whether a field holds a result: nothing of it is read before the count.

    >>> [is_result(field) for field in ("official_seats", "first_scrutiny_computed", "votes", "winner")]
    [True, True, False, True]
    """
    return (
        field.startswith(("official_", "computed_", "smallest_"))
        or field.endswith("computed")
        or field in RESULT_FIELDS
    )


def without_results(node: Any) -> Any:
    """Return a document without its results."""
    if isinstance(node, dict):
        return {key: without_results(value) for key, value in node.items() if not is_result(str(key))}
    return [without_results(one) for one in node] if isinstance(node, list) else deepcopy(node)


def lists_taken_as_admitted(document: dict[str, Any]) -> dict[int, set[str]]:
    """Return the lists with seats of tiers whose lists are incomplete: their admission cannot be tested."""
    found: dict[int, set[str]] = {}
    for number, tier in enumerate(document["tiers"]):
        if tier.get("lists_complete") is False:
            found[number] = {name for name, seats in (tier.get("official_seats") or {}).items() if seats}
    return found


def seats_of_tiers_without_votes(document: dict[str, Any]) -> dict[int, dict[str, int]]:
    """Return the seats of tiers that are not tested, for lack of votes: what a tier linked to them is given."""
    return {
        number: dict(tier["official_seats"])
        for number, tier in enumerate(document["tiers"])
        if not tier.get("testable") and not tier.get("districts") and tier.get("official_seats")
    }


def differences(tier: dict[str, Any], found: Result, view: str) -> list[str]:
    """Return where a count and the official seats differ, a line each; nothing if they are equal."""
    rows = {"own": found.own, "with districts": found.linked, "winners": found.districts}[view]
    counted = totals(rows)
    lines = []
    official = {name: seats for name, seats in (tier.get("official_seats") or {}).items() if seats}
    partial = (tier.get("official_seats_partial") and found.winners) or tier.get("districts_missing")
    compared = [row for row in tier.get("districts") or [] if any(is_result(field) and row[field] for field in row)]
    compared += [field for field in ("official_land_seats", "uncovered_winners", "placement") if tier.get(field)]
    if not compared and (not official or partial):
        return ["nothing official to compare with"]
    if official and not partial:
        lines += _rows_differ("total", official, counted)
    for land in sorted({land for _, land, _ in tier.get("official_land_seats") or []}):
        due = {party: seats for party, place, seats in tier["official_land_seats"] if place == land and seats}
        lines += _rows_differ(land, due, totals({land: found.linked.get(land, {})}))
    for name, row in zip(found.winners or rows, tier.get("districts") or [], strict=False):
        lines += _district_differs(name, row, found, rows)
    for field, pairs in (("uncovered_winners", found.uncovered), ("placement", found.placement)):
        due_pairs = tier.get(field)
        if due_pairs and isinstance(due_pairs[0], list) and sorted(map(tuple, due_pairs)) != sorted(pairs):
            lines.append(f"{field}: {sorted(set(map(tuple, due_pairs)) ^ set(pairs))}")
    return lines


def _district_differs(name: str, row: dict[str, Any], found: Result, rows: dict[str, dict[str, int]]) -> list[str]:
    winner = row.get("official_winner") or row.get("winner")
    mine = found.winners.get(name)
    if winner and found.winners and mine != winner:
        return [f"{name}: {mine} (official {winner})"]
    for field, table in (
        ("official_seats", rows),
        ("official_seats_total", found.linked),
        ("official_total", found.linked),
    ):
        if isinstance(row.get(field), dict) and name in table:
            due = {party: seats for party, seats in row[field].items() if seats}
            return _rows_differ(name, due, totals({name: table[name]}))
    return []


def _rows_differ(where: str, official: dict[str, int], counted: dict[str, int]) -> list[str]:
    """Return the parties whose seats differ; ``A/B`` in an official row is both together."""
    mine = dict(counted)
    for name in official:
        parts = name.split("/")
        if name not in mine and len(parts) > 1:
            mine[name] = sum(mine.pop(part, 0) for part in parts)
    wrong = {
        name: (mine.get(name, 0), official.get(name, 0))
        for name in [*official, *mine]
        if mine.get(name, 0) != official.get(name, 0)
    }
    if not wrong:
        return []
    return [where + ": " + ", ".join(f"{name} {have} (official {due})" for name, (have, due) in wrong.items())]


class Tally:
    """What was counted, by type of election."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.elections: dict[str, int] = {}
        self.testable: dict[str, int] = {}
        self.reference: dict[str, int] = {}
        self.both: dict[str, int] = {}
        self.misses: list[str] = []
        self.given: list[str] = []
        self.control = Control()

    def add(self, document: dict[str, Any], given: bool) -> None:
        """Count one election and compare it."""
        kind = str(document.get("type") or "unknown")
        self.elections[kind] = self.elections.get(kind, 0) + 1
        bare = without_results(document)
        mapped = cases(bare, lists_taken_as_admitted(document), seats_of_tiers_without_votes(document) if given else {})
        for number, tier in enumerate(document["tiers"]):
            if not tier.get("testable"):
                continue
            self.testable[kind] = self.testable.get(kind, 0) + 1
            where = f"{document.get('id')}, {tier['name']}"
            todo = mapped[number]
            if isinstance(todo, str):
                self.misses.append(f"{where}: cannot be counted: {todo}")
                continue
            try:
                found = result(todo, reference, nominal_reference)
            except UNCOUNTABLE as fault:
                self.misses.append(f"{where}: the reference stops: {fault!r}")
                continue
            wrong = differences(tier, found, todo[-1].view)
            self.given += [f"{where}: the seats of {one.name!r}, which has no votes" for one in todo if one.is_input]
            self.reference[kind] = self.reference.get(kind, 0) + (not wrong)
            try:
                again = result(todo, kernel, nominal_kernel)
            except (NotImplementedError, *UNCOUNTABLE) as fault:
                self.misses.append(f"{where}: the kernel cannot count it: {fault}")
                again = None
            if again is not None and not again.equals(found):
                self.misses.append(
                    f"{where}: the kernel differs: {totals(again.own)}, the reference {totals(found.own)}"
                )
                again = None
            self.both[kind] = self.both.get(kind, 0) + (not wrong and again is not None)
            self.misses += [f"{where}: {line}" for line in wrong]
            self.control.add(where, control(tier, todo, differences))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a type, every miss, the negative control, and how many tiers were reproduced."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.elections", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of election documents (*.json)")
    parser.add_argument(
        "--given-seats",
        action="store_true",
        help="take the official seats of an untested tier without votes as an input of tiers linked to it, and print each use",
    )
    options = parser.parse_args(arguments)
    files = sorted(options.folder.glob("*.json"))
    if not files:
        print(f"{options.folder}: no *.json in it; give a folder of election documents", file=sys.stderr)
        return 2
    tally = Tally()
    for path in files:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            tiers = document["tiers"]
        except (OSError, ValueError, KeyError, TypeError) as fault:
            print(f"{path}: is no election document ({fault!r}); it needs a list 'tiers'", file=sys.stderr)
            return 3
        if isinstance(tiers, list):
            tally.add(with_joined_names({"id": path.stem, **document}), options.given_seats)
    print(f"{'type':<34}{'elections':>10}{'testable':>10}{'reference':>11}{'and kernel':>12}")
    for kind in sorted(tally.elections):
        row = (
            tally.elections[kind],
            tally.testable.get(kind, 0),
            tally.reference.get(kind, 0),
            tally.both.get(kind, 0),
        )
        print(f"{kind:<34}{row[0]:>10}{row[1]:>10}{row[2]:>11}{row[3]:>12}")
    for given in tally.given:
        print(f"given: {given}")
    for miss in tally.misses:
        print(f"miss: {miss}")
    for line in tally.control.lines():
        print(line)
    print(f"{sum(tally.both.values())} of {sum(tally.testable.values())} testable tiers reproduced")
    return 0


if __name__ == "__main__":
    sys.exit(main())
