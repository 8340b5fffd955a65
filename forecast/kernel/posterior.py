"""Votes from somebody else's posterior: every draw picks one of its rows, by a keyed word of the draw's own number."""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import row_function
from forecast.kernel.random import BLOCK

UTILITY, RUNNING = 0, 1  # the planes of a table: log shares, and running totals of shares

_GOLD = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)


@row_function
def row_of(key1, key2, draw, rows):
    """Return the row of a table that a draw picks, 0 to ``rows - 1``: the high half of its word, times the rows."""
    z = key1 + np.uint64(draw) * _GOLD
    z = (z ^ (z >> _S30)) * _MIX1
    z ^= key2
    z = (z ^ (z >> _S27)) * _MIX2
    z ^= z >> _S31
    return np.int64(((z >> _S32) * np.uint64(rows)) >> _S32)


@row_function
def pick_rows(table, key1, key2, block, eta, running):
    """Write the utilities and the running totals of weights of the rows that the draws of a block pick.

    ``table[plane, row, option]`` holds log shares, and cumulative shares.
    """
    rows, options = table.shape[1], table.shape[2]
    for i in range(BLOCK):
        row = row_of(key1, key2, block * BLOCK + i, rows)
        for o in range(options):
            eta[o, i] = table[UTILITY, row, o]
            running[o, i] = table[RUNNING, row, o]
