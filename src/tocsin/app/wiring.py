"""Builds the application from settings: stores, engines' policies, chapters of the flow, channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.app.access import Access
from tocsin.app.bell import Bell
from tocsin.app.channels import build_channels
from tocsin.app.chapters import Ground, chapters_of
from tocsin.app.hearing import Hearing
from tocsin.app.hooks import hooks_of
from tocsin.app.incomplete import groups_of
from tocsin.app.keys import secret_key
from tocsin.app.log_keys import held_keys
from tocsin.app.packs import Packs, packs_of
from tocsin.app.packs_at_start import PacksAtStart
from tocsin.app.pattern_cache import PatternFolder
from tocsin.app.policies import Policies, build_policies, plan_of
from tocsin.app.proving import Proving, demand_keys
from tocsin.app.ringing import RingingStore
from tocsin.app.settings import Settings
from tocsin.app.tally import Tally
from tocsin.app.telemetry import Telemetry
from tocsin.app.together import Together
from tocsin.connectors.prometheus.client import PrometheusServer
from tocsin.detection.engine import Plan
from tocsin.detection.promql.evaluating import Answer
from tocsin.domain.clock import Clock, SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.keeping import EvidenceLocker, SignalLake
from tocsin.domain.ports.shelves import Store
from tocsin.flow.call import Call
from tocsin.flow.close import Close
from tocsin.flow.deliver import Deliver
from tocsin.flow.listen import Listen
from tocsin.flow.respond import Respond
from tocsin.flow.take import Take
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore
from tocsin.store.lake import SegmentLake
from tocsin.store.lineage import Lineage
from tocsin.store.locker import DiskLocker
from tocsin.store.samples import DiskSamples
from tocsin.store.signer import FileSigner


@dataclass(frozen=True, slots=True)
class App:
    """One Tocsin, ready to be served or worked on. Build it with `build_app`."""

    settings: Settings
    packs: Packs
    packs_at_start: PacksAtStart
    policies: Policies
    clock: Clock
    bell: Bell
    signals_bell: Bell
    store: Store
    locker: EvidenceLocker
    lake: SignalLake
    samples: DiskSamples
    ask_server: Callable[[str, int], Answer] | None
    logs: Lineage
    plan: Plan
    channels: Mapping[str, Channel]
    hearing: Hearing
    take: Take
    call: Call
    deliver: Deliver
    respond: Respond
    close: Close
    listen: Listen
    tally: Tally
    telemetry: Telemetry
    proving: Proving
    access: Access
    hang_up: Callable[[], None]

    @property
    def signer(self) -> FileSigner:
        """Return the signer of the log that is written to."""
        return self.logs.signer

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Return every channel that is set up or that somebody's contact names."""
        named = [contact.channel for contact in self.policies.roster.contacts]
        return tuple(dict.fromkeys((*self.channels, *named)))


def ask_server(settings: Settings) -> Callable[[str, int], Answer] | None:
    """Return how a Prometheus server is asked, None when there is none and we evaluate ourselves."""
    url = settings.text("TOCSIN_PROMETHEUS_URL")
    return PrometheusServer(url).answer if url else None


def build_app(settings: Settings, *, clock: Clock | None = None, store: Store | None = None) -> App:
    """Build the application; Django must be set up and the database migrated. Raises `Misconfigured`."""
    clock = clock or SystemClock()
    home = settings.home
    packs = packs_of(settings)
    policies = build_policies(packs)
    bell, signals_bell = Bell(), Bell()
    log_key, entry_key = home / "keys" / "log.key", home / "keys" / "entries.key"
    demand_keys(store or DjangoStore(), log_key, entry_key)
    origin, hashes = settings.text("TOCSIN_LOG_ORIGIN"), home / "log" / "hashes"
    logs = Lineage(log_key, origin, hashes, held_keys(settings))
    if not log_key.exists():
        logs.signer_of(1).make_key()
    django_store = DjangoStore(entry_key=secret_key(entry_key))
    kept: Store = RingingStore(store or django_store, bell.ring)
    locker, lake = DiskLocker(home / "evidence"), SegmentLake(home / "lake")
    channels = build_channels(settings, kept, clock)
    ground = Ground(settings, packs, policies, kept, clock)
    told = chapters_of(ground, locker, channels, Accounts(django_store).may_command)
    max_decoded = settings.number("TOCSIN_MAX_DECODED_MB") * 1024 * 1024
    samples, tally = DiskSamples(home / "samples", clock), Tally()
    return App(
        settings=settings,
        packs=packs,
        packs_at_start=PacksAtStart(packs),
        policies=policies,
        clock=clock,
        bell=bell,
        signals_bell=signals_bell,
        store=kept,
        locker=locker,
        lake=lake,
        samples=samples,
        ask_server=ask_server(settings),
        logs=logs,
        plan=plan_of(policies.rules, policies.words, PatternFolder(home / "cache" / "patterns")),
        channels=channels,
        hearing=Hearing(
            *(kept, lake, clock, told.take, Together(told.take.bodies), signals_bell.ring, max_decoded),
            hooks=hooks_of(settings, packs, told.take, lake, signals_bell.ring),
            groups=groups_of(settings, told.take),
        ),
        take=told.take,
        call=told.call,
        deliver=told.deliver,
        respond=told.respond,
        close=told.close,
        listen=told.listen,
        tally=tally,
        telemetry=Telemetry(lake, samples, clock, signals_bell.ring, max_decoded, tally),
        proving=Proving(kept, logs),
        access=Access(kept, clock),
        hang_up=django_store.hang_up,
    )


_installed: list[App] = []


def install(app: App) -> None:
    """Make this the application that Django's views are served from."""
    _installed[:] = [app]


def current_app() -> App:
    """Return the installed application. Raises `Misconfigured` when there is none."""
    if not _installed:
        raise Misconfigured(
            "No Tocsin application was installed in this process.",
            means="No page can be shown.",
            next_step="Start the server with `tocsin up`.",
        )
    return _installed[0]
