"""Gather the rows of an export from the JSON that another product's API answered, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from tocsin.domain.errors import Explained

MAX_ROWS = 50_000
"""Rows of one kind; an export with more is a mistake or an attack."""
MAX_TEXT = 200
"""Names and addresses are cut after so many characters."""
OF = "_of"
"""The key under which a row keeps what it belongs to, where only its file's name tells."""
_WRAPPERS = ("data", "results", "nodes", "items")
_LARGEST = 10**9

Row = Mapping[str, Any]
Kinds = Mapping[str, str]
"""The kinds of an export: the name of several (`schedules`) and of one (`schedule`)."""


class ImportRefused(Explained):
    """An export cannot be read, or holds nothing to take over."""

    code = "import_refused"


@dataclass(frozen=True, slots=True)
class Book:
    """The rows of an export by kind; those with the same id are one."""

    kinds: Mapping[str, tuple[Row, ...]]

    def all(self, kind: str) -> tuple[Row, ...]:
        """Return the rows of a kind, in the order of the export."""
        return self.kinds.get(kind, ())

    def by_id(self, kind: str) -> Mapping[str, Row]:
        """Return the rows of a kind by their id."""
        return {text(row, "id"): row for row in self.all(kind)}

    def of(self, kind: str, owner: str) -> tuple[Row, ...]:
        """Return the rows of a kind that belong to one schedule, person or team."""
        return tuple(row for row in self.all(kind) if text(row, OF) == owner)


def gather(files: Iterable[tuple[str, str]], kinds: Kinds) -> Book:
    """Gather rows from files, each a name without folder and a text. Raises `ImportRefused`.

    A file holds one document: an object with the names of kinds as keys, or rows of the kind that its name
    begins with (`schedules-2.json`), bare, in a list, or in the pages of the API. `overrides-P1.json` holds
    rows that belong to `P1`; so does `{"overrides": {"P1": [...]}}`.
    """
    found: dict[str, list[Row]] = {kind: [] for kind in kinds}
    for name, written in files:
        for kind, row in _rows_of(name, _parsed(name, written), kinds):
            found[kind].append(row)
            if len(found[kind]) > MAX_ROWS:
                raise _refused(
                    f"The export holds more than {MAX_ROWS} {kind}.", "Export less, such as one team."
                )
    return Book({kind: _merged(rows) for kind, rows in found.items()})


def text(row: Row, key: str) -> str:
    """Return a value as a text of one line without control characters, "" where there is none."""
    value = row.get(key)
    if isinstance(value, str) and value.isprintable():
        return value[:MAX_TEXT].strip()
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return "".join(each for each in f"{value}"[: 4 * MAX_TEXT] if each.isprintable())[:MAX_TEXT].strip()


def whole(row: Row, key: str, otherwise: int = 0) -> int:
    """Return a whole number, another one where there is none."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        return otherwise
    return value


def under(row: Row, key: str) -> Row:
    """Return the object under a key, an empty one where there is none."""
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def several(row: Row, key: str) -> tuple[Row, ...]:
    """Return the objects in the list under a key."""
    value = row.get(key)
    return tuple(each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def texts(row: Row, key: str) -> tuple[str, ...]:
    """Return the texts in the list under a key."""
    value = row.get(key)
    found = [text({"": each}, "") for each in value] if isinstance(value, list) else []
    return tuple(each for each in found if each)


def moment(row: Row, key: str) -> datetime | None:
    """Return a time with its offset as UTC; None where there is none, or one without an offset."""
    return _instant(text(row, key))


@lru_cache(maxsize=4096)
def _instant(written: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(written)
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def local(row: Row, key: str) -> datetime | None:
    """Return a local time, as written without an offset (one that is there is left out)."""
    try:
        return datetime.fromisoformat(text(row, key)).replace(tzinfo=None)
    except ValueError:
        return None


def _parsed(name: str, written: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise _refused(
            f"{name} is not JSON, or is nested too deeply.", "Export it again, and do not edit it."
        ) from error


def _rows_of(name: str, document: Any, kinds: Kinds) -> Iterator[tuple[str, Row]]:
    stem = name.split(".")[0]
    named = next((kind for kind in kinds if stem == kind or stem.startswith(f"{kind}-")), None)
    if named is not None:
        yield from ((named, row) for row in _unwrapped(document, (named, kinds[named]), _owner(stem, named)))
        return
    for place, keys in _keyed(document, kinds):
        for kind, key in keys:
            yield from ((kind, row) for row in _unwrapped(place[key], (kind, key), ""))
        return
    raise _refused(
        f"{name[:80]} holds nothing that is known: neither its keys nor its name say what it is.",
        f"Name the file after what it holds, one of: {', '.join(kinds)}.",
    )


def _keyed(document: Any, kinds: Kinds) -> Iterator[tuple[dict[str, Any], list[tuple[str, str]]]]:
    """Yield the mappings of a document that have keys of a kind, and those keys."""
    inner = document.get("data") if isinstance(document, dict) else None
    for place in (one for one in (document, inner) if isinstance(one, dict)):
        keys = [(kind, key) for kind, one in kinds.items() for key in (kind, one) if key in place]
        if keys:
            yield place, keys


def _owner(stem: str, kind: str) -> str:
    """Return what the name of a file says its rows belong to; a mere number is that of a page."""
    rest = stem.removeprefix(kind).removeprefix("-")
    return "" if rest.isdigit() else rest


def _unwrapped(value: Any, keys: tuple[str, str], owner: str) -> Iterator[Row]:
    """Yield the rows in a value: a row, a list, a page, pages, or a mapping of owners to lists."""
    pending = [(value, owner)]
    while pending:
        one, whose = pending.pop()
        if isinstance(one, list):
            pending.extend((each, whose) for each in reversed(one))
        elif isinstance(one, dict) and (inside := _inside(one, keys)) is not None:
            pending.append((inside, whose))
        elif isinstance(one, dict) and _is_by_owner(one):
            pending.extend((each, name) for name, each in reversed(one.items()))
        elif isinstance(one, dict):
            yield {**one, OF: whose} if whose else one


def _inside(page: Row, keys: tuple[str, str]) -> Any:
    """Return what a page holds, None for what is no page: what has an id is a row."""
    if "id" in page:
        return None
    return next((page[key] for key in (*keys, *_WRAPPERS) if isinstance(page.get(key), list | dict)), None)


def _is_by_owner(value: Row) -> bool:
    return bool(value) and "id" not in value and all(isinstance(each, list) for each in value.values())


def _merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Make rows with the same id one: a list often has less than the answer about one alone."""
    found: dict[str, Row] = {}
    for number, row in enumerate(rows):
        key = text(row, "id") or f" {number}"
        told = {name: value for name, value in row.items() if value not in (None, [], {})}
        found[key] = {**found.get(key, row), **told}
    return tuple(found.values())


def _refused(happened: str, next_step: str) -> ImportRefused:
    return ImportRefused(happened, means="Nothing was taken over.", next_step=next_step)
