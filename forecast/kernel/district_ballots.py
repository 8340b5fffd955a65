"""Whole ballots of every district candidate, where plurality itself needs none: for deposits and published shares."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from forecast.kernel.compiler import kernel_function
from forecast.kernel.contests import add_weight, ballots_of_district, ballots_until
from forecast.kernel.draw import F32, F64, I32, Voters
from forecast.kernel.random import BLOCK
from forecast.kernel.votes import difference, set_row


class DistrictRows(NamedTuple):
    """Rows of one block, lane = draw: utilities in, whole ballots out."""

    utilities: F32  # [C, BLOCK]
    against: F32  # [1, BLOCK] national utility of "against all"; no row where there is no such option
    weight: F64  # [2, BLOCK] running totals
    ballots: I32  # [C + D + 2, BLOCK] candidates, then "against all" of each district, then two rows of work


def district_rows(voters: Voters) -> DistrictRows:
    """Return empty rows."""
    candidates, districts = len(voters.candidate_group), len(voters.district_region)
    return DistrictRows(
        utilities=np.zeros((candidates, BLOCK), np.float32),
        against=np.zeros((int(voters.against_option[0] >= 0), BLOCK), np.float32),
        weight=np.zeros((2, BLOCK), np.float64),
        ballots=np.zeros((candidates + districts + 2, BLOCK), np.int32),
    )


@kernel_function
def district_ballots(voters, valid_ballots, rows):
    """Share a block's valid ballots out among the candidates of each district, exactly as ``contest_by_ballots`` does."""
    candidates, districts = voters.candidate_group.size, voters.district_region.size
    total, running = rows.weight[0], rows.weight[1]
    valid, reached = rows.ballots[candidates + districts], rows.ballots[candidates + districts + 1]
    for d in range(districts):
        first, beyond = voters.district_first[d], voters.district_first[d + 1]
        ballots_of_district(valid_ballots, voters.district_part[d], valid)
        set_row(total, 0.0)
        set_row(running, 0.0)
        set_row(reached, np.int32(0))
        for c in range(first, beyond):
            add_weight(rows.utilities[c], total)
        if rows.against.shape[0] > 0:
            add_weight(rows.against[0], total)
        for c in range(first, beyond):
            ballots_until(rows.utilities[c], running, total, valid, reached, rows.ballots[c])
        difference(valid, reached, rows.ballots[candidates + d])
