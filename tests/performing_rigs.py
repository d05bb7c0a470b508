"""One rig a performer for the contract of acting: its arguments, who calls, and what the partner then holds.

An action joins the contract by one row in `ROWS`.
"""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_signer import signed_list

from http_partner import HttpPartner
from tocsin.app.own_acts import OwnActs
from tocsin.app.own_signals import OwnSignals
from tocsin.app.packs import shipped_packs
from tocsin.app.performing import performers_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.connectors.entra.graph import Application, GraphCaller
from tocsin.connectors.entra.performers import PERFORMERS as ENTRA
from tocsin.connectors.entra.users import read_user
from tocsin.connectors.flags.files import FlagFiles
from tocsin.connectors.flags.performers import PERFORMERS as FLAGS
from tocsin.connectors.github import acts as github_acts
from tocsin.connectors.http_actions.caller import TargetsCaller
from tocsin.connectors.jira import acts as jira_acts
from tocsin.connectors.jira.issues import issues_of
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.own.bridge import make as bridge
from tocsin.connectors.own.performers import PERFORMERS as OWN
from tocsin.connectors.pagerduty import acts as pagerduty_acts
from tocsin.connectors.rest import RestCaller
from tocsin.connectors.secret import Secret
from tocsin.connectors.shell.caller import make as commands
from tocsin.connectors.shell.plays import performers_by as commands_by
from tocsin.connectors.slack import acts as slack_acts
from tocsin.connectors.slack.web_api import WebApi
from tocsin.connectors.sql_actions.caller import make as databases
from tocsin.connectors.sql_actions.reading import performers_in as questions_in
from tocsin.connectors.statuspage import acts as statuspage_acts
from tocsin.domain.acting import Arguments, Call, Caller, Performer, Seen
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.pack_file import Located, parse
from tocsin.oncall.messages import incident_key

CLOCK = PushedClock(datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC))


@dataclass
class Rig:
    """One performer set up: `caller` is made for a client, `state` is what the partner holds now.

    `first_look` is what a look before the first try may tell, `second_look` what one after it does;
    `is_so_already` says that there is nothing to change. `read_back` is None where nothing
    tells afterwards. `put_back` leaves out of a state what an undo does
    not promise. `warm_up` makes a caller ready whose partner shall misbehave only afterwards. `secrets` must
    be in no failure.
    """

    performer: Performer
    arguments: Arguments
    caller: Callable[[Outbound], Caller]
    state: Callable[[], Any]
    partner: HttpPartner | None = None
    secrets: tuple[str, ...] = ()
    is_so_already: bool = False
    read_back: bool | None = True
    first_look: tuple[Seen, ...] = (Seen.NOT_DONE,)
    second_look: Seen = Seen.DONE
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


def partner_row(
    name: str,
    fixture: str,
    performers: tuple[Performer, ...],
    caller: Callable[[Any, Outbound], Caller],
    arguments: Arguments,
    secrets: Callable[[Any], tuple[str, ...]],
    **more: Any,
) -> Row:
    """Return the row of a partner that is one fixture; its `state` is what it holds."""
    told = {each: more.pop(each) for each in ("settles", "undoes", "changes") if each in more}

    def rig(request: pytest.FixtureRequest) -> Rig:
        fake = request.getfixturevalue(fixture)
        return Rig(
            named(performers)[name],
            arguments,
            lambda outbound: caller(fake, outbound),
            fake.state,
            fake,
            secrets(fake),
            **more,
        )

    return Row(rig, **told)


def slack_row(name: str, arguments: Arguments, **more: Any) -> Row:
    def caller(slack: Any, outbound: Outbound) -> Caller:
        return slack_acts.SlackCaller(WebApi(Secret(slack.token), slack.url, outbound))

    return partner_row(
        name, "workspace", slack_acts.PERFORMERS, caller, arguments, lambda slack: (slack.token,), **more
    )


def pagerduty_row(name: str, arguments: Arguments, **more: Any) -> Row:
    def caller(fake: Any, outbound: Outbound) -> Caller:
        return pagerduty_acts.rest_caller(Secret(fake.token), fake.sender, fake.url, outbound)

    key = {"incident_key": "tocsin-0d7e"}
    secrets = lambda fake: (fake.token,)  # noqa: E731
    return partner_row(
        name,
        "pagerduty_rest",
        pagerduty_acts.PERFORMERS,
        caller,
        arguments | key,
        secrets,
        undoes=False,
        **more,
    )


