"""Read from a record what a correlation needs: the group it belongs to and the value that is measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from tocsin.detection.sigma.readings import atom_of, finite, json_text, lookup, members, number_text

# Text that is this long is no number anybody wrote.
_LONGEST_NUMBER = 400


def field_text(record: Mapping[str, Any], field: str) -> str | None:
    """Return a field's value as text, or None if it is missing or null; several values become a JSON list."""
    if type(record) is dict and type(value := record.get(field)) is str and value.isascii():
        return value
    found = list(_values(record, field))
    if not found:
        return None
    atom = json_text(found) if len(found) > 1 else atom_of(found[0])
    text = atom if isinstance(atom, str) else number_text(atom)
    # Lone surrogates could not be written into the stored state.
    return text.encode("utf-8", "replace").decode("utf-8")


def first_text(record: Mapping[str, Any], fields: Iterable[str]) -> str | None:
    """Return the case-folded text of the first of some fields that the record has, or None."""
    found = (field_text(record, field) for field in fields)
    return next((text.casefold() for text in found if text is not None), None)


def first_number(record: Mapping[str, Any], fields: Iterable[str]) -> float | None:
    """Return the number in the first of some fields that the record has; None for what is no finite number.

    Numeric text counts, truth values do not (T4); of several values in one field the first is taken.
    """
    value = next((value for field in fields for value in _values(record, field)), None)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and (len(value) > _LONGEST_NUMBER or "_" in value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and finite(number) is not None else None


def texts_of(
    record: Mapping[str, Any], group_by: tuple[str, ...], names: Mapping[str, str]
) -> tuple[str, ...] | None:
    """Return the values of the group that a record belongs to, or None if a key is missing (T1).

    `names` maps group-by names to the fields that hold them in this rule's records.
    """
    texts = []
    for name in group_by:
        text = field_text(record, names.get(name, name))
        if text is None:
            return None
        texts.append(text)
    return tuple(texts)


def folded(texts: tuple[str, ...]) -> str:
    """Return the group's key as it is compared: case folded (T3)."""
    return orjson.dumps([text.casefold() for text in texts]).decode() if texts else "[]"


def _values(record: Mapping[str, Any], field: str) -> Iterator[Any]:
    return (member for value in lookup(record, field) for member in members(value) if member is not None)
