"""Decides to which build a service may be rolled back: the newest that was healthy and is proven."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tocsin.domain.errors import Explained
from tocsin.response.deployments import Deployment, History
from tocsin.response.provenance import Required

LAST_KNOWN_GOOD = "last-known-good"


class NoProvenBuild(Explained):
    """No build may be rolled back to."""

    code = "no_proven_build"

    def __init__(self, refused: tuple[Refusal, ...]) -> None:
        looked_at = "; ".join(each.sentence for each in refused[:5]) or "no build was ever deployed"
        super().__init__(
            f"No build may be rolled back to: {looked_at}.",
            means="Nothing was deployed; the service runs as before.",
            next_step="Mend forward, or have a build signed and its gates shown, as docs/rollback.md says.",
        )
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one build is no target."""

    commit: str
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Return the commit, short, and the reasons."""
        return f"{self.commit[:12]}: {', '.join(self.reasons)}"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Builds worth proving, the newest first, and those that are refused without a look at their proofs."""

    fit: tuple[Deployment, ...]
    refused: tuple[Refusal, ...]


def candidates(
    history: History, target: str, required: Required, *, current: str = "", named: Collection[str] = ()
) -> Candidates:
    """Return which builds come into question for a `target`: `last-known-good`, or a commit.

    `current` is the commit or digest that runs, where more than the history is known; `named` are commits and
    digests that an open incident names. Of a commit that was deployed several times the newest time counts.
    """
    newest = {each.commit: each for each in history.deployments}
    wanted = [each for each in newest.values() if target in (LAST_KNOWN_GOOD, each.commit)]
    fit, refused = [], []
    running = {history.current, current} - {""}
    for each in sorted(wanted, key=lambda one: one.at, reverse=True):
        reasons = _unfit(each, required, running, named)
        if reasons:
            refused.append(Refusal(each.commit, reasons))
        else:
            fit.append(each)
    if not wanted and target != LAST_KNOWN_GOOD:
        refused.append(Refusal(target, ("it was never deployed",)))
    return Candidates(tuple(fit), tuple(refused))


def _unfit(
    build: Deployment, required: Required, running: Collection[str], named: Collection[str]
) -> tuple[str, ...]:
    reasons = []
    if build.commit in running or (build.digest and build.digest in running):
        reasons.append("it is what runs now")
    if build.status != "healthy":
        reasons.append(f"it was {build.status or 'never healthy'}")
    elif build.healthy_for < required.healthy_for:
        minutes = int(build.healthy_for.total_seconds() // 60)
        reasons.append(f"it was healthy for {minutes} min only")
    if not build.digest:
        reasons.append("the history does not tell its digest")
    if build.commit in named or build.digest in named:
        reasons.append("an open incident names it")
    return tuple(reasons)
