"""Families of vote distributions: their parameters, how they are fitted to moments, and a plain NumPy sampler.

The sampler is the slow twin of the kernel: the same distribution written for the eye, used by tests and benchmarks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_NODES = 4096
_SKEWED = 2.0  # sd / mean from which the nodes are too few for the tail, and the log-normal's own scale is taken
_WIDEST = 20.0  # scale and step on the log axis; wider shares are all or nothing already
_LEAST_TAIL = 1e-6  # at which the cubic is a normal to the last digit that counts
_DECIMALS = 6  # parameters are rounded, so that a last bit of a machine's exp() does not change a forecast


def gumbel_noise(uniform: Floats) -> Floats:
    """Return Gumbel numbers of mean 0 and standard deviation 1 from uniforms in (0, 1), of the same shape.

    Gumbel (1958), "Statistics of Extremes". The right tail is heavier than a normal's: beyond 4 standard deviations
    lies 1 of 300, not 1 of 32,000.

    >>> [float(round(x, 3)) for x in gumbel_noise(np.array([0.01, 0.5, 0.99]))]
    [-1.641, -0.164, 3.137]
    """
    noise: Floats = (-np.log(-np.log(uniform)) - np.euler_gamma) * np.sqrt(6) / np.pi
    return noise


def power_normal(normals: Floats, tail: float) -> Floats:
    """Return ``z + tail z^3`` of standard normals z, whose variance is ``power_variance(tail)``."""
    return normals + tail * normals**3


def power_variance(tail: npt.ArrayLike) -> Floats:
    """Return the variance of ``z + tail z^3``.

    >>> float(power_variance(0.1))
    1.75
    """
    c = np.asarray(tail, dtype=float)
    variance: Floats = 1 + 6 * c + 15 * c**2
    return variance


def normal_score(w: npt.ArrayLike, tail: npt.ArrayLike) -> Floats:
    """Return the z of values w that were divided by their sd: the real root of the cubic (Cardano).

    >>> round(float(normal_score((2 + 0.1 * 2**3) / 1.75**0.5, 0.1)), 9)
    2.0
    """
    c = np.maximum(np.asarray(tail, dtype=float), _LEAST_TAIL)
    reach = np.sqrt(3 * c)
    raw = np.asarray(w, dtype=float) * np.sqrt(power_variance(c))
    z: Floats = 2 / reach * np.sinh(np.arcsinh(1.5 * reach * raw) / 3)
    return z


@dataclass(frozen=True, slots=True, eq=False)
class LogisticNormal:
    """Shares proportional to ``exp(location + scale @ w)`` with ``w = z + tail z^3`` and independent standard normals z.

    Aitchison and Shen (1980), "Logistic-normal distributions: some properties and uses", Biometrika 67; the cubic that
    makes tails heavier is the power method of Fleishman (1978), "A method for simulating non-normal distributions",
    Psychometrika 43. ``location[option]``; ``scale[option, option]`` is lower triangular; ``tail`` is at least 0.
    """

    location: Floats
    scale: Floats
    tail: float = 0.0

    def utilities(self, normals: Floats) -> Floats:
        """Return utilities ``[draw, option]``, log shares but for a constant, from standard normals of that shape."""
        drawn: Floats = self.location + power_normal(normals, self.tail) @ self.scale.T
        return drawn

    def shares(self, normals: Floats) -> Floats:
        """Return shares ``[draw, option]`` from standard normals ``[draw, option]``."""
        return _closed(self.utilities(normals))

    def sample(self, draws: int, rng: np.random.Generator) -> Floats:
        """Return ``draws`` random share vectors ``[draw, option]``."""
        return self.shares(rng.standard_normal((draws, len(self.location))))


def normal_nodes(dimensions: int, nodes: int = _NODES) -> Floats:
    """Return an even spread of standard normals ``[node, dimension]``, the same on every call.

    A Kronecker sequence (Roberts 2018: powers of the generalised golden ratio), paired with its mirror image, so
    that odd moments are exact.
    """
    from scipy.special import ndtri  # not where a fit is remembered

    ratio = 2.0
    for _ in range(64):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    steps = (1 / ratio) ** np.arange(1, dimensions + 1)
    points = (0.5 + np.outer(np.arange(1, nodes // 2 + 1), steps)) % 1.0
    half = ndtri(np.clip(points, 1e-9, 1 - 1e-9))
    return np.asfortranarray(np.concatenate([half, -half]))  # sums and maxima over either axis run along the nodes


def logistic_normal_with(mean: Floats, sd: Floats, tail: float = 0.0) -> LogisticNormal:
    """Return the logistic-normal whose shares have these means and standard deviations, with tails of this weight.

    Utilities are independent; the closure makes the shares' correlations negative. With ``sd = c sqrt(p (1 - p))``
    and small c, ``scale = c / sqrt(p)`` is exact, and the correlations are those of the multinomial; from there the
    moments are matched by fixed-point iteration over ``normal_nodes``. An sd of 0 keeps its option's utility fixed.
    A share that spreads over many times its mean is close to log-normal, and has that scale; an sd that no share can
    have is drawn as wide as they can.

    >>> family = logistic_normal_with(np.array([0.6, 0.3, 0.1]), np.array([0.05, 0.04, 0.03]))
    >>> shares = family.shares(normal_nodes(3))
    >>> [float(round(x, 3)) for x in shares.mean(axis=0)], [float(round(x, 3)) for x in shares.std(axis=0)]
    ([0.6, 0.3, 0.1], [0.05, 0.04, 0.03])
    """
    location = np.log(mean)
    relative = np.divide(sd, np.sqrt(mean * (1 - mean)) * np.sqrt(mean), out=np.zeros_like(mean), where=sd > 0)
    skewed = relative > _SKEWED
    scale = np.where(skewed, np.sqrt(np.log1p(relative**2)), relative)
    even = normal_nodes(len(mean))
    cubic = power_normal(even, tail)
    nodes = cubic / (cubic.std(axis=0) / even.std(axis=0))  # few nodes lie in heavy tails: each column has its own sd
    for _ in range(300):
        shares = _closed(location + nodes * scale)
        now_mean = shares.mean(axis=0)
        now_sd = shares.std(axis=0, mean=now_mean[None, :])
        off = max(np.abs(now_mean / mean - 1).max(), np.abs(now_sd - sd).max())
        if off < 1e-7:
            break
        location = location + np.clip(np.log(mean / np.maximum(now_mean, 1e-300)), -_WIDEST, _WIDEST)
        step = np.where(now_sd > 0, np.clip(sd / np.maximum(now_sd, 1e-12), 0.5, 2.0), 1.0) ** 0.5
        scale = np.minimum(np.where(skewed, scale, scale * step), _WIDEST)
    location = location - (location * mean).sum()
    own = np.diag(np.round(scale / np.sqrt(power_variance(tail)), _DECIMALS))
    return LogisticNormal(np.round(location, _DECIMALS), own, tail)


def _closed(utility: Floats) -> Floats:
    """Return shares ``[draw, option]`` in proportion to the exponentials of utilities."""
    shares: Floats = utility - utility.max(axis=1, keepdims=True)
    np.exp(shares, out=shares)  # in place: new memory for every step would take as long as the arithmetic
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