def statuspage_row(name: str, arguments: Arguments, **more: Any) -> Row:
    def caller(fake: Any, outbound: Outbound) -> Caller:
        return statuspage_acts.rest_caller(Secret(fake.key), fake.url, outbound)

    page = {"page": "kctbh9vrtdwd"}
    return partner_row(
        name,
        "components",
        statuspage_acts.PERFORMERS,
        caller,
        arguments | page,
        lambda fake: (fake.key,),
        **more,
    )


def github_row(name: str, arguments: Arguments, **more: Any) -> Row:
    def caller(fake: Any, outbound: Outbound) -> Caller:
        return github_acts.rest_caller(Secret(fake.token), fake.url, outbound)

    return partner_row(
        name, "github", github_acts.PERFORMERS, caller, arguments, lambda fake: (fake.token,), **more
    )


def jira_row(name: str, arguments: Arguments) -> Row:
    def rig(request: pytest.FixtureRequest) -> Rig:
        jira = request.getfixturevalue("jira")
        fields = {"project": {"key": "OPS"}, "summary": "Eve", "issuetype": {"name": "Task"}}

        def caller(outbound: Outbound) -> Caller:
            return jira_acts.JiraCaller(issues_of(jira.url, Secret(jira.token), jira.user, outbound))

        jira.made({"fields": fields})
        return Rig(
            named(jira_acts.PERFORMERS)[name],
            arguments,
            caller,
            lambda: copy.deepcopy([jira.issues, jira.comments]),
            jira,
            (jira.token,),
        )

    return Row(rig, undoes=False)


def flags_rig(request: pytest.FixtureRequest) -> Rig:
    path = request.getfixturevalue("tmp_path") / "platform.json"
    flag = {"state": "DISABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
    path.write_text(json.dumps({"flags": {"CLAUDE_DEGRADATION": flag, "other": flag}}))
    return Rig(
        FLAGS[0],
        {"flag": "CLAUDE_DEGRADATION", "variant": "on", "file": "platform"},
        lambda outbound: FlagFiles({"platform": path}),
        lambda: json.loads(path.read_bytes()),
    )


SQL = """\
- name: sql.doors
  title: Which doors stand open
  database: lab
  arguments: {name: {summary: Of the door.}}
  query: SELECT name, opened FROM doors WHERE name = :name
"""


def sql_rig(request: pytest.FixtureRequest) -> Rig:
    path = request.getfixturevalue("tmp_path") / "lab.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE doors (name, opened)")
        connection.execute("INSERT INTO doors VALUES ('front', 1)")
        connection.commit()

    def state() -> Any:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT * FROM doors").fetchall()

    (performer,) = questions_in(parse(SQL, "actions.yml"))
    caller = databases({"TOCSIN_SQL_DATABASES": f"lab=sqlite:///{path}"}, CLOCK)
    return Rig(performer, {"name": "front"}, lambda outbound: caller, state)


def shell_rig(request: pytest.FixtureRequest) -> Rig:
    folder = request.getfixturevalue("tmp_path")
    values = signed_list(folder)
    (folder / "there").mkdir()
    caller = commands(values, CLOCK)
    touch = named(commands_by(values))["shell.touch"]
    arguments = {"place": str(folder / "there")}
    return Rig(
        touch, arguments, lambda outbound: caller, lambda: [one.name for one in (folder / "there").iterdir()]
    )


def bridge_rig(request: pytest.FixtureRequest) -> Rig:
    caller = bridge({"TOCSIN_BRIDGE_URL": "https://meet.example/{incident}"}, CLOCK)
    return Rig(named(OWN)["bridge.open"], {"incident_key": "tocsin-7"}, lambda outbound: caller, lambda: None)


def signals_row(name: str, arguments: Arguments) -> Row:
    def rig(request: pytest.FixtureRequest) -> Rig:
        record = {"class": "authentication", "outcome": "failure", "src_ip": "203.0.113.7"}
        caller = OwnSignals(lambda since, until: [(until, json.dumps(record).encode())], CLOCK)
        return Rig(named(OWN)[name], arguments, lambda outbound: caller, lambda: None)

    return Row(rig, undoes=False, changes=False, speaks_http=False)


