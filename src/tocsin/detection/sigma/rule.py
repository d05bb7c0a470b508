"""One Sigma detection rule: from its document to a log source and a tree of predicates (S4, S5, S13-S18)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from hashlib import sha256

import orjson

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma import extension_reader
from tocsin.detection.sigma.document import Table, plain
from tocsin.detection.sigma.extension import PLAIN, Extensions
from tocsin.detection.sigma.header import Header, extended, header, misspelt, table_of, text_of
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.sigma.placeholders import Placeholders
from tocsin.detection.sigma.scalars import place_of
from tocsin.detection.sigma.selections import Selections
from tocsin.detection.sigma.tables import NO_TABLES, Tables
from tocsin.detection.sigma.tree import Tree, timeless

_PARTS = ("product", "service", "category")
_SOURCE = (*_PARTS, "definition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A detection rule ready to be compiled.

    `key` is a digest of what the rule means (identity, log source, detection, the tables it uses), so stored
    state survives a new description. `tree` leaves out when an event happened; where that matters, it holds
    for too much, and `timed` is the whole meaning. `remarks` are places that deserve a second look. Of its
    `extensions` a detection rule has `lookups`, `emit` and `evidence_max`. `selections` are the trees of the
    named selections. `tables` are the tables and calendars it uses, with their versions.
    """

    header: Header
    key: str
    logsource: LogSource
    tree: Tree
    timed: Tree | None = None
    remarks: tuple[tuple[Place, str], ...] = ()
    extensions: Extensions = PLAIN
    selections: tuple[tuple[str, Tree], ...] = ()
    tables: tuple[tuple[str, str], ...] = ()


def fingerprint(*meaning: object) -> str:
    """Return a short digest of plain values."""
    return sha256(orjson.dumps(meaning, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def log_source(table: Table) -> LogSource:
    """Read the log source of a rule or filter. Raises RuleRejected if there is none.

    Keys of one's own are free, but a misspelt one would make the rule speak of every record.
    """
    source = table_of(table, "logsource")
    for key, _ in source.entries:
        name = str(key.value)
        near = [] if name in _SOURCE else difflib.get_close_matches(name, _SOURCE, n=1, cutoff=0.75)
        if near:
            raise misspelt(key, near)
    found = LogSource(**{part: text_of(source, part).lower() for part in _PARTS})
    if found == LogSource():
        raise RuleRejected(
            source.place,
            "The log source is empty, so the rule would speak of every record.",
            next_step=f"Name at least one of: {', '.join(_PARTS)}.",
        )
    return found


def read(table: Table, path: str, tables: Tables = NO_TABLES) -> Rule:
    """Read a detection rule. Raises RuleRejected at the place of the first fault."""
    head = header(table, path)
    extensions = extension_reader.of_rule(table)
    source = table_of(table, "logsource")
    detection = table_of(table, "detection")
    named = log_source(table)
    placeholders = Placeholders(tables, extensions.lookups, place_of(table, "tocsin.lookup"))
    reader = Selections(placeholders, strip_spaces=named.product == "windows")
    tree = placeholders.timed(reader.tree(detection))
    return Rule(
        header=head,
        key=fingerprint(
            head.label, plain(source), plain(detection), *extended(table), *placeholders.versions
        ),
        logsource=named,
        tree=timeless(tree) if placeholders.asks_time else tree,
        timed=tree if placeholders.asks_time else None,
        remarks=(*reader.remarks, *placeholders.remarks),
        extensions=extensions,
        selections=tuple(reader.named.items()),
        tables=placeholders.versions,
    )
