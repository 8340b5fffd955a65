"""The only reader of TOML and CSV: parse, check, resolve, freeze. All faults of a document come at once."""

from __future__ import annotations

from forecast.documents.system import read_system

__all__ = ["read_system"]
