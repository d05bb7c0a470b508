"""The doors that Twilio asks back at: keys pressed in a call, replies to a text, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.bodies import read_body
from tocsin.api.intake import guarded
from tocsin.app.overseeing import answering_of
from tocsin.app.wiring import App
from tocsin.connectors.secret import Secret
from tocsin.connectors.twilio.inbound import Act, form_of, is_signed, pressed, reply_of, status_of
from tocsin.connectors.twilio.voice import MENU, answered, texted
from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.timeline import Happening
from tocsin.flow.answering import Answering
from tocsin.flow.record import note

LARGEST_FORM = 64 * 1024
SIGNATURE = "x-twilio-signature"


class CallbackForged(Explained):
    """A callback that Twilio did not sign with our token (HTTP 403)."""

    code: ClassVar[str] = "callback_forged"
    status: ClassVar[int] = 403


@dataclass(frozen=True, slots=True)
class TelephoneDoors:
    """Reads the raw form, checks its signature, and only then looks at what is asked."""

    app: App
    answering: Answering

    async def voice(self, request: Request) -> Response:
        """`POST /hooks/twilio/voice?page=ID`: a key was pressed, or none."""
        return await self._answered(request, self._pressed)

    async def sms(self, request: Request) -> Response:
        """`POST /hooks/twilio/sms`: somebody replied to a text message."""
        return await self._answered(request, self._replied)

    async def status(self, request: Request) -> Response:
        """`POST /hooks/twilio/status?key=KEY`: what became of a message or a call."""
        return await self._answered(request, self._became)

    async def _answered(
        self, request: Request, act: Callable[[Mapping[str, str], Mapping[str, str]], str]
    ) -> Response:
        body = await read_body(request, LARGEST_FORM)
        query = dict(request.query_params)
        signature = request.headers.get(SIGNATURE, "")
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        form = await run_in_threadpool(self._proved, asked, body, signature)
        words = await run_in_threadpool(act, form, query)
        return Response(words, media_type="text/xml") if words else Response(status_code=204)

    def _proved(self, asked: str, body: bytes, signature: str) -> Mapping[str, str]:
        """Return the form if Twilio signed it. Raises `CallbackForged`, `NotFound`."""
        tokens = tuple(Secret(each) for each in self.app.settings.listed("TOCSIN_TWILIO_TOKEN"))
        if not tokens:
            raise NotFound(
                "Twilio is not set up here.",
                means="Nothing was changed.",
                next_step="Set TOCSIN_TWILIO_ACCOUNT, TOCSIN_TWILIO_TOKEN and TOCSIN_TWILIO_FROM.",
            )
        # Twilio signs the address it was given; what a proxy before us makes of it does not matter.
        url = self.app.settings.text("TOCSIN_PUBLIC_URL").rstrip("/") + asked
        form = form_of(body)
        if form is None or not is_signed(url, body, signature, tokens):
            facts = {"connector": "twilio", "path": asked.partition("?")[0]}
            with self.app.store.transaction() as shelves:
                note(shelves, Happening.FORGED, at=self.app.clock.now(), subject="twilio", facts=facts)
            raise CallbackForged(
                "This callback does not carry Twilio's signature.",
                means="Nothing was changed; the attempt stands in the log.",
                next_step="Check that TOCSIN_PUBLIC_URL is the address Twilio reaches, and the auth token.",
            )
        return form

    def _pressed(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        act = pressed(form)
        try:
            page_id = UUID(query.get("page", ""))
        except ValueError:
            return answered("This page is unknown.")
        if act not in (Act.ACKNOWLEDGE, Act.ESCALATE):
            return answered(f"That key has no meaning. The page stays open. {MENU}")
        once = f"{form.get('CallSid', '')[:64]}/{page_id}/{act}"
        return answered(self.answering.by_key(page_id, act.value, once))

    def _replied(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        reply = reply_of(form)
        if reply.act is Act.NONE:
            return ""
        if reply.act is Act.UNKNOWN:
            return texted("Reply 4 to acknowledge or 5 to escalate, and the incident's number: 4 12.")
        words = self.answering.by_text(reply.sender, reply.act.value, reply.incident, reply.message_id)
        return texted(words)

    def _became(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        status = status_of(form)
        if status is not None and status.is_final:
            words = f"Twilio says {status.word}" + (f", error {status.code}" if status.code else "")
            self.answering.became(query.get("key", ""), words, is_failed=status.is_failed)
        return ""


def telephone_routes(app: App) -> list[Route]:
    """Return the routes of callbacks; they come before those of other pushed bodies."""
    doors = TelephoneDoors(app, answering_of(app))
    return [
        Route("/hooks/twilio/voice", guarded(doors.voice), methods=["POST"]),
        Route("/hooks/twilio/sms", guarded(doors.sms), methods=["POST"]),
        Route("/hooks/twilio/status", guarded(doors.status), methods=["POST"]),
    ]
