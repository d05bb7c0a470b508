"""One rig a performer for the contract of acting: its arguments, who calls, and what the partner then holds.

An action joins the contract by one row in `ROWS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from http_partner import HttpPartner
from tocsin.app.packs import shipped_packs
from tocsin.app.performing import performers_of
from tocsin.connectors.entra.graph import Application, GraphCaller
from tocsin.connectors.entra.performers import PERFORMERS as ENTRA
from tocsin.connectors.entra.users import read_user
from tocsin.connectors.http_actions.caller import TargetsCaller
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import RestCaller
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Arguments, Call, Caller, Performer, Seen
from tocsin.domain.clock import PushedClock
from tocsin.domain.pack_file import Located, parse

CLOCK = PushedClock(datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC))


@dataclass
class Rig:
    """One performer set up: `caller` is made for a client, `state` is what the partner holds now.

    `first_look` is what a look before the first try may tell; `is_so_already` that there is nothing to
    change. `put_back` leaves out of a state what an undo does not promise. `warm_up` makes a caller ready
    whose partner shall misbehave only afterwards. `secrets` must be in no failure.
    """

    performer: Performer
    arguments: Arguments
    caller: Callable[[Outbound], Caller]
    state: Callable[[], Any]
    partner: HttpPartner | None = None
    secrets: tuple[str, ...] = ()
    is_so_already: bool = False
    first_look: tuple[Seen, ...] = (Seen.NOT_DONE,)
    put_back: Callable[[Any], Any] = lambda state: state
    warm_up: Callable[[Any], object] | None = None
    untouched: Any = None

    def __post_init__(self) -> None:
        self.untouched = self.state()


@dataclass(frozen=True)
class Row:
    """One action in the contract.

    `settles`: done twice without a look it leaves the same; `undoes`: it has an undo; `changes` is False for
    what only reads.
    """

    rig: Callable[[pytest.FixtureRequest], Rig]
    settles: bool = True
    undoes: bool = True
    changes: bool = True
    speaks_http: bool = True


@dataclass
class Recording:
    """Makes the calls of another, and writes them down."""

    caller: Caller
    calls: list[Call] = field(default_factory=list)

    def call(self, call: Call) -> Any:
        self.calls.append(call)
        return self.caller.call(call)


def graph_caller(graph: Any, outbound: Outbound) -> GraphCaller:
    ours = Application(
        tenant=graph.tenant,
        client=graph.client,
        secret=Secret(graph.secret),
        login_url=f"{graph.url}login",
    )
    rest = RestCaller(
        partner="Microsoft Graph", base_url=f"{graph.url}v1.0", credentials=dict, outbound=outbound
    )
    return GraphCaller(application=ours, rest=rest, clock=CLOCK)


def named(performers: tuple[Performer, ...]) -> Mapping[str, Performer]:
    return {one.declaration.name: one for one in performers}


def without_sessions(state: Any) -> Any:
    """Leave out since when sessions are valid: those that were ended stay so."""
    users, *rest = state
    return [[{**one, "signInSessionsValidFromDateTime": ""} for one in users.values()], *rest]


def entra_row(name: str, arguments: Arguments, **row: bool) -> Row:
    def rig(request: pytest.FixtureRequest) -> Rig:
        graph = request.getfixturevalue("graph")
        is_so = name.startswith("entra.enable")
        return Rig(
            named(ENTRA)[name],
            arguments,
            lambda outbound: graph_caller(graph, outbound),
            graph.state,
            graph,
            (graph.secret, graph.token),
            is_so_already=is_so,
            first_look=(Seen.DONE,) if is_so else (Seen.NOT_DONE,),
            put_back=without_sessions,
            warm_up=lambda caller: caller.call(read_user(EVE, {})),
        )

    return Row(rig, **row)


def shipped(pack: str) -> Located:
    path = shipped_packs() / pack / "actions.yml"
    return parse(path.read_text(encoding="utf-8"), f"packs/{pack}/actions.yml")


def agentidp_caller(agentidp: Any, outbound: Outbound) -> Caller:
    targets, tokens = {"agentidp": Secret(f"{agentidp.url}v1")}, {"agentidp": Secret(agentidp.token)}
    return TargetsCaller(targets, tokens, outbound)


def agentidp_row(name: str, arguments: Arguments, **row: bool) -> Row:
    def rig(request: pytest.FixtureRequest) -> Rig:
        agentidp = request.getfixturevalue("agentidp")
        is_so = name == "agentidp.unsuspend_agent"
        return Rig(
            performers_of(shipped("agent-identity"))[name],
            arguments,
            lambda outbound: agentidp_caller(agentidp, outbound),
            agentidp.state,
            agentidp,
            (agentidp.token,),
            is_so_already=is_so,
            first_look=(Seen.DONE,) if is_so else (Seen.NOT_DONE,),
        )

    return Row(rig, **row)


EVE, BEN = "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0", "ben@example.org"
APP, SECRET_ID = "acc848e9-e8ec-4feb-a521-8d58b5482e09", "f0b0b335-1d71-4883-8f98-567911bfdca6"
PRINCIPAL = "59e617e5-e447-4adc-8b88-00af644d7c92"
AGENT = {"agent": "agent-7"}

ROWS: Mapping[str, Row] = {
    "entra.disable_user": entra_row("entra.disable_user", {"users": [EVE, BEN]}, settles=False),
    "entra.enable_user": entra_row("entra.enable_user", {"users": [EVE]}),
    "entra.force_reset": entra_row("entra.force_reset", {"users": BEN}),
    "entra.revoke_sessions": entra_row(
        "entra.revoke_sessions", {"users": [EVE, EVE]}, settles=False, undoes=False
    ),
    "entra.remove_secret": entra_row(
        "entra.remove_secret", {"application": APP, "key_id": SECRET_ID}, undoes=False
    ),
    "entra.disable_application": entra_row("entra.disable_application", {"applications": [PRINCIPAL]}),
    "entra.enable_application": entra_row("entra.enable_application", {"applications": [PRINCIPAL]}),
    "agentidp.suspend_agent": agentidp_row("agentidp.suspend_agent", AGENT),
    "agentidp.unsuspend_agent": agentidp_row("agentidp.unsuspend_agent", AGENT),
    "agentidp.revoke_credential": agentidp_row(
        "agentidp.revoke_credential", {**AGENT, "credential": "cred-1"}, undoes=False
    ),
    "agentidp.revoke_tokens": agentidp_row("agentidp.revoke_tokens", AGENT, undoes=False),
    "agentidp.audit_verify": agentidp_row("agentidp.audit_verify", {}, undoes=False, changes=False),
}
"""Every action by its name; a new one is a row."""
