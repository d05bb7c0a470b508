"""The bridge's address is the template with the incident in it, and nothing else."""

from __future__ import annotations

import pytest

from tocsin.connectors.own.bridge import make
from tocsin.domain.acting import Call
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured


def opened(template: str, incident: str = "tocsin-7/..?x"):
    caller = make({"TOCSIN_BRIDGE_URL": template}, SystemClock())
    return caller.call(Call(service="bridge", operation="open", parameters={"incident": incident}))


def test_the_incident_stands_in_its_place() -> None:
    assert opened("https://meet.example/{incident}") == {"url": "https://meet.example/tocsin-7%2F..%3Fx"}


@pytest.mark.parametrize("template", ["", "https://meet.example/", "javascript:{incident}"])
def test_a_template_that_is_none_is_named(template: str) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_BRIDGE_URL"):
        opened(template)
