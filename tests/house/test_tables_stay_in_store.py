"""Rule: rows and the links between them are known to the store alone; others have the domain's nouns."""

from __future__ import annotations

import ast

LINKS = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField"})


def test_foreign_keys_exist_only_in_the_store(sources, keep) -> None:
    broken = [
        source.at(node)
        for source in sources
        if source.room != "store"
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Attribute) and node.attr in LINKS)
        or (isinstance(node, ast.Name) and node.id in LINKS)
    ]
    keep(broken, "a link between rows is the store's own business")


def test_models_and_queries_stay_in_the_store(sources, keep) -> None:
    broken = [
        f"{source.at(node)} {name}"
        for source in sources
        if source.room != "store"
        for node, name in source.imports()
        if name.startswith(("django.db.models", "tocsin.store.models"))
    ]
    keep(broken, "ask a shelf, not a table")
