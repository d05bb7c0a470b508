"""Changed packs are taken at run time: checked first, then a new application stands in for the old one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping

from tocsin.app.acting import ground_of
from tocsin.app.alertmanager import reload
from tocsin.app.alertmanager_file import FILE, file_of
from tocsin.app.applying import InForcePacks, in_force, remember
from tocsin.app.pack_tree import tree_in_home
from tocsin.app.wiring import App, build_app
from tocsin.domain.errors import Explained
from tocsin.incidents.changed import TOCSIN

log = logging.getLogger("tocsin.app")

_takers: list[Callable[[App], None]] = []
_missed: list[str] = []
"""What was put in force elsewhere and is not here, so that it is said once."""


def take_over_by(taker: Callable[[App], None]) -> None:
    """Name what puts a new application in the place of the one that serves; it does not wait for it."""
    _takers[:] = [taker]


def nobody_takes_over() -> None:
    """The process ends: packs are not taken any more."""
    _takers.clear()


def renew(app: App) -> bool:
    """Read everything again; say whether packs had changed, which a new application then works by.

    A changed `alertmanager.yml` alone is exchanged where it is. Raises `PackProblem`, `Misconfigured`,
    `NotFound`, `PacksUnreadable`; then everything stays as it was.
    """
    here = tree_in_home(app.settings.home).digests
    if not _takers or _without_alertmanager(app.policies.files) == _without_alertmanager(here):
        reload(app)
        if _takers:
            remember(app, here, TOCSIN, "found at a reload")
        return False
    try:
        renewed = build_app(app.settings, clock=app.clock)
        ground_of(renewed)
    except Explained as refusal:
        log.error("the packs in force stay: %s %s", refusal.happened, refusal.next_step)
        raise
    _takers[0](renewed)
    return True


def follow(app: App) -> bool:
    """Take packs that were put in force elsewhere, such as by `tocsin apply`; say whether there were some.

    Only what the log says was put in force is taken: a file that somebody is still writing is not. Where the
    home of this machine has other files than were put in force, everything stays. Raises as `renew` does.
    """
    with app.store.reading() as shelves:
        wanted = in_force(shelves)
    if wanted is None or _works_by(app, wanted):
        return False
    if tree_in_home(app.settings.home).digest == wanted.digest:
        return renew(app)
    if _missed[-1:] != [wanted.digest]:
        _missed[:] = [wanted.digest]
        log.warning("the packs put in force are not those here; `tocsin drift packs` names the files")
    return False


def _works_by(app: App, wanted: InForcePacks) -> bool:
    digests = {path: file.digest for path, file in wanted.files.items()}
    if _without_alertmanager(digests) != _without_alertmanager(app.policies.files):
        return False
    if app.settings.text("TOCSIN_ALERTMANAGER_FILE"):
        # It lies outside the packs, and is read again when somebody asks for it.
        return True
    file, now = file_of(app.settings, app.packs), app.take.notify.routing.in_force
    if file is None or now is None:
        return file is None and now is None
    return hashlib.sha256(file.text.encode()).hexdigest() == now.digest


def _without_alertmanager(files: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what is exchanged without a new application."""
    return {path: digest for path, digest in files.items() if path.rpartition("/")[2] != FILE}
