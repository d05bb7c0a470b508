"""What runbooks do in Slack: post, make an incident's channel, invite people to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.connectors.acts import telling, text, texts
from tocsin.connectors.each import named_in
from tocsin.connectors.once import LeftOnce
from tocsin.connectors.rest import call_failed, kind_for
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.web_api import SlackRefused, WebApi
from tocsin.domain.acting import Arguments, Call, Caller, CallFailed, Kept, Outcome, Performer, Play, Seen
from tocsin.domain.action import BlastRadius, Parameter, ParameterKind, Right, Undo
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

EVENT_TYPE = "tocsin_action"
"""The type of the metadata in which what was posted carries our key."""
LOOKED_THROUGH = 100
CHANNELS_A_PAGE = 200
MOST_PAGES = 25
LONGEST_TEXT = 4_000
_WRONG_ARGUMENT = frozenset(
    {"channel_not_found", "user_not_found", "not_in_channel", "is_archived", "cant_invite"}
)
_ALREADY = frozenset({"already_in_channel", "already_archived", "name_taken"})


@dataclass(frozen=True, slots=True)
class SlackCaller:
    """Calls one method of Slack's Web API a call."""

    api: WebApi

    def call(self, call: Call) -> Any:
        """Call a method, one that reads without JSON as Slack wants it. Raises `CallFailed`."""
        try:
            if call.changes:
                return self.api.call(call.operation, call.parameters)
            return self.api.read(
                call.operation, **{name: str(value) for name, value in call.parameters.items()}
            )
        except SlackRefused as refused:
            is_word = refused.code in _ALREADY or refused.code in _WRONG_ARGUMENT
            kind = FailureKind.REFUSED if is_word else refused.kind
            raise CallFailed(kind, refused.reason, code=refused.code) from None
        except DeliveryFailed as failed:
            raise _failed(failed, changes=call.changes) from None


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of Slack. Raises `Misconfigured` without a bot token."""
    if not values["TOCSIN_SLACK_TOKEN"]:
        raise Misconfigured(
            "Slack is not set up: TOCSIN_SLACK_TOKEN is empty.",
            means="The action was not begun; incoming webhooks can only post.",
            next_step="Set a bot token; docs/actions-services.md tells the rights it needs.",
        )
    return SlackCaller(WebApi(Secret(values["TOCSIN_SLACK_TOKEN"]), values["TOCSIN_SLACK_URL"]))


def _failed(failed: DeliveryFailed, *, changes: bool) -> CallFailed:
    if failed.status is None or failed.status == 200:
        return call_failed(failed, changes=changes)
    return CallFailed(kind_for(failed.status, changes=changes), failed.reason, status=failed.status)


def _read(method: str, sample: Any, **query: Any) -> Call:
    return Call(service="slack", operation=method, parameters=query, sample=sample)


def _write(method: str, sample: Any, **body: Any) -> Call:
    return Call(service="slack", operation=method, parameters=body, changes=True, sample=sample)


def escaped(words: str) -> str:
    """Return text in which nothing mentions or links."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")[:LONGEST_TEXT]


def _found_post(arguments: Arguments, key: str) -> Play[Any]:
    """Return the latest post that carries our key, or, without a key, that has the same text."""
    told = yield _read(
        "conversations.history",
        {"messages": []},
        channel=arguments["channel"],
        limit=LOOKED_THROUGH,
        include_all_metadata="true",
    )
    for one in told.get("messages") or ():
        payload = (one.get("metadata") or {}).get("event_payload") or {}
        if payload.get("key") == key if key else one.get("text") == escaped(str(arguments["text"])):
            return {"channel": arguments["channel"], "ts": one.get("ts")}
    return None


def _post(arguments: Arguments, key: str) -> Call:
    return _write(
        "chat.postMessage",
        {"channel": arguments["channel"], "ts": "1700000000.000001"},
        channel=arguments["channel"],
        text=escaped(str(arguments["text"])),
        unfurl_links=False,
        metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
    )


def _is_posted(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _found_post(arguments, "")) is not None


_POSTING = LeftOnce(
    found=_found_post,
    left=_post,
    told=lambda answer: Outcome(
        text="posted", output={"channel": answer.get("channel"), "ts": answer.get("ts")}
    ),
)


