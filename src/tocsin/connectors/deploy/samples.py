"""The answers a rehearsal of a rollback goes on with: one build that was healthy and one that runs now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.connectors.deploy.deployables import Deployable
from tocsin.response.provenance import SLSA, TEST_RESULT

SAMPLE_COMMIT = "a" * 40
SAMPLE_DIGEST = "b" * 64
_RUNNING = "c" * 40
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def sample_history(healthy_for: timedelta) -> str:
    """Return a history with a build that was healthy for so long, and another that runs now."""
    rows: Sequence[dict[str, Any]] = (
        {
            "commit": SAMPLE_COMMIT,
            "digest": SAMPLE_DIGEST,
            "status": "healthy",
            "timestamp": (_NOON - healthy_for - timedelta(hours=1)).isoformat(),
        },
        {
            "commit": _RUNNING,
            "digest": "d" * 64,
            "status": "failed",
            "timestamp": (_NOON - timedelta(hours=1)).isoformat(),
        },
    )
    return json.dumps({"deployments": rows})


def sample_statements(service: Deployable, commit: str, digest: str) -> list[dict[str, Any]]:
    """Return statements by which a build of this service would be proven."""
    path, _, ref = service.required.workflow.partition("@")
    workflow = {"repository": service.required.repository, "path": path, "ref": ref}
    origin = {
        "buildDefinition": {
            "externalParameters": {"workflow": workflow},
            "resolvedDependencies": [{"digest": {"gitCommit": commit}}],
        }
    }
    passed = {"passedTests": list(service.required.gates)}
    return [
        {"kind": kind, "subjects": [digest], "predicate": predicate, "signer": "sample"}
        for kind, predicate in ((SLSA, origin), (TEST_RESULT, passed))
    ]
