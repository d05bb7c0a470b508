"""A status page whose components have a standing of their own."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from fake_statuspage import FakeStatuspage

from http_partner import Received, Reply

STANDINGS = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")


@dataclass
class FakeComponents(FakeStatuspage):
    """Incidents may be told without components; every update is kept, the newest first."""

    standing: dict[str, str] = field(
        default_factory=lambda: {"b13yz5g2cw10": "operational", "ftgks51sfs2d": "partial_outage"}
    )

    def state(self) -> Any:
        return copy.deepcopy([self.incidents, self.standing])

    def answer(self, got: Received) -> Reply:
        root, _, component = got.path.partition("/components/")
        if got.headers.get("authorization") != f"OAuth {self.key}" or not component:
            return self.of_incidents(got)
        if root != f"/pages/{self.page}" or component not in self.standing:
            return 404, {}, b'{"error":"not found"}'
        if got.method == "PATCH":
            status = json.loads(got.body).get("component", {}).get("status")
            if status not in STANDINGS:
                return 422, {}, b'{"error":["status is not valid"]}'
            self.standing[component] = status
        return 200, {}, json.dumps({"id": component, "status": self.standing[component]}).encode()

    def of_incidents(self, got: Received) -> Reply:
        if not got.body:
            return super().answer(got)
        told = {"components": {}, **json.loads(got.body)["incident"]}
        return super().answer(
            Received(got.path, got.headers, json.dumps({"incident": told}).encode(), got.method)
        )
