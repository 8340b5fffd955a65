from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from forecast.documents import digest_of, read_system
from forecast.errors import DocumentError
from forecast.rules.system import ListTier, NominalTier, SilentCases
from tests.test_documents_toml import SYSTEM


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SYSTEM, encoding="utf-8")
    return path


def lists(path: Path, *overrides: str) -> ListTier:
    tier = read_system(path, overrides).value.tiers[0]
    assert isinstance(tier, ListTier)
    return tier


def test_the_mazhilis_of_2023_is_read_exactly() -> None:
    resolved = read_system("kazakhstan-mazhilis-2023")
    tier, districts = resolved.value.tiers
    assert isinstance(tier, ListTier)
    assert isinstance(districts, NominalTier)
    assert resolved.value.id == resolved.id == "kazakhstan-mazhilis-2023"
    assert (resolved.value.seats, tier.seats, districts.districts) == (98, 69, 29)
    assert (tier.threshold.share, tier.threshold.law) == (Fraction(1, 20), "art. 97-1(1), 43(5)")
    assert tier.second_list is not None
    assert (tier.second_list.coefficient, tier.second_list.minimum_seats) == (Fraction(7, 10), 2)
    assert resolved.document["tier"][0]["threshold"]["share"] == "1/20"
    assert resolved.document["in_force"] == "2023-01-01"


def test_defaults_are_filled_in_and_stand_in_the_resolved_document(path: Path) -> None:
    resolved = read_system(path)
    assert lists(path).silent == SilentCases()
    assert resolved.document["tier"][0]["silent"]["no_list_passes"] == "vacant"
    assert resolved.document["tier"][1]["against_all"] == {"use": "counted", "law": ""}


def test_an_override_reaches_a_tier_by_its_name(path: Path) -> None:
    tier = lists(path, "tier.party lists.seats=17", "tier.party lists.threshold.share = 0.03")
    assert (tier.seats, tier.threshold.share) == (17, Fraction(3, 100))


def test_an_override_reaches_keys_that_the_document_leaves_out(path: Path) -> None:
    tier = lists(path, "tier.party lists.silent.short_list=error", "tier.party lists.threshold.of=party votes")
    assert (tier.silent.short_list, tier.threshold.of) == ("error", "party votes")


def test_an_override_with_none_takes_a_rule_out(path: Path) -> None:
    assert lists(path, "tier.party lists.second_list=none").second_list is None


def test_tier_names_with_dots_are_matched_at_their_longest(tmp_path: Path) -> None:
    path = tmp_path / "dots.toml"
    text = SYSTEM.replace('"party lists"', '"art. 9"').replace('"single-member districts"', '"art. 9.2"')
    path.write_text(text, encoding="utf-8")
    assert lists(path, "tier.art. 9.seats=5").seats == 5
    assert read_system(path, ["tier.art. 9.2.districts=7"]).value.tiers[1].seats == 7


@pytest.mark.parametrize(
    ("override", "place", "said"),
    [
        (
            "tier.party lists.seets=3",
            "--set tier.party lists.seets: unknown key",
            "did you mean tier.party lists.seats?",
        ),
        ("tier.party list.seats=3", "--set tier.party list.seats", "did you mean party lists?"),
        ("seats=3", "--set seats: unknown key", "allowed: name, titles, in_force"),
        ("name.x=3", "--set name.x", "'name' has no keys of its own"),
        ("tier.party lists.seats=0", "--set tier.party lists.seats: is 0", "at least 1"),
        ("tier.party lists.seats=many", "--set tier.party lists.seats: is text 'many'", "a whole number"),
        ("tier.party lists.threshold={share=7}", "--set tier.party lists.threshold: share", "5 % is 0.05"),
        ("tier.party lists.threshold.share=1e999999999", "--set tier.party lists.threshold.share", "out of range"),
        ("tier.party lists.seats=none", "--set tier.party lists.seats: is missing", "required"),
        ("tier=3", "--set tier: is the number 3", "an array"),
        ("seats", "--set seats", "KEY=VALUE"),
        ("=3", "--set =3", "KEY=VALUE"),
    ],
)
def test_a_wrong_override_names_itself(path: Path, override: str, place: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_system(path, [override])
    assert caught.value.faults[0].startswith(place)
    assert said in caught.value.faults[0]


def test_an_override_cannot_smuggle_in_a_second_key(path: Path) -> None:
    with pytest.raises(DocumentError, match=r"--set name: holds U\+000A"):
        read_system(path, ["name=3\nlinkage=4"])


def test_the_digest_follows_what_is_said_and_not_how(path: Path, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    same = tmp_path / "sub" / "other.toml"
    same.write_text("# a comment\n" + SYSTEM.replace("0.05", "0.0500"), encoding="utf-8")
    assert digest_of(read_system(path)) == digest_of(read_system(same))
    assert digest_of(read_system(path)) != digest_of(read_system(path, ["tier.party lists.seats=11"]))
    assert digest_of(read_system(path), extra={"stream": 1}) != digest_of(read_system(path), extra={"stream": 2})
