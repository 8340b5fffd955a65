from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import forecast.documents

MODULES = [f"forecast.documents.{module.name}" for module in pkgutil.iter_modules(forecast.documents.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
