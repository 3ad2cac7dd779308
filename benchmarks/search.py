"""The search alone, in a process of its own on one core.

``python -m benchmarks.search COUNT`` measures the catalogue that ``LOTSE_VAR`` and ``LOTSE_DATA``
name and prints JSON; :func:`measure` starts it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.catalogue import Built
from benchmarks.client import percentile
from benchmarks.questions import mixed
from benchmarks.servers import lotse_environment
from bot import bootstrap
from bot.errors import LotseError
from bot.search.results import Query
from bot.storage.catalogue import CatalogueStore

_WARM_UP = 20
_DONE_WITHIN_SECONDS = 180


def measure(built: Built, root: Path, count: int) -> dict[str, Any]:
    """Return the times of ``count`` searches and encodings over a catalogue, in milliseconds."""
    environment = {
        **os.environ,
        **lotse_environment(built.var, built.data),
        "PYTHONPATH": str(root),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.search", str(count)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_DONE_WITHIN_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise LotseError(f"The search could not be measured:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> int:
    """Measure in this process; print JSON on the last line of standard output."""
    count = int(sys.argv[1])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    settings = bootstrap.settings()
    store = CatalogueStore(settings.catalogue, read_only=True)
    services = bootstrap.load_services(store)
    encoder = bootstrap.encoder()
    # The encoder alone gets questions of its own: a tokenizer remembers words it has seen.
    asked = mixed(settings.nlu, 2 * (count + _WARM_UP))
    half = len(asked) // 2
    places = [None, *bootstrap.gazetteer().municipalities]
    totals: list[float] = []
    encoded: list[float] = []
    steps: dict[str, list[float]] = {}
    hits = 0
    for i, (language, text) in enumerate(asked[:half]):
        query = Query(text, language, places[i % len(places)])
        begun = time.perf_counter()
        encoder.encode([asked[half + i][1]])
        alone = time.perf_counter()
        result = services.search.search(query)
        ended = time.perf_counter()
        if i < _WARM_UP:
            continue
        encoded.append((alone - begun) * 1e3)
        totals.append((ended - alone) * 1e3)
        hits += bool(result.hits)
        for step, milliseconds in result.timings.items():
            steps.setdefault(step, []).append(milliseconds)
    print(
        json.dumps(
            {
                "offers": len(services.catalogue.offers),
                "questions": len(totals),
                "with_hits": hits,
                "search": _times(totals),
                "encoder": _times(encoded),
                "steps_p50_ms": {k: round(percentile(v, 0.5), 2) for k, v in steps.items()},
            }
        )
    )
    return 0


def _times(values: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(percentile(values, 0.50), 2),
        "p95_ms": round(percentile(values, 0.95), 2),
        "longest_ms": round(max(values), 2),
    }


if __name__ == "__main__":
    sys.exit(main())
