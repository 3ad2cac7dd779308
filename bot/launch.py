"""``./lotse run``: build what changed, start the servers, wait until they answer, keep them up.

The servers are child processes with their own environments. If one dies it is started again;
Ctrl-C or SIGTERM stops them all.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from bot import bootstrap
from bot.cli import build
from bot.errors import InvalidInputError, LotseError
from bot.settings import Settings

READY_WITHIN_SECONDS = 120
_STOP_WITHIN_SECONDS = 10
_EXPIRE_EVERY_SECONDS = 3600
# What the offer database, the index and the classifiers are made from.
_INDEX_SOURCES = (
    "data/offers",
    "data/nlu",
    "models/encoder",
    "bot/offers",
    "bot/search",
    "bot/storage",
    "bot/languages",
    "bot/understanding",
    "bot/ngrams.py",
    "bot/thresholds.yml",
)
# What the Rasa model is made from.
_MODEL_SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/offers/places.yml",
    "bot/nlu",
    "bot/dialogue",
    "bot/languages",
    "bot/places",
    "bot/safety",
    "bot/understanding",
    "bot/ngrams.py",
    "bot/thresholds.yml",
    "requirements/rasa.txt",
)


@dataclass
class Server:
    """One child process and how to see that it answers."""

    name: str
    command: list[str]
    health: str
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start the process; its output goes to the log file."""
        self.started.append(time.monotonic())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C reaches us alone, and we stop all in order
            )

    def running(self) -> bool:
        """Return whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        """Return whether the server answers its health address."""
        try:
            with urllib.request.urlopen(self.health, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """Stop the process and everything it started."""
        if self.process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(_STOP_WITHIN_SECONDS)
                return
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                return


def main() -> int:
    """Run until stopped; return the exit status."""
    settings = bootstrap.settings()
    try:
        prepare(settings)
    except InvalidInputError as error:
        print(f"{error}\n{len(error.problems)} problem(s) in the data.", file=sys.stderr)
        return 2
    except LotseError as error:
        print(str(error), file=sys.stderr)
        return 2
    # Made before the servers start: several at once would wait for each other on a new file.
    bootstrap.handover_store()
    bootstrap.live_store()
    bootstrap.conversation_store()
    servers = [action_server(settings), conversation_server(settings), staff_server(settings)]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return serve(servers, settings)
    except KeyboardInterrupt:
        print("\nStopping …", file=sys.stderr)
        return 0
    finally:
        # A second Ctrl-C must not leave one of the servers running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for server in reversed(servers):
            server.stop()


def prepare(settings: Settings) -> None:
    """Build database, index and Rasa model where their sources changed."""
    settings.var.mkdir(parents=True, exist_ok=True)
    (settings.var / "log").mkdir(exist_ok=True)
    wanted = fingerprint(settings.root, _INDEX_SOURCES) + settings.encoder
    mark = settings.var / "index.built"
    if not (settings.catalogue.exists() and mark.exists() and mark.read_text() == wanted):
        print("Building the offer database and the search index", file=sys.stderr)
        build()
        mark.write_text(wanted)
    wanted = fingerprint(settings.root, _MODEL_SOURCES)
    mark = settings.var / "model.trained"
    if not (model_file(settings).exists() and mark.exists() and mark.read_text() == wanted):
        train_rasa(settings)
        mark.write_text(wanted)


def model_file(settings: Settings) -> Path:
    """Return where the trained Rasa model lies."""
    return settings.root / "models" / "lotse.tar.gz"


def train_rasa(settings: Settings) -> None:
    """Train the Rasa model, with a clock; its output goes to a log file.

    Raises :class:`LotseError` with the end of the log when it fails.
    """
    log = settings.var / "log" / "train.log"
    command = [
        str(rasa_python(settings)),
        *("-m", "rasa", "train", "--data", "data/nlu", "data/rules"),
        *("--out", "models", "--fixed-model-name", "lotse"),
    ]
    begun = time.monotonic()
    with log.open("wb") as output:
        training = subprocess.Popen(
            command,
            cwd=settings.root,
            env=rasa_environment(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while training.poll() is None:
            if sys.stderr.isatty():
                taken = time.monotonic() - begun
                print(
                    f"\r  {'Training the Rasa model':<46} {taken:4.0f} s", end="", file=sys.stderr
                )
            time.sleep(0.5)
    taken = time.monotonic() - begun
    print(f"\r  {'Training the Rasa model':<46} {taken:4.0f} s", file=sys.stderr)
    if training.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise LotseError(f"{tail}\nTraining failed. The whole output: {log.name} in var/log")


# One thread a call: two servers share few cores, and more threads only wait for each other.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def rasa_python(settings: Settings) -> Path:
    """Return the interpreter of the conversation server's environment.

    Raises :class:`LotseError` when the environment was not set up.
    """
    python = settings.root / ".venv" / "rasa" / "bin" / "python"
    if not python.exists():
        raise LotseError("The environment of the conversation server is missing: ./lotse run")
    return python


def rasa_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables of the conversation server: no telemetry, quiet."""
    return {
        **os.environ,
        **_ONE_THREAD,
        "PYTHONPATH": str(settings.root),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SANIC_REQUEST_MAX_SIZE": "16384",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "SQLALCHEMY_WARN_20": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "LOG_LEVEL": settings.log_level,
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "LOTSE_ACTIONS_PORT": str(settings.actions_port),
    }


