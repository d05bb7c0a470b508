"""People who can sign in, their roles, and the one-time links that let them in the first time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db.models import QuerySet

from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.person import Permission, Role, allows, is_username
from tocsin.store.django_store import DjangoStore
from tocsin.store.models import Account, SignInLink
from tocsin.store.tokens import token_digest

_LINK_BYTES = 32


class AccountRefused(Explained):
    """An account cannot be made as asked."""

    code = "account_refused"


class Accounts:
    """The accounts of one store. A role of `ingest` is for tokens only and is refused."""

    def __init__(self, store: DjangoStore, alias: str = "default") -> None:
        self._store = store
        self._alias = alias

    def create(
        self,
        username: str,
        display_name: str,
        role: Role,
        *,
        email: str = "",
        is_drill: bool = False,
    ) -> Account:
        """Make an account; only a sign-in link opens it. Raises `AccountRefused`."""
        _check(username, role)
        account = Account(
            username=username, display_name=display_name, role=role.value, email=email, is_drill=is_drill
        )
        account.set_unusable_password()
        with self._store.transaction() as shelves:
            shelves.lock(f"account:{username}")
            if self._accounts.filter(username=username).exists():
                raise _refused(f"There is an account {username!r} already.", "Choose another username.")
            account.save(force_insert=True, using=self._alias)
        return account

    def by_username(self, username: str) -> Account | None:
        """Return the account, None when there is none."""
        with self._store.reading():
            return self._accounts.filter(username=username).first()

    def may_command(self, username: str) -> bool:
        """Say whether an incident can be given to this person: an active account that may respond."""
        return self._may(username, Permission.RESPOND)

    def may_confirm(self, username: str) -> bool:
        """Say whether this person may be the second one of a silence: an active account that may command."""
        return self._may(username, Permission.COMMAND)

    def role_of(self, username: str) -> Role | None:
        """Return the role of an active account, None when there is none; also inside a transaction."""
        account = self._accounts.filter(username=username, is_active=True).first()
        return Role(account.role) if account is not None else None

    def _may(self, username: str, permission: Permission) -> bool:
        account = self.by_username(username)
        return account is not None and account.is_active and allows(Role(account.role), permission)

    def with_role(self, role: Role) -> tuple[Account, ...]:
        """Return the active accounts with a role, by username."""
        with self._store.reading():
            return tuple(self._accounts.filter(role=role.value, is_active=True).order_by("username"))

    def everybody(self) -> tuple[Account, ...]:
        """Return every account, by username."""
        with self._store.reading():
            return tuple(self._accounts.order_by("username"))

    def set_role(self, username: str, role: Role) -> None:
        """Give an account another role, from its next request on. Raises `NotFound`, `AccountRefused`."""
        _check(username, role)
        with self._store.transaction():
            if self._accounts.filter(username=username).update(role=role.value) != 1:
                raise _unknown(username)

    def sign_in_link(self, username: str, now: datetime, valid_for: timedelta) -> str:
        """Return the token of a new one-time link; it is shown now and never again.

        The person's older links that were not used end with it. Raises `NotFound`.
        """
        token = secrets.token_urlsafe(_LINK_BYTES)
        with self._store.transaction():
            account = self._accounts.filter(username=username, is_active=True).first()
            if account is None:
                raise _unknown(username)
            links = SignInLink.objects.using(self._alias)
            links.filter(account=account, used_at=None).update(used_at=now)
            link = SignInLink(digest=token_digest(token), account=account, expires_at=now + valid_for)
            link.save(force_insert=True, using=self._alias)
        return token

    def redeem(self, token: str, now: datetime) -> Account | None:
        """Use up a link and return its account; None if it is unknown, used or expired."""
        digest = token_digest(token)
        links = SignInLink.objects.using(self._alias).filter(digest=digest, used_at=None, expires_at__gt=now)
        with self._store.transaction():
            if links.update(used_at=now) != 1:
                return None
            return self._accounts.filter(signinlink__digest=digest, is_active=True).first()

    def remove(self, username: str) -> None:
        """Remove an account with its links; what the person did stays recorded. Raises `NotFound`."""
        with self._store.transaction():
            found = self._accounts.filter(username=username)
            if not found.exists():
                raise _unknown(username)
            found.delete()

    def remove_drill(self) -> int:
        """Remove the cast of drills with their links; return how many accounts went."""
        with self._store.transaction():
            cast = self._accounts.filter(is_drill=True)
            removed = cast.count()
            cast.delete()
        return removed

    @property
    def _accounts(self) -> QuerySet[Account]:
        return Account.objects.using(self._alias)


def _check(username: str, role: Role) -> None:
    if not is_username(username):
        raise _refused(
            f"{username[:80]!r} cannot be a username.",
            "Use up to 64 lower-case letters, digits and . _ - @, with a letter or digit first.",
        )
    if role is Role.INGEST:
        raise _refused(
            "A person cannot have the role ingest.", "Make a token for machines that send signals."
        )


def _refused(happened: str, next_step: str) -> AccountRefused:
    return AccountRefused(happened, means="No account was made or changed.", next_step=next_step)


def _unknown(username: str) -> NotFound:
    return NotFound(
        f"There is no active account {username[:80]!r}.",
        means="Nothing was changed.",
        next_step="Check the name, or create the account first.",
    )
