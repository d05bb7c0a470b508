"""The Inbox page: kept messages, marked as reaching nobody."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.console.inbox import letter_of
from tocsin.oncall import links

KEPT = {"key": "k", "person": "ben", "subject": "s", "text": "t", "at": NOON.isoformat()}
OURS = "http://127.0.0.1:8420"


def test_an_empty_inbox_says_whether_that_is_good(ben):
    page = ben.get("/inbox").content.decode()
    assert "No real channel" in page
    assert "That is good where real channels are set up" in page


def test_a_kept_message_is_quoted_and_its_link_can_be_followed(app, ben):
    with app.store.transaction() as shelves:
        shelves.inbox.keep("k", "ben", "<b>P1</b>", "You are called", f"{OURS}/acknowledge/x/y", NOON)
    page = ben.get("/inbox").content.decode()
    assert "&lt;b&gt;P1&lt;/b&gt;" in page
    assert 'href="/acknowledge/x/y"' in page


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (f"{OURS}/incidents/INC-1", "/incidents/INC-1"),
        ("http://evil.example/incidents/INC-1", ""),
        (f"{OURS}//evil.example", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_a_link_into_this_console_is_a_link(link, path):
    assert letter_of({**KEPT, "link": link}, OURS).path == path


def test_a_letter_knows_its_day():
    assert letter_of({**KEPT, "link": ""}, OURS).day == "2026-03-01"


def _kept(app, open_incident) -> tuple[str, str]:
    """Open an incident, keep Ben's page of it as the Inbox channel does, and return its key and link."""
    incident = open_incident("Nobody can buy")
    with app.store.reading() as shelves:
        (page,) = shelves.pages.of_incident(incident.incident_id)
        deliveries = shelves.pages.deliveries_of(incident.incident_id)
        delivery = next(one for one in deliveries if one.page_id)
        job = shelves.jobs.get(delivery.key)
        outgoing = app.deliver.outgoing(shelves, job)
    app.channels["inbox"].send(outgoing.message, outgoing.address)
    return str(page.page_id), links.token(page, app.call.link_key)


def test_nobody_is_shown_a_link_that_acknowledges_as_somebody_else(app, ada, ben, open_incident):
    page_id, token = _kept(app, open_incident)
    own = ben.get("/inbox").content.decode()
    assert f'href="/acknowledge/{page_id}/{token}"' in own
    others = ada.get("/inbox").content.decode()
    assert "Nobody can buy" in others
    assert token not in others
    assert "(shown to its receiver only)" in others


def test_each_message_can_be_acknowledged_in_ones_own_name(app, ada, open_incident):
    _kept(app, open_incident)
    page = ada.get("/inbox").content.decode()
    assert 'action="/incidents/INC-1/acknowledge"' in page
    assert "Acknowledge INC-1 as ada" in page
    assert ada.post("/incidents/INC-1/acknowledge", {"next": "/inbox"})["Location"] == "/inbox"
    with app.store.reading() as shelves:
        assert shelves.incidents.by_number(1).acknowledged_by == "ada"
    assert "Acknowledge INC-1 as" not in ada.get("/inbox").content.decode()


def test_a_link_cut_off_is_hidden_too():
    link = f"{OURS}/acknowledge/x/y"
    letter = letter_of({**KEPT, "text": f"By 12:05: {link}z…", "link": link}, OURS, is_theirs=False)
    assert (letter.text, letter.path) == ("By 12:05: (shown to its receiver only)", "")
    notice = letter_of({**KEPT, "link": f"{OURS}/incidents/INC-1"}, OURS, is_theirs=False)
    assert notice.path == "/incidents/INC-1"
