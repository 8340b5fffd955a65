"""Arrays by address: what compiled code reads and writes there is what NumPy does."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from forecast.kernel.compiler import kernel_function
from forecast.kernel.rows import by_address


class Inner(NamedTuple):
    wide: Any


class Outer(NamedTuple):
    cube: Any
    inner: Inner
    out: Any


@by_address
@kernel_function
def look(outer: Any, number: Any) -> Any:
    part = outer.cube[1]
    some = part[2, 1:number]
    outer.out[0], outer.out[1], outer.out[2] = part[2, 3], some.size, some[0]
    outer.out[3], outer.out[4] = part[1:][0, 0], outer.inner.wide[np.uint16(2)]
    outer.out[5], outer.out[6] = part.shape[1], part[9:].shape[0]
    outer.out[7] += 1


def test_indices_and_slices_find_what_numpy_finds() -> None:
    outer = Outer(np.arange(24.0).reshape(2, 3, 4), Inner(np.array([5, 6, 7], np.int16)), np.ones(8))
    look(outer, 100)
    part = outer.cube[1]
    assert outer.out.tolist() == [part[2, 3], 3, part[2, 1], part[1, 0], 7, 4, 0, 2]


def test_arrays_with_gaps_are_refused() -> None:
    outer = Outer(np.zeros((2, 3, 8))[:, :, ::2], Inner(np.zeros(3, np.int16)), np.ones(8))
    with pytest.raises(TypeError, match="not contiguous"):
        look(outer, 1)
