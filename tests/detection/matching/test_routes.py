"""A route settles on an order of fields and on what to decode without changing an answer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from msgspec import UNSET

from tocsin.detection.matching import routes as module
from tocsin.detection.matching import signatures
from tocsin.detection.matching.decisions import Budget, Hits, Trunk, walked
from tocsin.detection.matching.formulas import FALSE, TRUE
from tocsin.detection.matching.lexicon import Lexicon
from tocsin.detection.matching.routes import Grounds, LineView, RecordView, Route
from tocsin.detection.matching.scanners import PlainScanner
from tocsin.detection.matching.signatures import Signatures
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import All, Interned, Not, Tree

TREES: list[Tree] = [
    All((Predicate("image", Op.ENDSWITH, "x"), Predicate("line", Op.CONTAINS, "a"))),
    All((Predicate("image", Op.ENDSWITH, "x"), Not(Predicate("user", Op.EQUALS, "root")))),
    All((Predicate("rare", Op.EQUALS, "r"), Predicate("image", Op.EQUALS, "never"))),
    All((Predicate("line", Op.CONTAINS, "b"), Predicate(None, Op.CONTAINS, "mimikatz"))),
    Predicate("deep.er", Op.EQUALS, "z"),
]


def grounds_of(trees: list[Tree]) -> tuple[Grounds, dict[int, Any]]:
    lexicon = Lexicon()
    formulas = {rule: lexicon.formula(tree, wide=True) for rule, tree in enumerate(trees)}
    found = [
        Signatures(name, asked, lambda patterns, _: PlainScanner(patterns), None)
        for name, asked in zip(lexicon.names, lexicon.asked, strict=True)
    ]
    return Grounds(lexicon, found, Budget(10**9, lambda: None)), formulas


def route_of(trees: list[Tree]) -> tuple[Grounds, Route]:
    grounds, formulas = grounds_of(trees)
    fired = tuple(rule for rule, formula in formulas.items() if formula is TRUE)
    open_ = {rule: each for rule, each in formulas.items() if each is not TRUE and each is not FALSE}
    return grounds, Route(grounds, ["key"], fired, open_, {})


def naive(record: dict[str, Any], trees: list[Tree]) -> Hits:
    return tuple(n for n, tree in enumerate(trees) if Interned().compile(tree)(Facts(record, Memo())))


def sifted(grounds: Grounds, route: Route, line: bytes) -> Hits:
    """Judge a line as the hot path does."""
    record = route.decode(line)
    node = route.root
    while node.getter is not None:
        node = node[node.getter(record)]
    return node.finish(LineView(grounds, route, line, record))


def records(count: int) -> list[dict[str, Any]]:
    return [
        {
            "key": "k",
            "image": f"{'xxy'[number % 3]}",
            "line": f"{number} a mimikatz b" if number % 5 == 0 else f"line {number}",
            "user": ["root", "ada", None][number % 3],
            **({"rare": "r", "deep": {"er": "Z"}} if number % 50 == 0 else {}),
        }
        for number in range(count)
    ]


def test_answers_stay_the_same_while_a_route_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLED", 60)
    grounds, route = route_of(TREES)
    assert route.decode is route.full
    for record in records(300):
        expected = naive(record, TREES)
        assert sifted(grounds, route, orjson.dumps(record)) == expected
        assert walked(route.root, RecordView(grounds, record)) == expected
    assert route.decode is not route.full
    assert isinstance(route.root, Trunk)
    assert grounds.lexicon.field("rare") not in route.hot
    before = route.root
    route.flush()
    assert route.root is not before
    for record in records(100):
        assert sifted(grounds, route, orjson.dumps(record)) == naive(record, TREES)


def test_a_route_without_open_rules_needs_no_sample() -> None:
    grounds, route = route_of([All(())])
    assert sifted(grounds, route, b'{"key":"k"}') == (0,)
    root = route.root
    route.flush()
    route.reconsider()
    assert sifted(grounds, route, b'{"key":"k"}') == (0,)
    assert route.root is not root


def test_a_flush_leaves_a_route_that_still_samples_alone() -> None:
    _, route = route_of(TREES)
    root = route.root
    route.flush()
    assert route.root is root


def test_a_field_that_begins_to_explode_is_taken_out_of_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLED", 40)
    monkeypatch.setattr(signatures, "_MANY", 60)
    trees: list[Tree] = [Predicate("line", Op.CONTAINS, f"<{bit}>") for bit in range(8)]
    trees += [All((Predicate("image", Op.EQUALS, "x"), Not(Predicate("line", Op.CONTAINS, "<1>"))))]
    grounds, route = route_of(trees)

    def judge(number: int) -> None:
        words = "".join(f"<{bit}>" for bit in range(8) if number >> bit & 1)
        record = {"image": "xy"[number % 2], "line": f"{number} {words}"}
        assert sifted(grounds, route, orjson.dumps(record)) == naive(record, trees)

    for number in range(256):
        judge(number)
    assert route.graph.exploding == frozenset()
    route.reconsider()
    for number in range(256):
        judge(number)
    assert route.graph.exploding == {grounds.lexicon.field("line")}
    settled = route.root
    route.reconsider()
    assert route.root is settled


def test_names_that_no_struct_can_have_leave_the_line_to_others() -> None:
    _, route = route_of([Predicate('qu"ote', Op.EQUALS, "x")])
    with pytest.raises(ValueError):
        route.decode(b'{"key":"k"}')


def test_a_glimpse_answers_only_for_keywords_that_have_needles() -> None:
    keyword, short = Predicate(None, Op.CONTAINS, "mimikatz"), Predicate(None, Op.CONTAINS, "5")
    grounds, _ = route_of([keyword, short])
    known = grounds.glimpse(frozenset({0}))
    assert known is not None
    assert known is grounds.glimpse(frozenset({0}))
    assert grounds.glimpse(frozenset({0, 1})) is None
    assert grounds.interned(frozenset({5})) is grounds.interned(frozenset({5}))


def test_views_read_lines_and_records_alike() -> None:
    grounds, route = route_of(TREES)
    record = {"key": "k", "image": "x", "line": "a", "deep": {"er": "z"}, "user": 5}
    line = orjson.dumps(record)
    route.hot = frozenset()
    by_line = LineView(grounds, route, line, route.decode(line))
    by_record = RecordView(grounds, record)
    for field in route.graph.fields:
        assert by_line.signature(field) == by_record.signature(field)
    image, user = grounds.lexicon.field("image") or 0, grounds.lexicon.field("user") or 0
    assert by_line.text(image) == by_record.text(image) == "x"
    assert by_line.text(user) == by_record.text(user) == ""
    assert by_line.facts().record == by_record.facts().record == record
    assert by_record.facts() is by_record.facts()
    words = frozenset({number for number in grounds.lexicon.needles})
    assert by_line.without(words)
    assert not by_record.without(words)
    assert route.read_keys(route.decode(b"{}")) == UNSET
