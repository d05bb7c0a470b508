"""The route tree: which receivers an alert's labels lead to, exactly as Alertmanager walks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tocsin.domain.matchers import Matcher

GROUP_WAIT = timedelta(seconds=30)
GROUP_INTERVAL = timedelta(minutes=5)
REPEAT_INTERVAL = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One node of the tree, with everything it inherits filled in.

    `path` is `0` for the root, `0/2/1` for the second child of its third child. `matchers` are in
    Alertmanager's order. `group_by` is None where all labels group (`...`). `mute_intervals` and
    `active_intervals` are names; they are never inherited. `place` says where it stands in the file.
    """

    path: str
    receiver: str
    matchers: tuple[Matcher, ...] = ()
    continues: bool = False
    group_by: tuple[str, ...] | None = ()
    group_wait: timedelta = GROUP_WAIT
    group_interval: timedelta = GROUP_INTERVAL
    repeat_interval: timedelta = REPEAT_INTERVAL
    mute_intervals: tuple[str, ...] = ()
    active_intervals: tuple[str, ...] = ()
    children: tuple[Route, ...] = ()
    place: str = ""

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether every matcher of this node alone holds; a missing label equals the empty text."""
        return all(each.matches(labels) for each in self.matchers)


def matching(root: Route, labels: Mapping[str, str]) -> tuple[Route, ...]:
    """Return the nodes that the labels end in, in tree order; none if the root's own matchers refuse.

    Depth first, left to right; a child that matches ends the scan of its siblings unless it continues; a node
    none of whose children match is itself the end.
    """
    if not root.matches(labels):
        return ()
    ends: list[Route] = []
    for child in root.children:
        found = matching(child, labels)
        ends += found
        if found and not child.continues:
            break
    return tuple(ends) if ends else (root,)


def walk(root: Route) -> Iterator[Route]:
    """Yield every node, depth first, parents before children."""
    yield root
    for child in root.children:
        yield from walk(child)


def lineage(root: Route, route: Route) -> tuple[Route, ...]:
    """Return the nodes from the root down to `route`, found by its path. Raises `KeyError` if it has none."""
    node, nodes = root, [root]
    for step in route.path.split("/")[1:]:
        if int(step) >= len(node.children):
            raise KeyError(route.path)
        node = node.children[int(step)]
        nodes.append(node)
    return tuple(nodes)