def people_row(name: str, argument: str) -> Row:
    """Return the row of an act that calls or tells people, as a whole application does it."""

    def rig(request: pytest.FixtureRequest) -> Rig:
        store = request.getfixturevalue("memory_store")
        home = request.getfixturevalue("tmp_path") / "home"
        app = build_app(load_settings({}, home=home), clock=PushedClock(CLOCK.now()), store=store)
        arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
        app.take.alerts(arrival, [AlertReport(source="prometheus", labels={"alertname": "Sign-ins"})])
        with store.reading() as shelves:
            incident = shelves.incidents.by_number(1)

        def state() -> Any:
            with store.reading() as shelves:
                lines = shelves.timeline.of_incident(incident.incident_id)
                return [line.text for line in lines], len(shelves.pages.deliveries_of(incident.incident_id))

        arguments = {argument: ["oncall"], "text": "Look.", "incident_key": incident_key(incident)}
        return Rig(named(OWN)[name], arguments, lambda outbound: OwnActs(app), state)

    return Row(rig, undoes=False, speaks_http=False)


def without_making(state: Any) -> Any:
    """Leave out channels that were made and archived again."""
    made, shown = state
    return [{number: one for number, one in made.items() if not one["is_archived"]}, shown]


def deployed_commit(state: Any) -> Any:
    """Leave out all but the commit that is deployed: an undo is a further deployment."""
    return state[0][0]["sha"]


SHOP = {"owner": "ada", "repository": "shop"}
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
    "slack.post": slack_row(
        "slack.post", {"channel": "C0INCIDENTS", "text": "<!channel> & all"}, undoes=False
    ),
    "slack.create_channel": slack_row(
        "slack.create_channel", {"name": "inc-2026-001"}, put_back=without_making
    ),
    "slack.invite": slack_row("slack.invite", {"channel": "C1", "users": ["U0BEN", "U0ADA"]}, undoes=False),
    "pagerduty.acknowledge": pagerduty_row("pagerduty.acknowledge", {}),
    "pagerduty.resolve": pagerduty_row("pagerduty.resolve", {}),
    "pagerduty.note": pagerduty_row("pagerduty.note", {"text": "Eve was here."}),
    "jira.create": jira_row("jira.create", {"project": "OPS", "summary": "Eve logged in", "text": "Twice."}),
    "jira.comment": jira_row("jira.comment", {"issue": "OPS-1", "body": "IOC: 203.0.113.7"}),
    "statuspage.post": statuspage_row(
        "statuspage.post",
        {"status": "identified", "title": "Logins", "text": "We know why.", "incident_key": "tocsin-0d7e"},
        undoes=False,
    ),
    "statuspage.update_component": statuspage_row(
        "statuspage.update_component", {"component": "ftgks51sfs2d", "status": "major_outage"}
    ),
    "github.deployment": github_row(
        "github.deployment",
        {**SHOP, "ref": "main", "environment": "production"},
        put_back=deployed_commit,
    ),
    "github.dispatch_workflow": github_row(
        "github.dispatch_workflow",
        {**SHOP, "workflow": "rotate.yml", "ref": "main"},
        settles=False,
        undoes=False,
        second_look=Seen.CANNOT_TELL,
    ),
    "github.revoke_token": github_row(
        "github.revoke_token",
        {"token": "ghp_leaked"},
        undoes=False,
        second_look=Seen.NOT_DONE,
        read_back=None,
    ),
    "flags.set": Row(flags_rig, speaks_http=False),
    "sql.doors": Row(sql_rig, undoes=False, changes=False, speaks_http=False),
    "shell.touch": Row(shell_rig, speaks_http=False),
    "bridge.open": Row(bridge_rig, undoes=False, changes=False, speaks_http=False),
    "signals.top": signals_row("signals.top", {"by": ["src_ip"]}),
    "signals.sequence": signals_row(
        "signals.sequence",
        {"first": "authentication.failure", "then": "authentication.success", "same": ["src_ip"]},
    ),
    "tocsin.page": people_row("tocsin.page", "who"),
    "tocsin.notify": people_row("tocsin.notify", "to"),
    "agentidp.suspend_agent": agentidp_row("agentidp.suspend_agent", AGENT),
    "agentidp.unsuspend_agent": agentidp_row("agentidp.unsuspend_agent", AGENT),
    "agentidp.revoke_credential": agentidp_row(
        "agentidp.revoke_credential", {**AGENT, "credential": "cred-1"}, undoes=False
    ),
    "agentidp.revoke_tokens": agentidp_row("agentidp.revoke_tokens", AGENT, undoes=False),
    "agentidp.audit_verify": agentidp_row("agentidp.audit_verify", {}, undoes=False, changes=False),
}
"""Every action by its name; a new one is a row."""
