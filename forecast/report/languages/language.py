"""A language: its messages, its plural forms, how it writes numbers, percentages and frequencies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import forecast.report.languages.en as en
import forecast.report.languages.kk as kk
import forecast.report.languages.ru as ru
from forecast.distribution import Probability

Frequency = Callable[[str, str, str], str]
NARROW, FIXED = "\u202f", "\u00a0"  # a thin space between thousands, and one that does not break before a percent sign


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language.

    ``frequency_words(relation, part, whole)`` says "in 7 of 10 simulations", with the relation "", "<", ">" or "~".
    """

    code: str
    name: str
    messages: Mapping[str, str]
    plural_form: Callable[[int], int]
    frequency_words: Frequency
    decimal: str
    thousands: str

    def __call__(self, key: str, **values: object) -> str:
        """Return a message with its blanks filled in; KeyError for a key that the catalogue does not have."""
        message = self.messages[key]
        return message.format(**values) if values else message

    def term(self, kind: str, text: str) -> str:
        """Return a fixed word of a document in this language, as it is written there where the catalogue has none.

        >>> language("ru").term("choice", "vacant"), language("en").term("choice", "vacant")
        ('места не заняты', 'vacant')
        """
        return self.messages.get(f"{kind}_{text.replace(' ', '_').replace('-', '_')}", text)

    def counted(self, key: str, number: int) -> str:
        """Return a number with its noun in the right form; forms stand in the catalogue separated by ``|``.

        >>> [language("ru").counted("n_seats", n) for n in (1, 2, 5, 11, 21)]
        ['1 место', '2 места', '5 мест', '11 мест', '21 место']
        """
        forms = self.messages[key].split("|")
        form = forms[min(self.plural_form(number), len(forms) - 1)]
        return form.format(n=self.whole(number))

    def whole(self, number: int) -> str:
        """Return a whole number with its thousands apart.

        >>> language("en").whole(1234567), language("kk").whole(999)
        ('1,234,567', '999')
        """
        return f"{number:,}".replace(",", self.thousands)

    def number(self, value: float, digits: int = 1) -> str:
        """Return a number with a fixed number of decimals.

        >>> language("en").number(-0.04)
        '0.0'
        """
        value = round(value, digits) + 0.0  # adding 0 makes a negative zero positive
        written = f"{value:,.{digits}f}".replace(",", "\x00").replace(".", self.decimal)
        return written.replace("\x00", self.thousands).replace("-", "\u2212")

    def signed(self, value: float, digits: int = 1) -> str:
        """Return a difference with its sign."""
        return ("+" if round(value, digits) > 0 else "") + self.number(value, digits)

    def percent(self, chance: Probability) -> str:
        """Return a probability as a percentage with no more digits than its Monte Carlo error allows; never 0 or 100 %.

        >>> [language("ru").percent(Probability(n, 10**6)).replace(FIXED, " ") for n in (0, 629_000, 10**6)]
        ['<0,1 %', '62,9 %', '>99,9 %']
        """
        value = 100 * chance.value
        least = f"{self.number(0.1)}{FIXED}%"
        if value < 0.1:
            return f"<{least}"
        if value > 99.9:
            return f">{self.number(99.9)}{FIXED}%"
        fine = chance.mcse < 0.0005 or value < 1 or value > 99
        return f"{self.number(value, 1 if fine else 0)}{FIXED}%"

    def share(self, value: float, digits: int = 1) -> str:
        """Return a share, which may be 0, as a percentage."""
        return f"{self.number(100 * value, digits)}{FIXED}%"

    def limit(self, value: float) -> str:
        """Return a share that a law names, with the decimals that it has.

        >>> [language("en").limit(share).replace(FIXED, " ") for share in (0.05, 0.0325, 1 / 15)]
        ['5 %', '3.25 %', '6.667 %']
        """
        digits = next((digits for digits in range(3) if abs(round(100 * value, digits) - 100 * value) < 1e-9), 3)
        return self.share(value, digits)

    def frequency(self, chance: Probability) -> str:
        """Return a probability as a frequency that a reader can picture, with its noun.

        >>> language("en").frequency(Probability(70, 100)), language("en").frequency(Probability(0, 10**6))
        ('in 7 of 10 simulations', 'in fewer than 1 of 1,000 simulations')
        >>> language("ru").frequency(Probability(9_936, 10_000))
        'в 99 из 100 симуляций'
        >>> language("kk").frequency(Probability(63, 100)).replace("\u2011", "-")
        '100 симуляцияның 63-інде'
        """
        p = chance.value
        thousand = self.whole(1000)
        if p < 0.0005:
            return self.frequency_words("<", "1", thousand)
        if p > 0.9995:
            return self.frequency_words(">", "999", thousand)
        hundredths = round(100 * p)
        if not 1 <= hundredths <= 99:
            return self.frequency_words("~", str(min(max(round(1000 * p), 1), 999)), thousand)
        if hundredths % 10 == 0:
            return self.frequency_words("", str(hundredths // 10), "10")
        return self.frequency_words("", str(hundredths), "100")

    def span(self, low: int, high: int) -> str:
        """Return an interval of whole numbers."""
        return self.whole(low) if low == high else f"{self.whole(low)}\u2013{self.whole(high)}"

    def day(self, iso: str) -> str:
        """Return a date in words; what is no date stays as it is.

        >>> [language(code).day("2023-03-19") for code in ("en", "ru", "kk")]
        ['19 March 2023', '19 марта 2023 года', '2023 жылғы 19 наурыз']
        """
        try:
            year, month, day = (int(part) for part in iso.split("-"))
            return self("day", day=day, month=self.messages["months"].split("|")[month - 1], year=year)
        except (ValueError, IndexError):
            return iso

    def short_day(self, iso: str) -> str:
        """Return a date as a table has it; what is no date stays as it is.

        >>> [language(code).short_day("2023-03-09").replace(FIXED, " ") for code in ("en", "ru", "kk")]
        ['9 Mar 2023', '9.03.2023', '9.03.2023']
        """
        try:
            year, month, day = (int(part) for part in iso.split("-"))
            return self("short_day", day=day, month=self.messages["short_months"].split("|")[month - 1], year=year)
        except (ValueError, IndexError):
            return iso

    def listed(self, names: list[str]) -> str:
        """Return names as a list, the last two joined by "and"."""
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self.messages['and']} {names[-1]}"


def _unbroken(messages: Mapping[str, str]) -> dict[str, str]:
    """Return messages in which neither a percent sign nor a dash begins a line."""
    return {key: re.sub(r"(?<=[\d}]) (?=%)| (?=—)", FIXED, text) for key, text in messages.items()}


LANGUAGES = {
    "en": Language("en", "English", _unbroken(en.MESSAGES), en.plural_form, en.frequency_words, ".", ","),
    "ru": Language("ru", "Русский", _unbroken(ru.MESSAGES), ru.plural_form, ru.frequency_words, ",", NARROW),
    "kk": Language("kk", "Қазақша", _unbroken(kk.MESSAGES), kk.plural_form, kk.frequency_words, ",", NARROW),
}


def language(code: str) -> Language:
    """Return a language by its code; KeyError for another one."""
    return LANGUAGES[code]
