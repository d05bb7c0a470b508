"""Column kinds that keep hostile text and JSON the same way on every database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import models

if TYPE_CHECKING:
    _TextField: TypeAlias = models.TextField[Any, Any]
else:
    # Django's fields are generic for the type checker only.
    _TextField = models.TextField

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """Return the text with NUL and lone surrogates replaced by U+FFFD.

    PostgreSQL refuses NUL in text, and no database takes a lone surrogate; one such character from outside
    must not make an alert unstorable.
    """
    if text.isascii() and "\0" not in text:
        return text
    kept = text.replace("\0", _REPLACEMENT)
    return kept.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Text(_TextField):
    """Text of any length; what no database can hold is replaced by U+FFFD, in filters too."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return storable(prepared) if isinstance(prepared, str) else prepared


class Json(_TextField):
    """A JSON value kept as ASCII text, so that order, NUL and odd characters come back as they were."""

    def get_prep_value(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def from_db_value(self, value: str, expression: object, connection: object) -> Any:
        return json.loads(value)
