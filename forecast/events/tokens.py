"""A sentence of the language to its words, each with its place; and the error that points at one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from forecast.errors import ForecastError

LONGEST = 4_000  # characters; a longer event is a mistake, or an attack
_SHOWN = 100  # characters of the sentence beside the caret

Kind = Literal["number", "text", "name", "sign", "end"]

_WORD = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>\d+(\.\d+)?|\.\d+)
  | (?P<text>"[^"]*"|'[^']*')
  | (?P<name>[^\W\d]\w*)
  | (?P<sign><=|>=|==|!=|[-+*/()<>,])
    """,
    re.VERBOSE,
)
_INSTEAD = {
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not, or != to compare",
    "%": "write a fraction of 1: 5 % is 0.05",
    "^": "powers are not part of the language",
    ".": "nothing has attributes here",
    "[": "write round brackets",
    "{": "write round brackets",
    "“": 'write straight quotes: "Name"',
    "”": 'write straight quotes: "Name"',
    "«": 'write straight quotes: "Name"',
    "’": "write straight quotes: 'Name'",
    "≥": "write >=",
    "≤": "write <=",
}


class EventError(ForecastError):
    r"""A sentence that cannot be understood; ``at`` is the place of the mistake.

    >>> print(EventError('seats("A") > 5 %', 15, "write a fraction of 1"))
    write a fraction of 1
      seats("A") > 5 %
                     ^
    """

    def __init__(self, sentence: str, at: int, wrong: str) -> None:
        self.sentence, self.at, self.wrong = sentence, at, wrong
        super().__init__(f"{wrong}\n{pointed(sentence, at)}")


def pointed(sentence: str, at: int) -> str:
    """Return the part of a sentence around a place, and a caret under it."""
    start = max(0, at - _SHOWN // 2)
    part = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in sentence[start:][:_SHOWN])
    before = "".join(" " * _columns(sign) for sign in part[: at - start])
    return f"  {part}\n  {before}^"


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence and the place where it begins."""

    kind: Kind
    written: str
    at: int


def tokens(sentence: str) -> Iterator[Token]:
    """Yield the words of a sentence, then one of kind ``end``.

    >>> [token.written for token in tokens('seats("A") >= 66')]
    ['seats', '(', '"A"', ')', '>=', '66', '']

    Raises
    ------
    EventError
        A sign that no word begins with, or a sentence that is too long.
    """
    if len(sentence) > LONGEST:
        raise EventError(sentence[:_SHOWN], 0, f"has {len(sentence):,} characters; at most {LONGEST:,} are read")
    at = 0
    while at < len(sentence):
        found = _WORD.match(sentence, at)
        if found is None:
            sign = sentence[at]
            if sign in "\"'":
                raise EventError(sentence, at, f"the text that begins here has no closing {sign}")
            named = repr(sign) if sign.isprintable() else f"U+{ord(sign):04X}"
            raise EventError(sentence, at, f"{named} is not understood; {_INSTEAD.get(sign, 'delete it')}")
        if found.lastgroup != "space":
            yield Token(cast(Kind, found.lastgroup), found.group(), at)
        at = found.end()
    yield Token("end", "", len(sentence))
