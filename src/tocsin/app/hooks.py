"""What is pushed to us: proved, kept once, taken, acted on and answered, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from uuid import uuid4

from tocsin.app.forgeries import REPLAYED, Forgeries, Refusal
from tocsin.app.hook_secrets import OldUse, count_old_use, old_uses, secrets_for
from tocsin.app.keys import secret_key
from tocsin.app.packs import Packs
from tocsin.app.settings import Settings
from tocsin.connectors.catalogue import CONNECTORS, load, manifest_of
from tocsin.connectors.hook import (
    Answer,
    Errand,
    Forged,
    Hook,
    HookRequest,
    HookSecret,
    KeyedReport,
    Mapper,
    ReadHook,
    Verified,
    digest_of,
)
from tocsin.connectors.mapping import parse_intake
from tocsin.connectors.refusal import BodyRefused, Refused
from tocsin.connectors.secret import Secret
from tocsin.domain.alert import AlertReport
from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.job import Job
from tocsin.domain.partner import ActOutcome, PartnerAct
from tocsin.domain.person import Permission, allows
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.partner import Partner, named
from tocsin.flow.take import Take, Unreadable
from tocsin.intake.fingerprint import fingerprint
from tocsin.intake.keyed import Remembered, remembered_of, settle, written
from tocsin.store.lake import checked_source
from tocsin.store.tokens import token_digest

HOOK = "hook"
ERRAND = "errand"
DEDUP = "dedup"
PRACTICE = "drill"
_LONGEST_SENDER = 120


@dataclass(frozen=True, slots=True)
class Hooks:
    """Everything behind `/hooks/<connector>/<source>`. Nothing is answered before it is durable."""

    store: Store
    clock: Clock
    take: Take
    partner: Partner
    lake: SignalLake
    ring: Callable[[], None]
    settings: Settings
    forgeries: Forgeries
    key: bytes
    mappers: Mapping[str, Mapper] = field(default_factory=dict)

    def hear(self, connector: str, request: HookRequest, sender: str) -> Answer:
        """Take one request in. Raises `Forged` (written down), `NotFound`, `SignalRefused`, `Overloaded`.

        What is authentic and makes no sense is set aside with its reason, and answered like anything else.
        """
        hook = _hook_of(connector)
        checked_source(request.source)
        request = replace(
            request,
            kind=hook.kind(request.headers),
            mapper=self.mappers.get(request.source),
            home_url=self.settings.text("TOCSIN_PUBLIC_URL").rstrip("/"),
        )
        secrets = self._secrets(connector, hook, request)
        try:
            _refuse_practice(request.source)
            verified = hook.verify(request, secrets)
        except Forged as forged:
            told = Refusal(connector=connector, source=request.source, sender=sender, reason=forged.reason)
            self.forgeries.met(told)
            raise
        try:
            found = hook.read(request)
        except BodyRefused as refused:
            found = ReadHook(unreadable=(Refused(request.body, refused.happened),))
        if found.question:
            return found.answer
        name = f"{connector}.{HOOK}" + (f".{request.kind}" if request.kind else "")
        key = verified.replay_key
        arrival = Arrival(
            arrival_id=uuid4(),
            connector=name,
            source=request.source,
            key=digest_of(connector, key) if key else str(uuid4()),
            received_at=request.now,
            body=request.body,
            sender=sender[:_LONGEST_SENDER],
        )
        return self._kept(arrival, found, connector, _old_secret(secrets, verified))

    def again(self, waiting: Quarantined) -> int:
        """Put what was set aside through its hook again and return how much of it was taken.

        It was proved when it came. Raises `BodyRefused`.
        """
        connector, _, kind = waiting.connector.partition(f".{HOOK}")
        request = HookRequest(
            headers={},
            body=waiting.body,
            source=waiting.source,
            now=self.clock.now(),
            kind=kind[1:],
            mapper=self.mappers.get(waiting.source),
        )
        found = _hook_of(connector).read(request)
        if found.unreadable:
            raise BodyRefused(found.unreadable[0].reason)
        arrival = Arrival(
            arrival_id=uuid4(),
            connector=waiting.connector,
            source=waiting.source,
            key=str(uuid4()),
            received_at=request.now,
            body=waiting.body,
            sender="replay",
        )
        self._kept(arrival, found, connector, None)
        return len(found.reports) + len(found.acts) + len(found.signals)

    def old_uses(self) -> tuple[OldUse, ...]:
        """Return which old secrets senders still use."""
        with self.store.reading() as shelves:
            return old_uses(shelves)

    def _kept(self, arrival: Arrival, found: ReadHook, connector: str, old: HookSecret | None) -> Answer:
        now = arrival.received_at
        with self.store.transaction() as shelves:
            if not shelves.arrivals.add(arrival):
                again = Refusal(
                    connector=connector, source=arrival.source, sender=arrival.sender, reason=REPLAYED
                )
                self.forgeries.met_in(shelves, again)
                return found.answer
            if old is not None:
                count_old_use(shelves, connector, arrival.source, old, now)
            outcomes = self._taken(shelves, arrival, found, connector)
            told = found.tell(outcomes) if found.tell is not None else None
            for errand in (*found.errands, *(told.errands if told else ())):
                shelves.jobs.put(_job(connector, errand, now))
        if found.signals:
            self.ring()
        return found.answer if told is None else told.answer

    def _taken(
        self, shelves: Shelves, arrival: Arrival, found: ReadHook, connector: str
    ) -> tuple[ActOutcome, ...]:
        source = _source(connector, arrival)
        is_ours = bool(found.incident) and named(shelves, found.incident) is not None
        reports: list[AlertReport] = []
        if not is_ours:
            reports = _settled(shelves, connector, arrival, found.reports)
        if reports:
            self.take.own(shelves, reports)
        for part in found.unreadable:
            self.take.set_aside(shelves, arrival, Unreadable(part.body, part.reason))
        if found.signals:
            # A crash before the commit has the sender come again: a signal may then be there twice.
            self.lake.append(connector if source == connector else arrival.source, found.signals)
        acts = found.acts if is_ours or not found.incident else ()
        return tuple(self.partner.perform_in(shelves, _aimed(shelves, source, act)) for act in acts)

    def _secrets(self, connector: str, hook: Hook, request: HookRequest) -> tuple[HookSecret, ...]:
        """Return the settings' secrets, and the token of the request if it is an ingest token of ours."""
        setting = manifest_of(connector).secrets
        known = secrets_for(self.settings.text(setting), request.source, self.key) if setting else ()
        token = hook.token(request)
        if not token:
            return known
        with self.store.reading() as shelves:
            role = shelves.tokens.role_of(token_digest(token), request.now)
        if role is None or not allows(role[1], Permission.INGEST):
            return known
        return (HookSecret(secret=Secret(token), name=f"token:{role[0]}"), *known)


