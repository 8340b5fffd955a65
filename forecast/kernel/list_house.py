"""One tier of list seats, whole: from papers to seats by district, with alliances and tiers that answer for others.

The same law as ``rules/proportional_count.py`` and ``rules/linkage.py`` by other ways: levelling grows the house by
bisection, additional members step from a guess, double proportionality passes seats between lists.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.apportion import (
    NO_CAP,
    OF_VALID,
    ahead,
    apportioned,
    compared,
    copied,
    copy,
    divisor_seats,
    drawn_first,
    fill,
    filled,
    price,
    quota_seats,
    sum_of,
)
from forecast.kernel.compiler import inner_function, kernel_function, row_function
from forecast.kernel.list_tiers import (
    ADDITIONAL,
    ALLIED,
    COVERED,
    DISTRICT_INITIAL,
    FREE,
    HOUSE,
    LARGER,
    LEVELLED,
    LEVELLING,
    LINK,
    LOT,
    MIXED,
    NATIONAL,
    NO_LINK,
    OF_FURTHER,
    OF_MAGNITUDES,
    OF_MEMBERS,
    OPTION,
    OWN,
    POOLED,
    SCRUTINIES,
    SEAT_ADMITS,
    SEATS,
    SHARED_MAGNITUDES,
    TWO_WAYS,
    VACATE,
    admitted,
    first_step,
    reached,
)

# Values of OPTION by LINK.
SUBLISTS = 1  # MIXED: regional lists
HALF = 1  # LEVELLED: the mean of both as the minimum
CONTINUED, BY_SHARE, RELATIVE, BY_REGIONS = 1, 2, 4, 8  # LEVELLING
RAW_VOTES, STRONGEST = 1, 2  # TWO_WAYS

# Columns of an alliance.
(
    AS_ONE,
    ALLIANCE_SHARE,
    ALLIANCE_OF,
    COUNTS_FROM,
    COUNTS_OF,
    MEMBER_SHARE,
    MEMBER_OF,
    BEST_LOSER,
    BASE,
    ALLIANCE_COLUMNS,
) = range(10)


@inner_function
def standing_members(alliance, order, group, groups, passing, exempt, whole, base):
    """Return which lists share their alliance's seats, which add to its votes, and which alliances take part."""
    lists = len(group)
    inside, adding = np.zeros(lists, np.bool_), np.zeros(lists, np.bool_)
    for p in range(lists):
        if group[p] < 0 or whole[p] == 0:
            continue
        if alliance[AS_ONE]:
            inside[p] = exempt[p] or reached(whole[p], base, alliance[MEMBER_SHARE], alliance[MEMBER_OF], 0)
        else:
            inside[p] = passing[p]
    takes = np.zeros(groups, np.bool_)
    for g in range(groups):
        best = -1
        for p in range(lists):
            if group[p] != g or inside[p] or whole[p] == 0:
                continue
            if best < 0 or whole[p] > whole[best] or (whole[p] == whole[best] and drawn_first(order, p, best)):
                best = p
        if alliance[AS_ONE] and alliance[BEST_LOSER] and best >= 0:
            inside[best] = True
        together, somebody = 0, False
        for p in range(lists):
            if group[p] != g:
                continue
            adding[p] = inside[p] or (
                alliance[AS_ONE] != 0 and reached(whole[p], base, alliance[COUNTS_FROM], alliance[COUNTS_OF], 0)
            )
            together += whole[p] if adding[p] else 0
            somebody = somebody or inside[p]
        takes[g] = somebody and (
            alliance[AS_ONE] == 0 or reached(together, base, alliance[ALLIANCE_SHARE], alliance[ALLIANCE_OF], 0)
        )
    return inside, adding, takes


