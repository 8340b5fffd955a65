"""Where in a TOML text a key stands: tomllib gives values, but no lines."""

from __future__ import annotations

from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]


class Locator:
    """Lines of every key, table and element of a TOML text, and the first key that is given twice.

    The text is one that tomllib accepts, or refuses only for a key given twice. An array of tables counts its
    tables from 0: ``("tier", 0, "seats")``.

    >>> Locator('a = 1\\n[[tier]]\\nname = "x"\\nties = {rule = "y"}').lines[("tier", 0, "ties", "rule")]
    4
    """

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.twice: tuple[Path, int, int] | None = None
        self._counted, self._line = 0, 1
        self._tables: dict[Path, int] = {}
        self._scan()

    def line_of(self, path: Path) -> int:
        """Return the line of a path, or that of the table it belongs to if the path is not there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _scan(self) -> None:
        table: Path = ()
        while self._skip_blank():
            if self.text.startswith("[[", self.at):
                table = self._array_header()
            elif self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        line = self._here()
        self.at += 1
        table = self._inside(self._key())
        self.at += 1
        if table in self.lines:
            self._note_twice(table, line)
        self.lines.setdefault(table, line)
        return table

    def _array_header(self) -> Path:
        line = self._here()
        self.at += 2
        *parents, last = self._key()
        array = (*self._inside(parents), last)
        self.at += 2
        self._tables[array] = self._tables.get(array, -1) + 1
        self.lines.setdefault(array, line)
        self.lines[(*array, self._tables[array])] = line
        return (*array, self._tables[array])

    def _inside(self, names: list[str]) -> Path:
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _pair(self, table: Path) -> None:
        line = self._here()
        path = (*table, *self._key())
        self.at += 1
        for length in range(len(table) + 1, len(path)):
            self.lines.setdefault(path[:length], line)
        if path in self.lines:
            self._note_twice(path, line)
        self.lines.setdefault(path, line)
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip_blank()
        sign = self.text[self.at : self.at + 1]
        if sign == "{":
            self.at += 1
            while self._skip_blank() and self.text[self.at] != "}":
                if self.text[self.at] == ",":
                    self.at += 1
                else:
                    self._pair(path)
            self.at += 1
        elif sign == "[":
            self.at += 1
            number = 0
            while self._skip_blank() and self.text[self.at] != "]":
                if self.text[self.at] == ",":
                    self.at += 1
                else:
                    self.lines.setdefault((*path, number), self._here())
                    self._value((*path, number))
                    number += 1
            self.at += 1
        elif sign in ('"', "'"):
            self._string()
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip_spaces()
            if self.text[self.at : self.at + 1] in ('"', "'"):
                names.append(self._string())
            else:
                start = self.at
                while self.at < len(self.text) and self.text[self.at] not in " \t.=]\n":
                    self.at += 1
                names.append(self.text[start : self.at])
            self._skip_spaces()
            if self.text[self.at : self.at + 1] != ".":
                return names
            self.at += 1

    def _string(self) -> str:
        sign = self.text[self.at]
        mark = sign * 3 if self.text.startswith(sign * 3, self.at) else sign
        start = self.at + len(mark)
        end = start
        while end < len(self.text) and not self.text.startswith(mark, end):
            end += 2 if sign == '"' and self.text[end] == "\\" else 1
        self.at = end + len(mark)
        while len(mark) == 3 and self.text[self.at : self.at + 1] == sign:
            self.at += 1
        return self.text[start:end]

    def _skip_blank(self) -> bool:
        """Skip white space and comments; return whether anything is left."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in " \t\n\r":
                self.at += 1
            else:
                return True
        return False

    def _skip_spaces(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1

    def _here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def _note_twice(self, path: Path, line: int) -> None:
        if self.twice is None:
            self.twice = (path, self.lines[path], line)
