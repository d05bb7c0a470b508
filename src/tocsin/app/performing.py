"""Builds what can be done outside: performers and collectors of connectors, and who makes their calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.app.settings import Settings
from tocsin.connectors.catalogue import load, manifests
from tocsin.connectors.manifest import Manifest
from tocsin.domain.acting import Caller, Collector, Performer
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.pack_file import Located

ACTIONS_FILE = "actions.yml"


def performers_of(*written: Located | None) -> Mapping[str, Performer]:
    """Return every performer by its name: the connectors' own, and those that files `actions.yml` configure.

    Of equal names the last one's holds. Raises `PackProblem` for a section that no connector reads or that
    its connector refuses.
    """
    configured = (each for one in written for each in _configured(one))
    return {each.declaration.name: each for each in (*_shipped(), *configured)}


def performers_by(settings: Settings) -> Mapping[str, Performer]:
    """Return the performers that the settings bring, by name: the commands of a signed allow-list.

    Raises what their connector raises for a list that is not to be believed.
    """
    makers = ((one, load(one.from_settings)) for one in manifests() if one.from_settings)
    found = (each for one, make in makers for each in make(_values(settings, one)))
    return {each.declaration.name: each for each in found}


def collectors_of() -> Mapping[str, Collector]:
    """Return every collector by its name."""
    return {each.name: each for one in manifests() if one.collectors for each in load(one.collectors)}


@dataclass(slots=True)
class Callers:
    """Who makes the calls of each service; built when a service is first called."""

    settings: Settings
    clock: Clock
    _built: dict[str, Caller] = field(default_factory=dict)

    def of(self, service: str) -> Caller:
        """Return the caller of a service or of the one that it is part of. Raises `Misconfigured`."""
        name = service
        while name:
            if name in self._built:
                return self._built[name]
            place = _places().get(name)
            if place is not None:
                self._built[name] = load(place[1])(_values(self.settings, place[0]), self.clock)
                return self._built[name]
            name = name.rpartition(".")[0]
        raise Misconfigured(
            f"No connector calls the service {service[:60]!r}.",
            means="The action was not begun, and nothing was changed.",
            next_step="Look at `tocsin action list` for the actions there are, and at docs/actions.md.",
        )


def _values(settings: Settings, connector: Manifest) -> Mapping[str, str]:
    return {setting.name: settings.text(setting.name) for setting in connector.settings}


def _places() -> Mapping[str, tuple[Manifest, str]]:
    """Return for each service the connector and the place of what builds its caller."""
    return {service: (one, place) for one in manifests() for service, place in one.callers}


def _shipped() -> Iterator[Performer]:
    for one in manifests():
        if one.performers:
            yield from load(one.performers)


def _configured(written: Located | None) -> Iterator[Performer]:
    if written is None or written.is_null:
        return
    places = {one.name.removesuffix("_actions"): one.configured for one in manifests() if one.configured}
    for name, section in written.mapping(sorted(places)).items():
        yield from load(places[name])(section)
