"""Refuses what would lock out Tocsin itself: then nothing could be undone."""

from __future__ import annotations

from tocsin.connectors.aws_actions.asking import read, refused
from tocsin.domain.acting import Play


def refuse_ourselves(kind: str, name: str) -> Play[None]:
    """Ask AWS who we are. Raises `CallFailed` where that is this `user` or `role` (`kind`)."""
    answer = yield read(
        "aws.sts", "GetCallerIdentity", {"Arn": "arn:aws:sts::111122223333:assumed-role/tocsin/actions"}
    )
    _, _, who = str(answer["Arn"]).rpartition(":")
    parts = who.split("/")
    ours = parts[1:2] if parts[0] == "assumed-role" and kind == "role" else parts[-1:]
    if parts[0] in (kind, f"assumed-{kind}") and ours == [name]:
        raise refused(f"that {kind} is the one Tocsin itself acts as, and could not undo it then")
