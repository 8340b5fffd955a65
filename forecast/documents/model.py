"""``models/*``: a ``model.toml`` and its tables become an ``Electorate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forecast import library
from forecast.documents import assemblies, contests, options, polls
from forecast.documents.assumptions import assumptions_of
from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.locate import Path as Key
from forecast.documents.model_persons import people_of, with_list_lengths
from forecast.documents.model_schema import (
    MOST_BALLOTS,
    DrawsVotesTable,
    ModelDocument,
    PollVotesTable,
    ResultVotesTable,
)
from forecast.documents.names import same
from forecast.documents.overrides import Override, apply, parse_overrides
from forecast.documents.persons import CANDIDATE_COLUMNS
from forecast.documents.places import beside
from forecast.documents.resolved import Input, Resolved, spoken
from forecast.documents.schema import QuantityTable
from forecast.documents.tables import Table, read_table
from forecast.documents.toml import Source, read_toml
from forecast.documents.validate import validated
from forecast.rules.persons import Person
from forecast.voteshare.electorate import (
    PROPORTIONAL_SWING,
    Assemblies,
    Contests,
    DrawsCentre,
    Electorate,
    Option,
    PollCentre,
    Quantity,
    Region,
    ResultCentre,
    SelfNominated,
    Turnout,
)


def read_model(
    name_or_path: str | Path, overrides: Sequence[str] = (), *, allow_outside: bool = False
) -> Resolved[Electorate]:
    """Read a model by its name, its folder or its ``model.toml``.

    Parameters
    ----------
    overrides
        ``key=value`` in the model's document.
    allow_outside
        Read tables outside the model's folder too.

    Raises
    ------
    DocumentError
        Every fault of the document, its tables and the overrides.
    """
    faults = Faults()
    changes = parse_overrides(overrides, faults)
    source = read_toml(library.find("models", name_or_path))
    resolved = resolve_model(source, changes, faults, allow_outside=allow_outside)
    faults.stop_if_any()
    assert resolved is not None
    return resolved


def resolve_model(
    source: Source, overrides: Sequence[Override], faults: Faults, *, allow_outside: bool = False
) -> Resolved[Electorate] | None:
    """Change and check a parsed document and its tables; None (and the faults noted) if they are not valid."""
    before, warned = len(faults.lines), len(faults.warnings)
    _name_centre(source)
    apply(overrides, ModelDocument, source, faults)
    _name_centre(source)
    document = validated(ModelDocument, source, faults)
    if document is None:
        return None
    reader = _Reader(document, source, faults, allow_outside)
    electorate = reader.electorate()
    if electorate is None or len(faults.lines) > before:
        return None
    inputs = {source.path.name: Input(source.sha256, None)}
    inputs |= {name: Input(table.sha256, len(table.rows)) for name, table in reader.by_file.items()}
    inputs |= reader.others
    warnings = tuple(faults.warnings[warned:])
    resolved = spoken(document, "assemblies", "assumptions", "names", "titles")
    if document.regions is not None and document.regions.votes is None:
        del resolved["regions"]["votes"]
    if document.districts is not None and document.districts.noise == "normal":
        del resolved["districts"]["noise"]
    if document.districts is not None and document.districts.swing is None:
        del resolved["districts"]["swing"]
    return Resolved(electorate, electorate.id, source.path, resolved, inputs, warnings, reader.people)


def _name_centre(source: Source) -> None:
    """Write the centre that ``votes = {draws = ...}`` leaves out."""
    votes = source.tree.get("votes")
    if isinstance(votes, dict) and "draws" in votes:
        votes.setdefault("centre", "draws")


@dataclass
class _Reader:
    """One reading of a model: its document, and the tables read so far by role and by file."""

    document: ModelDocument
    source: Source
    faults: Faults
    allow_outside: bool
    tables: dict[str, Table] = field(default_factory=dict)
    by_file: dict[str, Table] = field(default_factory=dict)
    people: tuple[Person, ...] = ()
    others: dict[str, Input] = field(default_factory=dict)

    def electorate(self) -> Electorate | None:
        """Return the electorate; None (and the faults noted) if a table is not valid."""
        document = self.document
        self._check_days()
        self._check_ballots()
        listed = self._read("options", ("options", "table"), document.options.table, options.COLUMNS, options.OPTIONAL)
        lines = options.options_of(listed, self.faults) if listed else ()
        centre = self._centre(lines) if lines else None
        regions = self._regions()
        shares = self._regional_shares(regions, lines) if lines else None
        stands = self._contests(regions, lines) if lines else None
        local = self._assemblies(regions, lines) if lines else None
        lines = self._with_people(lines, stands)
        self._check_names(lines, regions)
        if self.faults.lines or centre is None:
            return None
        asked = centre.polls if isinstance(centre, PollCentre) else ()
        return Electorate(
            id=self.source.path.parent.name or self.source.path.absolute().parent.name,
            name=document.name,
            country=document.country,
            election_day=document.election_day,
            as_of=document.as_of,
            options=lines,
            centre=centre,
            turnout=Turnout(
                document.turnout.electorate, _quantity(document.turnout.valid_share), _quantity(document.turnout.sd)
            ),
            regions=regions,
            regional_sd=_quantity(document.regions.shock_sd)
            if document.regions
            else Quantity(0.0, "derived", "no regions"),
            contests=stands,
            assumptions=assumptions_of(document, self.tables, asked),
            assemblies=local,
            regional_shares=shares,
        )

    def _with_people(self, lines: tuple[Option, ...], stands: Contests | None) -> tuple[Option, ...]:
        name = self.document.options.persons
        table = self._read("persons", ("options", "persons"), name, CANDIDATE_COLUMNS) if name is not None else None
        if table is None or not lines or (stands is None and self.document.districts is not None):
            return lines
        self.people = people_of(table, lines, stands, self.document.election_day, self.faults)
        return with_list_lengths(lines, self.people)

    def _check_names(self, lines: tuple[Option, ...], regions: tuple[Region, ...]) -> None:
        """Check what reports in another language call parties, regions and the country: these must exist, and stay apart."""
        known = [line.name for line in lines if line.kind == "party"] + [region.name for region in regions]
        known += [self.document.country] * bool(self.document.country)
        known += [self.document.districts.self_nominated.label] if self.document.districts is not None else []
        for code, called in self.document.names.items():
            said: dict[str, str] = {}
            for name, text in called.items():
                where = self.source.where(("names", code, name))
                if known and name not in known:
                    self.faults.add(
                        where, f"{quoted(name)} is no party, region or country of the model{hint(name, known)}"
                    )
                elif text in said:
                    self.faults.add(where, f"{quoted(text)} is what {quoted(said[text])} is called; two need two names")
                said[text] = name

    def _read(
        self,
        role: str,
        key: Key,
        name: str,
        columns: Sequence[str],
        optional: Sequence[str] = (),
        starting: str | None = None,
    ) -> Table | None:
        path = beside(self.source, key, name, self.faults, allow_outside=self.allow_outside)
        table = read_table(path, columns, self.faults, optional=optional, starting=starting) if path else None
        if table is not None:
            self.tables[role] = self.by_file[name] = table
        return table

    def _check_ballots(self) -> None:
        voters, part = self.document.turnout.electorate, self.document.turnout.valid_share.value
        if voters * part > MOST_BALLOTS:
            self.faults.add(
                self.source.where(("turnout", "electorate")),
                f"is {voters:,}, with a valid share of {part:g}; at most {MOST_BALLOTS:,} valid ballots are counted",
            )

    def _check_days(self) -> None:
        if self.document.as_of > self.document.election_day:
            self.faults.add(
                self.source.where(("as_of",)),
                f"{self.document.as_of} is after election_day, {self.document.election_day}; a forecast is made before",
            )

    def _centre(self, lines: tuple[Option, ...]) -> PollCentre | ResultCentre | DrawsCentre | None:
        votes = self.document.votes
        if isinstance(votes, DrawsVotesTable):
            return self._posterior(votes, lines)
        if isinstance(votes, ResultVotesTable):
            table = self._read("result", ("votes", "result"), votes.result, options.RESULT_COLUMNS)
            known = options.result_of(table, lines, self.faults) if table else {}
            if votes.error.value >= 1:
                self.faults.warn(
                    self.source.where(("votes", "error")),
                    f"is {votes.error.value:g}, but no share spreads by sqrt(p(1-p)) or more; drawn as wide as can be",
                )
            return ResultCentre(known, _quantity(votes.error))
        return self._polls(votes, lines)

    def _posterior(self, votes: DrawsVotesTable, lines: tuple[Option, ...]) -> DrawsCentre | None:
        if ("as_of",) in self.source.set_by:
            self.faults.add(
                self.source.where(("as_of",)),
                f"{votes.draws} was drawn by a model of your own, which cannot be looked back into; draw it as of "
                f"{self.document.as_of} and write that day into the model",
            )
        path = beside(self.source, ("votes", "draws"), votes.draws, self.faults, allow_outside=self.allow_outside)
        from forecast.documents.posterior import read_posterior  # numpy, which no other document needs

        read = read_posterior(path, [line.name for line in lines], votes.unit, self.faults) if path else None
        if read is None:
            return None
        self.others[votes.draws] = read[1]
        return read[0]

    def _polls(self, votes: PollVotesTable, lines: tuple[Option, ...]) -> PollCentre | None:
        table = self._read("polls", ("votes", "polls"), votes.polls, polls.COLUMNS)
        if table is None:
            return None
        before = len(self.faults.lines)
        every = polls.polls_of(table, lines, votes.unit, self.document.election_day, self.faults)
        if len(self.faults.lines) > before:
            return None
        return PollCentre(
            polls=polls.known_polls(
                every,
                lines,
                self.document.as_of,
                self.faults,
                at_day=self.source.where(("as_of",)),
                at_polls=self.source.where(("votes", "polls")),
            ),
            horizon=votes.horizon or self._horizon(),
            missing_sample_size=votes.missing_sample_size,
            undecided_rule=votes.undecided.rule,
            undecided_sd=_quantity(votes.undecided.sd),
        )

    def _horizon(self) -> int:
        """Return the days from the as-of day to the election, for the constants of the pooling."""
        days = (self.document.election_day - self.document.as_of).days
        if days > polls.FARTHEST:
            self.faults.warn(
                self.source.where(("as_of",)),
                f"lies {days} days before the election; the error of polls is that of {polls.FARTHEST} days, the "
                "earliest that past elections were looked at: too small",
            )
        return min(max(days, 1), polls.FARTHEST)

    def _regions(self) -> tuple[Region, ...]:
        expected = self.document.turnout.expected
        if self.document.regions is None:
            if expected is None:
                self.faults.add(
                    self.source.where(("turnout", "expected")),
                    "is missing; a model without [regions] needs the turnout expected in all",
                )
                return ()
            return (Region("", {"expected": expected.value}),)
        if expected is not None:
            self.faults.add(self.source.where(("turnout", "expected")), "[regions] bring turnouts already; delete one")
        name = self.document.regions.table
        table = self._read(
            "regions", ("regions", "table"), name, contests.REGION_COLUMNS, contests.REGION_OPTIONAL, contests.TURNOUT
        )
        found = contests.regions_of(table, self.faults) if table else ()
        if table is not None and self.document.districts is None and found:
            self._check_electorate([region.electorate or 0 for region in found], table, "regions")
        return found

    def _regional_shares(
        self, regions: tuple[Region, ...], lines: tuple[Option, ...]
    ) -> Mapping[str, Mapping[str, float]] | None:
        name = self.document.regions.votes if self.document.regions is not None else None
        if name is None:
            return None
        table = self._read("regional votes", ("regions", "votes"), name, contests.REGIONAL_VOTE_COLUMNS)
        return contests.regional_shares_of(table, regions, lines, self.faults) if table and regions else None

    def _contests(self, regions: tuple[Region, ...], lines: tuple[Option, ...]) -> Contests | None:
        table = self.document.districts
        if table is None:
            return None
        if self.document.regions is None:
            self.faults.add(self.source.where(("districts",)), "needs [regions] too: every district lies in one")
            return None
        rule = table.self_nominated
        if rule.won > rule.of:
            place = self.source.where(("districts", "self_nominated", "won"))
            self.faults.add(place, f"is {rule.won}; at most the {rule.of} districts of 'of' are allowed")
        if same(rule.label) in {same(option.name) for option in lines}:
            place = self.source.where(("districts", "self_nominated", "label"))
            self.faults.add(place, f"{rule.label!r} is an option's name; the self-nominated need one of their own")
        places = self._read(
            "districts", ("districts", "table"), table.table, contests.DISTRICT_COLUMNS, contests.DISTRICT_BASES
        )
        people = self._read(
            "candidates", ("districts", "candidates"), table.candidates, contests.CANDIDATE_COLUMNS,
            contests.CANDIDATE_OPTIONAL,
        )  # fmt: skip
        if places is None or people is None or not regions:
            return None
        found = contests.districts_of(places, people, regions, lines, rule.label, self.faults)
        self._check_electorate([district.electorate for district in found], places, "districts")
        return Contests(
            found,
            _quantity(table.candidate_sd),
            SelfNominated(rule.label, rule.won, rule.of, _quantity(rule.sd), _quantity(rule.national_sd)),
            table.noise,
            _quantity(table.swing) if table.swing is not None else PROPORTIONAL_SWING,
        )

    def _assemblies(self, regions: tuple[Region, ...], lines: tuple[Option, ...]) -> Assemblies | None:
        table = self.document.assemblies
        if table is None:
            return None
        if self.document.districts is None:
            self.faults.add(self.source.where(("assemblies",)), "needs [districts] too: candidates are as strong there")
            return None
        places = self._read("assemblies", ("assemblies", "table"), table.table, assemblies.COLUMNS)
        listed = self._read("assembly lists", ("assemblies", "lists"), table.lists, assemblies.LIST_COLUMNS)
        key = ("assemblies", "candidates")
        wards = self._read("assembly candidates", key, table.candidates, assemblies.WARD_COLUMNS)
        if places is None or listed is None or wards is None or not regions:
            return None
        return Assemblies(
            assemblies.assemblies_of(places, listed, wards, regions, lines, self.faults), _quantity(table.local_sd)
        )

    def _check_electorate(self, parts: list[int], table: Table, what: str) -> None:
        total, whole = sum(parts), self.document.turnout.electorate
        if total != whole and all(parts):
            self.faults.add(
                self.source.where(("turnout", "electorate")),
                f"is {whole:,}, but the {what} of {table.file} add up to {total:,}; both must be the same",
            )


def _quantity(table: QuantityTable) -> Quantity:
    return Quantity(table.value, table.basis, table.note)
