"""What every Sigma document says about itself, rule or correlation, and what its keys may be called."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Series, Table, plain
from tocsin.detection.sigma.scalars import switch_at, word_at

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

INCIDENT_TYPES = (
    *("security", "drift", "agent-violation", "data-breach", "quality-degradation"),
    *("deployment-failure", "service-degradation", "cost-overrun", "audit-integrity"),
)

# What follows `tocsin.`: on every rule, on detection rules, on correlations.
EXTENSIONS_OF_ALL = ("incident_type", "labels", "latch")
EXTENSIONS_OF_RULES = ("lookup", "emit", "evidence_max")
EXTENSIONS_OF_CORRELATIONS = (
    *("ratio", "for", "keep_firing_for", "baseline", "new_value", "heartbeat"),
    *("emit", "evidence_max", "allowed_lateness", "window", "gap"),
)
_EXTENSIONS = tuple(
    dict.fromkeys(
        f"tocsin.{name}" for name in (*EXTENSIONS_OF_ALL, *EXTENSIONS_OF_RULES, *EXTENSIONS_OF_CORRELATIONS)
    )
)
# Labels of one rule, and characters of one of them; they are stored with every alert.
MOST_LABELS = 50
LONGEST_LABEL = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A rule's name tag. `level` is one of LEVELS or empty; `place` is where the document begins.

    `incident_type` is one of INCIDENT_TYPES or empty. `labels` go onto the alert. An alert of a rule with
    `latch` never ends by itself; only a person closes it.
    """

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
    incident_type: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    latch: bool = False

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
        incident_type=word_at(table, "tocsin.incident_type", INCIDENT_TYPES, ""),
        labels=_labels(table),
        latch=switch_at(table, "tocsin.latch", default=False),
    )


def extended(table: Table) -> list[list[Any]]:
    """Return names and plain values of the extensions (`tocsin.*`) that change what a rule means."""
    about = frozenset(f"tocsin.{name}" for name in EXTENSIONS_OF_ALL)
    return [
        [key.value, plain(node)]
        for key, node in table.entries
        if str(key.value).startswith("tocsin.") and key.value not in about
    ]


def refuse_unknown_keys(table: Table) -> None:
    """Refuse a misspelt Sigma key and an extension that would be dropped silently; other keys are free."""
    for key, _ in table.entries:
        name = str(key.value)
        if name.startswith("tocsin."):
            refuse_other_extension(key)
            continue
        near = [] if name in _KNOWN else difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.85)
        if near:
            raise misspelt(key, near)


def refuse_two_kinds(table: Table) -> None:
    """Refuse a document that is two kinds of rule at once; one of them would be dropped silently."""
    kinds = [key for key, _ in table.entries if key.value in ("detection", "correlation", "filter")]
    if len(kinds) > 1:
        raise RuleRejected(
            kinds[1].place,
            f"The rule has a `{kinds[0].value}` and a `{kinds[1].value}`, so one of the two would be lost.",
            next_step="Make two documents of it, with `---` between them.",
        )


def refuse_other_extension(key: Leaf) -> None:
    """Refuse an extension that no rule knows, and name the nearest one."""
    name = str(key.value)
    if name in _EXTENSIONS:
        return
    known = [each.removeprefix("tocsin.") for each in _EXTENSIONS]
    near = difflib.get_close_matches(name.removeprefix("tocsin."), known, n=1)
    raise RuleRejected(
        key.place,
        f"The extension `{name}` is unknown.",
        next_step=f"Did you mean `tocsin.{near[0]}`?"
        if near
        else "Remove the key; the rule then keeps its standard Sigma meaning.",
    )


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


def _labels(table: Table) -> tuple[tuple[str, str], ...]:
    node = table.get("tocsin.labels")
    if node is None:
        return ()
    entries = node.entries if isinstance(node, Table) else ()
    if not entries or len(entries) > MOST_LABELS:
        raise RuleRejected(
            node.place,
            f"`tocsin.labels` must be a map of 1 to {MOST_LABELS} labels.",
            next_step="Write `name: value` lines.",
        )
    found = []
    for name, value in entries:
        text = value.value if isinstance(value, Leaf) else None
        if text is None or len(str(text)) > LONGEST_LABEL or len(str(name.value)) > LONGEST_LABEL:
            raise RuleRejected(
                value.place,
                f"The label `{str(name.value)[:LONGEST_LABEL]}` must be text of at most "
                f"{LONGEST_LABEL} characters.",
                next_step="Write one short value behind the name.",
            )
        found.append((str(name.value), str(text)))
    return tuple(found)


def _level(table: Table) -> str:
    level = text_of(table, "level").lower()
    node = table.get("level")
    if level and level not in LEVELS and node is not None:
        raise RuleRejected(
            node.place, f"The level `{level}` is unknown.", next_step=f"Use one of: {', '.join(LEVELS)}."
        )
    return level
