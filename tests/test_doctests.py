from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import forecast.rules

MODULES = [f"forecast.rules.{module.name}" for module in pkgutil.iter_modules(forecast.rules.__path__)]


@pytest.mark.parametrize(
    "name", [*MODULES, "forecast", "forecast.cli.count", "forecast.kernel.replay", "forecast.probability"]
)
def test_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_formulas_have_examples() -> None:
    assert doctest.testmod(importlib.import_module("forecast.rules.formulas")).attempted >= 6
