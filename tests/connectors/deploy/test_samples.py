"""A rehearsal finds a build that is fit and proven, whatever the service requires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from test_deployables import SHORT, WHOLE

from tocsin.connectors.deploy.deployables import read_deployables
from tocsin.connectors.deploy.samples import SAMPLE_COMMIT, SAMPLE_DIGEST, sample_history, sample_statements
from tocsin.domain.pack_file import parse
from tocsin.response.deployments import parse_history
from tocsin.response.provenance import proof_of
from tocsin.response.rollback import LAST_KNOWN_GOOD, candidates
from tocsin.response.statements import Statement


def test_the_samples_are_fit_and_proven():
    for text in (WHOLE, SHORT):
        service = read_deployables(parse(text, "actions.yml")).named("shop")
        history = parse_history(
            sample_history(service.required.healthy_for), datetime(2026, 1, 1, 12, tzinfo=UTC)
        )
        (fit,) = candidates(history, LAST_KNOWN_GOOD, service.required).fit
        assert (fit.commit, fit.digest) == (SAMPLE_COMMIT, SAMPLE_DIGEST)
        assert fit.healthy_for >= timedelta(minutes=10)
        statements = [
            Statement(
                kind=each["kind"],
                subjects=frozenset(each["subjects"]),
                predicate=each["predicate"],
                signer=each["signer"],
            )
            for each in sample_statements(service, fit.commit, fit.digest)
        ]
        assert proof_of(fit.commit, fit.digest, statements, service.required).faults == ()
