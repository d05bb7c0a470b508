"""Lets people subscribe their browsers to web push, and end that; without the channel there is nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.app.wiring import App
from tocsin.connectors.push.channel import PushChannel
from tocsin.connectors.push.subscriptions import Subscription, drop, keep, subscriptions_of
from tocsin.domain.errors import Misconfigured

PUSH = "push"


@dataclass(frozen=True, slots=True)
class Pushing:
    """The browsers of people. `public_key` is what a browser asks for before it subscribes."""

    app: App
    public_key: str

    def browsers(self, username: str) -> tuple[Subscription, ...]:
        """Return a person's browsers."""
        with self.app.store.reading() as shelves:
            return subscriptions_of(shelves, username)

    def subscribe(self, subscription: Subscription) -> None:
        """Remember a browser; written into the log. Raises `Misconfigured`."""
        with self.app.store.transaction() as shelves:
            is_kept = keep(shelves, subscription, self.app.clock.now())
        if not is_kept:
            raise Misconfigured(
                "This browser's subscription cannot be used.",
                means="No page will be shown in it; the other ways to call you are not affected.",
                next_step="Remove one of ten browsers, or try another browser.",
            )
        self._note("browser subscribed", subscription.username)

    def unsubscribe(self, username: str, name: str) -> None:
        """Forget one of a person's browsers; one of another person's is left alone."""
        own = {each.name for each in self.browsers(username)}
        with self.app.store.transaction() as shelves:
            drop(shelves, tuple(own & {name}))
        self._note("browser unsubscribed", username)

    def _note(self, what: str, username: str) -> None:
        self.app.access.done(what, actor=username, subject=username)


def pushing_of(app: App) -> Pushing | None:
    """Return the browsers' desk, None where web push is not set up."""
    channel = app.channels.get(PUSH)
    return Pushing(app, channel.vapid.public_key) if isinstance(channel, PushChannel) else None
