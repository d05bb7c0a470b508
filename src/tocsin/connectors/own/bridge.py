"""Where the people of an incident meet: an address made of a template, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tocsin.connectors.plain import is_web_link
from tocsin.domain.acting import Call, Caller
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured

PLACE = "{incident}"


@dataclass(frozen=True, slots=True)
class Bridge:
    """Fills the template of the settings."""

    template: str

    def call(self, call: Call) -> Any:
        """Return the address for an incident. Raises `Misconfigured` for a template that is none."""
        url = self.template.replace(PLACE, quote(str(call.parameters["incident"]), safe=""))
        if PLACE not in self.template or not is_web_link(url):
            raise Misconfigured(
                "TOCSIN_BRIDGE_URL is no web address with {incident} in it.",
                means="No bridge was opened.",
                next_step="Set it to such as https://meet.example.org/{incident}.",
            )
        return {"url": url}


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return what fills the template."""
    return Bridge(values["TOCSIN_BRIDGE_URL"])
