"""Election forecasts under exact law.

A model is the voters, a system is the law, a forecast is a model put through a system.

>>> import forecast
>>> result = forecast.run("kazakhstan-2023", draws=2_000)
>>> result.seats["Amanat"]
Amanat: median 73 seats, 80 % interval 61 to 84, mean 73.0
>>> chance = result.probability("seats('Amanat') >= 66")
>>> 0.7 < chance.value < 0.9, chance.mcse < 0.01
(True, True)
>>> int(result.parties.loc["Amanat", "median"])
73
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecast.notebook import Result

__version__ = "0.1.0"
__all__ = ["load", "run"]


def run(
    name: str | Path,
    *,
    draws: int | None = None,
    seed: int | None = None,
    systems: Sequence[str] = (),
    overrides: Sequence[str] = (),
    out: str | Path | None = None,
    threads: int | None = None,
) -> Result:
    """Run a forecast and return what comes out; every draw is stored, so that any event can be asked for.

    Parameters
    ----------
    name
        A forecast's name (``forecast list`` shows them) or the path of its document.
    draws, seed, systems
        In place of the document's own.
    overrides
        ``key=value``, as ``--set`` takes them: ``"model.turnout.electorate=12000000"``.
    out
        Folder to keep the run in; a finished one that is there already is read, not computed again. None: the run
        lives as long as the result.
    threads
        Threads to use; the result does not depend on them. None: one a core.

    Raises
    ------
    forecast.errors.ForecastError
        What is wrong with the documents or the place, in words.
    """
    from forecast.execution import Order
    from forecast.notebook import computed

    changed = [f"{key}={value}" for key, value in (("draws", draws), ("seed", seed)) if value is not None]
    place = None if out is None else Path(out)
    return computed(Order(name, (*overrides, *changed), tuple(systems), keep=None, threads=threads, out=place))


def load(folder: str | Path) -> Result:
    """Return the result of a finished run from its folder; its documents must still be those of the run."""
    from forecast.notebook import loaded

    return loaded(Path(folder))