@inner_function
def allotted(tier, formulas, alliance, group, members, order, votes, active, seats, valid, caps, elsewhere, out):
    """Share the seats of one distribution; an alliance stands in the column of its first member here."""
    if tier[ALLIED] == 0:
        return first_step(
            tier, formulas[OWN], formulas[OF_FURTHER], order, votes, active, seats, valid, caps, elsewhere, out
        )
    inside, adding, takes = members
    lists, groups = len(votes), len(takes)
    upper, taking = np.zeros(lists, np.int64), np.zeros(lists, np.bool_)
    place = filled(groups, -1)
    for p in range(lists):
        g = group[p]
        if g >= 0 and takes[g]:
            continue
        upper[p] = votes[p]
        taking[p] = active[p]
    for g in range(groups):
        together, somebody = 0, False
        for p in range(lists):
            if group[p] == g and takes[g]:
                place[g] = p if place[g] < 0 else place[g]
                together += votes[p] if adding[p] else 0
                somebody = somebody or (inside[p] and votes[p] > 0)
        if somebody:
            upper[place[g]] = together
            taking[place[g]] = True
    won = np.empty(lists, np.int64)
    room = copied(caps)
    for g in range(groups):
        if place[g] >= 0:
            room[place[g]] = NO_CAP
    left = first_step(
        tier, formulas[OWN], formulas[OF_FURTHER], order, upper, taking, seats, valid, room, elsewhere, won
    )
    none = np.zeros(lists, np.int64)
    below = np.empty(lists, np.int64)
    copy(won, out)
    for g in range(groups):
        if place[g] < 0:
            continue
        share = won[place[g]] if taking[place[g]] else 0
        mine, number = np.zeros(lists, np.bool_), 0
        for p in range(lists):
            mine[p] = group[p] == g and inside[p] and votes[p] > 0
            if mine[p]:
                number += votes[p]
        left += apportioned(formulas[OF_MEMBERS], tier[LARGER], order, votes, mine, share, number, none, caps, below)
        for p in range(lists):
            if group[p] == g:
                out[p] = below[p] if mine[p] else 0
    return left


@inner_function
def pooled(tier, formula, second, order, votes, against, active, magnitude, seats):
    """Whole quotas in the districts, then the votes and seats they left over, together."""
    districts, lists = votes.shape
    now, rest = np.empty(lists, np.int64), np.empty(lists, np.int64)
    exact = np.zeros((districts, lists, 2), np.int64)
    pool = np.zeros(lists, np.int64)
    left = 0
    for d in range(districts):
        party = sum_of(votes[d]) + against[d]
        unused, bottom, top = quota_seats(
            formula, tier[LARGER], order[d], votes[d], active[d], magnitude[d], party, now, rest
        )
        left += unused
        for p in range(lists):
            if active[d, p]:
                seats[d, p] = now[p]
                exact[d, p, 0] = max(votes[d, p] * bottom - now[p] * top, 0)
                exact[d, p, 1] = bottom
                pool[p] += exact[d, p, 0] // bottom
    anywhere = np.zeros(lists, np.bool_)
    for d in range(districts):
        for p in range(lists):
            anywhere[p] = anywhere[p] or active[d, p]
    unused = quota_seats(second, tier[LARGER], order[districts], pool, anywhere, left, sum_of(pool), now, rest)[0]
    for p in range(lists):
        places = 0
        for d in range(districts):
            places += active[d, p]
        for d in range(districts):
            if not active[d, p] or now[p] == 0:
                continue
            rank = 0
            for e in range(districts):
                if e != d and active[e, p]:
                    sign = compared(exact[e, p, 0], exact[d, p, 1], exact[d, p, 0], exact[e, p, 1])
                    rank += sign > 0 or (sign == 0 and drawn_first(order[:, p], e, d))
            seats[d, p] += now[p] // places + (rank < now[p] % places)
    return unused


@row_function
def share_of_seat(votes, scale, seats):
    """Return the worth of a seat between two whole numbers, by standard rounding."""
    return votes * scale / (2.0 * seats + 1.0)


@inner_function
def is_only_solution(votes, taking, least, seats):
    """Return whether every cycle of exchanges between lists, district by district, would lose for certain.

    The weight of an exchange is what the seat is worth to the taker over what it was to the giver; a product of 1
    around a cycle is a tie, and more than 1 no solution. The margin is far above the rounding of the products.
    """
    districts, lists = votes.shape
    weight = np.zeros((lists, lists))
    for p in range(lists):
        for q in range(lists):
            for d in range(districts):
                if p != q and taking[p] and taking[q] and seats[d, p] > least[d, p] and votes[d, q] > 0:
                    gain = share_of_seat(votes[d, q], 1.0, seats[d, q])
                    weight[p, q] = max(weight[p, q], gain / share_of_seat(votes[d, p], 1.0, seats[d, p] - 1))
    for k in range(lists):
        for p in range(lists):
            for q in range(lists):
                weight[p, q] = max(weight[p, q], weight[p, k] * weight[k, q])
    best = 0.0
    for p in range(lists):
        best = max(best, weight[p, p])
    return best <= 1.0 - 1e-9


