"""Who may see and do what. Every page asks here; nothing else decides."""

from __future__ import annotations

from bot.storage.live import ALL_ORGANIZATIONS, LiveConversation
from bot.storage.staff import ADMIN, LEAD, Account

LEADS: tuple[str, ...] = (LEAD, ADMIN)
ADMINS: tuple[str, ...] = (ADMIN,)
ROLE_NAMES = {
    "agent": "Mitarbeit",
    "lead": "Leitung",
    "admin": "Verwaltung",
}


def scope(account: Account) -> tuple[str, ...] | None:
    """Return the organizations whose persons somebody may see; ``None``: all."""
    if account.role == ADMIN or ALL_ORGANIZATIONS in account.organizations:
        return None
    return account.organizations


def may_see(account: Account, organization: str | None) -> bool:
    """Return whether somebody may see an organization's persons.

    What belongs to no organization is only for those who may see all.
    """
    allowed = scope(account)
    return allowed is None or (organization is not None and organization in allowed)


def is_lead(account: Account) -> bool:
    """Return whether somebody may give conversations to others and sees failed deliveries."""
    return account.role in LEADS


def may_write(account: Account, live: LiveConversation) -> bool:
    """Return whether somebody may answer: only who has taken the conversation."""
    return live.status == "claimed" and live.claimed_by == account.login


def may_end(account: Account, live: LiveConversation) -> bool:
    """Return whether somebody may close a conversation or hand it back."""
    return live.open and (live.claimed_by == account.login or is_lead(account))
