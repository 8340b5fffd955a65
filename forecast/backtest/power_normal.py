"""Closed forms of the cubic of a normal, ``w = (z + c z^3) / n`` with the n that gives it variance 1.

Fleishman (1978), "A method for simulating non-normal distributions", Psychometrika 43. For c >= 0 it is monotone, so
its distribution is that of z (``families.normal_score``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from forecast.voteshare.families import normal_score, power_variance

Floats = npt.NDArray[np.float64]


def log_score_of_power_normal(w: npt.ArrayLike, tail: npt.ArrayLike) -> Floats:
    """Return minus the log density of standardised values, less that of a normal at its mean.

    >>> round(float(log_score_of_power_normal(2.0, 0.0)), 4)
    2.0
    """
    c, z = np.asarray(tail, dtype=float), normal_score(w, tail)
    score: Floats = z**2 / 2 + np.log1p(3 * c * z**2) - np.log(power_variance(c)) / 2
    return score


def crps_of_power_normal(mean: npt.ArrayLike, sd: npt.ArrayLike, tail: npt.ArrayLike, outcome: npt.ArrayLike) -> Floats:
    """Return the continuous ranked probability score of ``mean + sd w``, in closed form; the sd is above 0.

    E|X - y| - E|X - X'| / 2: the partial means of z and z^3 are normal densities times 1 and times z^2 + 2, and the
    mean difference of the cubic's values is ``2 (1 + 5 c / 2) / (n sqrt(pi))``.

    >>> round(float(crps_of_power_normal(0.0, 1.0, 0.0, 0.0)), 5)
    0.23369
    """
    c, sd = np.asarray(tail, dtype=float), np.asarray(sd, dtype=float)
    n = np.sqrt(power_variance(c))
    w = (np.asarray(outcome, dtype=float) - mean) / sd
    z = normal_score(w, c)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    off = w * (2 * ndtr(z) - 1) + 2 / n * density * (1 + c * (z**2 + 2))
    score: Floats = sd * (off - (1 + 2.5 * c) / (n * np.sqrt(np.pi)))
    return score
