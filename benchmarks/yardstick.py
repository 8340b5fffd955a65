"""The yardstick: as many standard normals as a forecast uses, by the product's own generator, and nothing else."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK, WORDS, normal_row, stream_keys

NAME = "normals alone"


class Yardstick:
    """Draws the normals of whole blocks into one row that never leaves the first cache."""

    def __init__(self, plan: Plan) -> None:
        self.keys = stream_keys(plan.seed, [f"yardstick/{n}" for n in range(plan.normals_per_draw())])

    def __call__(self, draws: int) -> None:
        """Draw the normals of ``draws`` draws, rounded up to whole blocks."""
        _draw(self.keys, -(-draws // BLOCK), np.empty(WORDS, np.uint64), np.empty(BLOCK, np.float32))


@numba.njit(nogil=True, error_model="numpy")
def _draw(keys: Any, blocks: Any, words: Any, row: Any) -> None:
    bits = words.view(np.int32)
    for block in range(blocks):
        for stream in range(keys.shape[0]):
            normal_row(keys[stream, 0], keys[stream, 1], block, words, bits, row)
