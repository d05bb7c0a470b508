"""Ports of actions: names such as `idp.disable_user` that stand for the action of whoever is bound."""

from __future__ import annotations

from collections.abc import Mapping

Bindings = Mapping[str, str]
"""What is bound to a port: the first part of its name, or its whole name, to the same of the partner's."""

IDENTITY = "idp"
IDENTITY_PARTNERS: Bindings = {
    "none": IDENTITY,
    "entra": "entra",
    "cognito": "aws.cognito",
    "http": IDENTITY,
}
"""What `idp.` stands for by the word of the setting; `http`: actions of that name in `actions.yml`."""

ALWAYS: Bindings = {"page": "tocsin.page", "notify": "tocsin.notify"}
"""Ports that are bound without any setting."""


def bindings_for(identity_partner: str) -> Bindings:
    """Return what every port stands for. Raises `KeyError` for a word not in `IDENTITY_PARTNERS`."""
    return {**ALWAYS, IDENTITY: IDENTITY_PARTNERS[identity_partner]}


def bound_name(name: str, bindings: Bindings) -> str:
    """Return the name of the action that a name stands for; one that is no port stands for itself."""
    if name in bindings:
        return bindings[name]
    port, dot, verb = name.partition(".")
    return f"{bindings[port]}.{verb}" if dot and port in bindings else name


def names_meant(name: str, bindings: Bindings) -> tuple[str, ...]:
    """Return every name by which a rule may speak of an action: as it was asked for, bound, and its ports.

    A rule about `entra.disable_user` so holds for `idp.disable_user` too where Entra is bound to it, and the
    other way round.
    """
    bound = bound_name(name, bindings)
    ports = (_port_of(bound, port, meant) for port, meant in bindings.items())
    return tuple(dict.fromkeys((name, bound, *filter(None, ports))))


def _port_of(bound: str, port: str, meant: str) -> str:
    if bound == meant:
        return port
    verb = bound.removeprefix(f"{meant}.")
    return f"{port}.{verb}" if verb != bound and "." not in verb else ""
