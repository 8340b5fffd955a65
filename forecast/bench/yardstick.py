"""The yardstick: as many standard normals as a forecast uses, by the product's own generator, and nothing else."""

from __future__ import annotations

import numpy as np

from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK, normals, stream_keys

NAME = "normals alone"
ROWS = 100  # rows of normals that stay in the cache


class Yardstick:
    """Draws the normals of whole blocks into a few rows that never leave the cache."""

    def __init__(self, plan: Plan) -> None:
        self.keys = stream_keys(plan.seed, [f"yardstick/{n}" for n in range(plan.normals_per_draw())])
        self.rows = np.zeros((min(ROWS, len(self.keys)), BLOCK), np.float32)

    def __call__(self, draws: int) -> None:
        """Draw the normals of ``draws`` draws, rounded up to whole blocks."""
        for block in range(-(-draws // BLOCK)):
            for first in range(0, len(self.keys), ROWS):
                normals(self.keys[first : first + ROWS], block, 1, self.rows)
