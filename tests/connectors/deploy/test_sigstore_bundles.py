"""A sigstore bundle counts only if the workflow that is trusted signed it, by the trust root's services."""

from __future__ import annotations

import json

import pytest
from shop import build, row
from sigstore_house import IDENTITY, ISSUER, House

from builds import commit, digest_of, provenance, results
from tocsin.connectors.deploy.sigstore_bundles import opened_bundle
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive
from tocsin.response.statements import StatementRefused

DIGEST = digest_of(build(1))


@pytest.fixture(scope="module")
def house():
    return House()


@pytest.fixture
def trust(house, tmp_path):
    path = tmp_path / "trust.json"
    path.write_text(house.trust_root())
    return {"trust_root": str(path), "issuer": ISSUER, "identity": IDENTITY}


def test_what_the_trusted_workflow_signed_is_believed(house, trust):
    found = opened_bundle(house.bundle(results(DIGEST)), trust)
    assert found.subjects == {DIGEST}
    assert found.signer == f"sigstore:{IDENTITY}"


def changed(bundle, change):
    written = json.loads(bundle)
    change(written)
    return json.dumps(written).encode()


def other_payload(written):
    written["dsseEnvelope"]["payload"] = "e30="


def no_promise(written):
    del written["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]


def other_root(written):
    written["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["rootHash"] = "A" * 43 + "="


@pytest.mark.parametrize(
    "made",
    [
        lambda house: house.bundle(results(DIGEST), identity=IDENTITY.replace("release", "evil")),
        lambda house: house.bundle(results(DIGEST), issuer="https://else.example"),
        lambda house: house.bundle(results(DIGEST), kind="text/plain"),
        lambda house: House().bundle(results(DIGEST)),
        lambda house: changed(house.bundle(results(DIGEST)), other_payload),
        lambda house: changed(house.bundle(results(DIGEST)), no_promise),
        lambda house: changed(house.bundle(results(DIGEST)), other_root),
        lambda house: b"{}",
        lambda house: b"\xff",
    ],
    ids=["identity", "issuer", "kind", "stranger", "payload", "promise", "root", "empty", "bytes"],
)
def test_everything_else_is_refused(house, trust, made):
    with pytest.raises(StatementRefused):
        opened_bundle(made(house), trust)


def test_a_service_that_trusts_a_workflow_goes_back_to_its_build(shop, house, trust):
    stated = [provenance(DIGEST, commit(1)), results(DIGEST)]
    shop.store(1, build(1), [house.bundle(each) for each in stated])
    shop.wrote(row(1, 10, DIGEST), row(2, 12, digest_of(build(2, "broken")), "failed"))
    shop.trust = (
        f"{{sigstore: {{issuer: '{ISSUER}', identity: '{IDENTITY}', trust_root: {trust['trust_root']}}}}}"
    )
    last = {"service": "shop", "to": "last-known-good"}
    before = drive(shop.performer.before(last), shop.caller_of)
    assert before["to"]["commit"] == commit(1)
    forged = House()
    shop.store(1, build(1), [forged.bundle(each) for each in stated])
    with pytest.raises(CallFailed, match="no signed provenance"):
        drive(shop.performer.perform(last, before, "act-1"), shop.caller_of)
