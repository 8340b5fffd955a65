"""Exact numbers of many draws at once: ratios of whole numbers, in int64 while they fit, in Python's integers beyond."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

Wholes = npt.NDArray[np.int64] | npt.NDArray[np.object_]
Truths = npt.NDArray[np.bool_]

_FITS = 2**62
LARGEST = 2**900  # beyond this no election goes; products of products would only eat time


class TooLarge(ArithmeticError):
    """A number is beyond all sense."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """``over / under`` draw by draw, or one number for all draws; ``under`` is positive.

    ``most_over`` and ``most_under`` bound their sizes, so that nothing ever wraps around.
    """

    over: Wholes
    under: Wholes
    most_over: int
    most_under: int

    @classmethod
    def of(cls, number: Fraction | int) -> Ratio:
        """Return one number for all draws."""
        exact = Fraction(number)
        return cls(_array(exact.numerator), _array(exact.denominator), abs(exact.numerator), exact.denominator)

    @classmethod
    def whole(cls, values: npt.NDArray[np.integer], most: int) -> Ratio:
        """Return whole numbers of at most ``most``, ``[draw]``."""
        return cls(values.astype(np.int64), _array(1), most, 1)

    def __add__(self, other: Ratio) -> Ratio:
        if self.under is other.under:
            return Ratio(
                _joined(np.add, self.over, other.over, self.most_over + other.most_over),
                self.under,
                self.most_over + other.most_over,
                self.most_under,
            )
        left, right = self.most_over * other.most_under, other.most_over * self.most_under
        over = _joined(
            np.add,
            _joined(np.multiply, self.over, other.under, left + right),
            _joined(np.multiply, other.over, self.under, left + right),
            left + right,
        )
        under = self.most_under * other.most_under
        return Ratio(over, _joined(np.multiply, self.under, other.under, under), left + right, under)

    def __neg__(self) -> Ratio:
        return Ratio(_kept(-self.over, self.most_over), self.under, self.most_over, self.most_under)

    def __sub__(self, other: Ratio) -> Ratio:
        return self + -other

    def __mul__(self, other: Ratio) -> Ratio:
        over, under = self.most_over * other.most_over, self.most_under * other.most_under
        return Ratio(
            _joined(np.multiply, self.over, other.over, over),
            _joined(np.multiply, self.under, other.under, under),
            over,
            under,
        )

    def inverse(self) -> Ratio:
        """Return 1 / self; ZeroDivisionError where it is 0 in a draw."""
        if np.any(self.over == 0):
            raise ZeroDivisionError
        sign = np.where(self.over < 0, -1, 1)
        over, under = _kept(self.under * sign, self.most_under), _kept(self.over * sign, self.most_over)
        return Ratio(over, under, self.most_under, self.most_over)

    def compared(self, how: Callable[[Wholes, Wholes], Truths], other: Ratio) -> Truths:
        """Return where ``how`` (such as ``np.less``) holds, by cross-multiplication."""
        if self.under is other.under:
            return np.asarray(how(self.over, other.over), bool)
        most = max(self.most_over * other.most_under, other.most_over * self.most_under)
        left = _joined(np.multiply, self.over, other.under, most)
        right = _joined(np.multiply, other.over, self.under, most)
        return np.asarray(how(left, right), bool)

    def floats(self, draws: int) -> npt.NDArray[np.float64]:
        """Return the numbers as floats, ``[draw]``."""
        values = np.asarray(self.over / self.under, np.float64)
        return np.broadcast_to(values, draws)


def larger(left: Ratio, right: Ratio) -> Ratio:
    """Return the larger of two numbers, draw by draw."""
    return _chosen(left.compared(np.greater_equal, right), left, right)


def smaller(left: Ratio, right: Ratio) -> Ratio:
    """Return the smaller of two numbers, draw by draw."""
    return _chosen(left.compared(np.less_equal, right), left, right)


def _chosen(first: Truths, left: Ratio, right: Ratio) -> Ratio:
    over, under = max(left.most_over, right.most_over), max(left.most_under, right.most_under)
    return Ratio(
        _kept(np.where(first, left.over, right.over), over),
        _kept(np.where(first, left.under, right.under), under),
        over,
        under,
    )


def _array(number: int) -> Wholes:
    return _kept(number, abs(number))


def _kept(values: Any, most: int) -> Wholes:
    """Return values of at most ``most`` as an array that holds them exactly."""
    kept: Wholes = np.asarray(values, np.int64 if most < _FITS else object)
    return kept


def _joined(how: Callable[[Any, Any], Any], left: Wholes, right: Wholes, most: int) -> Wholes:
    if most > LARGEST:
        raise TooLarge
    if most >= _FITS:
        left, right = left.astype(object), right.astype(object)
    return _kept(how(left, right), most)
