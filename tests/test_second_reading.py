"""The systems of ``configs/systems`` against a second reading of the same statutes, made without sight of the first.

``tests/law/second-reading`` holds that reading. Everything that decides seats must agree: tiers, thresholds, formulas,
ties, the rule of the second list, "against all", appointed seats. Articles, names, sources and the choices where the
law is silent are each reading's own.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from forecast.documents import read_system
from forecast.rules.system import SilentCases

READINGS = sorted((Path(__file__).parent / "law" / "second-reading").glob("*.toml"))
OWN_WORDS = {"law", "by"}


def what_decides(value: object) -> object:
    """Rules as plain values, without each reading's own words: articles, who appoints, choices in silent cases."""
    if isinstance(value, tuple):
        return [what_decides(item) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    kept = {
        name: what_decides(item)
        for name, item in fields.items()
        if name not in OWN_WORDS and not isinstance(item, SilentCases)
    }
    return {"is": type(value).__name__, **kept}


@pytest.mark.parametrize("path", READINGS, ids=lambda path: path.stem)
def test_both_readings_of_the_statute_agree(path: Path) -> None:
    first = read_system(path.stem).value
    second = read_system(path).value
    assert first.linkage == second.linkage
    assert what_decides(first.tiers) == what_decides(second.tiers)


def test_every_system_with_a_statute_was_read_twice() -> None:
    # The edition of 1999 was not found: that system rests on result pages, and there is nothing to read twice.
    systems = Path(__file__).parents[1] / "configs" / "systems"
    assert {path.stem for path in systems.glob("kazakhstan-*.toml")} - {path.stem for path in READINGS} <= {
        "kazakhstan-mazhilis-1999"
    }
