"""Reads which services can be rolled back, what a build of each must show, and how it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath

from tocsin.domain.pack_file import Located
from tocsin.response.provenance import Required

_KEYS = (
    "history",
    "provenance",
    "artifact",
    "gates",
    "repository",
    "workflow",
    "healthy_for",
    "trust",
    "unsigned",
    "by",
    "health",
)
_WAYS: Mapping[str, tuple[str, ...]] = {
    "compose": ("file", "service", "image"),
    "ecs": ("cluster", "service", "container"),
    "kubernetes": ("namespace", "deployment", "container", "image"),
    "github": ("repository", "environment"),
}
ANYWHERE_GATES = ("tests",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Who is believed about builds: files of public keys (PEM), or a workflow's identity at an issuer."""

    keys: tuple[str, ...] = ()
    issuer: str = ""
    identity: str = ""
    trust_root: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the deployed build is looked at: a JSON answer with these values; `build` is the one that tells it.

    `within_s` is how long it may take to become healthy.
    """

    url: str
    expect: Mapping[str, str]
    build: str = ""
    within_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployable:
    """One service. `way` is how it is deployed, `place` where; paths are those of the server's machine.

    `artifact` is the path of a build's file, with `{digest}` in it, where builds are files.
    """

    name: str
    history: str
    provenance: str
    artifact: str
    required: Required
    trust: Trust
    way: str
    place: Mapping[str, str]
    health: Health | None


@dataclass(frozen=True, slots=True)
class Deployables:
    """The services of one installation, by name."""

    known: Mapping[str, Deployable] = field(default_factory=dict)

    def named(self, name: str) -> Deployable:
        """Return a service; one that nobody described has no history, which its first call refuses."""
        return self.known.get(name) or Deployable(
            name=name,
            history="",
            provenance="",
            artifact="",
            required=Required(gates=ANYWHERE_GATES, repository=""),
            trust=Trust(),
            way="compose",
            place={key: "" for key in _WAYS["compose"]},
            health=Health(url="", expect={}),
        )


def read_deployables(written: Located) -> Deployables:
    """Read the section `deploy` of `actions.yml`: a mapping of services. Raises `PackProblem`."""
    return Deployables({key.text: _service(key.text, value) for key, value in written.entries()})


def _service(name: str, written: Located) -> Deployable:
    keys = written.mapping(_KEYS, required=("history", "provenance", "gates", "repository", "trust", "by"))
    gates = keys["gates"].strings()
    if not gates:
        raise keys["gates"].problem(
            "no gate is required.", "Name each gate that a build must have passed, such as [unit, sast]."
        )
    way, place = _way(keys["by"])
    return Deployable(
        name=name,
        history=_path(keys["history"]),
        provenance=_path(keys["provenance"]),
        artifact=_artifact(keys.get("artifact")),
        required=Required(
            gates=gates,
            repository=keys["repository"].string(),
            workflow=keys["workflow"].string() if "workflow" in keys else "",
            healthy_for=keys["healthy_for"].duration() if "healthy_for" in keys else timedelta(minutes=10),
            unsigned=keys["unsigned"].boolean() if "unsigned" in keys else False,
        ),
        trust=_trust(keys["trust"]),
        way=way,
        place=place,
        health=_health(keys["health"]) if "health" in keys else None,
    )


def _way(written: Located) -> tuple[str, Mapping[str, str]]:
    ways = written.mapping(tuple(_WAYS))
    if len(ways) != 1:
        raise written.problem("there is not exactly one way to deploy.", f"Use one of: {', '.join(_WAYS)}.")
    ((name, place),) = ways.items()
    parts = place.mapping(_WAYS[name], required=_WAYS[name])
    return name, {key: value.string() for key, value in parts.items()}


def _trust(written: Located) -> Trust:
    keys = written.mapping(("keys", "sigstore"))
    if len(keys) != 1:
        raise written.problem(
            "either keys or sigstore vouches for builds.",
            "Write `keys: [/path/release.pub]`, or `sigstore: {issuer, identity, trust_root}`.",
        )
    if "keys" in keys:
        paths = tuple(_path(each) for each in keys["keys"].sequence())
        if not paths:
            raise keys["keys"].problem("no key is trusted.", "Name at least one file with a public key.")
        return Trust(keys=paths)
    names = ("issuer", "identity", "trust_root")
    found = keys["sigstore"].mapping(names, required=names)
    return Trust(
        issuer=found["issuer"].string(),
        identity=found["identity"].string(),
        trust_root=_path(found["trust_root"]),
    )


def _health(written: Located) -> Health:
    keys = written.mapping(("url", "expect", "build", "within"), required=("url",))
    within = keys["within"].duration() if "within" in keys else timedelta(minutes=1)
    if not timedelta(0) < within <= timedelta(minutes=10):
        raise keys["within"].problem("it may take up to 10 minutes.", "Write a time such as 60s.")
    expect = keys["expect"].entries() if "expect" in keys else ()
    return Health(
        url=keys["url"].string(),
        expect={key.text: value.text for key, value in expect},
        build=keys["build"].string() if "build" in keys else "",
        within_s=int(within.total_seconds()),
    )


def _artifact(written: Located | None) -> str:
    if written is None:
        return ""
    path = _path(written)
    if "{digest}" not in path:
        raise written.problem("it does not say which build it is of.", "Put {digest} into the path.")
    return path


def _path(written: Located) -> str:
    path = written.string()
    if not PurePosixPath(path).is_absolute():
        raise written.problem(
            "the path is not absolute.", "Write it from the root, such as /srv/shop/history.json."
        )
    return path
