"""Make and check the single-use link of a page, by which its receiver acknowledges without signing in."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from tocsin.domain.errors import Explained
from tocsin.domain.page import Page

LINK_LIFETIME = timedelta(hours=24)


class LinkRefused(Explained):
    """The link cannot be used."""

    code = "link_refused"


class LinkWrong(LinkRefused):
    """The link was not made here for this page, or was changed on the way."""

    code = "link_wrong"


class LinkUsed(LinkRefused):
    """The link did its work already."""

    code = "link_used"


class LinkExpired(LinkRefused):
    """The link is too old."""

    code = "link_expired"


def token(page: Page, key: bytes) -> str:
    """Return the page's token: HMAC-SHA256 over page and expiry, 43 characters that are safe in a URL."""
    signed = f"acknowledge|{page.page_id}|{int(page.link_expires_at.timestamp())}".encode()
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check(page: Page, given: str, key: bytes, now: datetime) -> None:
    """Pass only for the right token of a link that was neither used nor is expired.

    A wrong token learns nothing else about the page. Raises `LinkWrong`, `LinkUsed`, `LinkExpired`.
    """
    if not hmac.compare_digest(token(page, key).encode(), given.encode("utf-8", "replace")):
        raise LinkWrong(
            "This link is not valid.",
            means="Nothing was acknowledged.",
            next_step="Open the link from the message again, whole, or sign in and acknowledge there.",
        )
    if page.link_used_at is not None:
        raise LinkUsed(
            f"This link was used at {page.link_used_at:%Y-%m-%d %H:%M} UTC; it works once.",
            means="The page was acknowledged then.",
            next_step="Sign in to see the incident.",
        )
    if now >= page.link_expires_at:
        raise LinkExpired(
            f"This link expired at {page.link_expires_at:%Y-%m-%d %H:%M} UTC.",
            means="Nothing was acknowledged.",
            next_step="Sign in and acknowledge the incident there.",
        )
