"""Builds the chapters of the flow, each with the chapters that it goes on in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.app.alertmanager_file import routing_of
from tocsin.app.evidence_policy import Openings, evidence_policy
from tocsin.app.keys import secret_key
from tocsin.app.manners import manners_of
from tocsin.app.packs import Packs
from tocsin.app.performing import collectors_of
from tocsin.app.policies import Policies
from tocsin.app.runbook_quotes import quotes_of
from tocsin.app.runbooks_in_force import RunbooksInForce
from tocsin.app.settings import Settings
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Store
from tocsin.flow.call import Call
from tocsin.flow.close import Close
from tocsin.flow.deliver import Deliver
from tocsin.flow.listen import Listen
from tocsin.flow.mute import Mute
from tocsin.flow.notify import Notify
from tocsin.flow.respond import Respond
from tocsin.flow.runs_triggers import Triggers
from tocsin.flow.take import Take
from tocsin.store.age import recipients_in


@dataclass(frozen=True, slots=True)
class Ground:
    """What every chapter stands on."""

    settings: Settings
    packs: Packs
    policies: Policies
    store: Store
    clock: Clock


@dataclass(frozen=True, slots=True)
class Chapters:
    """The life of an alert, ready to be told."""

    take: Take
    call: Call
    deliver: Deliver
    respond: Respond
    close: Close
    listen: Listen


def chapters_of(
    ground: Ground,
    locker: EvidenceLocker,
    channels: Mapping[str, Channel],
    may_command: Callable[[str], bool],
) -> Chapters:
    """Return the chapters. Raises `PackProblem`, `Misconfigured`."""
    settings, policies, store, clock = ground.settings, ground.policies, ground.store, ground.clock
    link_key = secret_key(settings.home / "keys" / "links.key")
    call = Call(store, clock, policies.roster, link_key, manners_of(channels))
    respond = _respond(ground, locker)
    close = Close(store, clock, policies.clocks, policies.triage, call, may_command)
    take = Take(
        store,
        clock,
        policies.triage,
        policies.words,
        policies.clocks,
        call,
        respond,
        close,
        Notify(routing_of(settings, ground.packs)),
        Mute(policies.noise, policies.windows),
        Triggers(RunbooksInForce(settings, ground.packs)),
    )
    public_url = settings.text("TOCSIN_PUBLIC_URL").rstrip("/")
    deliver = Deliver(store, clock, call, public_url, settings.number("TOCSIN_DELIVERY_ATTEMPTS"))
    return Chapters(take, call, deliver, respond, close, Listen(store, clock, take, policies.expectations))


def _respond(ground: Ground, locker: EvidenceLocker) -> Respond:
    recipients = recipients_in(ground.settings.listed("TOCSIN_EVIDENCE_RECIPIENTS"))
    return Respond(
        ground.store,
        ground.clock,
        locker,
        collectors_of(),
        Openings(evidence_policy(ground.packs)),
        encrypts=bool(recipients),
        quotes=quotes_of(ground.settings),
    )