def action_server(settings: Settings) -> Server:
    """Return the action server."""
    return Server(
        "action server",
        [sys.executable, "-m", "actions"],
        f"http://127.0.0.1:{settings.actions_port}/health",
        {
            **os.environ,
            **_ONE_THREAD,
            "PYTHONPATH": str(settings.root),
            "TOKENIZERS_PARALLELISM": "false",
        },
        settings.var / "log" / "actions.log",
    )


def conversation_server(settings: Settings) -> Server:
    """Return the conversation server (Rasa)."""
    root = settings.root
    return Server(
        "conversation server",
        [
            str(rasa_python(settings)),
            *("-m", "rasa", "run", "--model", str(model_file(settings))),
            *("--endpoints", str(root / "endpoints.yml")),
            *("--credentials", str(root / "credentials.yml")),
            *("--interface", settings.host, "--port", str(settings.port)),
        ],
        f"http://{settings.host}:{settings.port}/webhooks/chat/",
        rasa_environment(settings),
        settings.var / "log" / "rasa.log",
    )


def staff_server(settings: Settings) -> Server:
    """Return the staff inbox, which also delivers callbacks."""
    return Server(
        "staff inbox",
        [sys.executable, "-m", "bot.inbox"],
        f"http://{settings.inbox_host}:{settings.inbox_port}/health",
        {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(settings.root)},
        settings.var / "log" / "inbox.log",
    )


def serve(servers: list[Server], settings: Settings) -> int:
    """Start the servers, say when they answer, and start again what dies."""
    begun = time.monotonic()
    for server in servers:
        if server.ready():
            print(f"The port of the {server.name} is in use: {server.health}", file=sys.stderr)
            return 2
        server.start()
    for server in servers:
        while not server.ready():
            if not server.running() or time.monotonic() - begun > READY_WITHIN_SECONDS:
                print(_last_words(server), file=sys.stderr)
                return 2
            time.sleep(0.2)
    taken = time.monotonic() - begun
    print(f"Lotse is ready after {taken:.0f} s: http://{settings.host}:{settings.port}/chat")
    print(f"For staff: http://{settings.inbox_host}:{settings.inbox_port}/")
    print("Stop with Ctrl-C. Logs: var/log/", flush=True)
    expired: float | None = None
    while True:
        if expired is None or time.monotonic() - expired > _EXPIRE_EVERY_SECONDS:
            # Conversations expire in the conversation server; callbacks have no server of theirs.
            bootstrap.handover_store().expire(datetime.now(timezone.utc))
            expired = time.monotonic()
        time.sleep(1)
        for server in servers:
            if not server.running():
                if not _may_restart(server):
                    print(_last_words(server), file=sys.stderr)
                    return 1
                print(f"The {server.name} stopped; starting it again.", file=sys.stderr)
                server.start()


def fingerprint(root: Path, sources: Iterable[str]) -> str:
    """Return a hash of the names and contents of files and folders under ``root``."""
    digest = hashlib.sha256()
    for name in sources:
        path = root / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _may_restart(server: Server) -> bool:
    """Return whether a server may be started again: not more than five times in a minute."""
    recent = [start for start in server.started if start > time.monotonic() - 60]
    return len(recent) < 5


def _last_words(server: Server) -> str:
    lines = server.log.read_text(errors="replace").splitlines() if server.log.exists() else []
    return "\n".join([f"The {server.name} does not answer. The end of its log:", *lines[-12:]])


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
