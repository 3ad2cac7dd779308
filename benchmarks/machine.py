"""What the measurements were made on, and how much else was going on there."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bot import launch
from bot.settings import Settings

_VERSIONS = "import platform, rasa; print(platform.python_version(), rasa.__version__)"


def describe(settings: Settings) -> dict[str, Any]:
    """Return cores, processor, memory, system and versions."""
    asked = subprocess.run(
        [str(launch.rasa_python(settings)), "-W", "ignore", "-c", _VERSIONS],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    rasa_python, rasa = asked.stdout.split()[-2:]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _value(Path("/proc/cpuinfo"), "model name"),
        "memory_gb": round(int(_value(Path("/proc/meminfo"), "MemTotal").split()[0]) / 1e6, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python_conversation": rasa_python,
        "python_actions": platform.python_version(),
        "rasa": rasa,
        "rasa_sdk": version("rasa-sdk"),
        "torch": version("torch"),
        "load_before": round(os.getloadavg()[0], 2),
    }


@dataclass(frozen=True)
class Clock:
    """Processor time at one moment, in seconds: of the whole machine, stolen from it, and ours."""

    total: float
    busy: float
    stolen: float
    own: float

    @classmethod
    def now(cls) -> Clock:
        """Read the clocks; ours counts this process and the ended ones it started."""
        first = Path("/proc/stat").read_text().splitlines()[0]
        user, nice, system, idle, wait, irq, soft, stolen = (
            int(field) / os.sysconf("SC_CLK_TCK") for field in first.split()[1:9]
        )
        busy = user + nice + system + irq + soft
        own = sum(
            usage.ru_utime + usage.ru_stime
            for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )
        return cls(busy + idle + wait + stolen, busy, stolen, own)

    def others_since(self, before: Clock) -> dict[str, float]:
        """Return the share of the processors (percent) that others used since ``before``."""
        total = self.total - before.total
        others = self.busy - before.busy - (self.own - before.own)
        return {
            "other_processes_percent": round(max(0.0, 100 * others / total), 1),
            "stolen_percent": round(100 * (self.stolen - before.stolen) / total, 1),
        }


def _value(path: Path, name: str) -> str:
    """Return the value of the first ``name : value`` line of a file."""
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown 0"
