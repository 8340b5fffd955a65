"""The only reader of TOML and CSV: parse, check, resolve, freeze. All faults of a document come at once."""

from __future__ import annotations

from forecast.documents.batch import BatchSpec, Setting, read_batch
from forecast.documents.catalogue import kinds_of, title_of
from forecast.documents.model import read_model
from forecast.documents.resolved import Input, Resolved, digest_of
from forecast.documents.spec import ForecastSpec, read_forecast
from forecast.documents.system import read_system
from forecast.documents.votes import Persons, lots_from_seed, read_lots, read_persons, read_votes, vote_warnings

__all__ = [
    "BatchSpec",
    "ForecastSpec",
    "Input",
    "Persons",
    "Resolved",
    "Setting",
    "digest_of",
    "kinds_of",
    "lots_from_seed",
    "read_batch",
    "read_forecast",
    "read_lots",
    "read_model",
    "read_persons",
    "read_system",
    "read_votes",
    "title_of",
    "vote_warnings",
]
