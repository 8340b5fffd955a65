"""Whole ballots of every district candidate, where plurality itself needs none: for deposits and published shares."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from forecast.kernel.compiler import kernel_function
from forecast.kernel.contests import ballots_of_district, share_out
from forecast.kernel.draw import F32, I32, Voters
from forecast.kernel.random import BLOCK
from forecast.kernel.rows import by_address


class DistrictRows(NamedTuple):
    """Rows of one block, lane = draw: utilities in, whole ballots out."""

    utilities: F32  # [C, BLOCK]
    against: F32  # [1, BLOCK] national utility of "against all"; no row where there is no such option
    ballots: I32  # [C + D + 2, BLOCK] candidates, then "against all" of each district, then two rows of work


def district_rows(voters: Voters) -> DistrictRows:
    """Return empty rows."""
    candidates, districts = len(voters.candidate_group), len(voters.district_region)
    return DistrictRows(
        utilities=np.zeros((candidates, BLOCK), np.float32),
        against=np.zeros((int(voters.against_option[0] >= 0), BLOCK), np.float32),
        ballots=np.zeros((candidates + districts + 2, BLOCK), np.int32),
    )


@by_address
@kernel_function
def district_ballots(voters, valid_ballots, rows):
    """Share a block's valid ballots out among the candidates of each district, exactly as ``contest_by_ballots`` does."""
    candidates, districts = voters.candidate_group.size, voters.district_region.size
    valid, cast = rows.ballots[candidates + districts], rows.ballots[candidates + districts + 1]
    for d in range(districts):
        first, beyond = voters.district_first[d], voters.district_first[d + 1]
        ballots_of_district(valid_ballots, voters.district_part[d], voters.turnout[3], valid, cast)
        share_out(
            rows.utilities[first:beyond], beyond - first, rows.against, valid, rows.ballots[first:beyond],
            rows.ballots[candidates + d],
        )  # fmt: skip
