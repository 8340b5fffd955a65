"""An election document as tiers of the rule language with their papers: general, field by field, no table of elections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

from benchmarks.election_papers import (
    ACCESSION_AREA,
    MINORITY_LISTS,
    is_list,
    names_of,
    on_base,
    only,
    paper,
    region_of,
)
from benchmarks.election_words import Bars, Unexpressed, bars, formula, number_after
from forecast.rules.admission import combined
from forecast.rules.ballots import Paper
from forecast.rules.proportional import (
    AdditionalMember,
    Alliances,
    Biproportional,
    Bonus,
    Cap,
    Covered,
    District,
    DivisorFormula,
    ExtraSeats,
    Levelled,
    Levelling,
    Linkage,
    MinimumOpposition,
    MixedMember,
    PooledRemainders,
    ProportionalTier,
    QuotaFormula,
    ShareBar,
)
from forecast.rules.system import AgainstAll, NominalTier, NominalTies, Plurality, TwoRounds

Tier = ProportionalTier | NominalTier
View = Literal["own", "with districts", "winners"]


@dataclass(frozen=True)
class Case:
    """A tier to count: the rule, its papers, and how its result is read.

    ``view``: the seats of the tier itself, with those of the districts it is linked to, or the winners there alone.
    ``given`` are seats, by district, of a tier without votes; ``is_input``: those of another tier of the document.
    """

    tier: Tier | None
    papers: dict[str, Paper] = field(default_factory=dict)
    people: dict[str, dict[str, int]] = field(default_factory=dict)
    view: View = "own"
    name: str = ""
    given: dict[str, dict[str, int]] | None = None
    is_input: bool = False


def cases(
    document: Mapping[str, Any], admitted: Mapping[int, set[str]], given: Mapping[int, dict[str, int]]
) -> dict[int, list[Case] | str]:
    """Return what to count for every tier of a document, in order, or why it cannot be said.

    ``admitted`` are the lists taken as admitted, by tier; ``given`` the seats of tiers without votes.
    """
    found: dict[int, list[Case] | str] = {}
    for number in range(len(document["tiers"])):
        try:
            found[number] = Mapper(document, number, admitted.get(number), given).cases()
        except Unexpressed as reason:
            found[number] = str(reason)
        except (AttributeError, LookupError, TypeError, ValueError) as fault:  # fields of a form never seen before
            found[number] = f"its fields are not understood: {fault!r}"
    return found


class Mapper:
    """One tier of a document, with what the tiers beside it say."""

    def __init__(
        self, document: Mapping[str, Any], number: int, admitted: set[str] | None, given: Mapping[int, dict[str, int]]
    ) -> None:
        """Keep the tier, its words in lower case, and where single-member and regional seats are."""
        self.tiers: list[dict[str, Any]] = document["tiers"]
        self.document, self.number, self.admitted, self.given = document, number, admitted, given
        self.tier = self.tiers[number]
        self.method = str(self.tier.get("method") or "")
        self.words = self.method.lower()
        self.prose = str(self.tier.get("threshold_base") or "").lower()
        self.nominal = next((i for i, t in enumerate(self.tiers) if _is_nominal(t) and i != number), None)
        self.lower = next(
            (i for i in range(number) if self.tiers[i].get("districts") and not _is_nominal(self.tiers[i])), None
        )

    def cases(self) -> list[Case]:
        """Return what to count: the tiers this one builds on, and itself last."""
        if not self.method:
            raise Unexpressed("no method")
        if _is_nominal(self.tier):
            return self.nominal_cases()
        if "inside coalitions" in self.words:
            return [self.coalition_lists()]
        if "levelling" in self.words and "+" in self.words:
            return self.districts_and_levelling()
        if any(word in self.words for word in ("continued nationally", "top-up", "minus constituency")):
            return self.levelling_cases()
        if "compensatory_by_region" in self.words:
            return [self.districts_won(), self.list_case(self.additional())]
        if any(word in self.words for word in ("overhang", "enlarged", "minus electorates", "land lists")):
            return self.mixed_cases()
        if "voter numbers" in self.words or "biproportional" in self.words:
            return [self.double()]
        if "cap on total seats" in self.words:
            return [self.districts_won(), self.list_case(None)]
        return [self.list_case(None)]

    # ---- single-member districts

    def nominal_cases(self) -> list[Case]:
        """Return the districts; where a seat needs cover, the list tier that covers it as well."""
        case = self.nominal_case(self.number)
        if "covered" not in self.words:
            return [case]
        others = [i for i, t in enumerate(self.tiers) if not _is_nominal(t) and i != self.number]
        if not others:
            return [case]
        lists = Mapper(self.document, others[-1], None, self.given).mixed_cases()[-1]
        return [case, replace(lists, view="winners")]

    def nominal_case(self, number: int) -> Case:
        """Return a tier of single-member districts from its rows."""
        tier = self.tiers[number]
        rows = tier.get("districts")
        if not rows:
            if number in self.given:
                return Case(None, name=tier["name"], given={"": self.given[number]}, is_input=True)
            raise Unexpressed(f"{tier['name']!r} has no votes, only seats")
        two = "two-round" in str(tier["method"])
        rule = NominalTier(tier["name"], len(rows), TwoRounds() if two else Plurality(), NominalTies(), AgainstAll())
        papers = {name: paper(row, False) for name, row in zip(names_of(rows), rows, strict=True)}
        return Case(rule, papers, name=rule.name)

    def districts_won(self) -> Case:
        """Return the single-member districts beside this tier; seats won there that its own districts state, else."""
        if self.nominal is not None and self.tiers[self.nominal].get("districts"):
            return self.nominal_case(self.nominal)
        rows = self.tier.get("districts") or []
        if rows and all(isinstance(row.get("constituency_seats"), dict) for row in rows):
            won = {name: dict(row["constituency_seats"]) for name, row in zip(names_of(rows), rows, strict=True)}
            return Case(None, name=self.nominal_name(), given=won)
        if self.nominal is not None:
            return self.nominal_case(self.nominal)
        raise Unexpressed("no tier of single-member districts beside it")

    def nominal_name(self) -> str:
        """Return the name of the single-member tier."""
        return str(self.tiers[self.nominal]["name"]) if self.nominal is not None else "constituencies"

    def regions(self) -> dict[str, str]:
        """Return the region of every single-member district."""
        if self.nominal is None or not self.tiers[self.nominal].get("districts"):
            return {name: name for name in names_of(self.tier.get("districts") or [])}
        rows = self.tiers[self.nominal]["districts"]
        return dict(zip(names_of(rows), map(region_of, rows), strict=True))

    # ---- list tiers

    def bars(self) -> Bars:
        """Return the rule of admission."""
        nominal = self.tiers[self.nominal]["name"] if self.nominal is not None else ""
        lower = self.tiers[self.lower]["name"] if self.lower is not None else ""
        found = bars(self.tier.get("threshold"), self.tier.get("threshold_base"), nominal, lower)
        exempt = tuple(n for n in self.tier.get("votes") or {} if MINORITY_LISTS.search(n)) if found.minorities else ()
        return replace(found, admission=replace(found.admission, exempt=exempt))

    def districts(self) -> tuple[District, ...]:
        """Return the districts of the tier, or of the tier below that has its rows."""
        rows = self.rows()
        return tuple(
            District(
                name,
                int(row.get("seats") or row.get("constituency_seats") or 0),
                region_of(row),
                int(row.get("adjustment_seats") or 0),
            )
            for name, row in zip(names_of(rows), rows, strict=True)
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of districts: its own, else those of a tier of lists beside it."""
        own = self.tier.get("districts")
        if own:
            return list(own)
        return next((list(t["districts"]) for t in self.tiers if t.get("districts") and not _is_nominal(t)), [])

    def list_case(self, link: Linkage | None) -> Case:
        """Return a tier of lists by the words of its method and its fields."""
        by_district = "district" in self.words or "region" in self.words or bool(self.tier.get("districts"))
        districts = self.districts() if by_district else ()
        papers = self.papers(bool(districts))
        found = self.bars()
        admission, papers = self.admission(found, papers)
        rule = ProportionalTier(
            self.tier["name"],
            int(self.tier["seats"]),
            formula(self.method.split(" + ")[1] if "majority bonus" in self.words else self.method),
            districts,
            "districts" if any(district.seats for district in districts) else "nation",
            admission=admission,
            coalition_members=self.coalition_members(papers),
            linkage=link,
        )
        return Case(self.with_special_rules(rule, papers, found), papers, self.people(), name=rule.name)

    def with_special_rules(self, rule: ProportionalTier, papers: dict[str, Paper], found: Bars) -> ProportionalTier:
        """Add what the method's words say beside its formula."""
        votes = [name for name in self.tier.get("votes") or {} if is_list(name)]
        if initial := re.search(r"(\d+) initial", self.words):
            rule = replace(rule, initial_seats=int(initial[1]))
        if fixed := re.search(r"fixed (\d+) each", self.words):
            rule = replace(rule, initial_seats=int(fixed[1]), formula=QuotaFormula(), seats=int(fixed[1]) * len(votes))
        if least := re.search(r"minimum (\d+)", self.words):
            rule = replace(rule, minimum_seats=int(least[1]))
        if bonus := number_after("majority bonus", self.words):
            rule = replace(rule, bonus=Bonus(bonus))
        if extra := re.search(r"(\d+) minority", self.words):
            first = re.search(r"lr_\w+ (?:on )?(\d+)", self.words)
            rule = replace(
                rule,
                seats=int(first[1]) if first else rule.seats - int(extra[1]),
                extra=ExtraSeats(int(extra[1]), DivisorFormula("d'hondt")),
            )
        if "additional mandates" in self.words:
            rule = replace(rule, opposition=MinimumOpposition(Fraction(1, 3)))
        if "imperiali quota then" in self.words:
            rule = replace(
                rule,
                formula=QuotaFormula("imperiali", rounding="nearest", leftovers="nobody"),
                remainders=PooledRemainders(QuotaFormula("hagenbach-bischoff", rounding="nearest")),
            )
        if "cap on total seats" in self.words:
            rule = replace(rule, cap=self.cap(rule))
        return self.with_alliances(rule, found)

    def cap(self, rule: ProportionalTier) -> Cap:
        """Return the cap on a party's seats in the house: a number of seats, or a multiple of its share of the votes."""
        if self.nominal is None:
            raise Unexpressed("a cap on total seats, but no tier of district seats")
        nominal = self.tiers[self.nominal]
        house = rule.seats + int(nominal["seats"])
        stated = self.tier.get("seat_cap")
        if isinstance(stated, dict):  # by party: whom it binds has the most
            stated = max(stated.values())
        if isinstance(stated, int) and stated > 1:
            return Cap(Fraction(100), house, nominal["name"], most=stated)
        words = stated if stated is not None else self.tier.get("rule_inferred_from_result")
        found = re.search(r"\d+(?:\.\d+)?", str(words))
        if not found:
            raise Unexpressed("a cap on total seats, but neither a number of seats nor a multiple of the votes")
        return Cap(Fraction(found[0]), house, nominal["name"])

    def with_alliances(self, rule: ProportionalTier, found: Bars) -> ProportionalTier:
        """Add agreements on surplus votes, alliances that pass together, and coalitions of lists."""
        if agreements := self.tier.get("surplus_agreements"):
            return replace(rule, alliances=Alliances({" + ".join(pair): tuple(pair) for pair in agreements}))
        if alliances := self.tier.get("alliances"):
            groups = {name: tuple(members) for name, members in alliances.items()}
            return replace(rule, alliances=Alliances(groups, "alliance"))
        if (coalitions := self.tier.get("coalitions")) and "coalition then lists" in self.words:
            groups = {name: tuple(members) for name, members in coalitions.items()}
            return replace(
                rule,
                alliances=Alliances(
                    groups, "alliance", found.together, found.counts_from, found.alone or found.share, found.best_loser
                ),
            )
        return rule

    def coalition_lists(self) -> Case:
        """Return lists inside coalitions: the coalitions' step is that of the tier before it."""
        upper = next((i for i in range(self.number) if not _is_nominal(self.tiers[i])), None)
        above = Mapper(self.document, upper, None, self.given) if upper is not None else self
        rule_above, found = above.bars(), self.bars()
        groups = {name: tuple(members) for name, members in (self.tier.get("coalitions") or {}).items()}
        alone = rule_above.alone if rule_above.alone is not None else found.share
        admission = replace(found.admission, all_of=(ShareBar(alone, found.of),))
        admission, papers = self.admission(replace(found, admission=admission), self.papers(False))
        base = self.base() or above.base()
        papers, admission = on_base(papers, admission, base)
        bonus = number_after("majority bonus", above.words)
        rule = ProportionalTier(
            self.tier["name"],
            int(self.tier["seats"]),
            formula(self.method),
            level="nation",
            admission=admission,
            alliances=Alliances(
                groups,
                "alliance",
                rule_above.together or rule_above.share,
                rule_above.counts_from,
                found.share,
                found.best_loser,
            ),
            bonus=Bonus(bonus) if bonus else None,
        )
        return Case(rule, papers, name=rule.name)

    def people(self) -> dict[str, dict[str, int]]:
        """Return the persons on lists, where a district says how many a list has left."""
        rows = self.tier.get("districts") or []
        return {
            name: dict(row["list_cap"]) for name, row in zip(names_of(rows), rows, strict=True) if row.get("list_cap")
        }

    # ---- linked tiers

    def additional(self) -> AdditionalMember:
        """Return additional members in regions."""
        return AdditionalMember(self.nominal_name(), self.regions())

    def districts_and_levelling(self) -> list[Case]:
        """Return one tier of the document as two: district seats without a bar, and levelling seats above them."""
        first, second = self.words.split("+", 1)
        districts = self.districts()
        papers = self.papers(True)
        lower = ProportionalTier("constituency seats", sum(d.seats for d in districts), formula(first), districts)
        extra = sum(d.levelling for d in districts) or int(self.tier["seats"]) - lower.seats
        admission, upper_papers = self.admission(self.bars(), papers)
        upper = ProportionalTier(
            self.tier["name"],
            extra,
            formula(second),
            districts,
            "nation",
            admission=admission,
            linkage=Levelling(lower.name, lower.seats + extra, "continued", "share"),
        )
        return [Case(lower, papers, name=lower.name), Case(upper, upper_papers, view="with districts", name=upper.name)]

    def levelling_cases(self) -> list[Case]:
        """Return district seats and the national seats that level them."""
        if self.lower is None:
            raise Unexpressed("levelling seats, but no tier of district seats before it")
        below = Mapper(self.document, self.lower, None, self.given).cases()[-1]
        assert isinstance(below.tier, ProportionalTier)
        seats = int(self.tier["seats"])
        total = number_after("top-up to", self.words) or number_after("on", self.words) or below.tier.seats + seats
        continued, relative = "continued" in self.words, "top-up" in self.words
        districts = tuple(replace(d, levelling=d.levelling or int(relative)) for d in below.tier.districts)
        papers = {place: Paper(one.votes, 0, one.invalid + one.against_all) for place, one in below.papers.items()}
        admission, papers = self.admission(self.bars(), papers)
        rule = ProportionalTier(
            self.tier["name"],
            seats,
            formula("sainte_lague_1.4" if relative else self.method),
            districts,
            "nation",
            admission=admission,
            linkage=Levelling(
                below.tier.name,
                total,
                "continued" if continued else "removed",
                "share" if continued else "relative average" if relative else "none",
            ),
        )
        return [below, Case(rule, papers, name=rule.name)]

    def mixed_cases(self) -> list[Case]:
        """Return districts and the list seats that make the house proportional: kept, levelled or covered."""
        won = self.districts_won()
        name = won.name
        regions = self.regions()
        land_votes: dict[str, dict[str, Any]] = self.tier.get("land_votes") or next(
            (t["land_votes"] for t in self.tiers if t.get("land_votes")), {}
        )
        above = self if self.tier.get("threshold") is not None else self.oversight()
        found = above.bars()
        house = self.house()
        districts: tuple[District, ...] = ()
        if land_votes:
            papers = {
                land: Paper({n: int(v) for n, v in votes.items() if is_list(n)}) for land, votes in land_votes.items()
            }
            districts = tuple(District(land, 0, self.area(land)) for land in papers)
        else:
            papers = self.papers(False)
        admission, papers = above.admission(found, papers)
        if "areas" in str(self.document.get("rule") or "") and "either of two" in str(self.document.get("rule") or ""):
            of_areas = tuple(replace(bar, area="any region", of="party votes") for bar in admission.all_of)
            admission = replace(admission, any_of=(*admission.any_of, *of_areas))
        link: Linkage
        if "enlarged" in self.words:
            free = re.search(r"(\d+) free overhang", self.words)
            population = {land: int(people) for land, people in (self.tier.get("land_population") or {}).items()}
            link = Levelled(name, house, regions, population, "half" if free else "full", int(free[1]) if free else 0)
        elif "overhang" in self.words or "minus electorates" in self.words:
            link = MixedMember(name, house, regions, sublists=bool(land_votes))
        else:
            link = Covered(name, house, regions)
        own = ProportionalTier(
            self.tier["name"],
            max(house - sum(1 for _ in won.papers), 0),
            formula(above.method if isinstance(link, Covered) else self.method),
            districts,
            "nation",
            admission=admission,
            linkage=link,
        )
        alone = "minus electorates" in self.words
        return [won, Case(own, papers, view="own" if alone else "with districts", name=own.name)]

    def oversight(self) -> Mapper:
        """Return the list tier of the document that has the threshold."""
        number = next((i for i, t in enumerate(self.tiers) if t.get("threshold") is not None), self.number)
        return Mapper(self.document, number, None, self.given)

    def house(self) -> int:
        """Return the size of the house: what the method is applied to, else twice the districts, else stated seats."""
        stated = number_after("on", self.words)
        if stated:
            return stated
        won = self.tiers[self.nominal].get("districts") if self.nominal is not None else None
        if won and ("enlarged" in self.words or "overhang" in self.words):
            return 2 * len(won)
        return int(self.tier["seats"])

    def area(self, land: str) -> str:
        """Return the electoral area of a Land, where the law of an election had two."""
        return "accession" if land in ACCESSION_AREA else "other"

    def double(self) -> Case:
        """Return double proportionality: its seats by list are the upper step, those by district and list the lower."""
        districts = self.districts()
        papers = self.papers(True)
        upper = next((t for t in self.tiers if "voter numbers" in str(t["method"])), self.tier)
        above = Mapper(self.document, self.tiers.index(upper), self.admitted, self.given)
        admission, papers = above.admission(above.bars(), papers)
        rule = ProportionalTier(
            self.tier["name"],
            sum(d.seats for d in districts),
            formula("sainte_lague"),
            districts,
            admission=admission,
            biproportional=Biproportional(
                "votes" if "of voters" in str(upper.get("notes") or "") else "voters",
                any("strongest list" in str(t["method"]) for t in self.tiers),
            ),
        )
        return Case(rule, papers, name=rule.name)

    # ---- votes

    def papers(self, by_district: bool) -> dict[str, Paper]:
        """Return the papers of the districts, or of the nation."""
        blanks = (
            "incl. blank" in self.prose
            or "blank included" in self.prose
            or "blank" in str(self.document.get("rule") or "")
        )
        rows = self.rows()
        if not by_district and (self.tier.get("votes") or not rows):
            return {"": paper(self.tier, blanks)}
        if not by_district:
            return {"": combined({name: paper(row, blanks) for name, row in zip(names_of(rows), rows, strict=True)})}
        return {name: paper(row, blanks) for name, row in zip(names_of(rows), rows, strict=True)}

    def base(self) -> int | None:
        """Return the official base of the threshold, where the document has it."""
        if (stated := self.tier.get("threshold_base_votes")) is not None:
            return int(stated)
        if bracket := re.search(r"\((\d{1,3}(?:,\d{3})+)\)", self.prose):
            return int(bracket[1].replace(",", ""))
        other = self.tier.get("other_votes") or {}
        words = (
            ("total", "ballots", "votes cast", "signed")
            if "cast" in self.prose or "took part" in self.prose
            else ("in total",)
        )
        return next((int(n) for key, n in other.items() if isinstance(n, int) and any(w in key for w in words)), None)

    def admission(self, found: Bars, papers: dict[str, Paper]) -> tuple[Any, dict[str, Paper]]:
        """Return the rule of admission and the papers it is applied to; given lists stand alone on them."""
        if self.admitted is not None:
            return type(found.admission)(), only(papers, self.admitted)
        papers, admission = on_base(papers, found.admission, self.base())
        return admission, papers

    def coalition_members(self, papers: dict[str, Paper]) -> dict[str, int]:
        """Return the number of parties of lists that are coalitions."""
        members = {name: int(number) for name, number in (self.tier.get("coalition_members") or {}).items()}
        listed = self.tier.get("coalition_lists") or []
        members |= {name: 2 for name in listed if name not in members}
        beside = [name for t in self.tiers if t is not self.tier for name in (t.get("coalitions") or {})]
        names = {name for one in papers.values() for name in one.votes}
        return members | {name: 2 for name in beside if name in names and name not in members}


def _is_nominal(tier: Mapping[str, Any]) -> bool:
    return str(tier.get("method") or "").lower().startswith(("plurality", "two-round"))
