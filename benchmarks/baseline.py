"""The baseline: what ``rasa init`` makes, untouched but for a durable tracker store.

Same Rasa version and environment as Lotse's conversation server, Rasa's own pipeline and policies,
its REST channel, and its SQL tracker store on SQLite, because Lotse's store is durable as well.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from benchmarks.servers import System, free_ports
from bot import launch
from bot.errors import LotseError
from bot.settings import Settings

_TRAINED_WITHIN_SECONDS = 300


def create(folder: Path, settings: Settings) -> None:
    """Make and train the demo assistant in an empty folder.

    Raises :class:`LotseError` with the end of its output when that fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        str(launch.rasa_python(settings)),
        *("-m", "rasa", "init", "--no-prompt", "--init-dir", str(folder)),
    ]
    log = folder / "init.log"
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_TRAINED_WITHIN_SECONDS,
            check=False,
        )
    if done.returncode != 0 or not trained(folder):
        raise LotseError(f"rasa init failed:\n{log.read_text(errors='replace')[-2000:]}")
    (folder / "credentials.yml").write_text("rest:\n")


def trained(folder: Path) -> bool:
    """Return whether a trained demo assistant lies in the folder."""
    return any((folder / "models").glob("*.tar.gz"))


def system(folder: Path, run: Path, settings: Settings) -> tuple[System, int]:
    """Return the demo's server, its tracker database in ``run``, and its port."""
    run.mkdir(parents=True, exist_ok=True)
    endpoints = run / "endpoints.yml"
    database = run / "tracker.db"
    endpoints.write_text(f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {database}\n")
    (port,) = free_ports(1)
    command = [
        str(launch.rasa_python(settings)),
        *("-m", "rasa", "run", "--model", str(folder / "models")),
        *("--endpoints", str(endpoints), "--credentials", str(folder / "credentials.yml")),
        *("--interface", "127.0.0.1", "--port", str(port)),
    ]
    health = f"http://127.0.0.1:{port}/webhooks/rest/"
    server = launch.Server("stock Rasa", command, health, _environment(), run / "rasa.log")
    return System("stock Rasa", (server,)), port


def _environment() -> dict[str, str]:
    """Return the environment of a stock Rasa: nothing of Lotse's in it, quiet, no telemetry."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH" and not k.startswith("LOTSE_")}
    return {
        **kept,
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "SQLALCHEMY_WARN_20": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "LOG_LEVEL": "WARNING",
        "LOG_LEVEL_LIBRARIES": "ERROR",
    }
