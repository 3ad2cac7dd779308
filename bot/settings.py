"""All settings, read once. Nothing else in the project reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Settings:
    """Where things are and how the two servers behave; paths are absolute."""

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
    log_level: str

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
            log_level=(env.get("LOTSE_LOG_LEVEL") or "WARNING").upper(),
        )


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
