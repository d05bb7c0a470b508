"""`tocsin up`: serves and works in one process, says where to look and how to sign in, plays the drill."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import uvicorn

from tocsin.app import drills
from tocsin.app.acting import ground_of
from tocsin.app.renewing import renew
from tocsin.app.settings import ADDRESS_FILE, Settings
from tocsin.app.wiring import App, build_app, current_app, install
from tocsin.domain.errors import Explained
from tocsin.domain.person import Role
from tocsin.incidents.changed import TOCSIN
from tocsin.process.asgi import build_asgi
from tocsin.process.logs import write_logs
from tocsin.process.preparing import Stand
from tocsin.store.accounts import AccountRefused, Accounts
from tocsin.store.django_store import DjangoStore

FIRST_ACCOUNT = "admin"
LINK_LIVES = timedelta(hours=12)
STOP_WITHIN_S = 10
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Serving:
    """One server process. `say` tells the person who started it."""

    app: App
    stand: Stand
    say: Callable[[str], None]

    def run(self, listening: socket.socket) -> None:
        """Serve until SIGTERM or Ctrl-C; work in hand is finished first."""
        install(self.app)
        accesses = self.app.settings.chosen("TOCSIN_ACCESS_LOG", "true", "false") == "true"
        write_logs(accesses=accesses)
        signal.signal(signal.SIGHUP, self._reload)
        # Uvicorn raises the signal again that ended it: an end that was asked for is a good one.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        welcome = self._welcome()
        config = uvicorn.Config(
            build_asgi(self.app, on_start=lambda: self._started(welcome)),
            log_config=None,
            access_log=accesses,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            backlog=BACKLOG,
            server_header=False,
        )
        # A signal that ended it is raised again by uvicorn after its shutdown; the work is done by then.
        try:
            with suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listening])
        except SystemExit as end:
            if end.code:
                raise

    def _reload(self, *_: object) -> None:
        """Read packs and alertmanager.yml again, in a thread: a signal may come in the middle of anything."""
        threading.Thread(target=self._reload_now, name="tocsin-reload", daemon=True).start()

    def _reload_now(self) -> None:
        try:
            renew(current_app())
        except Explained as refusal:
            self.say(f"Packs and alertmanager.yml stay as they were: {refusal.explain()}")
        finally:
            self.app.hang_up()

    def _started(self, welcome: list[str]) -> None:
        self._write_address()
        self.say(f"Tocsin is up at {self.stand.url}")
        for line in welcome:
            self.say(line)
        for problem in (*self.app.policies.rules.problems, *self.app.policies.metric_rules.problems):
            self.say(f"A rule is not loaded: {problem}")
        if self.stand.drill:
            threading.Thread(target=self._play, name="tocsin-drill", daemon=True).start()

    def _welcome(self) -> list[str]:
        accounts = Accounts(DjangoStore())
        if self.stand.drill:
            known = {account.username for account in accounts.everybody()}
            seats = drills.seat_cast(accounts, self.app.clock.now(), LINK_LIVES)
            for seat in seats:
                self._note_seat(seat.username, seat.role, is_new=seat.username not in known)
            return [
                f"Sign in as {seat.name} ({seat.role}): {self.stand.url}/sign-in/{seat.token}"
                for seat in seats
            ]
        is_new = not accounts.everybody()
        if is_new:
            # Several processes may start at once on a new database; the account is then made by one of them.
            with suppress(AccountRefused):
                accounts.create(FIRST_ACCOUNT, "Administrator", Role.ADMIN)
        first = accounts.by_username(FIRST_ACCOUNT)
        if first is None or first.last_login is not None:
            return ["Sign in with your account; `tocsin person link NAME` makes a one-time link."]
        token = accounts.sign_in_link(FIRST_ACCOUNT, self.app.clock.now(), LINK_LIVES)
        self._note_seat(FIRST_ACCOUNT, Role.ADMIN, is_new=is_new)
        return [f"Sign in once as {FIRST_ACCOUNT}: {self.stand.url}/sign-in/{token}"]

    def _note_seat(self, username: str, role: Role, *, is_new: bool) -> None:
        if is_new:
            self.app.access.done("account made", actor=TOCSIN, subject=username, role=role.value)
        self.app.access.done("sign-in link made", actor=TOCSIN, subject=username)

    def _write_address(self) -> None:
        """Let the command line know the port, unless links shall point to an address chosen by people."""
        if self.app.settings.text("TOCSIN_PUBLIC_URL") == self.stand.url:
            path = self.app.settings.home / ADDRESS_FILE
            path.touch(mode=0o600)
            path.write_text(f"{self.stand.url}\n", encoding="ascii")

    def _play(self) -> None:
        name = self.stand.drill or ""
        try:
            drills.play(self.app, name, self.stand.url)
        except Explained as refusal:
            self.say(refusal.explain())
        else:
            self.say(f"Drill {name} played: open the address above and look at Now.")


def serve(settings: Settings, stand: Stand, listening: socket.socket, say: Callable[[str], None]) -> None:
    """Build the application and serve it. Raises `PackProblem`, `Misconfigured`, `NotFound`."""
    if stand.drill:
        drills.write_oncall(settings.home)
    app = build_app(settings)
    # What can be done is read now: a mistake in a pack file is told before anything is served.
    ground_of(app)
    if stand.drill:
        app.packs.drill(stand.drill)
    Serving(app, stand, say).run(listening)
