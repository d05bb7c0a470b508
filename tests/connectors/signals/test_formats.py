"""Every body finds its parser: by the name given, else by its shape; what nothing knows stays plain JSON."""

from __future__ import annotations

import pytest

from tocsin.connectors.refusal import UnknownFormat
from tocsin.connectors.signals.formats import described, formats, parse, read, recognise


def test_plain_json_is_a_format_and_is_what_nothing_else_is() -> None:
    assert "json" in formats()
    assert recognise(b'{"a":1}') is None
    assert parse("json", b'{"a":1}\n7').lines == read(b'{"a":1}').lines == (b'{"a":1}',)


def test_an_unknown_format_is_explained_with_those_there_are() -> None:
    with pytest.raises(UnknownFormat, match=r"no format 'xls'; there are .*json"):
        read(b"", form="xls")


def test_each_format_says_what_it_is_and_has_one_parser() -> None:
    for each in described():
        assert each.summary.endswith(".")
        assert len([place for place in (each.record, each.body, each.stream) if place]) == 1
