"""Rows in the ways the shelves need them: new, new unless here already, renewed, changed, found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict
from django.db.models.expressions import Col
from django.db.models.sql import InsertQuery
from django.db.transaction import mark_for_rollback_on_error

M = TypeVar("M", bound=models.Model)
if TYPE_CHECKING:
    Field = models.Field[Any, Any]
Converter = Callable[[Any, Any, BaseDatabaseWrapper], Any]


def digest_of(*parts: str) -> str:
    """Return the SHA-256 (hex) of texts, to index what may be longer than an index row can be."""
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def insert(row: models.Model, alias: str) -> None:
    """Add a row; its automatic number is set on it."""
    _add(row, alias, None)


def insert_once(row: models.Model, alias: str) -> bool:
    """Add a row in one statement; False when a unique value of it is here already and nothing was done."""
    return _add(row, alias, OnConflict.IGNORE)


def insert_or_renew(row: models.Model, alias: str, *, key: str, renewed: tuple[str, ...]) -> None:
    """Add a row, or write its `renewed` columns over those of the row that has its key already."""
    _add(row, alias, OnConflict.UPDATE, key, renewed)


def _add(
    row: models.Model,
    alias: str,
    on_conflict: OnConflict | None,
    key: str = "",
    renewed: tuple[str, ...] = (),
) -> bool:
    connection = connections[alias]
    statement, fields = _insert(type(row), alias, connection.vendor, on_conflict, key, renewed)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection=connection) for field in fields]
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        cursor.execute(statement, values)
        added = cursor.fetchone()
    if added is not None and row.pk is None:
        (row.pk,) = added
    return added is not None


@cache
def _insert(
    model: type[models.Model],
    alias: str,
    vendor: str,
    on_conflict: OnConflict | None,
    key: str,
    renewed: tuple[str, ...],
) -> tuple[str, tuple[Field, ...]]:
    """Return the INSERT of a model and its fields in order.

    It is the statement Django would write each time; writing it is most of what an insert costs.
    """
    fields = tuple(
        field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)
    )
    query = InsertQuery(
        model,
        on_conflict=on_conflict,
        update_fields=[_field(model, name) for name in renewed],
        unique_fields=[_field(model, key)] if key else None,
    )
    query.insert_values(fields, [model()], raw=True)
    compiler = query.get_compiler(alias)
    compiler.returning_fields = [model._meta.pk]
    ((statement, _),) = compiler.as_sql()
    return statement, fields


def insert_all(rows: Sequence[models.Model], alias: str, *, known_by: str) -> dict[str, Any]:
    """Add rows of one model in one statement; return their keys by their values in the column `known_by`.

    The values there must differ: no database promises to return keys in the order of the rows.
    """
    if not rows:
        return {}
    connection = connections[alias]
    model = type(rows[0])
    statement, fields = _insert(model, alias, connection.vendor, None, "", ())
    head, one = _parts(statement, len(fields))
    key, name = _quoted(model._meta.pk), _quoted(_field(model, known_by))
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection=connection)
        for row in rows
        for field in fields
    ]
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        cursor.execute(f"{head}{', '.join([one] * len(rows))} RETURNING {key}, {name}", values)
        return {known: number for number, known in cursor.fetchall()}


@cache
def _parts(statement: str, columns: int) -> tuple[str, str]:
    """Return what stands before the values of an INSERT of one row, and those."""
    one = f"({', '.join(['%s'] * columns)})"
    head, found, _ = statement.partition(one)
    if not found:
        raise ValueError("the statement of an insert is not as expected")
    return head, one


def change_all(
    model: type[models.Model], alias: str, changes: Sequence[Mapping[str, Any]], *, by: str
) -> None:
    """Change several rows, each found by its value in the column `by`; all name the same columns."""
    if not changes:
        return
    connection = connections[alias]
    names = tuple(name for name in changes[0] if name != by)
    statement, fields = _update(model, connection.vendor, names, (by,))
    values = [
        [
            field.get_db_prep_save(row[name], connection=connection)
            for field, name in zip(fields, (*names, by), strict=True)
        ]
        for row in changes
    ]
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        cursor.executemany(statement, values)


def change(model: type[models.Model], alias: str, columns: Mapping[str, Any], **equal: Any) -> None:
    """Change exactly the one row with these values.

    Raises `LookupError` when there is none, which is a mistake of the caller.
    """
    with mark_for_rollback_on_error(alias):
        if change_some(model, alias, columns, **equal) != 1:
            raise LookupError(f"{model.__name__} to be saved was never added")


def change_some(model: type[models.Model], alias: str, columns: Mapping[str, Any], **equal: Any) -> int:
    """Change the rows with these values, however many there are; return how many there were."""
    connection = connections[alias]
    statement, fields = _update(model, connection.vendor, tuple(columns), tuple(equal))
    given = (*columns.values(), *equal.values())
    values = [
        field.get_db_prep_save(value, connection=connection)
        for field, value in zip(fields, given, strict=True)
    ]
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def find(model: type[M], alias: str, *, newest_by: str = "", **equal: Any) -> M | None:
    """Return the row with these values, None without one; among several the one greatest in `newest_by`."""
    order = (f"-{newest_by}",) if newest_by else ()
    return next(iter(_found(model, alias, (order, 1), equal)), None)


def find_all(
    model: type[M],
    alias: str,
    *,
    by: tuple[str, ...],
    most: int = 0,
    where: Mapping[str, Any] | None = None,
    **equal: Any,
) -> tuple[M, ...]:
    """Return the rows with these values, in the order of the columns `by` (a minus: the greatest first).

    `where` adds comparisons by column and operator, such as `{"ends_at >": now}`; `most` bounds (0: all).
    """
    return _found(model, alias, (by, most), {**equal, **(where or {})})


def _found(
    model: type[M], alias: str, order: tuple[tuple[str, ...], int], asked: Mapping[str, Any]
) -> tuple[M, ...]:
    connection = connections[alias]
    look_up = _select(model, connection.vendor, alias, order, tuple(asked))
    values = [
        field.get_db_prep_value(value, connection=connection)
        for field, value in zip(look_up.asked, asked.values(), strict=True)
    ]
    with mark_for_rollback_on_error(alias), connection.cursor() as cursor:
        cursor.execute(look_up.statement, values)
        rows = cursor.fetchall()
    return tuple(model.from_db(alias, look_up.names, look_up.read(row, connection)) for row in rows)


@dataclass(frozen=True, slots=True)
class _LookUp:
    """A SELECT of rows: its text, the fields it asks for, and how to read what it returns.

    `conversions` are by place; most columns need none.
    """

    statement: str
    asked: tuple[Field, ...]
    names: tuple[str, ...]
    conversions: tuple[tuple[int, Col, Converter], ...]

    def read(self, found: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
        """Turn what the database returned into what the fields hold."""
        values = list(found)
        for place, column, convert in self.conversions:
            values[place] = convert(values[place], column, connection)
        return values


@cache
def _select(
    model: type[models.Model],
    vendor: str,
    alias: str,
    order: tuple[tuple[str, ...], int],
    asked: tuple[str, ...],
) -> _LookUp:
    """Return the SELECT of a model by the values of some fields; Django would write it anew each time.

    `order` names the columns to sort by, and how many rows are wanted (0: all).
    """
    compared = [name.partition(" ")[::2] for name in asked]
    fields = tuple(_field(model, name) for name, _ in compared)
    every = tuple(model._meta.concrete_fields)
    where = " AND ".join(
        f"{_quoted(field)} {operator or '='} %s"
        for field, (_, operator) in zip(fields, compared, strict=True)
    )
    columns, most = order
    sort = ", ".join(
        _quoted(_field(model, name.lstrip("-"))) + (" DESC" if name.startswith("-") else "")
        for name in columns
    )
    names = ", ".join(_quoted(field) for field in every)
    statement = f'SELECT {names} FROM "{model._meta.db_table}" WHERE {where}'
    statement += (f" ORDER BY {sort}" if sort else "") + (f" LIMIT {most}" if most else "")
    connection, table = connections[alias], model._meta.db_table
    conversions = tuple(
        (place, column, convert)
        for place, column in enumerate(field.get_col(table) for field in every)
        for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
    )
    return _LookUp(statement, fields, tuple(field.attname for field in every), conversions)


@cache
def _update(
    model: type[models.Model], vendor: str, changed: tuple[str, ...], asked: tuple[str, ...]
) -> tuple[str, tuple[Field, ...]]:
    """Return the UPDATE of some columns of the row with the values of others, and all fields in order."""
    setting = ", ".join(f"{_quoted(_field(model, name))} = %s" for name in changed)
    where = " AND ".join(f"{_quoted(_field(model, name))} = %s" for name in asked)
    statement = f'UPDATE "{model._meta.db_table}" SET {setting} WHERE {where}'
    return statement, tuple(_field(model, name) for name in (*changed, *asked))


def _field(model: type[models.Model], name: str) -> Field:
    return cast("Field", model._meta.get_field(name))


def _quoted(field: Field) -> str:
    return f'"{field.column}"'
