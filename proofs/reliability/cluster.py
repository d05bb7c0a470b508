"""Three processes on one PostgreSQL: one is killed, one stops for a minute, one loses the database."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from rig import Figures

from nodes import House, furnished, nursery, postgres
from receiver import receiving

TAKEOVER_WITHIN_S = 10.0
CALM_S = 10.0
PAUSES = (60.0, 10.0, 10.0, 10.0, 10.0)
CUT_S = 20.0
KILLS = 5


@dataclass
class Strait:
    """A socket before PostgreSQL's own that can be closed: what is sent then waits until it is open again."""

    folder: Path
    target: str
    _is_open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._is_open.set()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.folder / Path(self.target).name))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._is_open.clear()

    def mend(self) -> None:
        self._is_open.set()

    def _accept(self) -> None:
        while True:
            near, _ = self._listening.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65_536):
                self._is_open.wait()
                other.sendall(piece)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def prove(
    calm_s: float = CALM_S, kills: int = KILLS, pauses: tuple[float, ...] = PAUSES, cut_s: float = CUT_S
) -> Figures:
    """Play all scenes one after the other on one database."""
    figures = Figures("three processes")
    with (
        receiving() as receiver,
        nursery(receiver.url) as (brood, template),
        postgres() as made,
        tempfile.TemporaryDirectory(prefix="tocsin-ha-") as folder,
    ):
        url = made(f"cluster_{os.getpid()}")
        house = furnished(Path(folder) / "home", brood, template, receiver, 3, url)
        strait = _behind_a_strait(house, url, Path(folder))
        try:
            house.start()
            with _scene(house, figures, "nothing happens", most_repeats=0):
                time.sleep(calm_s)
            for number in range(kills):
                _killed(house, figures, number)
            for number, pause_s in enumerate(pauses):
                _stopped(house, figures, number, pause_s)
            with _scene(house, figures, f"one is cut off for {cut_s:g} s", most_repeats=1):
                time.sleep(2)
                strait.cut()
                time.sleep(cut_s)
                strait.mend()
                time.sleep(2)
        finally:
            strait.mend()
            house.close()
        figures.accepted, figures.sent = len(house.accepted), len(receiver.pages())
    return figures


def _behind_a_strait(house: House, url: str, folder: Path) -> Strait:
    """Lead the last node to the database by a way that can be closed."""
    parts = urlsplit(url)
    server = parse_qs(parts.query)["host"][0]
    found = sorted(Path(server).glob(".s.PGSQL.[0-9]*[0-9]"))
    strait = Strait(folder, str(found[0]))
    house.nodes[-1].database_url = url.replace(parts.query, f"host={folder}")
    return strait


@contextmanager
def _scene(house: House, figures: Figures, name: str, *, most_repeats: int) -> Iterator[None]:
    """Load for the length of a block; then nothing may be lost, and nothing have come too often."""
    before = Counter(house.receiver.keys())
    accepted = len(house.accepted)
    with house.under_load():
        yield
    house.adopt_unanswered()
    house.await_rest()
    after = house.receiver.keys()
    more = [count - max(before[key], 1) for key, count in after.items()]
    lost = len(house.missing())
    figures.lost += lost
    figures.duplicates += sum(more)
    others = len(after) - len({name for name, _ in house.came()})
    figures.said(f"{name}: {len(house.accepted) - accepted} accepted, {lost} lost, {sum(more)} repeated")
    figures.demand(not lost, f"{name}: {lost} lost")
    figures.demand(max(more, default=0) <= most_repeats, f"{name}: a page came {max(more)} times more")
    figures.demand(not others, f"{name}: {others} pages came under another key")


def _killed(house: House, figures: Figures, number: int) -> None:
    victim = house.nodes[number % 3]
    with _scene(house, figures, "one is killed", most_repeats=1):
        time.sleep(1)
        victim.kill()
        killed_at = time.monotonic()
        due = house.missing()
        time.sleep(1)
    # Nobody has been started again: what the dead one held was taken over.
    waits = [
        posted.at - killed_at
        for name, posted in house.came()
        if f"{name.split()[0]} " in due and posted.at > killed_at
    ]
    figures.late(max(waits, default=0))
    figures.demand(
        max(waits, default=0) <= TAKEOVER_WITHIN_S, f"the takeover took {max(waits, default=0):.1f} s"
    )
    house.start([victim])


def _stopped(house: House, figures: Figures, number: int, pause_s: float) -> None:
    """Stop a process in the middle of its work; what it sends when it goes on must not have come before."""
    victim = house.nodes[number % 3]
    assert victim.process is not None
    with _scene(house, figures, f"one stops for {pause_s:g} s", most_repeats=1):
        time.sleep(1)
        victim.process.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        due = house.missing()
        time.sleep(pause_s)
        known = house.receiver.keys()
        resumed_at = time.monotonic()
        victim.process.send_signal(signal.SIGCONT)
        time.sleep(3)
    pages = house.receiver.pages()
    stale = [page for page in pages if page.at > resumed_at and page.key in known]
    figures.demand(not stale, f"the stale process sent {len(stale)} pages that others had sent")
    waits = {
        name: posted.at - stopped_at for name, posted in reversed(house.came()) if posted.at > stopped_at
    }
    late = [wait for name, wait in waits.items() if f"{name.split()[0]} " in due]
    figures.late(max(late, default=0))
    figures.demand(
        max(late, default=0) <= TAKEOVER_WITHIN_S, f"the takeover took {max(late, default=0):.1f} s"
    )
