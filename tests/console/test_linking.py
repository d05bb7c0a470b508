"""Who one is elsewhere: a code is shown for what it stands for, and only the second press links."""

from __future__ import annotations

import pytest

from tocsin.domain.partner import ActKind, PartnerAct

ACT = PartnerAct(partner="slack", person="T1.U2", kind=ActKind.NOTE, incident="INC-1", shown="ben <b>")


@pytest.fixture
def code(app, open_incident) -> str:
    open_incident("Many failed logins")
    return app.hearing.hooks.partner.perform(ACT).link_code


def _links(app):
    return [(each.who, each.username) for each in app.hearing.hooks.partner.links()]


def test_the_page_asks_for_a_code(ben) -> None:
    page = ben.get("/link")
    assert (page.status_code, "Code" in page.content.decode()) == (200, True)


def test_looking_a_code_up_links_nobody_and_says_whom_it_stands_for(app, ben, code) -> None:
    page = ben.post("/link", {"code": code}).content.decode()
    assert "slack:T1.U2" in page
    assert "ben &lt;b&gt;" in page
    assert "ben <b>" not in page
    assert _links(app) == []


def test_the_second_press_links_the_person_who_is_ben(app, ben, code) -> None:
    assert ben.post("/link", {"code": code, "sure": "yes"}).status_code == 302
    assert _links(app) == [("slack:T1.U2", "ben")]
    assert "slack:T1.U2" in ben.get("/link").content.decode()


def test_a_code_works_once(app, ben, ada, code) -> None:
    ben.post("/link", {"code": code, "sure": "yes"})
    again = ada.post("/link", {"code": code, "sure": "yes"})
    assert (again.status_code, "link_code_refused" in again.content.decode()) == (409, True)
    assert _links(app) == [("slack:T1.U2", "ben")]


def test_who_may_not_respond_cannot_link(app, chidi, code) -> None:
    assert chidi.post("/link", {"code": code, "sure": "yes"}).status_code == 403
    assert _links(app) == []


def test_a_link_needs_the_pages_own_form_and_a_post(app, ben, code) -> None:
    assert ben.get(f"/link?code={code}&sure=yes").status_code == 200
    assert _links(app) == []
