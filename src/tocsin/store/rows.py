"""Writes rows in the three ways the shelves need: new, new unless it is here already, and changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import connections, models
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


def digest_of(*parts: str) -> str:
    """Return the SHA-256 (hex) of texts, to index what may be longer than an index row can be."""
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def insert(row: models.Model, alias: str) -> None:
    """Add a row; its automatic number is set on it."""
    row.save(force_insert=True, using=alias)


def insert_once(row: models.Model, alias: str) -> bool:
    """Add a row in one statement; False when a unique value of it is here already and nothing was done."""
    fields = [field for field in row._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    query = InsertQuery(type(row), on_conflict=OnConflict.IGNORE)
    query.insert_values(fields, [row])
    ((statement, values),) = query.get_compiler(alias).as_sql()
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount == 1)


def change(rows: models.QuerySet[Any], columns: Mapping[str, Any]) -> None:
    """Change exactly one row. Raises `LookupError` when there is none, which is a mistake of the caller."""
    if rows.update(**columns) != 1:
        raise LookupError(f"{rows.model.__name__} to be saved was never added")
