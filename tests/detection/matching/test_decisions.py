"""A walk ends with the rules that hold, however the graph has grown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from tocsin.detection.matching import decisions
from tocsin.detection.matching.decisions import Budget, Flat, Fork, Graph, Leaf, Node, Trunk, walked
from tocsin.detection.matching.formulas import FALSE, TRUE
from tocsin.detection.matching.lexicon import Lexicon
from tocsin.detection.matching.scanners import PlainScanner
from tocsin.detection.matching.signatures import Signature, Signatures
from tocsin.detection.matching.witnesses import Witnesses
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import All, Any_, Interned, Not, Tree

A, B = Predicate("a", Op.EQUALS, "x"), Predicate("b", Op.CONTAINS, "y")
A1 = Predicate("a", Op.NUMBER, 1)
WORD, OTHER = Predicate(None, Op.CONTAINS, "keyword"), Predicate("a", Op.FIELD, "b")
TREES: list[Tree] = [
    A,
    Not(A),
    All((A, Not(B))),
    Any_((All((A1, B)), WORD)),
    All((OTHER, Not(A))),
    All((B, WORD)),
    All((Predicate("c", Op.NULL, None), B)),
    All(()),
    Not(WORD),
]
VALUES = st.sampled_from(["x", "xy", "y", "a keyword", 1, 0, True, False, None, "true"])


class Seen:
    """A record, and whether a glimpse at it shows it free of keywords."""

    def __init__(self, graph: Graph, record: Mapping[str, Any], *, clean: bool = False) -> None:
        self.graph, self.record, self.clean = graph, record, clean

    def signature(self, field: int) -> Signature:
        return self.graph.signatures[field].of(self.record)

    def text(self, field: int) -> str:
        return ""

    def without(self, keywords: frozenset[int]) -> bool:
        return self.clean

    def facts(self) -> Facts:
        return Facts(self.record, Memo())


def graph_of(trees: list[Tree], budget: Budget | None = None) -> Graph:
    lexicon = Lexicon()
    formulas = {rule: lexicon.formula(tree, wide=True) for rule, tree in enumerate(trees)}
    fired = tuple(rule for rule, formula in formulas.items() if formula is TRUE)
    signatures = [
        Signatures(name, asked, lambda patterns, _: PlainScanner(patterns), None)
        for name, asked in zip(lexicon.names, lexicon.asked, strict=True)
    ]
    getters = {
        field: lambda record, name=name: record.get(name, UNSET) for field, name in enumerate(lexicon.names)
    }
    residual = {rule: each for rule, each in formulas.items() if each is not TRUE and each is not FALSE}
    return Graph(
        lexicon, residual, fired, signatures=signatures, getters=getters,
        budget=budget or Budget(10**9, lambda: None),
    )  # fmt: skip


def naive(record: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(rule for rule, tree in enumerate(TREES) if Interned().compile(tree)(Facts(record, Memo())))


def stepped(node: Node, graph: Graph, record: Mapping[str, Any], *, clean: bool = False) -> tuple[int, ...]:
    """Walk as the hot path does."""
    while node.getter is not None:
        node = node[node.getter(record)]
    return () if node.quiet else node.finish(Seen(graph, record, clean=clean))


GRAPH = graph_of(TREES)


@given(st.dictionaries(st.sampled_from("abc"), VALUES), st.sampled_from(["", "a", "b", "ab", "abc"]))
def test_every_walk_gives_what_asking_each_rule_gives(record: dict[str, Any], exploding: str) -> None:
    expected = naive(record)
    fields = frozenset(number for name in exploding if (number := GRAPH.lexicon.field(name)))
    graph = graph_of(TREES)
    usable = {number for number, field in enumerate(graph.lexicon.field_of) if field in fields}
    for cold in (frozenset[int](), graph.fields):
        graph.reorder(
            sorted(graph.fields), cold=cold, exploding=fields, witnesses=Witnesses(graph.residual, usable, {})
        )
        for _ in range(2):
            assert stepped(graph.root(), graph, record) == expected
            assert walked(graph.root(), Seen(graph, record)) == expected
            assert graph.whole().finish(Seen(graph, record)) == expected
            if "a keyword" not in record.values():
                assert stepped(graph.clear(), graph, record) == expected
                assert stepped(graph.root(), graph, record, clean=True) == expected
    assert stepped(GRAPH.root(), GRAPH, record) == expected


TRUNK_GRAPH = graph_of(TREES)
TRUNK_FIELDS = [TRUNK_GRAPH.lexicon.field("a") or 0, TRUNK_GRAPH.lexicon.field("b") or 0]
TRUNK_GRAPH.reorder(
    [*TRUNK_FIELDS, *(TRUNK_GRAPH.fields - set(TRUNK_FIELDS))], cold=frozenset(), exploding=frozenset(),
    witnesses=Witnesses({}, set(), {}),
)  # fmt: skip
TRUNK = Trunk(
    TRUNK_GRAPH,
    TRUNK_FIELDS,
    lambda record: (record.get("a", UNSET), record.get("b", UNSET)),
    TRUNK_GRAPH.root(),
)


@given(st.dictionaries(st.sampled_from("abc"), VALUES))
def test_fields_looked_up_together_give_the_same(record: dict[str, Any]) -> None:
    assert stepped(TRUNK, TRUNK_GRAPH, record) == naive(record)
    assert walked(TRUNK, Seen(TRUNK_GRAPH, record)) == naive(record)


def test_a_trunk_stays_bounded_and_keeps_no_ambiguous_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOST_COMBINATIONS", 3)
    trunk = Trunk(TRUNK_GRAPH, TRUNK_FIELDS, TRUNK.getter, TRUNK_GRAPH.root())  # type: ignore[arg-type]
    trunk[(1, "y")]
    assert not trunk
    for number in range(9):
        trunk[(f"v{number}", "y")]
        assert 0 < len(trunk) <= 3


def test_equal_residuals_are_one_node() -> None:
    graph = graph_of([All((A, B)), All((Predicate("a", Op.EQUALS, "z"), B))])
    root = graph.root()
    assert isinstance(root, Fork)
    assert root["nothing"] is root["else"]
    assert isinstance(root["nothing"], Leaf)
    assert root["nothing"].quiet
    assert graph.root() is root
    graph.drop()
    assert graph.root() is not root


def test_different_answers_that_leave_the_same_open_lead_to_one_node() -> None:
    either = [Predicate("a", Op.EQUALS, word) for word in ("x", "y")]
    graph = graph_of([All((Any_(tuple(either)), B))])
    root = graph.root()
    assert root["x"] is root["y"]
    assert root["x"] is not root["z"]


def test_values_that_are_equal_but_not_the_same_are_not_mixed_up() -> None:
    graph = graph_of([A1])
    root = graph.root()
    assert [stepped(root, graph, {"a": value}) for value in (1, True, 1.0, 0, False)] == [
        (0,),
        (),
        (0,),
        (),
        (),
    ]
    assert not {1, 0} & root.keys()


def test_a_node_without_children_says_so() -> None:
    for ask in (Node().follow, Node().finish):
        with pytest.raises(NotImplementedError):
            ask(Seen(GRAPH, {}))


def test_a_spent_budget_drops_everything_and_begins_again() -> None:
    flushed: list[int] = []
    budget = Budget(3_000, lambda: flushed.append(1))
    graph = graph_of([All((A, B))], budget)
    for number in range(100):
        stepped(graph.root(), graph, {"a": f"{number}"})
    assert 3 <= len(flushed) <= 50


def test_flat_nodes_answer_known_signatures_from_memory() -> None:
    graph = graph_of([A, B])
    flat = graph.whole()
    assert isinstance(flat, Flat)
    assert flat is graph.whole()
    assert flat.finish(Seen(graph, {"a": "x"})) is flat.finish(Seen(graph, {"a": "X"}))
