"""All settings, read once. Nothing else in the project reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Mail:
    """The mail server that callbacks are sent through; without a host no mail is sent.

    ``security`` is ``starttls``, ``tls`` or ``none`` (only for a server on the same machine).
    ``recipient`` gets every callback whose organization has no address of its own.
    """

    host: str | None = None
    port: int = 587
    security: str = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str = "lotse@localhost"
    recipient: str | None = None


@dataclass(frozen=True)
class Helpdesk:
    """An existing helpdesk that takes handovers: ``zammad``, ``chatwoot`` or ``none``.

    ``group`` is Zammad's group; ``account`` and ``inbox`` are Chatwoot's numbers. ``secret`` signs
    what the helpdesk sends back.
    """

    kind: str = "none"
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    group: str = "Users"
    account: str | None = None
    inbox: str | None = None


@dataclass(frozen=True)
class Translation:
    """A LibreTranslate-compatible service for staff; off without an address."""

    url: str | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """Where things are and how the servers behave; paths are absolute."""

    root: Path
    data: Path
    var: Path
    encoder: str
    samples: bool
    host: str
    port: int
    actions_port: int
    session_hours: float
    messages_per_minute: int
    sessions_per_minute: int
    trusted_proxies: int
    log_level: str
    inbox_host: str = "127.0.0.1"
    inbox_port: int = 5080
    inbox_secure: bool = False
    inbox_key: str | None = field(default=None, repr=False)
    mail: Mail = Mail()
    helpdesk: Helpdesk = Helpdesk()
    translation: Translation = Translation()

    @property
    def offers(self) -> Path:
        """Folder of the catalogue's source form."""
        return self.data / "offers"

    @property
    def nlu(self) -> Path:
        """Folder of the example questions and other training examples."""
        return self.data / "nlu"

    @property
    def catalogue(self) -> Path:
        """The catalogue database, built from the source form."""
        return self.var / "catalogue.sqlite"

    @property
    def conversations(self) -> Path:
        """The tracker store: events of running conversations."""
        return self.var / "conversations.sqlite"

    @property
    def handovers(self) -> Path:
        """Callbacks and what else waits for a person; never rebuilt, only migrated."""
        return self.var / "handovers.sqlite"

    @property
    def live(self) -> Path:
        """Conversations between a person and the staff, while they last."""
        return self.var / "live.sqlite"

    @property
    def staff(self) -> Path:
        """Accounts and web sessions of the staff."""
        return self.var / "staff.sqlite"

    @property
    def classifiers(self) -> Path:
        """Folder of the trained classifiers and the question index."""
        return self.var / "classifiers"

    @property
    def thresholds(self) -> Path:
        """The one file with the thresholds and weights of understanding and search."""
        return self.root / "bot" / "thresholds.yml"

    @property
    def action_endpoint(self) -> str:
        """Address of the action server's webhook."""
        return f"http://127.0.0.1:{self.actions_port}/webhook"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from ``LOTSE_*`` variables; a bad value is a ``ConfigurationError``."""
        env = os.environ if environment is None else environment
        root = Path(env.get("LOTSE_ROOT") or ROOT).resolve()
        var = Path(env.get("LOTSE_VAR") or root / "var").resolve()
        return cls(
            root=root,
            data=Path(env.get("LOTSE_DATA") or root / "data").resolve(),
            var=var,
            encoder=env.get("LOTSE_ENCODER") or str(root / "models" / "encoder"),
            samples=_flag(env, "LOTSE_SAMPLES", True),
            host=env.get("LOTSE_HOST") or "127.0.0.1",
            port=int(_number(env, "LOTSE_PORT", 5005, 1, 65535)),
            actions_port=int(_number(env, "LOTSE_ACTIONS_PORT", 5055, 1, 65535)),
            session_hours=_number(env, "LOTSE_SESSION_HOURS", 24, 0.01, 24 * 31),
            messages_per_minute=int(_number(env, "LOTSE_MESSAGES_PER_MINUTE", 30, 1, 100000)),
            sessions_per_minute=int(_number(env, "LOTSE_SESSIONS_PER_MINUTE", 30, 1, 1000000)),
            trusted_proxies=int(_number(env, "LOTSE_TRUSTED_PROXIES", 0, 0, 9)),
            log_level=(env.get("LOTSE_LOG_LEVEL") or "WARNING").upper(),
            inbox_host=env.get("LOTSE_INBOX_HOST") or "127.0.0.1",
            inbox_port=int(_number(env, "LOTSE_INBOX_PORT", 5080, 1, 65535)),
            inbox_secure=_flag(env, "LOTSE_INBOX_SECURE", False),
            inbox_key=_secret(env, "LOTSE_INBOX_KEY"),
            mail=_mail(env),
            helpdesk=_helpdesk(env),
            translation=Translation(
                url=_address(env, "LOTSE_TRANSLATE_URL"), key=_secret(env, "LOTSE_TRANSLATE_KEY")
            ),
        )


def _mail(env: Mapping[str, str]) -> Mail:
    """Return the mail server; ``LOTSE_SMTP_HOST`` switches it on."""
    security = _choice(env, "LOTSE_SMTP_SECURITY", ("starttls", "tls", "none"))
    return Mail(
        host=env.get("LOTSE_SMTP_HOST") or None,
        port=int(_number(env, "LOTSE_SMTP_PORT", 465 if security == "tls" else 587, 1, 65535)),
        security=security,
        user=env.get("LOTSE_SMTP_USER") or None,
        password=_secret(env, "LOTSE_SMTP_PASSWORD"),
        sender=env.get("LOTSE_MAIL_FROM") or "lotse@localhost",
        recipient=env.get("LOTSE_MAIL_TO") or None,
    )


def _helpdesk(env: Mapping[str, str]) -> Helpdesk:
    """Return the helpdesk; what its kind needs and lacks is one clear sentence."""
    kind = _choice(env, "LOTSE_HELPDESK", ("none", "zammad", "chatwoot"))
    helpdesk = Helpdesk(
        kind=kind,
        url=_address(env, "LOTSE_HELPDESK_URL"),
        token=_secret(env, "LOTSE_HELPDESK_TOKEN"),
        secret=_secret(env, "LOTSE_HELPDESK_SECRET"),
        group=env.get("LOTSE_ZAMMAD_GROUP") or "Users",
        account=env.get("LOTSE_CHATWOOT_ACCOUNT") or None,
        inbox=env.get("LOTSE_CHATWOOT_INBOX") or None,
    )
    needed = {"LOTSE_HELPDESK_URL": helpdesk.url, "LOTSE_HELPDESK_TOKEN": helpdesk.token}
    if kind == "chatwoot":
        needed |= {
            "LOTSE_CHATWOOT_ACCOUNT": helpdesk.account,
            "LOTSE_CHATWOOT_INBOX": helpdesk.inbox,
        }
    lacking = [name for name, value in needed.items() if not value]
    if kind != "none" and lacking:
        raise ConfigurationError(f"LOTSE_HELPDESK={kind} needs {', '.join(lacking)}")
    return helpdesk


def _choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices; the first is the default."""
    value = env.get(name, "").strip().lower() or choices[0]
    if value not in choices:
        raise ConfigurationError(f"{name}={value!r}: expected {', '.join(choices)}")
    return value


