"""What every Sigma document says about itself, rule or correlation, and what its keys may be called."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Series, Table

LEVELS = ("informational", "low", "medium", "high", "critical")

_KNOWN = (
    *(
        "title",
        "id",
        "name",
        "related",
        "taxonomy",
        "status",
        "description",
        "license",
        "author",
        "references",
    ),
    *(
        "date",
        "modified",
        "logsource",
        "detection",
        "correlation",
        "fields",
        "falsepositives",
        "level",
        "tags",
    ),
    *("scope", "filter"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A rule's name tag. `level` is one of LEVELS or empty; `place` is where the document begins."""

    path: str
    place: Place
    id: str
    name: str
    title: str
    level: str
    tags: tuple[str, ...]
    description: str
    author: str
    references: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return what names the rule in an alert: its id, else its name, else its title."""
        return self.id or self.name or self.title


def header(table: Table, path: str) -> Header:
    """Read the name tag of a document. Raises RuleRejected for a missing title, a wrong level or key."""
    refuse_unknown_keys(table)
    title = text_of(table, "title")
    if not title.strip():
        raise RuleRejected(
            table.place, "The rule has no `title`.", next_step="Give it a `title:` of one line."
        )
    return Header(
        path=path,
        place=table.place,
        id=text_of(table, "id"),
        name=text_of(table, "name"),
        title=title,
        level=_level(table),
        tags=texts_of(table, "tags"),
        description=text_of(table, "description").strip(),
        author=text_of(table, "author"),
        references=texts_of(table, "references"),
    )


def refuse_unknown_keys(table: Table) -> None:
    """Refuse a misspelt Sigma key and an extension that would be dropped silently; other keys are free."""
    for key, _ in table.entries:
        name = str(key.value)
        if name.startswith("tocsin."):
            raise RuleRejected(
                key.place,
                f"The extension `{name}` is not supported yet by this version.",
                next_step="Remove the key; the rule then keeps its standard Sigma meaning.",
            )
        near = [] if name in _KNOWN else difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.85)
        if near:
            raise misspelt(key, near)


def refuse_other_keys(table: Table, allowed: Sequence[str]) -> None:
    """Refuse every key that is not allowed in a map whose keys Sigma fixes."""
    for key, _ in table.entries:
        if str(key.value) not in allowed:
            raise misspelt(key, difflib.get_close_matches(str(key.value), allowed, n=1) or list(allowed))


def misspelt(key: Leaf, wanted: list[str]) -> RuleRejected:
    """Return the refusal of a key, with the keys that were probably meant."""
    hint = ", ".join(f"`{name}`" for name in wanted)
    return RuleRejected(
        key.place, f"The key `{key.value}` is unknown here.", next_step=f"Did you mean {hint}?"
    )


def text_of(table: Table, key: str) -> str:
    """Return the text under a key, empty if it is not there. Raises RuleRejected if it is a list or map."""
    node = table.get(key)
    if node is None:
        return ""
    if not isinstance(node, Leaf):
        raise RuleRejected(node.place, f"`{key}` must be text.", next_step="Write one value behind the key.")
    return "" if node.value is None else str(node.value)


def texts_of(table: Table, key: str) -> tuple[str, ...]:
    """Return the texts under a key that takes one text or a list of texts."""
    node = table.get(key)
    return () if node is None else texts(node, key)


def texts(node: Node, key: str) -> tuple[str, ...]:
    """Return a node as texts. Raises RuleRejected for maps and nested lists."""
    if isinstance(node, Leaf):
        return () if node.value is None else (str(node.value),)
    if isinstance(node, Series) and all(isinstance(member, Leaf) for member in node.members):
        return tuple(str(member.value) for member in node.members if isinstance(member, Leaf))
    raise RuleRejected(
        node.place, f"`{key}` must be text or a list of texts.", next_step="Write a plain list."
    )


def table_of(table: Table, key: str) -> Table:
    """Return the map under a required key. Raises RuleRejected if it is missing or no map."""
    node = table.get(key)
    if isinstance(node, Table) and node.entries:
        return node
    place = table.place if node is None else node.place
    raise RuleRejected(
        place, f"`{key}` is missing or not a map.", next_step=f"Write the rule's `{key}:` as a map."
    )


def _level(table: Table) -> str:
    level = text_of(table, "level").lower()
    node = table.get("level")
    if level and level not in LEVELS and node is not None:
        raise RuleRejected(
            node.place, f"The level `{level}` is unknown.", next_step=f"Use one of: {', '.join(LEVELS)}."
        )
    return level
