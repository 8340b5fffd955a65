"""List seats in any number of districts: who takes part, and the seats of one distribution, in whole numbers.

The same law as ``rules/admission.py`` and ``rules/proportional_count.py``; lists are columns, districts rows.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.apportion import NO_CAP, apportioned, compared, copied, drawn_first, filled
from forecast.kernel.compiler import inner_function, row_function

# Columns of a bar of admission.
KIND, BAR_BASE, AREA, MORE, ALTERNATIVE, REGIONS, BAR_COLUMNS = range(7)
SHARE, SEATS_WON, AVERAGE, FIRST_OF_DISTRICT, QUOTAS = range(5)  # values of KIND
IN_TIER, IN_DISTRICT, IN_ANY, IN_EVERY, IN_REGION, IN_ANY_REGION, IN_EVERY_REGION = range(7)  # values of AREA
PARTY, VALID, CAST = range(3)  # values of BAR_BASE

# Columns of a tier.
(
    NATIONAL,
    SEATS,
    LARGER,
    INITIAL,
    MINIMUM,
    BONUS,
    EXTRA,
    OPPOSITION,
    OPPOSITION_OF,
    CAP,
    CAP_OF,
    CAP_HOUSE,
    MINIMUM_LISTS,
    JOINT,
    JOINT_OF,
    JOINT_BASE,
    NONE_ADMITS_ALL,
    SHARED_MAGNITUDES,
    LINK,
    HOUSE,
    OPTION,
    FREE,
    ALLIED,
    LOT,
    BONUS_ON_TOP,
    BONUS_SHARE,
    BONUS_OF,
    CAP_PLUS,
    CAP_MOST,
    VACATE,
    SEAT_ADMITS,
    DISTRICT_INITIAL,
    TIER_COLUMNS,
) = range(33)
OWN, OF_MAGNITUDES, OF_FURTHER, OF_MEMBERS, FORMULAS = range(5)  # rows of the formulas of a tier
NO_LINK, POOLED, TWO_WAYS, ADDITIONAL, MIXED, LEVELLED, COVERED, LEVELLING, SCRUTINIES = range(9)  # values of LINK


@row_function
def base_of(kind, party, against, invalid):
    """Return the votes that a share is taken of."""
    return party + (against if kind != PARTY else 0) + (invalid if kind == CAST else 0)


@row_function
def reached(votes, base, numerator, denominator, more):
    """Return whether votes are a share of a base; none are never."""
    if votes == 0:
        return False
    return votes * denominator > base * numerator if more else votes * denominator >= base * numerator


@row_function
def fits(kind, more, votes, base, seats, numerator, denominator):
    """Return whether votes are a share of a base, or so many of its quotas."""
    if kind == SHARE:
        return reached(votes, base, numerator, denominator, more)
    return votes > 0 and compared(votes * seats, denominator, base, numerator) >= 0


@inner_function
def passes(b, d, p, tier, bars, shares, won, votes, against, invalid, region, magnitude, totals):
    """Return whether list p reaches bar b for its seats in district d; ``totals`` are rows by region, then the tier."""
    kind, area, of, more = bars[b, KIND], bars[b, AREA], bars[b, BAR_BASE], bars[b, MORE]
    numerator, denominator = shares[b, p, 0], shares[b, p, 1]
    districts, lists = votes.shape
    last = len(totals) - 1
    if kind == SEATS_WON:
        return won[b, p] >= numerator
    if kind == FIRST_OF_DISTRICT:
        most = 0
        for q in range(lists):
            most = max(most, votes[d, q])
        return votes[d, p] == most
    if kind == AVERAGE:
        found = 0
        for r in range(last):
            found += totals[r, p] > 0 and totals[r, p] * totals[r, lists + 3] >= totals[r, lists]
        return found >= bars[b, REGIONS]
    every = area in (IN_EVERY, IN_EVERY_REGION)
    if area in (IN_DISTRICT, IN_ANY, IN_EVERY):
        for e in range(districts):
            if area == IN_DISTRICT and e != d:
                continue
            party = 0
            for q in range(lists):
                party += votes[e, q]
            base = base_of(of, party, against[e], invalid[e])
            if fits(kind, more, votes[e, p], base, magnitude[e], numerator, denominator) != every:
                return not every
        return every
    for r in range(len(totals)):
        if (area == IN_TIER) != (r == last) or (area == IN_REGION and r != region[d]):
            continue
        base = base_of(of, totals[r, lists], totals[r, lists + 1], totals[r, lists + 2])
        seats = tier[SEATS] if r == last else totals[r, lists + 3]
        if fits(kind, more, totals[r, p], base, seats, numerator, denominator) != every:
            return not every
    return every


@inner_function
def region_totals(votes, against, invalid, region, magnitude, regions):
    """Return votes by region and, in the last row, of the tier.

    Then party votes, against all, invalid ballots and seats.
    """
    districts, lists = votes.shape
    totals = np.zeros((regions + 1, lists + 4), np.int64)
    for d in range(districts):
        for r in (region[d], regions):
            for p in range(lists):
                totals[r, p] += votes[d, p]
                totals[r, lists] += votes[d, p]
            totals[r, lists + 1] += against[d]
            totals[r, lists + 2] += invalid[d]
            totals[r, lists + 3] += magnitude[d]
    return totals


@inner_function
def admitted(tier, bars, shares, won, exempt, order, votes, against, invalid, region, magnitude, regions):
    """Return ``[district, list]``: who takes part where."""
    districts, lists = votes.shape
    totals = region_totals(votes, against, invalid, region, magnitude, regions)
    found = np.zeros((districts, lists), np.bool_)
    anybody = False
    for p in range(lists):
        for d in range(districts):
            if votes[d, p] == 0:
                continue
            alternatives, all_bars, fit, passed = 0, 0, True, exempt[p]
            for b in range(len(bars)):
                if passed:
                    break
                if bars[b, ALTERNATIVE]:
                    alternatives += 1
                    passed = passes(
                        b, d, p, tier, bars, shares, won, votes, against, invalid, region, magnitude, totals
                    )
                else:
                    all_bars += 1
                    fit = fit and passes(
                        b, d, p, tier, bars, shares, won, votes, against, invalid, region, magnitude, totals
                    )
            found[d, p] = passed or (fit and (all_bars > 0 or alternatives == 0))
            anybody = anybody or found[d, p]
    if tier[MINIMUM_LISTS] > 0 or tier[JOINT_OF] > 0:
        anybody = enlarge(tier, order[districts], votes, totals[-1], found) or anybody
    if not anybody and tier[NONE_ADMITS_ALL]:
        for d in range(districts):
            for p in range(lists):
                found[d, p] = votes[d, p] > 0
    return found


@inner_function
def enlarge(tier, order, votes, whole, found):
    """Admit the next largest lists until there are enough and they have more than the joint share."""
    districts, lists = votes.shape
    inside = np.zeros(lists, np.bool_)
    for d in range(districts):
        for p in range(lists):
            inside[p] = inside[p] or found[d, p]
    base = base_of(tier[JOINT_BASE], whole[lists], whole[lists + 1], whole[lists + 2])
    while True:
        number, together, best = 0, 0, -1
        for p in range(lists):
            if inside[p]:
                number += 1
                together += whole[p]
            elif whole[p] > 0 and (
                best < 0 or whole[p] > whole[best] or (whole[p] == whole[best] and drawn_first(order, p, best))
            ):
                best = p
        enough = tier[JOINT_OF] == 0 or together * tier[JOINT_OF] > base * tier[JOINT]
        if best < 0 or (number >= tier[MINIMUM_LISTS] and enough):
            break
        inside[best] = True
    anybody = False
    for p in range(lists):
        anybody = anybody or inside[p]
        for d in range(districts):
            found[d, p] = inside[p] and votes[d, p] > 0
    return anybody


@inner_function
def plain_seats(tier, formula, order, votes, active, seats, valid, caps, out):
    """Share seats after everybody's initial ones and with everybody's minimum; return what nobody gets."""
    lists = len(votes)
    none, room = np.zeros(lists, np.int64), np.empty(lists, np.int64)
    for p in range(lists):
        room[p] = max(caps[p] - tier[INITIAL], 0)
    now, open_ = np.empty(lists, np.int64), copied(active)
    while True:
        standing = 0
        for p in range(lists):
            standing += open_[p]
        left = apportioned(
            formula, tier[LARGER], order, votes, open_, seats - tier[INITIAL] * standing, valid, none, room, now
        )
        raised = False
        for p in range(lists):
            if open_[p] and now[p] + tier[INITIAL] < tier[MINIMUM]:
                raised = True
                out[p] = tier[MINIMUM]
                seats -= tier[MINIMUM]
                open_[p] = False
        if not raised:
            for p in range(lists):
                if open_[p]:
                    out[p] = now[p] + tier[INITIAL]
                elif not active[p]:
                    out[p] = 0
            return left


@row_function
def leader(order, key, active):
    """Return the list with the largest key, -1 where none takes part."""
    best = -1
    for p in range(len(key)):
        if active[p] and (best < 0 or key[p] > key[best] or (key[p] == key[best] and drawn_first(order, p, best))):
            best = p
    return best


@inner_function
def first_step(tier, formula, further, order, votes, active, seats, valid, people, elsewhere, out):
    """Share seats among lists or alliances: bonus, caps, minimum, further seats, opposition. Return what is left."""
    lists = len(votes)
    none = np.zeros(lists, np.int64)
    caps = copied(people)
    if tier[CAP_OF] > 0 and valid > 0:
        for p in range(lists):
            most = tier[CAP_HOUSE] * (tier[CAP] * votes[p] + tier[CAP_PLUS] * valid) // (tier[CAP_OF] * valid)
            caps[p] = min(max(min(most, tier[CAP_MOST]) - elsewhere[p], 0), caps[p])
    left = plain_seats(tier, formula, order, votes, active, seats, valid, caps, out)
    if tier[BONUS] > 0:
        largest = leader(order, votes, active)
        prize = min(tier[BONUS], seats)
        if (
            largest < 0
            or not reached(votes[largest], valid, tier[BONUS_SHARE], tier[BONUS_OF], 0)
            or (not tier[BONUS_ON_TOP] and out[largest] >= prize)
        ):
            return left
        others = copied(active)
        others[largest] = tier[BONUS_ON_TOP] != 0
        left = plain_seats(tier, formula, order, votes, others, seats - prize, valid, caps, out)
        out[largest] += prize
        return left
    now = np.empty(lists, np.int64)
    no_caps = filled(lists, NO_CAP)
    if tier[EXTRA] > 0:
        mine = 0
        for p in range(lists):
            mine += votes[p] if active[p] else 0
        left += apportioned(further, tier[LARGER], order, votes, active, tier[EXTRA], mine, none, no_caps, now)
        for p in range(lists):
            out[p] += now[p]
    if tier[OPPOSITION_OF] > 0:
        largest, others = leader(order, out, active), 0
        for p in range(lists):
            others += out[p] if p != largest else 0
        if largest >= 0 and others > 0:
            need = -(-tier[OPPOSITION] * out[largest] // (tier[OPPOSITION_OF] - tier[OPPOSITION]))
            if need > others:
                beside = np.zeros(lists, np.bool_)
                for p in range(lists):
                    beside[p] = out[p] > 0 and p != largest
                held = copied(out)
                apportioned(formula, tier[LARGER], order, held, beside, need - others, others, none, no_caps, now)
                for p in range(lists):
                    out[p] += now[p] if beside[p] else 0
    return left
