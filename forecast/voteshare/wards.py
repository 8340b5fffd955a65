"""The national vote in the districts of local assemblies: where the self-nominated stand there.

A candidate's utility is the region's strength of the party (national and regional), plus the assembly's own shock,
plus personal noise. The self-nominated win the same declared share of districts as in the national contests, but
fields are smaller there, so their location is found anew, by the rule of ``districts.self_nominated_location``.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from forecast.voteshare.districts import NODES, Field, facts_of_leads, leads
from forecast.voteshare.electorate import Assemblies, Contests, Electorate
from forecast.voteshare.families import LogisticNormal
from forecast.voteshare.remembered import Floats, remembered


def ward_location(electorate: Electorate, contests: Contests, local: Assemblies, votes: LogisticNormal) -> float:
    """Return the location at which self-nominated candidates win their declared share of the assemblies' districts.

    Districts with the same field count together; those without both kinds of candidates say nothing.
    """
    rule = contests.self_nominated
    every = Counter(ward for assembly in local.every for ward in assembly.wards)
    number = {option.name: o for o, option in enumerate(electorate.options)}
    area = float(np.hypot(electorate.regional_sd.value, local.local_sd.value))
    fields: list[Field] = []
    often: list[int] = []
    for ward, times in sorted(every.items(), key=lambda item: (item[0].parties, item[0].self_nominated)):
        if ward.parties and ward.self_nominated:
            parties = [number[party] for party in ward.parties]
            fields.append((parties, [0.0] * len(parties), ward.self_nominated))
            often.append(times)
    if not fields:
        return 0.0

    def quantile() -> Floats:
        distance = np.concatenate(leads(contests, votes, area, fields))
        weight = np.repeat([times / NODES for times in often], NODES)
        order = np.argsort(distance, kind="stable")
        reached = np.cumsum(weight[order])
        at = np.searchsorted(reached, rule.won / rule.of * reached[-1])
        return np.array([round(float(distance[order][min(at, len(order) - 1)]), 6)])

    facts = (*facts_of_leads(contests, votes, area), fields, often)
    return float(remembered("wards", facts, quantile)[0])
