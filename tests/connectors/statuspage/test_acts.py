"""Acts on a status page: one incident is opened and then updated, and only known words are said."""

from __future__ import annotations

import pytest
from fake_components import FakeComponents

from tocsin.connectors.statuspage.acts import POST, UPDATE_COMPONENT, make
from tocsin.domain.acting import Caller, CallFailed, Seen
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.playing import drive

TOLD = {"page": "kctbh9vrtdwd", "title": "Logins", "text": "We look.", "incident_key": "tocsin-1"}


@pytest.fixture
def caller(components: FakeComponents) -> Caller:
    values = {"TOCSIN_STATUSPAGE_KEY": components.key, "TOCSIN_STATUSPAGE_URL": components.url}
    return make(values, SystemClock())


def told(caller: Caller, status: str, **more: str) -> str:
    return drive(POST.perform({**TOLD, "status": status, **more}, {}, "k"), lambda _: caller).text


def test_one_incident_is_opened_updated_and_resolved(components: FakeComponents, caller: Caller) -> None:
    assert told(caller, "resolved") == "the page has no open incident of this one"
    assert told(caller, "investigating") == "the page says investigating"
    assert told(caller, "investigating") == "the page says so already"
    assert told(caller, "identified", text="We know.") == "the page says identified"
    assert drive(POST.seen({**TOLD, "status": "resolved"}, {}, "k"), lambda _: caller) is Seen.NOT_DONE
    assert told(caller, "resolved") == "the page says resolved"
    assert drive(POST.verify({**TOLD, "status": "resolved"}, {}), lambda _: caller) is True
    [incident] = components.incidents.values()
    assert (incident["name"], incident["status"]) == ("Logins", "resolved")


def test_only_known_words_are_said(components: FakeComponents, caller: Caller) -> None:
    with pytest.raises(CallFailed, match="none of investigating"):
        told(caller, "burning")
    arguments = {"page": TOLD["page"], "component": "ftgks51sfs2d", "status": "burning"}
    with pytest.raises(CallFailed, match="none of operational"):
        drive(UPDATE_COMPONENT.perform(arguments, {}, "k"), lambda _: caller)
    assert components.incidents == {}


def test_without_a_key_there_is_no_caller() -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_STATUSPAGE_KEY is empty"):
        make({"TOCSIN_STATUSPAGE_KEY": "", "TOCSIN_STATUSPAGE_URL": ""}, SystemClock())
