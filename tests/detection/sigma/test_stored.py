"""Rules come back as they were written down, and octets from elsewhere do no harm."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.sigma import stored
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.extension import PLAIN
from tocsin.detection.sigma.rule import Rule, read
from tocsin.detection.sigma.stored import DEEPEST, StoredRulesUnreadable, decoded, encoded
from tocsin.detection.sigma.tree import Interned

EVERYTHING = r"""title: T
id: i
name: n
level: high
tags: [attack.t1110]
description: Said.
references: ['https://example.org']
tocsin.labels: {a: b}
tocsin.incident_type: drift
tocsin.latch: true
tocsin.emit: each
tocsin.evidence_max: 7
logsource: {product: windows}
detection:
  a: {t: x, n: 5, f: 1.5, b: true, z: null, c|cased: Y, w: 'a*b', d|contains: e, l: [x, null]}
  b: {r|re|i: '^x', i|cidr: 10.0.0.0/8, h|hour|gte: 22, e|exists: true, o|fieldref|startswith: p, g|gt: 5}
  c: {'m[any]': {q: x}, 'k[-1]': y}
  k: [one, two]
  condition: a and (b or not c) and k
"""
PLAIN_RULE = "title: P\nlogsource: {category: c}\ndetection: {s: {a: x}, condition: s}\n"


def rule(text: str) -> Rule:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return read(root, "r.yml")


RULES = {"digest": (rule(EVERYTHING), rule(PLAIN_RULE)), "other": (rule(PLAIN_RULE),), "none": ()}
OCTETS = encoded(RULES)


def test_rules_come_back_as_they_were() -> None:
    found = decoded(OCTETS)
    assert found == RULES
    assert found["other"][0].extensions is PLAIN
    assert Interned().compile(found["digest"][0].tree)


def test_equal_predicates_are_written_once() -> None:
    (once,) = {len(encoded({"a": rules})) for rules in [(rule(PLAIN_RULE),) * 2] * 2}
    assert once < 2 * len(encoded({"a": (rule(PLAIN_RULE),)}))


@given(st.binary(max_size=200))
def test_any_octets_are_rules_or_unreadable(octets: bytes) -> None:
    with suppress(StoredRulesUnreadable):
        decoded(octets)


@given(st.integers(0, len(OCTETS) - 1), st.integers(0, 255))
def test_a_changed_octet_gives_rules_that_compile_or_none(place: int, value: int) -> None:
    changed = bytearray(OCTETS)
    changed[place] = value
    with suppress(StoredRulesUnreadable):
        interned = Interned()
        for rules in decoded(bytes(changed)).values():
            for each in rules:
                assert interned.compile(each.tree)


HEAD = msgspec.to_builtins(rule(PLAIN_RULE).header)
SOURCE = {"product": "", "service": "", "category": "c"}


def octets(*nodes: list[object], root: int = 0) -> bytes:
    stored_rule = [HEAD, "key", SOURCE, root, [], "burst", 50, []]
    return msgspec.msgpack.encode([list(nodes), [["digest", [stored_rule]]]])


LEAF = ["?", [], "f", "equals", "x"]


@pytest.mark.parametrize(
    "nodes",
    [
        [["&", [0]]],
        [["&", [1]], LEAF],
        [LEAF, ["&", [-1]]],
        [LEAF, ["!", []]],
        [LEAF, ["!", [0, 0]]],
        [LEAF, ["%", [0]]],
        [["?", [], "f", "regex", "(?=x)"]],
        [["?", [], "f", "regex", "("]],
        [["?", [], "f", "cidr", "10.0.0.1/8"]],
        [["?", [], "f", "time", 5, False, "eon gte"]],
        [["?", [], "f", "time", 5, False, "hour like"]],
        [["?", [], "f", "field", "g", False, "near"]],
        [["?", [], "f", "during", "x"]],
        [["?", [], "f", "gt", "much"]],
        [LEAF, *(["!", [number]] for number in range(DEEPEST))],
        [LEAF, *(["&", [number] * 30] for number in range(8))],
        [],
    ],
    ids=str,
)
def test_trees_that_no_rule_has_are_refused(nodes: list[list[object]]) -> None:
    with pytest.raises(StoredRulesUnreadable):
        decoded(octets(*nodes))


def test_what_was_written_by_hand_reads_like_a_rule() -> None:
    (found,) = decoded(octets(LEAF, ["!", [0]], root=1))["digest"]
    assert found.key == "key"
    assert stored.MOST_NODES >= 100_000
