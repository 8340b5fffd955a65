"""A tier of kind ``proportional`` of a document becomes a frozen ``ProportionalTier``, or its faults are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm

from forecast.documents import proportional_schema as table
from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.locate import Path
from forecast.documents.names import clash
from forecast.documents.toml import Source
from forecast.rules import proportional as rule
from forecast.rules.system import NominalTier, Tier

_SECOND_DIVISOR: dict[str, int | Fraction] = {  # squared, because those of Huntington-Hill are roots
    "d'hondt": 4,
    "sainte-lague": 9,
    "danish": 16,
    "imperiali": Fraction(9, 4),
    "adams": 1,
    "huntington-hill": 2,
}
_ALONE = ("scrutinies", "remainders", "biproportional", "linkage")
_FIRST_STEP = ("alliances", "bonus", "extra", "opposition", "cap", "initial_seats", "minimum_seats")
_NOT_WITH_CAP = ("bonus", "extra", "opposition", "initial_seats", "minimum_seats")
_NOT_WITH_BONUS = ("extra", "opposition")


def proportional_tier(found: table.ProportionalTable) -> rule.ProportionalTier:
    """Return the frozen tier that a checked table says."""
    admission = found.admission
    alliances = found.alliances
    return rule.ProportionalTier(
        name=found.name,
        seats=found.seats,
        formula=_formula(found.formula),
        districts=tuple(rule.District(d.name, d.seats, d.region, d.levelling, d.population) for d in found.districts),
        level=found.level,
        magnitudes=_formula(found.magnitudes) if found.magnitudes else None,
        initial_magnitude=found.initial_magnitude,
        admission=rule.Admission(
            tuple(_share(bar) for bar in admission.all_of),
            tuple(_bar(bar) for bar in admission.any_of),
            tuple(admission.exempt),
            admission.minimum_lists,
            admission.joint_share,
            admission.none_passes,
        ),
        ties=found.ties.rule,
        initial_seats=found.initial_seats,
        minimum_seats=found.minimum_seats,
        coalition_members=dict(found.coalition_members),
        alliances=rule.Alliances(
            {name: tuple(members) for name, members in alliances.groups.items()},
            alliances.pass_as,
            alliances.share,
            alliances.counts_from,
            alliances.member_share,
            alliances.best_loser,
            _formula(alliances.formula) if alliances.formula else None,
            alliances.law,
        )
        if alliances
        else None,
        bonus=rule.Bonus(found.bonus.seats, found.bonus.kind, found.bonus.share, found.bonus.law)
        if found.bonus
        else None,
        extra=rule.ExtraSeats(found.extra.seats, _formula(found.extra.formula), found.extra.law)
        if found.extra
        else None,
        opposition=rule.MinimumOpposition(found.opposition.share, found.opposition.law) if found.opposition else None,
        cap=rule.Cap(found.cap.factor, found.cap.house, found.cap.tier, found.cap.plus, found.cap.most, found.cap.law)
        if found.cap
        else None,
        remainders=rule.PooledRemainders(_quota(found.remainders.formula), found.remainders.law)
        if found.remainders
        else None,
        scrutinies=rule.Scrutinies(
            _formula(found.scrutinies.formula), found.scrutinies.seat_admits, found.scrutinies.law
        )
        if found.scrutinies
        else None,
        biproportional=rule.Biproportional(
            found.biproportional.weights, found.biproportional.strongest_list, found.biproportional.law
        )
        if found.biproportional
        else None,
        linkage=_linkage(found.linkage) if found.linkage else None,
        fused=rule.Fused(found.fused.tier, dict(found.fused.regions), found.fused.law) if found.fused else None,
        exhausted=found.exhausted,
        law=found.law,
    )


def check_proportional(
    found: table.ProportionalTable, before: Sequence[Tier], path: Path, source: Source, faults: Faults
) -> None:
    """Note what does not fit together in a tier; ``before`` are the tiers above it in the document."""

    def fault(key: str, text: str) -> None:
        faults.add(source.where((*path, *key.split("."))), text)

    names: list[str] = []
    for number, district in enumerate(found.districts):
        if (other := clash(district.name, names)) is not None:
            faults.add(source.where((*path, "districts", number, "name")), f"there is a district {other!r} already")
        names.append(district.name)
    if found.level == "districts" and not found.districts:
        fault("level", 'is "districts", but no districts are given: list them, or write "nation"')
    together = sum(district.seats for district in found.districts)
    if found.level == "districts" and names and found.magnitudes is None and together != found.seats:
        fault("seats", f"is {found.seats}; the districts have {together} seats together")
    for key, text in _contradictions(found):
        fault(key, text)
    for key, text in _unknown_tiers(found, before, names):
        fault(key, text)


def _contradictions(found: table.ProportionalTable) -> Iterator[tuple[str, str]]:
    given = {key for key in (*_ALONE, *_FIRST_STEP) if getattr(found, key)}
    alone = [key for key in _ALONE if key in given]
    for key in alone[1:]:
        yield key, f"cannot be combined with {alone[0]}; leave one out"
    for key in _FIRST_STEP:
        if key in given and alone:
            yield key, f"cannot be combined with {alone[0]}; leave one out"
    for main, others in (("cap", _NOT_WITH_CAP), ("bonus", _NOT_WITH_BONUS)):
        for key in others:
            if main in given and key in given:
                yield key, f"cannot be combined with {main}; leave one out"
    divisors = found.formula.method == "highest averages"
    link = found.linkage
    by_divisors = found.biproportional is not None or (
        link is not None
        and (
            link.kind in ("additional member", "levelled")
            or (
                isinstance(link, table.LevellingTable)
                and (link.over_represented == "continued" or link.placement == "share")
            )
        )
    )
    if by_divisors and not divisors:
        yield "formula", 'must be {method = "highest averages", ...} here: the seats go on from those already won'
    left_over = found.remainders or found.scrutinies
    if left_over is not None and (divisors or getattr(found.formula, "leftovers", "") != "nobody"):
        yield (
            "formula",
            'must be {method = "largest remainder", ..., leftovers = "nobody"}: a later scrutiny shares what is left',
        )
    elif left_over is None and getattr(found.formula, "leftovers", "") == "nobody":
        yield "formula", "leaves seats to nobody; write remainders or scrutinies = {...}, or other leftovers"
    sharing = found.alliances.formula if found.alliances else None
    for key, formula in (
        ("formula", found.formula),
        ("magnitudes", found.magnitudes),
        ("alliances.formula", sharing),
        ("extra.formula", found.extra.formula if found.extra else None),
        ("scrutinies.formula", found.scrutinies.formula if found.scrutinies else None),
    ):
        if isinstance(formula, table.DivisorTable) and formula.first_divisor is not None:
            second = _SECOND_DIVISOR[formula.divisors]
            if formula.first_divisor**2 >= second:
                yield key, "has a first divisor as large as the second one of the series; it must be smaller"
        if key != "formula" and getattr(formula, "leftovers", "") == "nobody":
            yield key, "leaves seats to nobody; write other leftovers"
    if (
        left_over or found.biproportional or (link and link.kind == "additional member")
    ) and found.level != "districts":
        yield "level", 'must be "districts" here, with the districts listed'
    without = [district.name for district in found.districts if not district.population]
    if found.magnitudes is not None and 0 < len(without) < len(found.districts):
        yield "districts", f"{quoted(without[0])} has no population; give every district its own, or none"
    if found.initial_magnitude and found.magnitudes is None:
        yield "initial_magnitude", "needs magnitudes = {...}: the formula that shares the other seats"
    if found.initial_magnitude * len(found.districts) > found.seats:
        yield "initial_magnitude", f"gives the districts more than the {found.seats} seats together"
    if found.cap is not None:
        common = lcm(found.cap.factor.denominator, found.cap.plus.denominator)
        if (found.cap.factor + found.cap.plus) * common * found.cap.house >= 2**31:
            yield "cap", "is too fine for such a house; write factor and plus with fewer decimals"
    average = [bar for bar in found.admission.any_of if isinstance(bar, table.AverageBarTable)]
    if average and not found.districts:
        yield (
            "admission.any_of",
            'has a bar of kind "average", but no districts are given: list them with their regions',
        )
    if found.alliances:
        members = [name for group in found.alliances.groups.values() for name in group]
        for name in sorted({name for name in members if members.count(name) > 1}):
            yield "alliances.groups", f"{quoted(name)} is in two alliances"
        for name in found.alliances.groups:
            if name in members:
                yield (
                    "alliances.groups",
                    f"{quoted(name)} is the name of an alliance and of a list; rename the alliance",
                )


def _unknown_tiers(
    found: table.ProportionalTable, before: Sequence[Tier], districts: list[str]
) -> Iterator[tuple[str, str]]:
    above = {tier.name: tier for tier in before}
    wanted = [("cap.tier", found.cap.tier)] if found.cap and found.cap.tier else []
    wanted += [("fused.tier", found.fused.tier)] if found.fused else []
    wanted += [
        ("admission.any_of", bar.tier)
        for bar in found.admission.any_of
        if isinstance(bar, table.SeatsBarTable | table.AverageBarTable)
    ]
    link = found.linkage
    if found.fused is not None:
        fused = above.get(found.fused.tier)
        if fused is not None and not isinstance(fused, NominalTier):
            yield "fused.tier", f"{quoted(found.fused.tier)} is no tier of single-member districts"
        for region in sorted(set(found.fused.regions.values()) - set(districts)):
            yield (
                "fused.regions",
                f"{quoted(region)} is no district of this tier" + hint(region, districts, "districts"),
            )
        if districts and not found.fused.regions:
            yield "fused.regions", "is missing: say in which district of this tier each single-member district lies"
    if link is not None:
        wanted.append(("linkage.tier", link.tier))
    for key, name in wanted:
        if name not in above:
            yield key, f"{quoted(name)} is no tier above this one" + hint(name, above, "tiers")
    if link is None or link.tier not in above:
        return
    other = above[link.tier]
    if isinstance(link, table.LevellingTable):
        in_districts = isinstance(other, rule.ProportionalTier)
        if not in_districts and (link.placement != "none" or not isinstance(other, NominalTier)):
            yield "linkage.tier", f"{quoted(link.tier)} has no list seats in districts to level"
        elif link.total != other.seats + found.seats:
            yield "linkage.total", f"is {link.total}; {link.tier} and this tier have {other.seats + found.seats} seats"
        below = [district.name for district in getattr(other, "districts", ())] if in_districts else []
        if link.placement != "none" and in_districts and set(below) != set(districts):
            yield "districts", f"must be those of {link.tier}, where the seats are placed"
        if link.placement != "none" and sum(d.levelling for d in found.districts) != found.seats:
            yield "districts", f"their levelling seats must add up to the {found.seats} seats that are placed"
        return
    if not isinstance(other, NominalTier):
        yield "linkage.tier", f"{quoted(link.tier)} is no tier of single-member districts"
        return
    if not isinstance(link, table.AdditionalMemberTable) and link.house != other.districts + found.seats:
        yield "linkage.house", f"is {link.house}; {link.tier} and this tier have {other.districts + found.seats} seats"
    needs = not isinstance(link, table.MixedMemberTable) or link.sublists
    if needs and len(link.regions) != other.districts:
        yield "linkage.regions", f"names {len(link.regions)} districts; {link.tier} has {other.districts}"
    for region in sorted(set(link.regions.values()) - set(districts)) if needs else ():
        yield "linkage.regions", f"{quoted(region)} is no district of this tier" + hint(region, districts, "districts")
    if isinstance(link, table.LevelledTable):
        for region in sorted(set(districts) ^ set(link.population)):
            yield "linkage.population", f"{quoted(region)} must be a district of this tier, and have a population"


def _formula(found: table.QuotaTable | table.DivisorTable) -> rule.Formula:
    if isinstance(found, table.QuotaTable):
        return _quota(found)
    return rule.DivisorFormula(found.divisors, found.first_divisor, found.law)


def _quota(found: table.QuotaTable) -> rule.QuotaFormula:
    return rule.QuotaFormula(
        found.quota, found.rounding, found.leftovers, found.over_allocation, found.quota_votes, found.law
    )


def _share(bar: table.ShareBarTable | table.NaturalBarTable) -> rule.ShareBar | rule.QuotaBar:
    if isinstance(bar, table.NaturalBarTable):
        return rule.QuotaBar(bar.quotas, bar.of, bar.area, bar.law)
    joint = tuple((one.members, one.share) for one in bar.coalitions)
    return rule.ShareBar(bar.share, bar.of, bar.area, bar.comparison, joint, bar.law)


def _bar(
    bar: table.ShareBarTable
    | table.NaturalBarTable
    | table.SeatsBarTable
    | table.AverageBarTable
    | table.FirstBarTable,
) -> rule.ShareBar | rule.QuotaBar | rule.SeatsBar | rule.AverageBar | rule.FirstBar:
    if isinstance(bar, table.SeatsBarTable):
        return rule.SeatsBar(bar.seats, bar.tier, bar.law)
    if isinstance(bar, table.AverageBarTable):
        return rule.AverageBar(bar.regions, bar.tier, bar.law)
    if isinstance(bar, table.FirstBarTable):
        return rule.FirstBar(bar.law)
    return _share(bar)


def _linkage(link: table.LinkageTable) -> rule.Linkage:
    if isinstance(link, table.AdditionalMemberTable):
        return rule.AdditionalMember(link.tier, dict(link.regions), link.law)
    if isinstance(link, table.MixedMemberTable):
        return rule.MixedMember(link.tier, link.house, dict(link.regions), link.sublists, link.law)
    if isinstance(link, table.LevelledTable):
        regions, people = dict(link.regions), dict(link.population)
        return rule.Levelled(link.tier, link.house, regions, people, link.minimum, link.free_overhang, link.law)
    if isinstance(link, table.CoveredTable):
        return rule.Covered(link.tier, link.house, dict(link.regions), link.law)
    return rule.Levelling(link.tier, link.total, link.over_represented, link.placement, link.law)
