"""``./lotse test``: lint, types, then pytest in both environments. Stops at the first that fails.

``./lotse test --quick`` leaves out the conversations and the browser; anything else goes to pytest.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ACTIONS = ROOT / ".venv" / "actions" / "bin"
RASA = ROOT / ".venv" / "rasa" / "bin" / "python"


def main(arguments: list[str]) -> int:
    steps: list[tuple[str, list[str]]] = [
        ("ruff", [str(ACTIONS / "ruff"), "check", "bot", "actions", "tests", "benchmarks"]),
        ("ruff format", [str(ACTIONS / "ruff"), "format", "--check", "-q", "bot", "actions"]),
        ("mypy", [str(ACTIONS / "mypy")]),
        # The plain rooms run on Rasa's old Python too; these checks need no pytest there.
        ("imports on Python 3.10", [str(RASA), "-m", "tests.old_python"]),
    ]
    quick = "--quick" in arguments
    rest = [argument for argument in arguments if argument != "--quick"]
    if not rest:
        rest = ["tests/unit"] if quick else ["tests"]
    steps.append(("pytest", [sys.executable, "-m", "pytest", *rest]))
    for name, command in steps:
        begun = time.monotonic()
        print(f"== {name}", flush=True)
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        if status != 0:
            print(f"== {name} failed", flush=True)
            return status
        print(f"== {name}: {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
