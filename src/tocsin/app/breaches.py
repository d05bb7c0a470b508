"""Makes the chapter of a broken log and what seals the log."""

from __future__ import annotations

from tocsin.app.wiring import App
from tocsin.flow.breach import Breach, Witnesses
from tocsin.store.guards import state_of


def breach_of(app: App) -> Breach:
    """Return the chapter of a broken log."""
    witnesses = Witnesses(
        verdict=app.proving.verdict,
        export=app.proving.export,
        hashes=lambda number: app.logs.signer_of(number).hashes(),
        database=lambda: state_of("default"),
    )
    return Breach(app.store, app.clock, app.logs, app.take, app.respond, witnesses)
