"""Read the documents of one file: what `action: global`, `repeat` and `reset` share between them."""

from __future__ import annotations

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Table

_ACTIONS = ("global", "repeat", "reset")


class Collection:
    """The documents of one file, taken in their order."""

    def __init__(self) -> None:
        self._shared: Table | None = None
        self._previous: Table | None = None

    def rule(self, document: Node) -> Table | None:
        """Return the whole rule that a document is, or None for one that only speaks to its followers.

        Raises RuleRejected for what is no map, an unknown action, or a repetition of nothing.
        """
        if isinstance(document, Leaf) and document.value is None:
            return None
        table = _as_table(document)
        action = _action(table)
        if action == "reset":
            self._shared = self._previous = None
            return None
        if action == "global":
            self._shared = _without_action(table)
            return None
        if action == "repeat":
            return self._repeated(table)
        self._previous = merged(self._shared, table) if self._shared else table
        return self._previous

    def _repeated(self, table: Table) -> Table:
        if self._previous is None:
            raise RuleRejected(
                table.place,
                "`action: repeat` has no rule before it to repeat.",
                next_step="Put it behind a rule of the same file.",
            )
        self._previous = merged(self._previous, _without_action(table))
        return self._previous


def merged(shared: Table, own: Table) -> Table:
    """Return the shared keys overlaid by a document's own; maps are joined key by key."""
    entries: list[tuple[Leaf, Node]] = []
    for key, node in shared.entries:
        mine = own.get(str(key.value))
        if isinstance(node, Table) and isinstance(mine, Table):
            entries.append((key, merged(node, mine)))
        else:
            entries.append((key, node if mine is None else mine))
    entries.extend((key, node) for key, node in own.entries if shared.key(str(key.value)) is None)
    return Table(tuple(entries), own.place)


def named(document: Node) -> str:
    """Return what a document calls itself, for a message about it: its id, else its title, else nothing."""
    for key in ("id", "title") if isinstance(document, Table) else ():
        node = document.get(key) if isinstance(document, Table) else None
        if isinstance(node, Leaf) and isinstance(node.value, str):
            return node.value
    return ""


def _as_table(document: Node) -> Table:
    if isinstance(document, Table):
        return document
    raise RuleRejected(
        document.place,
        "The document is not a map.",
        next_step="A Sigma rule begins with keys such as `title:`.",
    )


def _action(table: Table) -> str:
    node = table.get("action")
    if node is None:
        return ""
    if isinstance(node, Leaf) and node.value in _ACTIONS:
        return str(node.value)
    raise RuleRejected(
        node.place,
        "This `action` is unknown.",
        next_step=f"Use one of: {', '.join(_ACTIONS)}; or one document a rule, without it.",
    )


def _without_action(table: Table) -> Table:
    return Table(tuple((key, node) for key, node in table.entries if key.value != "action"), table.place)
