"""A time stamp counts only if it is over our head and by the authority whose certificate is pinned."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import skips
from tocsin.connectors.anchors.time_stamp import make
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

sys.path.insert(0, str(Path(__file__).parent))

from authority import Authority, served

NOTE = "tocsin.example/audit\n7\nroot\n\n— line\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    if shutil.which("openssl") is None:
        skips.because("openssl is not installed")
    with served(Authority(tmp_path_factory.mktemp("tsa"))) as running:
        yield running


@pytest.fixture(autouse=True)
def honest(authority):
    authority.reply, authority.status = b"", 200


def test_a_head_is_stamped_and_openssl_accepts_the_proof(authority):
    anchored = make(authority.url, authority.root).keep("tocsin.example/audit", 7, NOTE)
    assert authority.verified(NOTE.encode(), anchored.proof)
    assert not authority.verified(NOTE.encode() + b"x", anchored.proof)
    assert abs(anchored.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert anchored.reference.startswith("serial ")


def test_the_probe_has_something_stamped(authority):
    assert "verifies" in make(authority.url, authority.root).probe()


def test_a_stamp_over_something_else_is_refused(authority):
    stamp = make(authority.url, authority.root)
    authority.reply = stamp.keep("other", 1, "other\n").proof
    with pytest.raises(DeliveryFailed, match="does not verify"):
        stamp.keep("tocsin.example/audit", 7, NOTE)


def test_a_stamp_by_another_authority_is_refused(authority, tmp_path):
    other = Authority(tmp_path)
    with pytest.raises(DeliveryFailed, match="does not verify") as failed:
        make(authority.url, other.root).keep("tocsin.example/audit", 7, NOTE)
    assert failed.value.kind is FailureKind.UNKNOWN


@pytest.mark.parametrize(
    ("status", "reply", "words"), [(200, b"no", "does not verify"), (500, b"busy", "500")]
)
def test_what_is_no_stamp_is_said(authority, status, reply, words):
    authority.status, authority.reply = status, reply
    with pytest.raises(DeliveryFailed, match=words):
        make(authority.url, authority.root).keep("tocsin.example/audit", 7, NOTE)


def test_a_file_without_certificates_is_a_wrong_setting():
    with pytest.raises(Misconfigured, match="no certificates"):
        make("http://tsa.example", b"none")
