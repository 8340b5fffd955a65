"""Single-member districts of a new model about which nothing is known: all alike, and every party stands in each."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

_SHOCK, _PERSONAL = 0.25, 0.5


def district_files(
    number: int, options: Sequence[str], voters: int, turnout: float
) -> tuple[dict[str, str], str, list[str]]:
    """Return tables by file name, the part of ``model.toml`` about them, and what they assume, a line each."""
    parties = [name for name in options if name != "against_all"]
    alike = "assumed: nothing is known of the district"
    each, left = divmod(voters, number)
    regions = [["region", "turnout_expected", "basis"], ["whole country", f"{100 * turnout:g}", "assumed: one region"]]
    districts = [
        ["district", "region", "electorate", "candidates", "region_basis", "electorate_basis", "candidates_basis"]
    ]
    candidates = [["district", "candidate", "party", "basis"]]
    for k in range(number):
        district = str(k + 1)
        size = str(each + (k < left))
        districts.append([district, "whole country", size, str(len(parties)), alike, alike, alike])
        candidates += [[district, party, party, "assumed: every party stands everywhere"] for party in parties]
    tables = {"regions.csv": regions, "districts.csv": districts, "candidates.csv": candidates}
    text = f"""
[regions]
table    = "regions.csv"
shock_sd = {{value = {_SHOCK}, basis = "assumed", note = "regional shocks on the log scale; nobody said"}}

[districts]
table        = "districts.csv"
candidates   = "candidates.csv"
candidate_sd = {{value = {_PERSONAL}, basis = "assumed", note = "personal vote of candidates on the log scale; nobody said"}}

[districts.self_nominated]
won         = 0
of          = {number}
sd          = {{value = 1.0, basis = "assumed", note = "nobody stands for no party here"}}
national_sd = {{value = 0.5, basis = "assumed", note = "nobody stands for no party here"}}
"""
    said = [
        f"{number} districts of one region, equal in size: fill in districts.csv and regions.csv",
        "every party stands in every district, nobody for no party: fill in candidates.csv",
        "districts follow the nation but for chance, so the strongest party wins most of them",
    ]
    return {name: _csv(rows) for name, rows in tables.items()}, text, said


def _csv(rows: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
