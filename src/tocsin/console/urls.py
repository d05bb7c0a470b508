"""Every address of the console."""

from __future__ import annotations

from django.urls import path, register_converter

from tocsin.console import (
    actions,
    acts,
    alerts,
    deliveries,
    evidence,
    exhibits,
    inbox,
    incident,
    incidents,
    linking,
    links,
    now,
    oncall,
    preferences,
    push,
    ready,
    runbooks,
    runs,
    signin,
    silences,
    standing,
)


class _Numbered:
    """A short name in an address, `INC-3`, which a view receives as its number."""

    prefix = ""
    regex = ""

    def to_python(self, value: str) -> int:
        """Return the number behind the prefix."""
        return int(value.removeprefix(self.prefix))

    def to_url(self, value: int) -> str:
        """Return the short name."""
        return f"{self.prefix}{value}"


class IncidentName(_Numbered):
    """`INC-n`, of at most nine digits."""

    prefix = "INC-"
    regex = r"INC-[1-9][0-9]{0,8}"


class AlertName(_Numbered):
    """`ALR-n`, of at most nine digits."""

    prefix = "ALR-"
    regex = r"ALR-[1-9][0-9]{0,8}"


class ActionName(_Numbered):
    """`ACT-n`, of at most nine digits."""

    prefix = "ACT-"
    regex = r"ACT-[1-9][0-9]{0,8}"


class ExhibitName(_Numbered):
    """`EX-n`, of at most nine digits."""

    prefix = "EX-"
    regex = r"EX-[1-9][0-9]{0,8}"


class BagName(_Numbered):
    """`BAG-n`, of at most nine digits."""

    prefix = "BAG-"
    regex = r"BAG-[1-9][0-9]{0,8}"


class RunName(_Numbered):
    """`RUN-n`, of at most nine digits."""

    prefix = "RUN-"
    regex = r"RUN-[1-9][0-9]{0,8}"


register_converter(BagName, "bag")
register_converter(RunName, "run")
register_converter(IncidentName, "incident")
register_converter(AlertName, "alert")
register_converter(ActionName, "action")
register_converter(ExhibitName, "exhibit")

urlpatterns = [
    path("", now.now, name="now"),
    path("incidents", incidents.incidents, name="incidents"),
    path("incidents/<incident:number>", incident.incident, name="incident"),
    path("incidents/<incident:number>/acknowledge", acts.acknowledge, name="acknowledge"),
    path("incidents/<incident:number>/escalate", acts.escalate, name="escalate"),
    path("incidents/<incident:number>/note", acts.note, name="note"),
    path("incidents/<incident:number>/move", acts.move, name="move"),
    path("incidents/<incident:number>/severity", acts.severity, name="severity"),
    path("incidents/<incident:number>/assign", acts.assign, name="assign"),
    path("incidents/<incident:number>/exhibits", acts.keep, name="keep"),
    path("incidents/<incident:number>/evidence", evidence.evidence, name="evidence"),
    path("incidents/<incident:number>/evidence/pack", evidence.pack, name="evidence-pack"),
    path("incidents/<incident:number>/evidence/hold", evidence.hold, name="evidence-hold"),
    path(
        "incidents/<incident:number>/evidence/release/<int:hold>", evidence.release, name="evidence-release"
    ),
    path("bags/<bag:number>", evidence.fetch, name="bag"),
    path("alerts", alerts.alerts, name="alerts"),
    path("alerts/<alert:number>", alerts.alert, name="alert"),
    path("exhibits/<exhibit:number>", exhibits.exhibit, name="exhibit"),
    path("exhibits/<exhibit:number>/read", exhibits.read, name="exhibit-read"),
    path("exhibits/<exhibit:number>/destroy", evidence.destroy, name="exhibit-destroy"),
    path("actions", actions.actions, name="actions"),
    path("actions/stop", actions.stop, name="stop"),
    path("actions/start", actions.start, name="start"),
    path("actions/standing", standing.standing, name="standing"),
    path("actions/standing/<int:number>/revoke", standing.revoke, name="standing-revoke"),
    path("actions/<action:number>", actions.action, name="action"),
    path("actions/<action:number>/approve", actions.approve, name="action-approve"),
    path("actions/<action:number>/withdraw", actions.withdraw, name="action-withdraw"),
    path("actions/<action:number>/break-glass", actions.break_glass, name="action-break-glass"),
    path("actions/<action:number>/undo", actions.undo, name="action-undo"),
    path("actions/<action:number>/resolve", actions.resolve, name="action-resolve"),
    path("oncall", oncall.oncall, name="oncall"),
    path("oncall/<uuid:override_id>/take", oncall.take, name="oncall-take"),
    path("oncall/<uuid:override_id>/agree", oncall.agree, name="oncall-agree"),
    path("oncall/<uuid:override_id>/withdraw", oncall.withdraw, name="oncall-withdraw"),
    path("runs", runs.runs, name="runs"),
    path("runs/start", runs.start, name="run-start"),
    path("runs/<run:number>", runs.run, name="run"),
    path("runs/<run:number>/step", runs.step, name="run-step"),
    path("runs/<run:number>/abort", runs.abort, name="run-abort"),
    path("runbooks", runbooks.runbooks, name="runbooks"),
    path("runbooks/<slug:name>", runbooks.runbook, name="runbook"),
    path("silences", silences.silences, name="silences"),
    path("silences/<uuid:silence_id>/confirm", silences.confirm, name="silence-confirm"),
    path("silences/<uuid:silence_id>/end", silences.end, name="silence-end"),
    path("link", linking.linking, name="linking"),
    path("inbox", inbox.inbox, name="inbox"),
    path("deliveries/replay", deliveries.replay, name="replay"),
    path("push/subscribe", push.subscribe, name="subscribe"),
    path("push/unsubscribe", push.unsubscribe, name="unsubscribe"),
    path("help", preferences.show_help, name="help"),
    path("choose", preferences.choose, name="choose"),
    path("sign-in", signin.explained, name="sign-in"),
    path("sign-in/<str:token>", signin.by_link, name="sign-in-link"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("acknowledge/<uuid:page_id>/<str:token>", links.link, name="link"),
    path("ready/<uuid:test_id>/<str:token>", ready.ready, name="ready"),
]
