"""Now: what waits for me, who is on call, what happened, is the house in order."""

from __future__ import annotations

from datetime import timedelta

from django.db import connections
from django.test.utils import CaptureQueriesContext


def _page(client, address="/"):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_unanswered_incident_waits_for_everybody_who_may_answer(ada, ben, open_incident):
    name = open_incident("Many failed logins").short_name
    for client in (ada, ben):
        page = _page(client)
        assert f'data-row="{name}"' in page
        assert "P1 Critical" in page
        assert f'action="/incidents/{name}/acknowledge"' in page
        assert "05:00 left" in page


def test_an_answered_incident_waits_for_its_commander_alone(ada, ben, open_incident):
    name = open_incident().short_name
    ben.post(f"/incidents/{name}/acknowledge")
    assert f'data-row="{name}"' in _page(ben)
    page = _page(ada)
    assert f'data-row="{name}"' not in page
    assert "Nothing waits for you" in page
    assert "1 active incident</a> is answered" in page


def test_nothing_waiting_says_what_was_checked_and_a_viewer_is_told_why(ada, chidi):
    assert "No incident is active." in _page(ada)
    assert "Your role, viewer, reads" in _page(chidi)


def test_the_on_call_line_names_the_turn_and_the_handover(ada, ben):
    assert "<b>You</b> are on call as primary" in _page(ben)
    page = _page(ada)
    assert "<b><bdi>Ben Okafor</bdi></b> is on call as primary" in page
    assert "2026-03-04 09:00:00 UTC" in page


def test_news_stay_while_one_reads_and_start_anew_on_the_next_visit(ben, open_incident, clock):
    open_incident("The first one")
    assert "The first one" in _page(ben)
    clock.push(timedelta(minutes=5))
    assert "The first one" in _page(ben).split('id="looked"')[1]
    clock.push(timedelta(minutes=11))
    looked = _page(ben).split('id="looked"')[1]
    assert "Nothing has happened since." in looked
    assert "2026-03-01 12:05:00 UTC" in looked


def test_a_house_with_only_an_inbox_is_not_in_order(ada):
    assert "no page leaves this machine" in _page(ada)


def test_the_number_of_queries_does_not_grow_with_the_rows(ada, open_incident):
    def queries() -> int:
        with CaptureQueriesContext(connections["default"]) as seen:
            _page(ada)
        return len([one for one in seen if one["sql"].startswith(("SELECT", "UPDATE", "INSERT"))])

    open_incident()
    _page(ada)
    with_one = queries()
    for _ in range(12):
        open_incident()
    _page(ada)
    assert queries() == with_one


def test_hostile_titles_are_text(ada, open_incident):
    open_incident("<script>alert(1)</script>\u202e" + "A" * 4000)
    page = _page(ada)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page
    assert "A" * 300 not in page
