"""The `alertmanager.yml` in force in this process, and which groups an alert's labels lead to by it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tocsin.domain.alert import Alert
from tocsin.domain.notification import Integration
from tocsin.oncall.alertmanager.file import Configuration
from tocsin.oncall.alertmanager.groups import group_id, group_key, group_labels
from tocsin.oncall.alertmanager.routes import Route, matching, walk
from tocsin.oncall.alertmanager.template_shipped import SHIPPED
from tocsin.oncall.alertmanager.templates import Library

MOST_REMEMBERED = 50_000
"""Label sets whose groups are remembered; beyond, all are forgotten and learned anew."""


class Seat(NamedTuple):
    """A place for an alert: the group, by its id and Alertmanager's text for it, and the route it is of."""

    group_id: str
    group_key: str
    labels: Mapping[str, str]
    route: Route

    @property
    def told_as(self) -> str:
        """Return the id under which is kept what the group's receiver was told."""
        return told_as(self.group_key)


@dataclass(frozen=True, slots=True)
class InForce:
    """One configuration, with its routes by path and its templates by name.

    `digest` is the SHA-256 (hex) of the file's text.
    """

    configuration: Configuration
    digest: str
    routes: Mapping[str, Route]
    library: Library
    _seats: dict[frozenset[tuple[str, str]], tuple[Seat, ...]] = field(default_factory=dict)

    def seats(self, labels: Mapping[str, str]) -> tuple[Seat, ...]:
        """Return the groups that an alert of these labels belongs to, in the order of the tree."""
        known = frozenset(labels.items())
        found = self._seats.get(known)
        if found is None:
            if len(self._seats) >= MOST_REMEMBERED:
                self._seats.clear()
            root = self.configuration.root
            found = tuple(
                Seat(
                    group_id(route, labels),
                    group_key(root, route, labels),
                    group_labels(route, labels),
                    route,
                )
                for route in matching(root, labels)
            )
            self._seats[known] = found
        return found

    def receivers_of(self, alert: Alert) -> tuple[str, ...]:
        """Return the names of the receivers that an alert is routed to, each once, in order."""
        seats = self._seats.get(frozenset(alert.labels.items()))
        if seats is not None:
            return tuple(dict.fromkeys(seat.route.receiver for seat in seats))
        # Groups are not made for it: their keys cost more than the way through the tree.
        routes = matching(self.configuration.root, alert.labels)
        return tuple(dict.fromkeys(route.receiver for route in routes))

    def integrations(self, receiver: str) -> tuple[Integration, ...]:
        """Return the integrations of a receiver, none for one that is unknown."""
        return self.configuration.receivers.get(receiver, ())


@dataclass(slots=True)
class Routing:
    """Holds what is in force, so that it can be exchanged while work goes on; None: no such file."""

    in_force: InForce | None = None

    def exchange(
        self, configuration: Configuration | None, text: str = "", library: Library = SHIPPED
    ) -> None:
        """Put another configuration in force, with the templates that it knows."""
        self.in_force = None if configuration is None else in_force_of(configuration, text, library)


def in_force_of(configuration: Configuration, text: str, library: Library = SHIPPED) -> InForce:
    """Return a configuration made ready; `text` is its file's."""
    routes = {route.path: route for route in walk(configuration.root)}
    return InForce(configuration, hashlib.sha256(text.encode()).hexdigest(), routes, library)


def told_as(key: str) -> str:
    """Return the id under which is kept what a group's receiver was told.

    As with Alertmanager it follows from the group's key alone, so that it outlives a change of the file that
    moves the route to another place.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def by_id(seats: Iterable[Seat]) -> dict[str, Seat]:
    """Return seats by their group's id."""
    return {seat.group_id: seat for seat in seats}
