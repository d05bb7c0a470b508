"""The same runbook has the same ids at every export."""

from __future__ import annotations

from tocsin.runbooks.cacao.ids import EXTENSION, MAKER, identity_of, object_id, playbook_of


def test_ids_are_the_same_every_time_and_differ_by_name() -> None:
    assert object_id("action", "a", "b") == "action--8f83e311-0df1-539e-87bc-ad58ce6a25ed"
    found = {object_id("action", "a"), object_id("end", "a"), object_id("action", "b"), EXTENSION, MAKER}
    assert len(found | {identity_of("ciso"), playbook_of("a")}) == 7


def test_ids_bear_their_kind_and_version_5() -> None:
    kind, _, uuid = identity_of("ciso").partition("--")
    assert (kind, uuid[14]) == ("identity", "5")
