"""Reads what a GET of Alertmanager's API asks for."""

from __future__ import annotations

from collections.abc import Sequence

import re2  # type: ignore[import-untyped]
from starlette.datastructures import QueryParams

from tocsin.app.alerts_seen import Asked
from tocsin.domain.matchers import Matcher
from tocsin.oncall.alertmanager.matcher_texts import parse_matcher

_TRUE = frozenset(("true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"))
"""What go-openapi takes for true; everything else is false."""

MOST_FILTERS = 64
LONGEST_FILTER = 4096


class QuestionRefused(ValueError):
    """A parameter cannot be read; the text is what is answered, with 400."""


def asked_in(query: QueryParams) -> Asked:
    """Return which alerts are asked for. Raises `QuestionRefused`."""
    return Asked(
        active=_is_true(query, "active"),
        silenced=_is_true(query, "silenced"),
        inhibited=_is_true(query, "inhibited"),
        matchers=matchers_in(query.getlist("filter")),
        receiver=_receiver(query.get("receiver", "")),
    )


def matchers_in(filters: Sequence[str]) -> tuple[Matcher, ...]:
    """Read the filters, each one matcher. Raises `QuestionRefused`."""
    if len(filters) > MOST_FILTERS or any(len(each) > LONGEST_FILTER for each in filters):
        raise QuestionRefused(f"more than {MOST_FILTERS} filters, or one of over {LONGEST_FILTER} characters")
    try:
        return tuple(parse_matcher(each) for each in filters)
    except ValueError as error:
        raise QuestionRefused(f"bad matcher format: {error}") from error


def _is_true(query: QueryParams, name: str) -> bool:
    return query.get(name, "true").lower() in _TRUE


def _receiver(text: str) -> object:
    if not text:
        return None
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options=options)
    except re2.error as error:
        raise QuestionRefused(f"failed to parse receiver param: {_words(error)}") from error


def _words(error: re2.error) -> str:
    """Return what RE2 says, which it says in bytes."""
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
