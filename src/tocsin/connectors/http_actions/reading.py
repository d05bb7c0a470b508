"""Reads the section `http` of `actions.yml`: every mistake is named with its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tocsin.connectors.declared import DECLARED, DECLARED_TOO, class_of, declaration_of, whole
from tocsin.connectors.filling import demand_places, places_in, value_of
from tocsin.connectors.http_actions.plays import ABSENT, Request, Written
from tocsin.domain.acting import Performer
from tocsin.domain.action import ActionClass, Declaration, ParameterKind, Repeat
from tocsin.domain.pack_file import Located

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
READING = ("GET", "HEAD")
_KEYS = (*DECLARED, *DECLARED_TOO, "target", "request", "look", "done")
_REQUEST = ("method", "path", "query", "body", "success")
_TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PATH = re.compile(r"/[A-Za-z0-9_.~/:@!$&()*+,;=%{}-]*")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")


def performers_in(section: Located) -> tuple[Performer, ...]:
    """Return the performers that the section `http` describes. Raises `PackProblem`."""
    found: dict[str, Performer] = {}
    for one in section.sequence():
        performer = _performer(one)
        name = performer.declaration.name
        if name in found:
            raise one.problem(f"`{name}` is described twice.", "Keep one of the two.")
        found[name] = performer
    return tuple(found.values())


def _performer(place: Located) -> Performer:
    keys = place.mapping(_KEYS, ("name", "title", "class", "target", "request"))
    repeat = keys["repeat"].mapping(("by", "rule", "header"), ("by", "rule")) if "repeat" in keys else {}
    undo = (
        keys["undo"].mapping(("does", "keeps", *_REQUEST), ("does", "method", "path"))
        if "undo" in keys
        else None
    )
    declaration = declaration_of(keys, place, repeat, undo)
    written = _written(keys, place, declaration, repeat, undo)
    if class_of(keys, place) is ActionClass.READ:
        return Performer(
            declaration=declaration,
            objects=written.objects,
            perform=written.read,
            seen=written.seen,
            verify=written.verify,
        )
    return Performer(
        declaration=declaration,
        objects=written.objects,
        before=written.before,
        perform=written.perform,
        seen=written.seen,
        verify=written.verify,
        undo=written.undo if undo is not None else None,
    )


def _written(
    keys: Mapping[str, Located],
    place: Located,
    declaration: Declaration,
    repeat: Mapping[str, Located],
    undo: Mapping[str, Located] | None,
) -> Written:
    is_read = declaration.action_class is ActionClass.READ
    arguments = frozenset(one.name for one in declaration.parameters)
    keeps = declaration.undo.keeps if declaration.undo else ()
    _demand_look(keys, place, declaration, is_read=is_read)
    target = keys["target"].string()
    if _TARGET.fullmatch(target) is None:
        raise keys["target"].problem(
            f"`{target}` is no name of a target.", "Use a name of TOCSIN_HTTP_TARGETS."
        )
    request = _request(keys["request"], declaration, (arguments | {"key"}).__contains__)
    if is_read is not (request.method in READING):
        raise keys["request"].problem(
            f"an action of class {declaration.action_class.value} cannot be a {request.method}.",
            "What only reads is a GET or HEAD of class `read`; everything else has another class.",
        )
    return Written(
        target=target,
        request=request,
        secret=tuple(one.name for one in declaration.parameters if one.secret),
        repeat=None if is_read else declaration.repeat,
        key_header=_key_header(repeat, declaration, place, is_read=is_read),
        look=_look(keys, declaration, arguments),
        done=_done(keys, arguments),
        keeps=keeps,
        undo_request=_undo_request(undo, declaration, arguments, keeps),
        counted=declaration.blast.counted,
    )


def _demand_look(
    keys: Mapping[str, Located], place: Located, declared: Declaration, *, is_read: bool
) -> None:
    """Demand what reads the world back, where it is what knows a repeat, or proves a containment."""
    if is_read:
        for name in ("look", "done"):
            if name in keys:
                raise keys[name].problem(f"what only reads has no `{name}`.", f"Remove `{name}`.")
        return
    needs = declared.action_class.is_containment or declared.repeat is not Repeat.PARTNER_KEY
    for name, other in (("look", "done"), ("done", "look")):
        if name not in keys and (needs or other in keys):
            raise place.problem(
                f"the action does not say `{name}`.",
                "`look` reads the state, `done` is what it answers once the action took effect.",
            )


def _key_header(
    repeat: Mapping[str, Located], declared: Declaration, place: Located, *, is_read: bool
) -> str:
    if "header" in repeat:
        name = repeat["header"].string()
        if _HEADER.fullmatch(name) is None:
            raise repeat["header"].problem(f"`{name}` is no header.", "Write such as `Idempotency-Key`.")
        return name
    if declared.repeat is Repeat.PARTNER_KEY and not is_read:
        raise place.problem(
            "a repeat is known by the partner's key, and no header carries it.", "Add `header:` to `repeat`."
        )
    return ""


def _request(written: Located, declared: Declaration, is_filled: Callable[[str], bool]) -> Request:
    keys = written.mapping(_REQUEST, ("method", "path"))
    return _request_of(keys, declared, is_filled)


def _request_of(
    keys: Mapping[str, Located], declared: Declaration, is_filled: Callable[[str], bool]
) -> Request:
    path = keys["path"]
    if _PATH.fullmatch(path.string()) is None or "//" in path.text or "/.." in path.text:
        raise path.problem(
            f"`{path.text}` is no path below the target.", "Begin with one `/`; queries go into `query:`."
        )
    texts = {
        one.name for one in declared.parameters if one.kind in (ParameterKind.TEXT, ParameterKind.NUMBER)
    }
    required = {one.name for one in declared.parameters if one.required and not one.secret}
    demand_places(path, (texts & required).__contains__)
    for name in ("query", "body"):
        if name in keys:
            demand_places(keys[name], is_filled)
    query = value_of(keys["query"]) if "query" in keys and keys["query"].entries() else {}
    return Request(
        method=keys["method"].choice(METHODS),
        path=path.text,
        query=query,
        body=value_of(keys["body"]) if "body" in keys else None,
        success=tuple(whole(one, 200, 299) for one in keys["success"].sequence())
        if "success" in keys
        else (),
    )


def _look(keys: Mapping[str, Located], declared: Declaration, arguments: frozenset[str]) -> Request | None:
    if "look" not in keys:
        return None
    found = _request(keys["look"], declared, arguments.__contains__)
    if found.method not in READING:
        raise keys["look"].problem("a look only reads.", "Use the method GET.")
    return found


def _done(keys: Mapping[str, Located], arguments: frozenset[str]) -> object:
    if "done" not in keys:
        return None
    done = keys["done"]
    if done.kind == "str" and done.text == ABSENT:
        return ABSENT
    if not done.entries():
        raise done.problem("nothing is to be found.", "Write `path: value`, or `absent`.")
    demand_places(done, arguments.__contains__)
    return {key.text: value_of(value) for key, value in done.entries()}


def _undo_request(
    undo: Mapping[str, Located] | None,
    declared: Declaration,
    arguments: frozenset[str],
    keeps: tuple[str, ...],
) -> Request | None:
    if undo is None:
        return None
    known = arguments | {"key"} | {f"kept.{path}" for path in keeps}
    used = {name for part in ("query", "body") if part in undo for name, _ in places_in(undo[part])}
    for path in keeps:
        if f"kept.{path}" not in used:
            raise undo["keeps"].problem(
                f"`{path}` is kept, and the undo does not put it back.", f"Use `{{kept.{path}}}` in its body."
            )
    return _request_of(undo, declared, known.__contains__)
