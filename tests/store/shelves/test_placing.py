"""Lines get their place, and nobody else writes to the table of leaves."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import tocsin
from tocsin.domain.entry import Leaf
from tocsin.store.leaf import leaf_hash
from tocsin.store.shelves.placing import Waiting, leave, place

SOURCES = Path(tocsin.__file__).parent
# What names the table of leaves, or its model, beside a word that writes.
WRITES = re.compile(
    r"(INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE(\s+TABLE)?|ALTER\s+TABLE|MERGE\s+INTO|REPLACE\s+INTO)\s+\"?store_leaf"
    r"|models\.Leaf\s*\(|Leaf\.objects[^\n]*\.(create|bulk_create|update|bulk_update|delete|get_or_create|update_or_create)\b",
    re.IGNORECASE,
)
THE_SEQUENCER = "store/shelves/placing.py"


def rows(*numbers: int) -> list[Waiting]:
    return [Waiting(number, UUID(int=number), b"line %d" % number, b"mac", 7, number) for number in numbers]


def test_lines_lie_behind_each_other_from_a_place_on(database_store) -> None:
    with database_store.transaction():
        place(rows(1, 2), 5, "default")
    with database_store.reading() as shelves:
        assert shelves.log.leaves(0, 99) == tuple(
            Leaf(index=at, content=b"line %d" % number, leaf_hash=leaf_hash(b"line %d" % number))
            for at, number in ((5, 1), (6, 2))
        )
        assert shelves.log.stamps(0, 99) == ((7, 1), (7, 2))


def test_only_those_named_leave_the_inbox(database_store) -> None:
    with database_store.transaction() as shelves:
        for number in (1, 2):
            shelves.log.append(UUID(int=number), b"line")
        place(rows(1), 0, "default")
        leave([], "default")
        first = shelves.log.waiting_contents()
    assert len(first) == 2


def test_no_code_but_the_sequencer_writes_to_the_leaves() -> None:
    """There is no path that repairs the log."""
    found = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if WRITES.search(path.read_text(encoding="utf-8")) and "migrations" not in path.parts
    }
    assert found == {THE_SEQUENCER}


def test_migrations_only_guard_the_leaves_and_add_to_them() -> None:
    found = [
        (path.name, match.group(0))
        for path in sorted((SOURCES / "store" / "migrations").glob("*.py"))
        for match in WRITES.finditer(path.read_text(encoding="utf-8"))
    ]
    assert {statement for _, statement in found} == {"ALTER TABLE store_leaf"}
    assert all("ENABLE ALWAYS TRIGGER" in text for text in _altering())


def _altering() -> list[str]:
    texts = (path.read_text(encoding="utf-8") for path in (SOURCES / "store" / "migrations").glob("*.py"))
    return re.findall(r"ALTER TABLE store_leaf[^\n]*", "\n".join(texts))
