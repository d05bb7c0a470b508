"""The API server is called as a service account, with the cluster's own CA."""

from __future__ import annotations

import pytest

from tocsin.connectors.deploy.kubernetes import make
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured

SET = {
    "TOCSIN_KUBERNETES_URL": "https://k8s.example",
    "TOCSIN_KUBERNETES_TOKEN": "t0p",
    "TOCSIN_KUBERNETES_CA": "",
}


def test_it_calls_with_the_token_and_never_shows_it():
    caller = make(SET, SystemClock())
    assert caller.credentials() == {"Authorization": "Bearer t0p"}
    assert "t0p" not in repr(caller)
    assert caller.outbound.tls is None


@pytest.mark.parametrize("name", ["TOCSIN_KUBERNETES_URL", "TOCSIN_KUBERNETES_TOKEN"])
def test_without_address_or_token_nothing_is_called(name):
    with pytest.raises(Misconfigured, match="is not set"):
        make({**SET, name: ""}, SystemClock())


def test_a_ca_that_is_none_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("none")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(Misconfigured, match="holds no certificate"):
            make({**SET, "TOCSIN_KUBERNETES_CA": str(path)}, SystemClock())
