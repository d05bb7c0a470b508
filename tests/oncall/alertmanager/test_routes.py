"""Labels lead to the nodes that Alertmanager names, in its order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.domain.matchers import matcher
from tocsin.oncall.alertmanager.routes import Route, lineage, matching, walk


def node(path: str, *children: Route, continues: bool = False, **equal: str) -> Route:
    matchers = tuple(matcher(name, "=", value) for name, value in equal.items())
    return Route(path=path, receiver=f"r{path}", matchers=matchers, continues=continues, children=children)


TREE = node(
    "0",
    node("0/0", node("0/0/0", env="prod", continues=True), node("0/0/1", env="prod"), team="a"),
    node("0/1", team="b", continues=True),
    node("0/2", node("0/2/0", env="none"), team="b"),
    node("0/3", team=""),
)


@pytest.mark.parametrize(
    ("labels", "paths"),
    [
        ({"team": "a"}, ["0/0"]),
        ({"team": "a", "env": "prod"}, ["0/0/0", "0/0/1"]),
        ({"team": "b"}, ["0/1", "0/2"]),
        ({"team": "b", "env": "none"}, ["0/1", "0/2/0"]),
        ({"team": "c"}, ["0"]),
        ({}, ["0/3"]),
    ],
)
def test_the_tree_is_walked_depth_first_and_a_match_ends_the_scan(
    labels: dict[str, str], paths: list[str]
) -> None:
    assert [route.path for route in matching(TREE, labels)] == paths


def test_a_root_that_refuses_leads_nowhere() -> None:
    assert matching(replace(TREE, matchers=(matcher("x", "=", "y"),)), {}) == ()


def test_all_nodes_are_walked_parents_first() -> None:
    assert [route.path for route in walk(TREE)] == [
        "0", "0/0", "0/0/0", "0/0/1", "0/1", "0/2", "0/2/0", "0/3",
    ]  # fmt: skip


def test_a_node_knows_its_line_from_the_root() -> None:
    (end,) = matching(TREE, {"team": "a"})
    assert [route.path for route in lineage(TREE, end)] == ["0", "0/0"]
    with pytest.raises(KeyError):
        lineage(TREE, node("0/9"))