@inner_function
def two_ways(formula, larger, order, votes, active, magnitude, option, seats):
    """Double proportionality: columns first, then seats pass between districts until the rows fit.

    Return -1 where two worths are too near for floating-point numbers to tell (or nothing fits), else 0.
    """
    districts, lists = votes.shape
    common = 1
    if not option & RAW_VOTES:
        for d in range(districts):
            a, b = common, magnitude[d]
            while b:
                a, b = b, a % b
            common = common // a * magnitude[d]
    voters, taking = np.zeros(lists, np.int64), np.zeros(lists, np.bool_)
    total = 0
    for d in range(districts):
        total += magnitude[d]
        for p in range(lists):
            taking[p] = taking[p] or active[d, p]
    for d in range(districts):
        for p in range(lists):
            voters[p] += votes[d, p] * (1 if option & RAW_VOTES else common // magnitude[d]) if taking[p] else 0
    columns = np.empty(lists, np.int64)
    none, no_caps = np.zeros(lists, np.int64), filled(lists, NO_CAP)
    left = divisor_seats(formula, larger, order[districts], voters, taking, total, none, no_caps, columns)
    if left:
        return -1
    least = np.zeros((districts, lists), np.int64)
    if option & STRONGEST:
        for d in range(districts):
            best = -1
            for p in range(lists):
                if active[d, p] and (
                    best < 0
                    or votes[d, p] > votes[d, best]
                    or (votes[d, p] == votes[d, best] and drawn_first(order[d], p, best))
                ):
                    best = p
            least[d, best] = 1
    scale = np.ones(districts)
    for p in range(lists):
        for d in range(districts):
            seats[d, p] = least[d, p]
        start = sum_of(seats[:, p])
        for _ in range(columns[p] - start):
            best, worth = -1, -1.0
            for d in range(districts):
                if votes[d, p] > 0 and share_of_seat(votes[d, p], 1.0, seats[d, p]) > worth:
                    best, worth = d, share_of_seat(votes[d, p], 1.0, seats[d, p])
            seats[best, p] += 1
        while start > columns[p]:
            return -1
    reached_by, by_list = np.empty(districts, np.int64), np.empty(districts, np.int64)
    while True:
        have = np.zeros(districts, np.int64)
        for d in range(districts):
            have[d] = sum_of(seats[d])
        over = False
        for d in range(districts):
            reached_by[d] = -2  # not reached
            if have[d] > magnitude[d]:
                reached_by[d] = -1
                over = True
        if not over:
            return 0 if is_only_solution(votes, taking, least, seats) else -1
        while True:
            step, giver, taker, which = 0.0, -1, -1, -1
            for p in range(lists):
                for d in range(districts):
                    if reached_by[d] == -2 or seats[d, p] <= least[d, p]:
                        continue
                    last = share_of_seat(votes[d, p], scale[d], seats[d, p] - 1)
                    for e in range(districts):
                        if reached_by[e] != -2 or votes[e, p] == 0 or not taking[p]:
                            continue
                        ratio = share_of_seat(votes[e, p], scale[e], seats[e, p]) / last
                        if ratio > step:
                            step, giver, taker, which = ratio, d, e, p
            if giver < 0:
                return -1
            for d in range(districts):
                if reached_by[d] != -2:
                    scale[d] *= step
            reached_by[taker], by_list[taker] = giver, which
            if have[taker] < magnitude[taker]:
                d = taker
                while reached_by[d] >= 0:
                    seats[d, by_list[d]] += 1
                    seats[reached_by[d], by_list[d]] -= 1
                    d = reached_by[d]
                break


@inner_function
def below(formula, larger, order, votes, active, p, seats, held, out):
    """Share one party's seats among its regional lists, beyond those ``held``."""
    districts = len(votes)
    mine, taking = np.empty(districts, np.int64), np.empty(districts, np.bool_)
    lot, no_caps = np.empty(districts, np.int64), filled(districts, NO_CAP)
    total = 0
    for d in range(districts):
        lot[d] = order[d, p]
        mine[d] = votes[d, p]
        taking[d] = active and votes[d, p] > 0
        total += mine[d]
    return apportioned(formula, larger, lot, mine, taking, seats, total, held, no_caps, out)


@inner_function
def lots_of_places(order, districts):
    """Return the lots of the districts among themselves."""
    lots = np.empty(districts, np.int64)
    for d in range(districts):
        lots[d] = order[d, order.shape[1] - 1]
    return lots


@inner_function
def levelled(tier, formula, order, votes, taking, population, direct, outsiders, seats):
    """Grow the house, by bisection of its size, until every party has its minimum; then share it by region."""
    districts, lists = votes.shape
    larger = tier[LARGER]
    regions, everyone = np.empty(districts, np.int64), np.ones(districts, np.bool_)
    zeros, no_caps = np.zeros(districts, np.int64), filled(districts, NO_CAP)
    people = sum_of(population)
    apportioned(
        formula,
        larger,
        lots_of_places(order, districts),
        population,
        everyone,
        tier[HOUSE],
        people,
        zeros,
        no_caps,
        regions,
    )
    least, first = np.zeros(lists, np.int64), np.zeros(lists, np.int64)
    now, none, caps = np.empty(lists, np.int64), np.zeros(lists, np.int64), filled(lists, NO_CAP)
    whole, mine = np.zeros(lists, np.int64), np.empty(lists, np.bool_)
    for d in range(districts):
        party = 0
        for p in range(lists):
            mine[p] = taking[p] and votes[d, p] > 0
            party += votes[d, p] if taking[p] else 0
            whole[p] += votes[d, p]
        apportioned(formula, larger, order[d], votes[d], mine, regions[d], party, none, caps, now)
        for p in range(lists):
            if taking[p]:
                first[p] += now[p]
                half = (direct[d, p] + now[p] + 1) // 2
                least[p] += max(direct[d, p], half if tier[OPTION] & HALF else now[p])
    everything = 0
    for p in range(lists):
        least[p] = max(least[p], first[p])
        everything += whole[p] if taking[p] else 0
    if everything == 0:
        return
    low, high = tier[HOUSE] - outsiders - 1, tier[HOUSE] - outsiders
    wide = 1
    while True:  # double until it suffices, then halve the gap
        apportioned(formula, larger, order[districts], whole, taking, high, everything, none, caps, now)
        short = 0
        for p in range(lists):
            short += max(least[p] - now[p], 0) if taking[p] else 0
        if short <= tier[FREE]:
            break
        low, high, wide = high, high + wide, wide * 2
    while high - low > 1:
        middle = (low + high) // 2
        apportioned(formula, larger, order[districts], whole, taking, middle, everything, none, caps, now)
        short = 0
        for p in range(lists):
            short += max(least[p] - now[p], 0) if taking[p] else 0
        if short <= tier[FREE]:
            high = middle
        else:
            low = middle
    apportioned(formula, larger, order[districts], whole, taking, high, everything, none, caps, now)
    row, held = np.empty(districts, np.int64), np.empty(districts, np.int64)
    for p in range(lists):
        if not taking[p]:
            continue
        copy(direct[:, p], held)
        below(formula, larger, order, votes, True, p, max(now[p], least[p]) - sum_of(held), held, row)
        for d in range(districts):
            seats[d, p] = row[d] if votes[d, p] > 0 else 0


@inner_function
def due_seats(tier, formula, order, whole, taking, held, total, out):
    """Apply the formula to all seats, without lists that have more than their due; return what nobody gets."""
    lists = len(whole)
    left, none, caps = copied(taking), np.zeros(lists, np.int64), filled(lists, NO_CAP)
    while True:
        anybody = False
        votes = 0
        for p in range(lists):
            anybody = anybody or left[p]
            votes += whole[p] if left[p] else 0
        if not anybody:
            fill(out, 0)
            return max(total, 0)
        unused = apportioned(formula, tier[LARGER], order, whole, left, total, votes, none, caps, out)
        over = False
        for p in range(lists):
            if left[p] and held[p] > out[p]:
                over = True
        if not over:
            for p in range(lists):
                out[p] = out[p] - held[p] if left[p] else 0
            return unused
        for p in range(lists):
            if left[p] and held[p] > out[p]:
                total -= held[p]
                left[p] = False


@inner_function
def placed_by_share(formula, larger, order, votes, taking, whole, held, extra, held_here, levelling, seats):
    """Place seats in the order in which they were won, where votes over the district's, by the next seat, are largest."""
    districts, lists = votes.shape
    free, here, now = copied(levelling), np.empty((districts, lists), np.int64), copied(held)
    given = np.zeros(lists, np.int64)
    party = np.zeros(districts, np.int64)
    for d in range(districts):
        party[d] = sum_of(votes[d])
        copy(held_here[d], here[d])
    placed = 0
    for _ in range(sum_of(extra)):
        best = -1
        for p in range(lists):
            if not taking[p] or whole[p] == 0 or given[p] == extra[p]:
                continue
            if best < 0:
                best = p
                continue
            if ahead(formula, larger, order[districts], whole, p, now[p], best, now[best]):
                best = p
        given[best] += 1
        now[best] += 1
        where = -1
        for d in range(districts):
            if free[d] == 0 or votes[d, best] == 0:
                continue
            if where < 0:
                where = d
                continue
            sign = compared(
                votes[d, best],
                party[where] * (here[where, best] + 1),
                votes[where, best],
                party[d] * (here[d, best] + 1),
            )
            if sign > 0 or (sign == 0 and drawn_first(order[:, best], d, where)):
                where = d
        if where >= 0:
            free[where] -= 1
            here[where, best] += 1
            seats[where, best] += 1
            placed += 1
    return placed


@inner_function
def placed_by_relative_average(order, votes, extra, held_here, magnitude, levelling, seats):
    """Place seats where votes / (2 seats + 1), relative to the district's votes per seat, are largest."""
    districts, lists = votes.shape
    free, left = copied(levelling), copied(extra)
    party = np.zeros(districts, np.int64)
    used = np.zeros((districts, lists), np.bool_)
    for d in range(districts):
        party[d] = sum_of(votes[d])
    placed = 0
    while True:
        where, which = -1, -1
        for d in range(districts):
            for p in range(lists):
                if free[d] == 0 or left[p] == 0 or votes[d, p] == 0 or used[d, p]:
                    continue
                if where < 0:
                    where, which = d, p
                    continue
                sign = compared(
                    votes[d, p] * magnitude[d],
                    (2 * held_here[where, which] + 1) * party[where],
                    votes[where, which] * magnitude[where],
                    (2 * held_here[d, p] + 1) * party[d],
                )
                if sign > 0 or (sign == 0 and order[d, p] < order[where, which]):
                    where, which = d, p
        if where < 0:
            return placed
        used[where, which] = True
        free[where] -= 1
        left[which] -= 1
        seats[where, which] += 1
        placed += 1


@inner_function
def placed_by_regions(order, votes, extra, held_here, levelling, region, regions, seats):
    """Place seats by region by the odd numbers, and then by district by 1, 4, 7; seats held there are passed over."""
    districts, lists = votes.shape
    cast, held = np.zeros((regions, lists), np.int64), np.zeros((regions, lists), np.int64)
    free, first = np.zeros(regions, np.int64), filled(regions, -1)
    sent, left = np.zeros((regions, lists), np.int64), copied(extra)
    for d in range(districts):
        r = region[d]
        first[r] = d if first[r] < 0 else first[r]
        free[r] += levelling[d]
        for p in range(lists):
            cast[r, p] += votes[d, p]
            held[r, p] += held_here[d, p]
    placed = 0
    while True:
        where, which = -1, -1
        for r in range(regions):
            for p in range(lists):
                if free[r] == 0 or left[p] == 0 or cast[r, p] == 0:
                    continue
                if where < 0:
                    where, which = r, p
                    continue
                sign = compared(cast[r, p], 2 * held[where, which] + 1, cast[where, which], 2 * held[r, p] + 1)
                if sign > 0 or (sign == 0 and order[first[r], p] < order[first[where], which]):
                    where, which = r, p
        if where < 0:
            break
        held[where, which] += 1
        sent[where, which] += 1
        free[where] -= 1
        left[which] -= 1
        placed += 1
    for r in range(regions):
        for p in range(lists):
            for _ in range(sent[r, p]):
                best = -1
                for d in range(districts):
                    if region[d] != r or votes[d, p] == 0:
                        continue
                    if best < 0:
                        best = d
                        continue
                    mine, theirs = held_here[d, p] + seats[d, p], held_here[best, p] + seats[best, p]
                    sign = compared(votes[d, p], 3 * theirs + 1, votes[best, p], 3 * mine + 1)
                    if sign > 0 or (sign == 0 and drawn_first(order[:, p], d, best)):
                        best = d
                seats[best, p] += 1
    return placed


@inner_function
def three_steps(tier, formula, national, order, votes, against, taking, region, magnitude, regions, seats):
    """Whole quotas of the region in its districts, then in the region; the rest in the nation."""
    districts, lists = votes.shape
    cast, here = np.zeros((regions, lists), np.int64), np.zeros((regions, lists), np.int64)
    base, number = np.zeros(regions, np.int64), np.zeros(regions, np.int64)
    whole, held = np.zeros(lists, np.int64), np.zeros(lists, np.int64)
    for d in range(districts):
        number[region[d]] += magnitude[d]
        base[region[d]] += sum_of(votes[d]) + (against[d] if formula[OF_VALID] else 0)
        for p in range(lists):
            cast[region[d], p] += votes[d, p]
            whole[p] += votes[d, p]
    top, bottom = np.zeros(regions, np.int64), np.ones(regions, np.int64)
    for r in range(regions):
        if number[r] > 0:
            top[r], bottom[r] = price(formula, base[r], number[r])
            if top[r] == 0:
                top[r], bottom[r] = 1, 1
    for d in range(districts):
        r = region[d]
        for p in range(lists):
            seats[d, p] = votes[d, p] * bottom[r] // top[r] if top[r] > 0 else 0
            here[r, p] += seats[d, p]
            held[p] += seats[d, p]
    takes = copied(taking)
    house = tier[SEATS]
    for p in range(lists):
        takes[p] = taking[p] or (tier[SEAT_ADMITS] != 0 and held[p] > 0)
        for r in range(regions if takes[p] else 0):
            due = cast[r, p] * bottom[r] // top[r] if top[r] > 0 else 0
            seats[districts, p] += max(due - here[r, p], 0)
        held[p] += seats[districts, p]
        house -= 0 if takes[p] else held[p]
    extra = np.empty(lists, np.int64)
    left = due_seats(tier, national, order[districts], whole, takes, held, house, extra)
    for p in range(lists):
        seats[districts, p] += extra[p] if takes[p] else 0
    return left


@inner_function
def tier_seats(
    tier, formulas, bars, shares, won, exempt, alliance, group, people, cap_seats, order,
    votes, against, invalid, region, regions, magnitude, levelling, population, direct, other_total, held, held_here, seats,
):  # fmt: skip
    """Return the seats that nobody gets, before lists run out of candidates; the arguments are ``count_tier``'s."""
    districts, lists = votes.shape
    formula = formulas[OWN]
    takes = admitted(tier, bars, shares, won, exempt, order, votes, against, invalid, region, magnitude, regions)
    whole, taking = np.zeros(lists, np.int64), np.zeros(lists, np.bool_)
    party = 0
    for d in range(districts):
        for p in range(lists):
            whole[p] += votes[d, p]
            party += votes[d, p]
            taking[p] = taking[p] or takes[d, p]
    counted, outsiders = 0, other_total
    for p in range(lists):
        counted += whole[p] if taking[p] else 0
        for d in range(districts if taking[p] or tier[LINK] == COVERED else 0):
            outsiders -= direct[d, p]
    larger, link = tier[LARGER], tier[LINK]
    none, no_caps = np.zeros(lists, np.int64), filled(lists, NO_CAP)
    row, due = np.empty(districts, np.int64), np.empty(lists, np.int64)
    left = 0
    size = copied(magnitude)
    if tier[SHARED_MAGNITUDES]:
        turnout = np.empty(districts, np.int64)
        counts_people = sum_of(population) > 0
        for d in range(districts):
            turnout[d] = population[d] if counts_people else sum_of(votes[d])
        everyone = np.ones(districts, np.bool_)
        zeros, caps = np.zeros(districts, np.int64), filled(districts, NO_CAP)
        apportioned(
            formulas[OF_MAGNITUDES], larger, lots_of_places(order, districts), turnout, everyone,
            tier[SEATS] - tier[DISTRICT_INITIAL] * districts, sum_of(turnout), zeros, caps, size,
        )  # fmt: skip
        for d in range(districts):
            size[d] += tier[DISTRICT_INITIAL]
    if link == NO_LINK:
        base = party + (sum_of(against) if alliance[BASE] != 0 else 0) + (sum_of(invalid) if alliance[BASE] == 2 else 0)
        groups = 0
        for p in range(lists):
            groups = max(groups, group[p] + 1)
        members = standing_members(alliance, order[districts], group, groups, taking, exempt, whole, base)
        if tier[NATIONAL]:
            return allotted(
                tier, formulas, alliance, group, members, order[districts], whole, taking,
                tier[SEATS], party + sum_of(against), people[districts], cap_seats, seats[districts],
            )  # fmt: skip
        for d in range(districts):
            left += allotted(
                tier, formulas, alliance, group, members, order[d], votes[d], takes[d],
                size[d], sum_of(votes[d]) + against[d], people[d], cap_seats, seats[d],
            )  # fmt: skip
        return left
    if link == SCRUTINIES:
        return three_steps(
            tier, formula, formulas[OF_FURTHER], order, votes, against, taking, region, magnitude, regions, seats
        )
    if link == POOLED:
        return pooled(tier, formula, formulas[OF_FURTHER], order, votes, against, takes, size, seats)
    if link == TWO_WAYS:
        return two_ways(formula, larger, order, votes, takes, size, tier[OPTION], seats)
    if link == ADDITIONAL:
        for d in range(districts):
            left += divisor_seats(
                formula, larger, order[d], votes[d], takes[d], magnitude[d], direct[d], no_caps, seats[d]
            )
        return left
    if link == LEVELLED:
        levelled(tier, formula, order, votes, taking, population, direct, outsiders, seats)
        return 0
    if link == LEVELLING:
        if tier[OPTION] & CONTINUED:
            left = divisor_seats(formula, larger, order[districts], whole, taking, tier[SEATS], held, no_caps, due)
        else:
            rest = tier[HOUSE] - other_total
            for p in range(lists):
                rest += held[p] if taking[p] else 0
            left = due_seats(tier, formula, order[districts], whole, taking, held, rest, due)
        placed = 0
        for p in range(lists):
            due[p] = due[p] if taking[p] else 0
        if tier[OPTION] & BY_SHARE:
            placed = placed_by_share(
                formula, larger, order, votes, taking, whole, held, due, held_here, levelling, seats
            )
        elif tier[OPTION] & RELATIVE:
            placed = placed_by_relative_average(order, votes, due, held_here, magnitude, levelling, seats)
        elif tier[OPTION] & BY_REGIONS:
            placed = placed_by_regions(order, votes, due, held_here, levelling, region, regions, seats)
        else:
            copy(due, seats[districts])
            return left
        return left + sum_of(due) - placed
    left = apportioned(
        formula, larger, order[districts], whole, taking, tier[HOUSE] - outsiders, counted, none, no_caps, due
    )
    for p in range(lists):
        if not taking[p]:
            continue
        if link == MIXED and not tier[OPTION] & SUBLISTS:
            seats[districts, p] = max(due[p] - sum_of(direct[:, p]), 0)
            continue
        below(formula, larger, order, votes, True, p, due[p], np.zeros(districts, np.int64), row)
        for d in range(districts):
            held_here[d, p] = row[d]
            seats[d, p] = max(row[d] - direct[d, p], 0)
    return left


@inner_function
def count_tier(
    tier, formulas, bars, shares, won, exempt, alliance, group, people, cap_seats, order,
    votes, against, invalid, region, regions, magnitude, levelling, population, direct, other_total, held, held_here, seats,
):  # fmt: skip
    """Count one tier of list seats; ``seats[district, list]`` are written, the last row for seats in no district.

    Parameters
    ----------
    tier, formulas
        Columns of the tier, and of its formulas: its own, of magnitudes, of further seats or the second scrutiny, and
        of an alliance's members.
    bars, shares, won, exempt
        ``[bar]``, ``[bar, list, numerator and denominator]``, seats elsewhere ``[bar, list]``, ``[list]``.
    alliance, group
        Columns of the alliances; each list's alliance or -1.
    people, cap_seats
        Persons ``[district or last, list]``; seats elsewhere that count towards a cap ``[list]``.
    order
        Lots ``[district or last, list or last]``, any numbers: of equal claims the lower lot comes first, of equal
        lots the earlier column or row. Lists in a district draw by its row, in the nation by the last row, districts
        between them for a list's seat by its column, for their magnitudes by the last. Only read where the law draws.
    votes, against, invalid, region, magnitude, levelling, population
        ``[district, list]`` and ``[district]``.
    direct, other_total
        Seats of the linked single-member tier ``[region, list]``, and of all parties together.
    held, held_here
        Seats of the levelled tier ``[list]`` and ``[district, list]``; the latter gets what covers the winners.

    Returns the seats that nobody gets, or -1 where floating-point numbers cannot tell.
    """
    districts, lists = votes.shape
    lots, caps = order, people
    if not tier[LOT]:
        lots = np.zeros(order.shape, np.int64)
    if tier[VACATE]:
        caps = np.empty(people.shape, np.int64)
        for d in range(len(people)):
            fill(caps[d], NO_CAP)
    left = tier_seats(
        tier, formulas, bars, shares, won, exempt, alliance, group, caps, cap_seats, lots,
        votes, against, invalid, region, regions, magnitude, levelling, population, direct, other_total, held, held_here, seats,
    )  # fmt: skip
    if left < 0:
        return left
    for d in range(districts + 1):
        for p in range(lists):
            if seats[d, p] > people[d, p]:
                left += seats[d, p] - people[d, p]
                seats[d, p] = people[d, p]
    return left


@kernel_function
def count_tiers(
    tier, formulas, bars, shares, exempt, alliance, group, people, region, regions, magnitude, levelling, population,
    lanes, order, votes, against, invalid, won, cap_seats, direct, other_total, held, held_here, seats, left, takes,
):  # fmt: skip
    """Count one tier in the first ``lanes`` draws of a block; arguments as those of ``count_tier``, by draw where they vary.

    ``seats[draw, district or last, list]`` and ``left[draw]``, the seats that nobody gets, are written; and
    ``takes[draw, list]`` is set where a list takes part in the distribution somewhere.
    """
    districts, lists = votes.shape[1:]
    for i in range(lanes):
        for d in range(districts + 1):
            fill(seats[i, d], 0)
        left[i] = count_tier(
            tier, formulas, bars, shares, won[i], exempt, alliance, group, people, cap_seats[i], order[i],
            votes[i], against[i], invalid[i], region, regions, magnitude, levelling, population,
            direct[i], other_total[i], held[i], held_here[i], seats[i],
        )  # fmt: skip
        inside = admitted(
            tier, bars, shares, won[i], exempt, order[i], votes[i], against[i], invalid[i], region, magnitude, regions
        )
        for d in range(districts):
            for p in range(lists):
                if inside[d, p]:
                    takes[i, p] = True


@kernel_function
def sitting_winners(winner, place, votes, valid, cover, sits):
    """Write whether each winner ``[district]`` sits: fewer of the same list and region have a larger share than it covers.

    ``winner`` is the list and ``place`` the region, -1 where nobody won; ``cover[region, list]`` are the seats.
    """
    for n in range(len(winner)):
        if winner[n] < 0:
            sits[n] = False
            continue
        rank = 0
        for m in range(len(winner)):
            if m != n and winner[m] == winner[n] and place[m] == place[n]:
                sign = compared(votes[m], valid[n], votes[n], valid[m])
                rank += sign > 0 or (sign == 0 and m < n)
        sits[n] = rank < cover[place[n], winner[n]]


@row_function
def leading(worth, order, winners):
    """Write the candidates of one district who are elected, the strongest first; -1 where nobody is left to elect.

    Block vote, single non-transferable and limited vote are the same count: as many as the district has seats.

    Parameters
    ----------
    worth
        ``[candidate]`` ballots or utilities of those who stand.
    order
        ``[candidate]`` lots that decide equal ballots: the lower first, of equal lots the earlier on the paper.
    winners
        As many as there are seats; candidates are written.

    Returns how many are elected whatever the lots: fewer than the seats where a tie reaches over the last one.
    """
    candidates, seats = len(worth), len(winners)
    sure = 0
    for k in range(seats):
        winners[k] = -1
    for c in range(candidates):
        ahead_of = 0
        for other in range(candidates):
            if other == c:
                continue
            if worth[other] == worth[c]:
                ahead_of += drawn_first(order, other, c)
            else:
                ahead_of += worth[other] > worth[c]
        if ahead_of < seats:
            winners[ahead_of] = c
    for k in range(seats):
        if winners[k] < 0:
            continue
        above, equal = 0, 0
        for other in range(candidates):
            above += worth[other] > worth[winners[k]]
            equal += worth[other] == worth[winners[k]]
        sure += above + equal <= seats
    return sure


@kernel_function
def block_winners(votes, stands, order, seats, winners, sure):
    """Write the winners ``[district, seat]`` of every district, and how many are elected whatever the lots.

    ``votes``, ``stands`` and ``order`` are ``[district, candidate]``, ``seats`` ``[district]``.
    """
    districts, candidates = votes.shape
    who, worth, lot = np.empty(candidates, np.int64), np.empty(candidates, votes.dtype), np.empty(candidates, np.int64)
    for d in range(districts):
        standing = 0
        for c in range(candidates):
            if stands[d, c]:
                who[standing], worth[standing], lot[standing] = c, votes[d, c], order[d, c]
                standing += 1
        sure[d] = leading(worth[:standing], lot[:standing], winners[d, : seats[d]])
        for k in range(seats[d]):
            winners[d, k] = who[winners[d, k]] if winners[d, k] >= 0 else -1


@kernel_function
def district_winners(votes, winner):
    """Write who has the most votes of each district ``[district, candidate]``, -1 where several share them.

    Candidates who do not stand have -1 votes.
    """
    districts, candidates = votes.shape
    for d in range(districts):
        best, most, tied = -1, -1, False
        for c in range(candidates):
            if votes[d, c] > most:
                best, most, tied = c, votes[d, c], False
            elif votes[d, c] == most:
                tied = True
        winner[d] = -1 if tied else best


@kernel_function
def fused_votes(votes, party, region, out):
    """Add up the votes of candidates ``[district, candidate]`` for their lists ``[region or district, list]``.

    ``party`` is a candidate's list, -1 for none; their votes go to the last column of ``out``.
    """
    districts, candidates = votes.shape
    lists = out.shape[1] - 1
    for r in range(len(out)):
        fill(out[r], 0)
    for d in range(districts):
        for c in range(candidates):
            column = party[d, c] if party[d, c] >= 0 else lists
            out[region[d], column] += max(votes[d, c], 0)
