"""Has the lake kept: hot files end when they are due; a process of its own seals, moves and deletes.

A sealing works for seconds on one core and loads large libraries, so it is not done where people are called.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tocsin.app.lakekeeping import Lakekeeping

log = logging.getLogger("tocsin.worker")

REST_S = 60.0
_MAIN = "from tocsin.cli.main import main; main()"

Run = Callable[[Sequence[str]], int]
"""Runs a command of ours to its end and returns its exit code."""


@dataclass(slots=True)
class SealingLake:
    """One round ends hot files and has them sealed; once a day the policy is applied."""

    keeping: Lakekeeping
    run: Run
    _retained: date | None = None

    def round(self) -> float:
        """Do what is due and return how long to rest."""
        if not can_seal():
            return REST_S
        self.keeping.end_due()
        if self.keeping.sealable():
            self._ordered("seal")
        today = self.keeping.clock.now().date()
        if self._retained != today:
            self._retained = today
            if self.keeping.due():
                self._ordered("retain")
        return REST_S

    def _ordered(self, verb: str) -> None:
        code = self.run(("lake", verb, "--quiet"))
        if code:
            log.error(
                "`tocsin lake %s` ended with %d; it is tried again, and its words are above.", verb, code
            )


def can_seal() -> bool:
    """Say whether the libraries of the extra `lake` are installed."""
    return importlib.util.find_spec("pyarrow") is not None


def runner(home: Path) -> Run:
    """Return what runs our own command line on a home folder."""

    def run(words: Sequence[str]) -> int:
        environment = {**os.environ, "TOCSIN_HOME": str(home)}
        command = [sys.executable, "-c", _MAIN, *words]
        # What was done is in the log; only complaints are for who watches the server.
        return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode

    return run
