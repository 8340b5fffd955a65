"""A posterior of somebody's own: rows of vote shares, and the logistic-normal that lies closest to them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.voteshare.families import LogisticNormal

Floats = npt.NDArray[np.float64]

_LEAST = 1e-9  # share of an option that a row gives nothing
_JITTER = 1e-14  # variance that keeps an option which never varies within the Cholesky factorisation
_DECIMALS = 6


def utilities(shares: Floats) -> Floats:
    """Return log shares ``[row, option]``, moved so that their mean, weighted by the mean shares, is 0.

    That is where ``families.logistic_normal_with`` puts its own, so that candidates of no party mean the same.
    """
    logs = np.log(np.maximum(shares, _LEAST))
    moved: Floats = logs - float(logs.mean(axis=0) @ shares.mean(axis=0))
    return moved


def closest_logistic_normal(shares: Floats) -> LogisticNormal:
    """Return the logistic-normal with the mean and the covariance of the rows' log shares.

    >>> family = closest_logistic_normal(np.array([[0.6, 0.4], [0.5, 0.5]]))
    >>> np.exp(family.location[0] - family.location[1]).round(3)
    np.float64(1.225)
    """
    logs = utilities(shares)
    covariance = np.cov(logs.T, bias=True) + _JITTER * np.eye(logs.shape[1])
    scale = np.linalg.cholesky(covariance)
    return LogisticNormal(np.round(logs.mean(axis=0), _DECIMALS), np.round(scale, _DECIMALS))
