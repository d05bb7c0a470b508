"""Playbooks of others for tests of CACAO: small ones, built step by step."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_DNS, uuid5


def step_id(kind: str, name: str) -> str:
    """Return an id that is the same every time."""
    return f"{kind}--{uuid5(NAMESPACE_DNS, name)}"


GROUP = step_id("group", "staff")
START = step_id("start", "start")
END = step_id("end", "end")


def action(name: str, to: str | None, /, **more: Any) -> dict[str, dict[str, Any]]:
    """Return a manual action that leads somewhere."""
    leads = {"on_completion": to} if to else {}
    return {
        step_id("action", name): {
            "type": "action",
            "name": name,
            "timeout": 86_400_000,
            "commands": [{"type": "manual", "command": f"Do {name}"}],
            "agent": GROUP,
            **leads,
            **more,
        }
    }


def end(name: str) -> dict[str, dict[str, Any]]:
    """Return an end of its own."""
    return {step_id("end", name): {"type": "end"}}


def a_playbook(first: str, *parts: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a playbook that starts at a step; the end of all is `END`."""
    workflow: dict[str, Any] = {START: {"type": "start", "on_completion": first}, END: {"type": "end"}}
    for part in parts:
        workflow |= part
    return {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": step_id("playbook", "theirs"),
        "name": "Somebody's playbook",
        "created_by": step_id("identity", "them"),
        "created": "2025-01-01T00:00:00.000Z",
        "modified": "2025-01-01T00:00:00.000Z",
        "workflow_start": START,
        "workflow": workflow,
        "agent_definitions": {GROUP: {"type": "group", "name": "Staff"}},
        **more,
    }


def a_branching_playbook() -> dict[str, Any]:
    """Return one with every kind of step that a tree may have."""
    names = ("if", "while", "parallel", "switch", "call")
    kinds = ("if-condition", "while-condition", "parallel", "switch-condition", "playbook-action")
    ids = {name: step_id(kind, name) for name, kind in zip(names, kinds, strict=True)}
    return a_playbook(
        step_id("action", "look"),
        action("look", ids["if"], description="Look closely", external_references=[{"name": "no link"}]),
        {
            ids["if"]: {
                "type": "if-condition",
                "condition": "__bad__:value = 'yes'",
                "on_true": step_id("action", "lock"),
                "on_false": step_id("end", "if-false"),
                "on_completion": ids["while"],
            }
        },
        action("lock", step_id("parallel", "inner")),
        {
            step_id("parallel", "inner"): {
                "type": "parallel",
                "next_steps": [step_id("action", "tell"), step_id("end", "inner-2")],
                "on_completion": step_id("end", "if-true"),
            }
        },
        action(
            "tell", step_id("end", "inner-1"), external_references=[{"name": "x", "url": "https://x.example"}]
        ),
        end("inner-1"),
        end("inner-2"),
        end("if-true"),
        end("if-false"),
        {
            ids["while"]: {
                "type": "while-condition",
                "condition": "__open__:value = 'yes'",
                "on_true": step_id("action", "watch"),
                "on_completion": ids["switch"],
            }
        },
        action("watch", step_id("end", "while")),
        end("while"),
        {
            ids["switch"]: {
                "type": "switch-condition",
                "switch": "__kind__:value",
                "cases": {"it's a": step_id("action", "look again"), "default": ids["call"]},
                "on_completion": step_id("action", "risky"),
            }
        },
        action("look again", step_id("end", "case-a")),
        end("case-a"),
        {
            ids["call"]: {
                "type": "playbook-action",
                "playbook_id": step_id("playbook", "other"),
                "on_completion": step_id("end", "case-b"),
            }
        },
        end("case-b"),
        action("risky", None, on_success=step_id("action", "finish"), on_failure=step_id("action", "mend")),
        action("finish", END),
        action("mend", step_id("end", "mend")),
        end("mend"),
        playbook_variables={
            name: {"type": "string", "external": True} for name in ("__bad__", "__open__", "__kind__")
        },
    )