def hooks_of(
    settings: Settings, packs: Packs, take: Take, lake: SignalLake, ring: Callable[[], None]
) -> Hooks:
    """Build what stands behind the hooks. Raises `PackProblem` for a wrong `intake.yml`, `Misconfigured`."""
    intake = packs.file("intake.yml")
    partner = Partner(take.store, take.clock, take.call, take.clocks, take.close.may_command)
    return Hooks(
        take.store,
        take.clock,
        take,
        partner,
        lake,
        ring,
        settings,
        Forgeries(take.store, take.clock),
        secret_key(settings.home / "keys" / "hooks.key"),
        parse_intake(intake.text, intake.path),
    )


def is_hook(connector: str) -> bool:
    """Say whether an arrival of this name came through a hook: `github.hook.push`."""
    return connector.partition(".")[2].partition(".")[0] == HOOK


@lru_cache(maxsize=64)
def _hook_of(connector: str) -> Hook:
    """Return a connector's hook, importing it now. Raises `NotFound`."""
    place = manifest_of(connector).hook if connector in CONNECTORS else ""
    if not place:
        raise NotFound(
            f"Nothing can be pushed to a connector {connector[:80]!r}.",
            means="Nothing of this request was kept.",
            next_step="Use an address of docs/hooks.md.",
        )
    hook: Hook = load(place)
    return hook


def _old_secret(secrets: Sequence[HookSecret], verified: Verified) -> HookSecret | None:
    """Return the secret that proved a body if there is a newer one of the same setting."""
    used = secrets[verified.secret] if secrets else None
    from_settings = [secret for secret in secrets if not secret.name.startswith("token:")]
    return None if used is None or used not in from_settings[1:] else used


def _refuse_practice(source: str) -> None:
    """Keep everybody out of the sources whose alerts are marked as practice. Raises `Forged`."""
    if source.startswith(PRACTICE):
        raise Forged("its source's name is kept for drills", status=403)


def _source(connector: str, arrival: Arrival) -> str:
    """Return under which name alerts of an arrival go: `github`, or `github:shop` for a named source."""
    return connector if arrival.source in (connector, "default") else f"{connector}:{arrival.source}"


def _settled(
    shelves: Shelves, connector: str, arrival: Arrival, found: Sequence[KeyedReport]
) -> list[AlertReport]:
    """Return the reports under the labels that their keys began with."""
    now = arrival.received_at
    names = {each.key: digest_of(_source(connector, arrival), each.key) for each in found}
    for name in sorted(names.values()):
        shelves.lock(f"{DEDUP}:{name}")
    reports: list[AlertReport] = []
    for each in found:
        name = names[each.key]
        known = _remembered(shelves, name)
        source = _source(each.report.source or connector, arrival)
        settled = settle(replace(each.report, source=source), each.key, known, now)
        reports += settled.reports
        if settled.remembered is None:
            shelves.marks.drop(DEDUP, [name])
        elif settled.remembered != known:
            shelves.marks.keep(DEDUP, {name: written(settled.remembered)}, now)
    return reports


def _remembered(shelves: Shelves, name: str) -> Remembered | None:
    return remembered_of(shelves.marks.of(DEDUP, [name]).get(name))


def _aimed(shelves: Shelves, source: str, act: PartnerAct) -> PartnerAct:
    """Name the incident of an act that names only an alert by its key."""
    if act.incident or not act.alert_key:
        return act
    known = _remembered(shelves, digest_of(source, act.alert_key))
    alert = shelves.alerts.latest(fingerprint(known.labels)) if known else None
    return replace(act, incident=str(alert.incident_id) if alert and alert.incident_id else "")


def _job(connector: str, errand: Errand, now: datetime) -> Job:
    return Job(kind=f"{ERRAND}.{connector}", key=f"{ERRAND}:{errand.key}", run_at=now, args=errand.args)


def errand_values(settings: Settings, connector: str) -> Mapping[str, str]:
    """Return the settings that a connector's manifest names."""
    return {one.name: settings.text(one.name) for one in manifest_of(connector).settings}
