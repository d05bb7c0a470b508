"""An incident's evidence as a whole: held and released, packed and fetched, and ended by two."""

from __future__ import annotations

import io

import pytest
from django.test import Client

from tocsin.domain.exhibit import CustodyAct
from tocsin.domain.incident import Status
from tocsin.domain.person import Role
from tocsin.store.accounts import Accounts

PLACE = "/incidents/INC-1/evidence"
WHY = {"reason": "Order <4711>"}


@pytest.fixture
def exhibit(app, open_incident):
    return app.respond.keep(
        open_incident().incident_id,
        name="auth.log",
        media_type="text/plain",
        content=io.BytesIO(b"Eve was here"),
        description="sign-ins",
        exported_by="Ben Okafor",
        actor="ben",
    )


@pytest.fixture
def admins(app) -> tuple[Client, Client]:
    """Return two administrators, each in a browser of their own."""
    accounts, made = Accounts(app.store), []
    for username in ("fay", "gil"):
        accounts.create(username, username.title(), Role.ADMIN)
        client = Client()
        client.force_login(accounts.by_username(username))
        made.append(client)
    return made[0], made[1]


def shown(client: Client, place: str = PLACE) -> str:
    return client.get(place).content.decode()


def close(app, exhibit) -> None:
    for status in (Status.RESOLVED, Status.CLOSED):
        app.close.move(exhibit.incident_id, status, "over", "ada")


def destroyed(app) -> int:
    with app.store.reading() as shelves:
        return len(shelves.exhibits.custody((CustodyAct.DESTROYED,)))


def test_a_commander_holds_it_and_only_an_administrator_lets_it_go(app, exhibit, ada, ben, admins) -> None:
    assert ben.post(f"{PLACE}/hold", WHY).status_code == 403
    assert ada.post(f"{PLACE}/hold", {"reason": " "}).status_code == 422
    assert ada.post(f"{PLACE}/hold", WHY).status_code == 302
    assert "LH-1 by <b><bdi>ada</bdi></b>: <bdi>Order &lt;4711&gt;" in shown(ben)
    assert "Release" not in shown(ada)
    assert ada.post(f"{PLACE}/release/1", WHY).status_code == 403
    assert admins[0].post(f"{PLACE}/release/2", WHY).status_code == 404
    assert "Release LH-1" in shown(admins[0])
    assert admins[0].post(f"{PLACE}/release/1", WHY).status_code == 302
    assert "LH-1" not in shown(ada)


def test_a_bag_is_packed_and_fetched_with_a_reason(app, exhibit, ada, ben) -> None:
    assert ben.post(f"{PLACE}/pack").status_code == 403
    assert ada.post(f"{PLACE}/pack").status_code == 302
    assert "BAG-1</b> by <bdi>ada</bdi>: 1 exhibit," in shown(ada)
    assert "<b>not encrypted</b>" in shown(ada)
    assert "Fetch BAG-1" not in shown(ben)
    assert ada.post("/bags/BAG-1").status_code == 422
    assert ada.post("/bags/BAG-9", WHY).status_code == 404
    assert ben.post("/bags/BAG-1", WHY).status_code == 403
    answer = ada.post("/bags/BAG-1", {**WHY, "released_to": "Police Berlin"})
    assert b"Eve was here" in b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == 'attachment; filename="BAG-1.tar"'
    assert "To Police Berlin: Order &lt;4711&gt;" in shown(ada, "/exhibits/EX-1")


def test_an_incident_without_evidence_says_so(open_incident, ada) -> None:
    open_incident()
    assert "No exhibit yet" in shown(ada)
    assert ada.post(f"{PLACE}/pack").status_code == 404
    assert ada.get("/incidents/INC-9/evidence").status_code == 404


def test_two_administrators_end_an_exhibit_of_a_closed_incident(app, exhibit, ada, admins) -> None:
    fay, gil = admins
    place = "/exhibits/EX-1/destroy"
    assert "Destroy its bytes" not in shown(fay, "/exhibits/EX-1")
    assert fay.post(place, WHY).status_code == 409
    close(app, exhibit)
    assert ada.post(place, WHY).status_code == 403
    assert fay.post(place, {"reason": ""}).status_code == 409
    assert fay.post(place, WHY).status_code == 302
    assert "<bdi>fay</bdi> consented" in shown(ada, "/exhibits/EX-1")
    assert "Consent, and destroy it" not in shown(fay, "/exhibits/EX-1")
    assert fay.post(place, WHY).status_code == 409
    assert destroyed(app) == 0
    assert "Consent, and destroy it" in shown(gil, "/exhibits/EX-1")
    assert gil.post(place).status_code == 302
    assert destroyed(app) == 1
    page = shown(gil, "/exhibits/EX-1")
    assert "consented to by fay and gil" in page
    assert "Destroy its bytes" not in page


def test_what_is_held_has_no_end(app, exhibit, ada, admins) -> None:
    close(app, exhibit)
    ada.post(f"{PLACE}/hold", WHY)
    assert "Destroy its bytes" not in shown(admins[0], "/exhibits/EX-1")
    assert admins[0].post("/exhibits/EX-1/destroy", WHY).status_code == 409


def test_every_form_is_a_post(exhibit, ada) -> None:
    for place in (f"{PLACE}/pack", f"{PLACE}/hold", f"{PLACE}/release/1", "/bags/BAG-1"):
        assert ada.get(place).status_code == 405
