"""A replay sends the pages that were really sent, by the same packs; what a page is can be read from it."""

from __future__ import annotations

from recorded_month import END, OLD, START, house, script
from tocsin.app import replaying
from tocsin.app.recorded import recorded
from tocsin.app.replaying import replay


def test_under_the_same_packs_exactly_what_was_sent_is_sent_again(sqlite_store, tmp_path):
    lived = house(tmp_path, OLD)
    lived.live(script(3, 60))
    with lived.app.store.reading() as shelves:
        told = recorded(shelves, START, END)
    played = replay(told, lived.app.policies, lived.app.locker)
    pages = sorted((page.at, page.person, page.alert, page.policy, page.step) for page in played.pages)
    assert pages == lived.pages()
    assert played.stopped_at is None
    assert {page.role for page in played.pages} <= {"primary", "secondary"}


def test_a_replay_that_calls_without_end_is_stopped_and_says_when(sqlite_store, tmp_path, monkeypatch):
    lived = house(tmp_path, OLD)
    lived.live(script(3, 20))
    with lived.app.store.reading() as shelves:
        told = recorded(shelves, START, END)
    monkeypatch.setattr(replaying, "MOST_PAGES", 5)
    played = replay(told, lived.app.policies, lived.app.locker)
    assert 5 <= len(played.pages) < 10
    assert played.stopped_at == played.pages[-1].at