def _address(env: Mapping[str, str], name: str) -> str | None:
    """Return an http(s) address without its last slash."""
    value = env.get(name, "").strip()
    if not value:
        return None
    if not value.startswith(("http://", "https://")):
        raise ConfigurationError(f"{name}={value!r}: expected an address with http:// or https://")
    return value.rstrip("/")


def _secret(env: Mapping[str, str], name: str) -> str | None:
    """Return a secret from ``NAME`` or from the file that ``NAME_FILE`` names."""
    file = env.get(f"{name}_FILE", "").strip()
    if not file:
        return env.get(name) or None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}_FILE: the file cannot be read: {error}") from None


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    """Return a yes/no setting; anything that is neither is an error, not a silent truth."""
    value = env.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ConfigurationError(f"{name}={value!r}: expected 1 or 0")


def _number(
    env: Mapping[str, str], name: str, default: float, smallest: float, largest: float
) -> float:
    """Return a number within its bounds."""
    value = env.get(name, "").strip()
    if not value:
        return float(default)
    try:
        number = float(value)
    except ValueError:
        raise ConfigurationError(f"{name}={value!r}: expected a number") from None
    if not smallest <= number <= largest:
        raise ConfigurationError(f"{name}={value}: expected {smallest} to {largest}")
    return number
