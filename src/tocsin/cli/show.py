"""What a command says: data to stdout as a table, as tab-separated columns or as JSON; words to stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tocsin.cli.untrusted import visible
from tocsin.domain.errors import Explained

Record = Mapping[str, Any]

_FINER = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.\d+Z$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """How the user wants to see things. Without a wish, a terminal gets a table and a pipe plain columns."""

    as_json: bool = False
    plain: bool = False
    quiet: bool = False
    debug: bool = False

    def rows(
        self,
        schema: str,
        records: Sequence[Record],
        columns: Sequence[str],
        more: int = 0,
        empty: str = "",
    ) -> None:
        """Show a list; `columns` are the fields a person sees, JSON has all. `more` rows were left out.

        `empty` is said instead of bare headings where there is nothing: that it is so, and what to do next.
        """
        if empty and not records and not self.as_json:
            self.say(empty)
        elif self.as_json:
            _write(json_text({"schema": schema, "data": list(records), "next": None}))
        elif self.is_table:
            from tocsin.cli.table import print_table

            print_table(
                columns, [[_cell(record.get(name), is_table=True) for name in columns] for record in records]
            )
        else:
            for record in records:
                _write("\t".join(_cell(record.get(name)) for name in columns))
        if more > 0:
            self.say(f"{more} more; see them with --limit {len(records) + more}.")

    def one(self, schema: str, record: Record) -> None:
        """Show one thing: `field<tab>value` lines, or the envelope."""
        if self.as_json:
            _write(json_text({"schema": schema, "data": record, "next": None}))
            return
        width = max((len(name) for name in record), default=0) if self.is_table else 0
        for name, value in record.items():
            gap = " " * (width - len(name) + 2) if self.is_table else "\t"
            _write(f"{name}{gap}{_cell(value, is_table=self.is_table)}")

    def lines(self, records: Iterable[Record]) -> None:
        """Show JSON Lines: one object a line, nothing when there is none."""
        for record in records:
            _write(json_text(record))

    def text(self, words: str) -> None:
        """Show text of several lines that is itself the answer."""
        for line in words.split("\n"):
            _write(visible(line))

    def say(self, words: str) -> None:
        """Tell a person something that is not data; `--quiet` leaves it out."""
        if not self.quiet:
            print(visible(words), file=sys.stderr)

    def warn(self, words: str) -> None:
        """Tell a person that something is wrong, also with `--quiet`."""
        print(visible(words), file=sys.stderr)

    @property
    def is_table(self) -> bool:
        """Say whether a person is looking at a terminal."""
        return not self.as_json and not self.plain and sys.stdout.isatty()


def print_error(error: Explained) -> None:
    """Print the three lines of a refusal to stderr, the first with its code."""
    print(f"{visible(error.happened)} [{error.code}]", file=sys.stderr)
    print(visible(error.means), file=sys.stderr)
    print(visible(error.next_step), file=sys.stderr)


def iso(at: datetime | None) -> str | None:
    """Return ISO 8601 in UTC with `Z`, to the second or with what is finer; None stays None."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def json_text(value: object) -> str:
    """Return one line of ASCII JSON, which every locale can print and no terminal obeys."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")


def _write(line: str) -> None:
    print(line, file=sys.stdout)


def _cell(value: object, *, is_table: bool = False) -> str:
    if value is None or value == "":
        return "-" if is_table else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list | tuple):
        return visible(json_text(value))
    if is_table:
        # People read lines and whole seconds; who wants the text as it is asks for JSON.
        return "\n".join(visible(_FINER.sub("Z", line)) for line in str(value).split("\n"))
    return visible(str(value))
