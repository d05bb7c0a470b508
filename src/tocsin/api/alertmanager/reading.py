"""What Alertmanager's API shows: alerts, groups, receivers, and how this server stands."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

import tocsin
from tocsin.api.alertmanager.desk import admitted, admitted_to_any
from tocsin.api.alertmanager.questions import asked_in
from tocsin.api.alertmanager.shown import alert_shown, answer, group_shown, instant
from tocsin.api.doorkeeper import Doorkeeper
from tocsin.app.alerts_seen import Asked, alerts_seen, groups_seen
from tocsin.app.wiring import App
from tocsin.domain.person import Permission

SPEAKS = "0.25.0"
"""The version of Alertmanager whose API this is; amtool compares it with its own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The GET side; `since` is when this process began to serve."""

    app: App
    doorkeeper: Doorkeeper
    since: datetime

    async def alerts(self, request: Request) -> Response:
        """`GET /alerts`."""
        await admitted(self.doorkeeper, request, Permission.READ)
        return await run_in_threadpool(self._alerts, asked_in(request.query_params))

    async def groups(self, request: Request) -> Response:
        """`GET /alerts/groups`."""
        await admitted(self.doorkeeper, request, Permission.READ)
        return await run_in_threadpool(self._groups, asked_in(request.query_params))

    async def receivers(self, request: Request) -> Response:
        """`GET /receivers`."""
        await admitted(self.doorkeeper, request, Permission.READ)
        in_force = self.app.take.notify.routing.in_force
        names = in_force.configuration.receivers if in_force else ()
        return answer([{"name": name} for name in names])

    async def status(self, request: Request) -> Response:
        """`GET /status`."""
        await admitted_to_any(self.doorkeeper, request)
        in_force = self.app.take.notify.routing.in_force
        peers = self.app.settings.listed("TOCSIN_CLUSTER_PEERS")
        shown = [{"name": hashlib.sha256(peer.encode()).hexdigest()[:26], "address": peer} for peer in peers]
        cluster = {"status": "ready", "name": shown[0]["name"]} if shown else {"status": "disabled"}
        return answer(
            {
                "cluster": {**cluster, "peers": shown},
                "versionInfo": {
                    "version": SPEAKS,
                    "revision": "",
                    "branch": f"tocsin-{tocsin.__version__}",
                    "buildUser": "tocsin",
                    "buildDate": "",
                    "goVersion": "",
                },
                "config": {"original": in_force.configuration.original if in_force else ""},
                "uptime": instant(self.since),
            }
        )

    def _alerts(self, asked: Asked) -> Response:
        return answer([alert_shown(each) for each in alerts_seen(self.app, asked)])

    def _groups(self, asked: Asked) -> Response:
        return answer([group_shown(each) for each in groups_seen(self.app, asked)])
