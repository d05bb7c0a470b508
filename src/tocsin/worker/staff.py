"""Who works here: a kernel with a lane for each kind of work, loops that judge signals and seal the log."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

from tocsin.app.acting import act_of
from tocsin.app.alertmanager import flush_of, notifying_of
from tocsin.app.cosigning import cosign_of, tiles_of, witnesses_of
from tocsin.app.evidence import callers_of, recipients_of
from tocsin.app.hushing import hush_of
from tocsin.app.incomplete import ASK
from tocsin.app.lakekeeping import keeping_of
from tocsin.app.notifiers import build_notifiers
from tocsin.app.overseeing import dead_letters_of, oversee_of, watchdog_of
from tocsin.app.readying import lists_of
from tocsin.app.runs import runs_of
from tocsin.app.schedules import outlook_of
from tocsin.app.trusting import anchoring_of, anchors_of
from tocsin.app.wiring import App
from tocsin.connectors.prometheus.active import PrometheusAlerts
from tocsin.connectors.secret import Secret
from tocsin.connectors.signals.inbound import signal_of
from tocsin.domain.clock import SystemClock
from tocsin.flow.act_ground import ADVANCE, ALARM, LOOK, PERFORM, REVERT
from tocsin.flow.call import ESCALATE
from tocsin.flow.collect import COLLECT
from tocsin.flow.flushing import NOTIFY
from tocsin.flow.hush import HUSH
from tocsin.flow.mute import LOOK_AGAIN
from tocsin.flow.notify import FLUSH
from tocsin.flow.paging import DELIVER
from tocsin.flow.record import CLOCK, hold_for
from tocsin.flow.runs_triggers import START
from tocsin.flow.runs_wake import RUN
from tocsin.flow.take import LAPSE
from tocsin.oncall.alertmanager.kinds import KINDS
from tocsin.worker import pulse
from tocsin.worker.acting import Acting, StopWatch, alarms
from tocsin.worker.anchoring import Anchors
from tocsin.worker.asking import Asking
from tocsin.worker.auditing import Auditing, Watching
from tocsin.worker.catching_up import CatchingUp
from tocsin.worker.collecting import Collecting
from tocsin.worker.cosigning import Cosigning
from tocsin.worker.deliveries import Sending
from tocsin.worker.errands import ERRANDS_AT_ONCE, Sums, errands_of
from tocsin.worker.evaluating import Evaluating
from tocsin.worker.heartbeats import Heartbeats
from tocsin.worker.inlets import inlets
from tocsin.worker.judging import Judging
from tocsin.worker.kernel import Effect, Kernel, Lane, Transition
from tocsin.worker.looking_ahead import LookingAhead
from tocsin.worker.loops import Loop, Loops
from tocsin.worker.maintenance import Maintenance
from tocsin.worker.monitoring import monitoring_of
from tocsin.worker.publishing import Publishing
from tocsin.worker.reminding import Reminding
from tocsin.worker.sealing_lake import SealingLake, runner
from tocsin.worker.seals import seals_of
from tocsin.worker.telling import Telling
from tocsin.worker.timekeeping import Timekeeping

TRANSITIONS_AT_ONCE = 16
COLLECTORS = 6
LOOKS, PERFORMS = 2, 4
SPARE_TIMES = 3
"""So many more threads a channel has, as often as its own, for messages whose receivers drag on."""
_ours: set[str] = set()
"""Names that this process has held leases by; work under an earlier one may still be in hand."""


def staff(app: App, *more: Loop) -> Loops:
    """Return the loops of one process and `more`, not started yet."""
    watch = StopWatch(app.store, app.clock)
    # Read now: a runbook that cannot be read is told when we start, not when an alert comes.
    app.take.triggers.library()
    kernel = Kernel(
        app.store,
        app.clock,
        [*lanes(app), *acting_lanes(app, watch)],
        owner=_name(),
        is_gone=is_gone,
        lease_s=float(app.settings.number("TOCSIN_LEASE_SECONDS")),
        ring=app.bell.ring,
    )
    judging = Judging(app.store, app.lake, app.plan, app.take, app.clock, signal_of, app.listen.habits)
    seals = seals_of(app)
    heartbeats = Heartbeats(app.store, app.lake, app.clock, app.listen, app.tally.drain)
    evaluating = Evaluating(
        app.store, app.samples, app.policies.metric_rules.groups, app.take, app.clock, app.ask_server
    )
    loops = (
        Loop("jobs", kernel.turn, app.bell, kernel.close),
        Loop("judging", judging.round, app.signals_bell),
        Loop("seals", seals.round, after_s=1.5),
        Loop("monitor", monitoring_of(app).round, after_s=9.0),
        Loop("rules", evaluating.round),
        Loop("stops", watch.round),
        Loop("heartbeats", heartbeats.round, after_s=2.0),
        Loop("auditor", Auditing(oversee_of(app), dead_letters_of(app)).round, after_s=3.0),
        Loop("watchdogs", Watching(watchdog_of(app)).round, after_s=4.0),
        *pulses(app),
        Loop("lists", Reminding(lists_of(app)).round, after_s=5.0),
        Loop("outlook", LookingAhead(outlook_of(app)).round, after_s=7.0),
        Loop("lake", SealingLake(keeping_of(app), runner(app.settings.home)).round, after_s=8.0),
        Loop("maintenance", Maintenance(hush_of(app), app.policies.windows).round),
        Loop("forgeries", Sums(app.hearing.hooks.forgeries.write_sums).round, after_s=6.0),
        *catching_up(app),
        *timekeeping(app),
        *showing(app),
        *inlets(app),
        *more,
    )
    return Loops(loops, leave_thread=app.hang_up)


def showing(app: App) -> tuple[Loop, ...]:
    """Return what shows the log to others: its files, its head to the policy's witnesses and to anchors."""
    chapter, tiles = cosign_of(app), tiles_of(app)
    publishing = Publishing(app.store, app.clock, chapter, tiles.grown)
    loops = [Loop("publishing", publishing.round, after_s=3.0)]
    if chapter.policy.witnesses:
        cosigning = Cosigning(chapter, app.clock, witnesses_of(chapter.policy), tiles.grown)
        loops.append(Loop("witnesses", cosigning.round, close=cosigning.close, after_s=2.5))
    if places := anchors_of(app):
        anchors = Anchors(anchoring_of(app), places, app.settings.home / "log" / "anchors")
        loops.append(Loop("anchors", anchors.round, after_s=9.0))
    return tuple(loops)


