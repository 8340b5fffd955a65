"""Names of parties, persons, districts and tiers: what is text, what is refused, and which two look the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

RESERVED = ("against_all", "invalid", "undecided", "other")
LONGEST = 20_000

_AGAINST_ALL = ("against all", "none of the above", "против всех", "барлығына қарсы", "бәріне қарсы")
_LOOKALIKES = str.maketrans("авекмнорстухіјѕһӏ", "abekmhopctyxijshl")


def clean(text: str) -> str:
    """Return a name as it is kept: trimmed, in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", text.strip())


@lru_cache(maxsize=65_536)
def name_fault(name: str) -> str | None:
    r"""Return what is wrong with a name; None if nothing is.

    >>> name_fault("Aq Jol"), name_fault("Ауыл"), name_fault("</script>")
    (None, None, None)
    >>> name_fault("Aq\u202eJol")
    'holds U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen; delete it'
    """
    if not name:
        return "is empty; write a name"
    if len(name) > LONGEST:
        return f"has {len(name):,} characters; at most {LONGEST:,}"
    for sign in name:
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"):
            known = unicodedata.name(sign, "a control character")
            return f"holds U+{ord(sign):04X} {known}, which cannot be seen; delete it"
    for word in re.findall(r"[^\W\d_]+", name):
        latin = next((sign for sign in word if _script(sign) == "LATIN"), None)
        cyrillic = next((sign for sign in word if _script(sign) == "CYRILLIC"), None)
        if latin and cyrillic:
            return (
                f"mixes two alphabets in one word: {latin!r} is Latin (U+{ord(latin):04X}), "
                f"{cyrillic!r} is Cyrillic (U+{ord(cyrillic):04X}); write it in one"
            )
    return None


def same(name: str) -> str:
    """Return what two names share that a reader would take for one: no case, and Cyrillic twins as Latin letters.

    >>> same("НУР ОТАН") == same("Нур Отан"), same("ACE") == same("АСЕ"), same("Аба") == same("Абай")
    (True, True, False)
    """
    return unicodedata.normalize("NFC", name.casefold()).translate(_LOOKALIKES)


def clash(name: str, others: Iterable[str]) -> str | None:
    """Return the one of ``others`` that a name cannot be told apart from; None if there is none."""
    wanted = same(name)
    return next((other for other in others if same(other) == wanted), None)


def means_against_all(name: str) -> bool:
    """Return whether a name is one of the usual ones of the line "against all"."""
    return name.casefold().replace("_", " ") in _AGAINST_ALL


def _script(sign: str) -> str:
    return unicodedata.name(sign, "").partition(" ")[0]
