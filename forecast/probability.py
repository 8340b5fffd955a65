"""A probability from simulation, and how far luck may have moved it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10, sqrt
from statistics import stdev


@dataclass(frozen=True, slots=True)
class Probability:
    """A probability from simulation: ``count`` of ``draws``; ``certain`` where the model leaves nothing to chance.

    ``replicates`` are the same probability by each of several independent randomisations, where draws are not
    independent of each other: then it is their mean, and their spread is its error.

    >>> p = Probability(970, 1000)
    >>> p.value, round(p.mcse, 4)
    (0.97, 0.0054)
    >>> print(p)
    97.0 % (standard error 0.54 points)
    """

    count: int
    draws: int
    certain: bool = False
    replicates: tuple[float, ...] = ()

    @property
    def value(self) -> float:
        """The relative frequency."""
        return sum(self.replicates) / len(self.replicates) if self.replicates else self.count / self.draws

    @property
    def mcse(self) -> float:
        """Monte Carlo standard error, from the Jeffreys mean (count + 1/2) / (draws + 1), so that it is 0 only if certain.

        Of randomisations: from their spread, where they differ at all.
        """
        if self.certain:
            return 0.0
        if (error := self._error_of_replicates) > 0:
            return error
        p = (self.count + 0.5) / (self.draws + 1)
        return sqrt(p * (1 - p) / self.draws)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of Student's t over randomisations, where there are such; else the Jeffreys interval."""
        from scipy.special import stdtrit

        if (error := self._error_of_replicates) > 0:
            half = float(stdtrit(len(self.replicates) - 1, (1 + level) / 2)) * error
            return max(self.value - half, 0.0), min(self.value + half, 1.0)
        return self.jeffreys(level)

    @property
    def _error_of_replicates(self) -> float:
        """Standard error of the mean of the randomisations; 0 where there are none or all are equal."""
        return stdev(self.replicates) / sqrt(len(self.replicates)) if len(self.replicates) > 1 else 0.0

    def jeffreys(self, level: float = 0.95) -> tuple[float, float]:
        """Return the Jeffreys interval (Brown, Cai and DasGupta 2001, eq. 11)."""
        from scipy.special import betaincinv

        tail = (1 - level) / 2
        a, b = self.count + 0.5, self.draws - self.count + 0.5
        low = 0.0 if self.count == 0 else float(betaincinv(a, b, tail))
        high = 1.0 if self.count == self.draws else float(betaincinv(a, b, 1 - tail))
        return low, high

    def __str__(self) -> str:
        """Return it as a percentage with its Monte Carlo error; never 0 % or 100 % from simulation."""
        return bounded(self) if self.certain else f"{bounded(self)} (standard error {100 * self.mcse:.2g} points)"


def bounded(chance: Probability) -> str:
    """Return a probability as a percentage with no more digits than its Monte Carlo error allows; never 0 % or 100 %.

    >>> bounded(Probability(970, 1000)), bounded(Probability(970_000, 1_000_000))
    ('97.0 %', '97.00 %')
    >>> bounded(Probability(0, 1000)), bounded(Probability(1_000_000, 1_000_000))
    ('<0.3 %', '>99.9997 %')
    """
    percent = 100 * chance.value
    if chance.certain:
        return f"{percent:.0f} %"
    low, high = (100 * end for end in chance.jeffreys())
    if chance.count == 0:
        scale = 10.0 ** -floor(log10(high))
        return f"<{ceil(high * scale) / scale:g} %"
    if chance.count == chance.draws:
        digits = _digits(100 - low)
        return f">{floor(low * 10**digits) / 10**digits:.{digits}f} %"
    return f"{percent:.{_digits(100 * chance.mcse)}f} %"


def interval_text(chance: Probability) -> str:
    """Return the 95 % interval of a probability in per cent, with the digits of its Monte Carlo error.

    >>> interval_text(Probability(970, 1000))
    '95.8 to 97.9 %'
    """
    low, high = (100 * end for end in chance.interval())
    digits = _digits(100 * chance.mcse)
    return f"{low:.{digits}f} to {high:.{digits}f} %"


def _digits(error: float) -> int:
    """Return the decimals of which the first non-zero one of an error is the last."""
    return max(0, -floor(log10(error)))