def timekeeping(app: App) -> tuple[Loop, ...]:
    """Return what watches the machine's clock, unless we go by another one."""
    if not isinstance(app.clock, SystemClock):
        return ()
    return (Loop("clock", Timekeeping(app.clock).round),)


def pulses(app: App) -> tuple[Loop, ...]:
    """Return the loop of our own sign of life, where an address outside is named for it."""
    url = app.settings.text("TOCSIN_HEARTBEAT_URL")
    if not url:
        return ()
    every = timedelta(seconds=app.settings.number("TOCSIN_HEARTBEAT_SECONDS"))
    beating = pulse.Pulse(app.store, app.clock, Secret(url), app.settings.home, every)
    return (Loop("pulse", beating.round),)


def _name() -> str:
    """Return a new name for who holds leases, and remember it: a process may have several in its life."""
    name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    _ours.add(name)
    return name


def is_gone(owner: str) -> bool:
    """Say whether an owner was a process of this machine that is no more; of others nothing is known."""
    host, _, pid = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal() or owner in _ours:
        return False
    # A process of our own number that is not us was before us: containers start at the same number again.
    return int(pid) == os.getpid() or not _is_alive(int(pid))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def lanes(app: App) -> list[Lane]:
    """Return a lane for our own transitions, one for collectors, and one for each channel.

    A channel that hangs fills its own places and delays nobody else.
    """
    return [
        _lane(transitions(app), threads=1, places=TRANSITIONS_AT_ONCE),
        _lane(
            {COLLECT: Collecting(app.respond, callers_of(app), recipients_of(app)).effect()},
            threads=COLLECTORS,
        ),
        *(
            _lane(
                {f"{DELIVER}.{name}": Sending(name, app.channels.get(name), app.deliver).effect()},
                threads=app.settings.number("TOCSIN_DELIVERY_THREADS"),
                spare=SPARE_TIMES,
            )
            for name in app.channel_names
        ),
        *telling_lanes(app),
        _lane({**errands_of(app), ASK: Asking(app.hearing.groups).effect()}, threads=ERRANDS_AT_ONCE),
    ]


def acting_lanes(app: App, watch: StopWatch) -> list[Lane]:
    """Return the lanes of actions: what only looks, what changes the world, and what lets one begin."""
    act = act_of(app)
    acting, beginning = Acting(act, callers_of(app), watch), act.beginning
    begins = {
        ADVANCE: Transition(beginning.advance, hold_for),
        REVERT: Transition(act.revert, hold_for),
        ALARM: alarms(act, app.take),
    }
    return [
        _lane({LOOK: acting.looks()}, threads=LOOKS, spare=SPARE_TIMES),
        _lane({PERFORM: acting.performs()}, threads=PERFORMS, spare=SPARE_TIMES),
        _lane(begins, threads=1, places=TRANSITIONS_AT_ONCE),
    ]


def catching_up(app: App) -> tuple[Loop, ...]:
    """Return what reads the firing alerts of Prometheus servers, if any are set."""
    servers = [PrometheusAlerts(url) for url in app.settings.listed("TOCSIN_PROMETHEUS_ALERTS")]
    if not servers:
        return ()
    return (Loop("catching up", CatchingUp(servers, app.store, app.clock, app.take).round),)


def telling_lanes(app: App) -> list[Lane]:
    """Return a lane that flushes groups, and one for each kind of integration that can be told."""
    notifiers, notifying = build_notifiers(app.clock), notifying_of(app)
    return [
        _lane({FLUSH: Transition(flush_of(app).run)}, threads=1),
        *(
            _lane(
                {f"{NOTIFY}.{kind}": Telling(kind, notifiers.get(kind), notifying).effect()},
                threads=app.settings.number("TOCSIN_DELIVERY_THREADS"),
                spare=SPARE_TIMES,
            )
            for kind in KINDS
        ),
    ]


def transitions(app: App) -> Mapping[str, Transition | Effect]:
    """Return the jobs that change only our own state."""
    hush, runs = hush_of(app), runs_of(app)
    return {
        ESCALATE: Transition(app.call.escalate, hold_for),
        LAPSE: Transition(app.take.lapse),
        LOOK_AGAIN: Transition(app.take.look_again),
        pulse.PULSE: pulse.transition(),
        CLOCK: Transition(app.close.look_at_clock, hold_for),
        HUSH: Transition(hush.sweep, hush.hold),
        START: Transition(runs.start_due, hold_for),
        RUN: Transition(runs.look, hold_for),
    }


def _lane(
    handlers: Mapping[str, Transition | Effect], *, threads: int, places: int = 0, spare: int = 0
) -> Lane:
    """Make a lane with threads of its own, and `spare` times as many for what drags on."""
    # No more is claimed than is worked on soon, or leases would run out while jobs wait for a thread.
    pool = ThreadPoolExecutor(threads * (1 + spare), thread_name_prefix="tocsin-work")
    return Lane(handlers, places or threads, pool, spare=threads * spare)
