"""Reads the section `sql` of `actions.yml`: every mistake is named with its line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.connectors.declared import read_declaration, whole
from tocsin.connectors.filling import plain
from tocsin.connectors.sql_actions.statement import is_one_question, places_in
from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Performer, Play, Seen
from tocsin.domain.pack_file import Located

MOST_ROWS = 1_000
_KEYS = ("name", "title", "database", "arguments", "query", "rows", "rights", "time_limit")
_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One query as it is written; `rows` is how many are read at most."""

    database: str
    query: str
    rows: int
    seconds: float

    def perform(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Ask, and give the rows."""
        values: Mapping[str, Any] = {name: plain(arguments.get(name)) for name in places_in(self.query)}
        parameters = {"values": values, "rows": self.rows, "seconds": self.seconds}
        answer = yield Call(
            service=f"sql.{self.database}",
            operation=self.query,
            parameters=parameters,
            sample={"columns": [], "rows": [], "more": False},
        )
        count = len(answer["rows"])
        return Outcome(text=f"{count} rows" + (", and more" if answer["more"] else ""), output=answer)

    def seen(self, arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        """Tell that it may be asked again: nothing was changed."""
        return Seen.NOT_DONE
        yield  # It is a play, though an empty one.

    def verify(self, arguments: Arguments, kept: Kept) -> Play[bool]:
        """Tell that there is nothing to read back."""
        return True
        yield


def performers_in(section: Located) -> tuple[Performer, ...]:
    """Return the performers that the section `sql` describes. Raises `PackProblem`."""
    found: dict[str, Performer] = {}
    for one in section.sequence():
        performer = _performer(one)
        name = performer.declaration.name
        if name in found:
            raise one.problem(f"`{name}` is described twice.", "Keep one of the two.")
        found[name] = performer
    return tuple(found.values())


def _performer(place: Located) -> Performer:
    keys = place.mapping(_KEYS, ("name", "title", "database", "query"))
    declaration = read_declaration(keys, place)
    query, database = keys["query"], keys["database"].string()
    if _DATABASE.fullmatch(database) is None:
        raise keys["database"].problem(
            f"`{database}` is no name of a database.", "Use a name of TOCSIN_SQL_DATABASES."
        )
    if not is_one_question(query.string()):
        raise query.problem("the query is not one statement that reads.", "Write one SELECT.")
    arguments = {one.name for one in declaration.parameters}
    for name in places_in(query.text):
        if name not in arguments:
            raise query.problem(
                f"nothing fills the place `:{name}`.", "Name one of the arguments, or add it."
            )
    for one in declaration.parameters:
        if one.secret:
            raise keys["arguments"].problem("a query takes no secrets.", f"Remove `secret` from {one.name}.")
    question = Question(
        database=database,
        query=query.text,
        rows=whole(keys["rows"], 1, MOST_ROWS) if "rows" in keys else 100,
        seconds=declaration.time_limit_s,
    )
    return Performer(
        declaration=declaration, perform=question.perform, seen=question.seen, verify=question.verify
    )