def _channel_named(name: str, *, gone: bool = False, sample: tuple[Mapping[str, str], ...] = ()) -> Play[Any]:
    """Return the channel of a name, None if there is none; the list is gone through page by page.

    `sample` is what a rehearsal is answered.
    """
    cursor = ""
    for _ in range(MOST_PAGES):
        query = {"limit": CHANNELS_A_PAGE, "types": "public_channel,private_channel"}
        query |= {"exclude_archived": str(not gone).lower()}
        told = yield _read(
            "conversations.list",
            {"channels": list(sample)},
            **query,
            **({"cursor": cursor} if cursor else {}),
        )
        for one in told.get("channels") or ():
            if one.get("name") == name:
                return one
        cursor = (told.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return None


def _was_there(arguments: Arguments) -> Play[Kept]:
    found = yield from _channel_named(str(arguments["name"]))
    return {"channel": found["id"] if found else ""}


def _create(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Make the channel; that the name is taken says that it is there."""
    name = str(arguments["name"])
    private = arguments.get("private") is True
    try:
        made = yield _write(
            "conversations.create", {"channel": {"id": "C0", "name": name}}, name=name, is_private=private
        )
        number = made["channel"]["id"]
    except CallFailed as failed:
        if failed.code != "name_taken":
            raise
        found = yield from _channel_named(name, gone=True)
        if found is None or found.get("is_archived"):
            raise CallFailed(
                FailureKind.REFUSED, "the name belongs to an archived or hidden channel"
            ) from None
        number = found["id"]
    return Outcome(text=f"channel {number}", output={"channel": number, "name": name})


def _is_made(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _channel_named(str(arguments["name"]))) is not None


def _seen_made(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    is_done = yield from _is_made(arguments, kept)
    return Seen.DONE if is_done else Seen.NOT_DONE


def _archive(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Archive the channel, unless it was there before us."""
    name = str(arguments["name"])
    found = yield from _channel_named(name, sample=({"id": "C0", "name": name},))
    if found is None or kept.get("channel"):
        return Outcome(text="nothing to archive")
    try:
        yield _write("conversations.archive", {}, channel=found["id"])
    except CallFailed as failed:
        if failed.code not in _ALREADY:
            raise
    return Outcome(text=f"channel {found['id']} archived")


def _invite(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Invite one after the other: Slack refuses all of them for one who is there already."""
    users = named_in(arguments, "users")
    for user in users:
        try:
            yield _write("conversations.invite", {}, channel=arguments["channel"], users=user)
        except CallFailed as failed:
            if failed.code not in _ALREADY:
                raise
    return Outcome(text=f"{len(users)} invited", output={"count": len(users)})


def _are_members(arguments: Arguments, kept: Kept) -> Play[bool]:
    told = yield _read("conversations.members", {"members": []}, channel=arguments["channel"], limit=1000)
    return set(named_in(arguments, "users")) <= set(told.get("members") or ())


def _seen_invited(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    is_done = yield from _are_members(arguments, kept)
    return Seen.DONE if is_done else Seen.NOT_DONE


POST = Performer(
    declaration=telling(
        "slack.post",
        "Post to a channel",
        text("channel", "Id of a channel (C...)."),
        text("text", "What to say; nothing in it mentions or links."),
        rule="Our key travels in the message's metadata; the latest 100 are looked through first.",
        no_undo="People may have read it.",
        rights=(
            Right(name="chat:write", why="to post"),
            Right(name="channels:history, groups:history", why="to see whether it was posted already"),
        ),
    ),
    perform=_POSTING.perform,
    seen=_POSTING.seen,
    verify=_is_posted,
)
CREATE_CHANNEL = Performer(
    declaration=telling(
        "slack.create_channel",
        "Make an incident's channel",
        text("name", "Name of the channel, such as inc-2026-001."),
        Parameter(
            name="private", kind=ParameterKind.FLAG, summary="`true` for a private one.", required=False
        ),
        rule="That the name is taken says that the channel is there.",
        undo=Undo(does="Archives the channel, unless it was there before."),
        blast=BlastRadius(unit="channels", per_run=1, per_hour=20),
        rights=(
            Right(name="channels:manage, groups:write", why="to make and archive the channel"),
            Right(name="channels:read, groups:read", why="to find it by its name"),
        ),
    ),
    before=_was_there,
    perform=_create,
    seen=_seen_made,
    verify=_is_made,
    undo=_archive,
)
INVITE = Performer(
    declaration=telling(
        "slack.invite",
        "Invite people to a channel",
        text("channel", "Id of a channel (C...)."),
        texts("users", "Ids of people (U...)."),
        rule="Who is there already stays.",
        no_undo="People have been told; they can leave.",
        blast=BlastRadius(unit="people", counted="users", per_run=50, per_hour=200),
        rights=(
            Right(name="channels:write.invites, groups:write.invites", why="to invite"),
            Right(name="channels:read, groups:read", why="to see who is there"),
        ),
    ),
    perform=_invite,
    seen=_seen_invited,
    verify=_are_members,
)
PERFORMERS = (POST, CREATE_CHANNEL, INVITE)
