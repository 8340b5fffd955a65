"""The words of reports in English, Russian and Kazakh: a catalogue a language, and one that knows its numbers."""

from forecast.report.languages.language import LANGUAGES, Language, language

__all__ = ["LANGUAGES", "Language", "language"]
