"""Writes rows in the three ways the shelves need: new, new unless it is here already, and changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connections, models
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery
from django.db.transaction import mark_for_rollback_on_error


def digest_of(*parts: str) -> str:
    """Return the SHA-256 (hex) of texts, to index what may be longer than an index row can be."""
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def insert(row: models.Model, alias: str) -> None:
    """Add a row; its automatic number is set on it."""
    _add(row, alias, None)


def insert_once(row: models.Model, alias: str) -> bool:
    """Add a row in one statement; False when a unique value of it is here already and nothing was done."""
    return _add(row, alias, OnConflict.IGNORE)


def _add(row: models.Model, alias: str, on_conflict: OnConflict | None) -> bool:
    connection = connections[alias]
    statement, fields = _statement(type(row), alias, connection.vendor, on_conflict)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection=connection) for field in fields]
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        cursor.execute(statement, values)
        added = cursor.fetchone()
    if added is not None and row.pk is None:
        (row.pk,) = added
    return added is not None


@cache
def _statement(
    model: type[models.Model], alias: str, vendor: str, on_conflict: OnConflict | None
) -> tuple[str, tuple[models.Field[Any, Any], ...]]:
    """Return the INSERT of a model and its fields in order.

    It is the statement Django would write each time; writing it is most of what an insert costs.
    """
    fields = tuple(
        field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)
    )
    query = InsertQuery(model, on_conflict=on_conflict)
    query.insert_values(fields, [model()], raw=True)
    compiler = query.get_compiler(alias)
    compiler.returning_fields = [model._meta.pk]
    ((statement, _),) = compiler.as_sql()
    return statement, fields


def change(rows: models.QuerySet[Any], columns: Mapping[str, Any]) -> None:
    """Change exactly one row. Raises `LookupError` when there is none, which is a mistake of the caller."""
    if rows.update(**columns) != 1:
        raise LookupError(f"{rows.model.__name__} to be saved was never added")
