"""What the WAF blocks is kept, search strings and all."""

from __future__ import annotations

import json

from aws_rigs import KEY, Recording, set_up
from tocsin.connectors.aws_actions.waf_state import COLLECTORS
from tocsin.domain.playing import drive, rehearse

(STATE,) = COLLECTORS


def test_every_set_and_web_acl_is_kept() -> None:
    with set_up("addresses blocked"):
        kept = drive(STATE.gather({}), Recording().of)
        found = {each.of: json.load(each.content) for each in kept}
    assert set(found) == {"tocsin-blocked-ipv4", "tocsin-blocked-ipv6"}
    assert "203.0.113.0/28" in found["tocsin-blocked-ipv4"]["Addresses"]
    with set_up("a path limited") as rig:
        drive(rig.performer.perform(rig.arguments, {"was_there": False}, KEY), Recording().of)
        (acl,) = drive(STATE.gather({"scope": "REGIONAL"}), Recording().of)
    assert "/auth" in acl.content.read().decode()


def test_keeping_only_reads() -> None:
    assert not any(call.changes for call in rehearse(STATE.gather({"scope": "CLOUDFRONT"})).calls)
