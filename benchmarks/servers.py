"""Starts and stops the servers under test, and reads their memory from /proc."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot import launch
from bot.errors import LotseError
from bot.settings import Settings

_READY_WITHIN_SECONDS = 120.0
_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class System:
    """Servers that are started and stopped together."""

    name: str
    servers: tuple[launch.Server, ...]

    def start(self) -> float:
        """Start all; return the seconds until all answered.

        Raises :class:`LotseError` with the end of the log when one does not.
        """
        begun = time.perf_counter()
        for server in self.servers:
            server.start()
        for server in self.servers:
            while not server.ready():
                if not server.running() or time.perf_counter() - begun > _READY_WITHIN_SECONDS:
                    tail = server.log.read_text(errors="replace")[-2000:]
                    raise LotseError(f"The {server.name} does not answer.\n{tail}")
                time.sleep(_LOOK_EVERY_SECONDS)
        return time.perf_counter() - begun

    def stop(self) -> None:
        """Stop all, and whatever is left of what they started."""
        for server in reversed(self.servers):
            server.stop()
            if server.process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(server.process.pid, signal.SIGKILL)

    def memory(self) -> dict[str, float]:
        """Return the resident memory of each server, its children included, in MB (10^6 bytes)."""
        return {
            server.name: round(resident_bytes(server.process.pid) / 1e6, 1)
            for server in self.servers
            if server.process is not None
        }


@contextmanager
def running(system: System) -> Iterator[float]:
    """Run the servers within a block, which gets the seconds they took to start."""
    try:
        yield system.start()
    finally:
        system.stop()


def lotse(run: Path, data: Path, model: Path) -> tuple[System, int]:
    """Return Lotse's two servers over the files in ``run`` and ``data``, and the chat's port."""
    environment = lotse_environment(run, data)
    settings = Settings.from_environment({**os.environ, **environment})
    (run / "log").mkdir(parents=True, exist_ok=True)
    actions, chat = launch.action_server(settings), launch.conversation_server(settings)
    chat.command[chat.command.index("--model") + 1] = str(model)
    for server in (actions, chat):
        server.environment.update(environment)
    return System("Lotse", (actions, chat)), settings.port


def lotse_environment(var: Path, data: Path) -> dict[str, str]:
    """Return the settings of a Lotse of its own; one person may send as fast as answers come."""
    port, actions_port = free_ports(2)
    return {
        "LOTSE_VAR": str(var),
        "LOTSE_DATA": str(data),
        "LOTSE_HOST": "127.0.0.1",
        "LOTSE_PORT": str(port),
        "LOTSE_ACTIONS_PORT": str(actions_port),
        "LOTSE_MESSAGES_PER_MINUTE": "100000",
        "LOTSE_SESSIONS_PER_MINUTE": "1000000",
    }


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that nobody listens on, each another."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [found.getsockname()[1] for found in sockets]
    finally:
        for found in sockets:
            found.close()


def resident_bytes(session: int) -> int:
    """Return the resident memory of all processes of a session in bytes.

    Each server is started in a session of its own, so its children are in it. Pages that two
    processes share count twice.
    """
    total = 0
    for pid in _processes(session):
        with suppress(OSError):  # it may have ended meanwhile
            for line in (Path("/proc") / str(pid) / "status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
    return total


def _processes(session: int) -> Sequence[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                # After the name in brackets: state, parent, group, session.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session:
                    found.append(int(entry.name))
    return found
