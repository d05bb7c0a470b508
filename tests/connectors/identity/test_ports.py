"""The ports `idp.*` are whole declarations that can be checked and planned, and do nothing while unbound."""

from __future__ import annotations

import pytest

from tocsin.app.performing import performers_of
from tocsin.connectors.identity.ports import PERFORMERS, make
from tocsin.domain.bindings import bindings_for, bound_name
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.playing import drive, rehearse
from tocsin.response.declaring import faults_of


@pytest.mark.parametrize("port", PERFORMERS, ids=lambda one: one.declaration.name)
def test_a_port_says_all_of_itself_and_does_nothing(port) -> None:
    assert faults_of(port) == ()
    assert rehearse(port.perform({"users": ["eve"]}, {}, "k")).calls
    with pytest.raises(Misconfigured, match="No identity provider"):
        drive(port.before({"users": ["eve"]}), lambda _: make({}, SystemClock()))


@pytest.mark.parametrize("partner", ["entra", "cognito"])
def test_a_port_and_the_action_behind_it_take_the_same_argument(partner: str) -> None:
    found = performers_of()
    names = {port.declaration.name: port.declaration for port in PERFORMERS}
    bound = {name: found.get(bound_name(name, bindings_for(partner))) for name in names}
    assert bound["idp.disable_user"] is not None
    assert bound["idp.revoke_sessions"] is not None
    for name, one in bound.items():
        if one is not None:
            first = one.declaration.parameters[0]
            assert (first.name, first.kind) == ("users", names[name].parameters[0].kind)
