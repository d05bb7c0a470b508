"""A run is pinned to texts; a runbook is found by its id, with all that it calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import a_run
from run_story import a_book
from tocsin.domain.bindings import bindings_for
from tocsin.domain.errors import NotFound
from tocsin.domain.runbook import Runbook
from tocsin.flow.runs_library import Library

INNER = a_book("inner", "- {id: a, do: A}\n")
OUTER = a_book("outer", "- {id: one, call: middle}\n- {id: two, call: inner}\n")
MIDDLE = a_book("middle", "- {call: inner}\n- {call: outer}\n")


def _library(*books: Runbook) -> Library:
    return Library(lambda: {book.runbook_id: book for book in books})


def test_all_that_a_runbook_calls_is_found_also_in_a_circle() -> None:
    called = _library(INNER, OUTER, MIDDLE).called_by(OUTER)
    assert called == {"middle": MIDDLE.text, "inner": INNER.text, "outer": OUTER.text}


def test_a_runbook_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFound):
        _library(OUTER).called_by(OUTER)
    with pytest.raises(NotFound):
        Library().get("outer")


def test_a_run_is_read_from_its_own_texts_and_bound() -> None:
    library = Library(bind=lambda book: replace(book, title="bound"))
    run = a_run(runbook_id="outer", text=OUTER.text, called={"inner": INNER.text})
    book, called = library.pinned(run)
    assert (book.runbook_id, book.title, called["inner"].title) == ("outer", "bound", "bound")


def test_what_is_forbidden_is_so_under_every_name() -> None:
    book = replace(INNER, forbid=("idp.disable_user",))
    library = Library(bindings=bindings_for("entra"))
    assert set(library.whole(book).forbid) == {"idp.disable_user", "entra.disable_user"}
