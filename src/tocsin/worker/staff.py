"""Who works here: a loop for our own transitions, for each channel, for evidence, signals and seals."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

from tocsin.app.wiring import App
from tocsin.connectors.signals.inbound import signal_of
from tocsin.flow.call import DELIVER, ESCALATE
from tocsin.flow.record import CLOCK
from tocsin.flow.respond import COLLECT
from tocsin.flow.take import LAPSE
from tocsin.worker.collecting import Collecting
from tocsin.worker.deliveries import Sending
from tocsin.worker.judging import Judging
from tocsin.worker.kernel import Effect, Kernel, Transition
from tocsin.worker.loops import Loop, Loops
from tocsin.worker.seals import Seals

LONGEST_REST_S = 1.0
TRANSITIONS_AT_ONCE = 64


def staff(app: App) -> Loops:
    """Return the loops of one process, not started yet."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    kernels = [_kernel(app, owner, transitions(app), threads=1, limit=TRANSITIONS_AT_ONCE)]
    kernels += [_kernel(app, owner, {COLLECT: Collecting(app.respond).effect()}, threads=2)]
    threads = app.settings.number("TOCSIN_DELIVERY_THREADS")
    for name in app.channel_names:
        sending = Sending(name, app.channels.get(name), app.deliver)
        kernels.append(_kernel(app, owner, {f"{DELIVER}.{name}": sending.effect()}, threads=threads))
    seals = Seals(app.store, app.clock, app.signer)
    judging = Judging(app.store, app.lake, app.plan, app.take, app.clock, signal_of)
    loops = [Loop(_name(kernel), _round(kernel, app)) for kernel in kernels]
    loops += [Loop("judging", judging.round), Loop("seals", seals.round)]
    return Loops(loops, app.bell, leave_thread=app.hang_up)


def transitions(app: App) -> Mapping[str, Transition | Effect]:
    """Return the jobs that change only our own state."""
    return {
        ESCALATE: Transition(app.call.escalate),
        LAPSE: Transition(app.take.lapse),
        CLOCK: Transition(app.close.look_at_clock),
    }


def _kernel(
    app: App, owner: str, handlers: Mapping[str, Transition | Effect], *, threads: int, limit: int = 0
) -> Kernel:
    # No more is claimed than can be worked on at once, or leases would run out while jobs wait for a thread.
    pool = ThreadPoolExecutor(threads, thread_name_prefix="tocsin-effect") if threads > 1 else None
    return Kernel(
        app.store,
        app.clock,
        handlers,
        owner,
        lease_s=float(app.settings.number("TOCSIN_LEASE_SECONDS")),
        limit=limit or threads,
        pool=pool,
    )


def _round(kernel: Kernel, app: App) -> Callable[[], float]:
    def turn() -> float:
        if kernel.run_due():
            return 0.0
        due = kernel.next_due()
        if due is None:
            return LONGEST_REST_S
        return min(max((due - app.clock.now()) / timedelta(seconds=1), 0.0), LONGEST_REST_S)

    return turn


def _name(kernel: Kernel) -> str:
    kinds = sorted(kernel.handlers)
    return kinds[0] if len(kinds) == 1 else "transitions"
