"""Anchors are made of what is set, and of nothing else."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.connectors.anchors.manifest import MANIFEST
from tocsin.connectors.anchors.setup import build
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured

NONE = {setting.name: "" for setting in MANIFEST.settings} | {"TOCSIN_ANCHOR_RETAIN_DAYS": "400"}


def test_nothing_is_made_where_nothing_is_set():
    assert build(NONE, PushedClock(NOON)) == ()


def test_a_bucket_is_an_anchor():
    (bucket,) = build(
        {**NONE, "TOCSIN_ANCHOR_BUCKET": "b", "TOCSIN_AWS_REGION": "eu-central-1"}, PushedClock(NOON)
    )
    assert bucket.name == "locked-bucket"


def test_an_authority_needs_its_certificate(tmp_path):
    for path in ("", str(tmp_path / "none.pem")):
        with pytest.raises(Misconfigured, match="cannot be read"):
            build({**NONE, "TOCSIN_TSA_URL": "http://t", "TOCSIN_TSA_CERTIFICATES": path}, PushedClock(NOON))
    (tmp_path / "bad.pem").write_text("none")
    with pytest.raises(Misconfigured, match="no certificates"):
        build(
            {**NONE, "TOCSIN_TSA_URL": "http://t", "TOCSIN_TSA_CERTIFICATES": str(tmp_path / "bad.pem")},
            PushedClock(NOON),
        )
