from __future__ import annotations

import os
import socket
import subprocess
import sys

from tocsin.flow.call import ESCALATE
from tocsin.flow.hush import HUSH
from tocsin.flow.mute import LOOK_AGAIN
from tocsin.flow.record import CLOCK
from tocsin.flow.respond import COLLECT
from tocsin.flow.take import LAPSE
from tocsin.worker.staff import is_gone, lanes, staff

SOON_S = 5.0
MOST_COMMITS = 100


def test_each_channel_has_a_lane_of_its_own_also_one_that_is_not_set_up(app) -> None:
    kinds = [set(lane.handlers) for lane in lanes(app)]
    assert kinds[0] >= {ESCALATE, LAPSE, LOOK_AGAIN, CLOCK, HUSH}
    for alone in ({COLLECT}, {"deliver.inbox"}, {"deliver.pigeon"}):
        assert alone in kinds[1:]
    for lane in lanes(app):
        assert lane.pool is not None
        lane.pool.shutdown()


def test_the_staff_carries_one_alert_from_the_door_to_the_inbox_and_the_seal(app, memory_store) -> None:
    loops = staff(app)
    loops.start()
    try:
        body = b'[{"labels": {"alertname": "ShopDown", "severity": "critical", "service": "shop"}}]'
        app.hearing.api_alerts(body, "application/json", source="prometheus", sender="test")
        for _ in range(MOST_COMMITS):
            heard = app.bell.rings
            if _is_done(memory_store):
                break
            app.bell.rest(heard, SOON_S)
    finally:
        assert loops.stop()
    assert _is_done(memory_store)
    with memory_store.reading() as shelves:
        assert {message["person"] for message in shelves.inbox.recent()} == {"ben", "administrators"}


def _is_done(store) -> bool:
    with store.reading() as shelves:
        messages, exhibits = shelves.inbox.recent(), shelves.exhibits.all()
        return (
            len(messages) == 2
            and {"alert.context", "audit.snapshot"} == {each.collector for each in exhibits}
            and shelves.log.last_checkpoint() is not None
        )


def test_only_a_process_of_this_machine_that_is_no_more_is_gone() -> None:
    host = socket.gethostname()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(10)
    assert is_gone(f"{host}:{ended.pid}:abcd")
    assert is_gone(f"{host}:{os.getpid()}:abcd")
    assert not is_gone(f"{host}:{os.getppid()}:abcd")
    assert not is_gone(f"{host}:1:abcd")
    assert not is_gone("elsewhere:99999999:abcd")
    assert not is_gone("worker-1")
