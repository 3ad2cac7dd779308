"""``./lotse bench [names]``: measure, beside the baseline, in one run.

A full run writes ``benchmarks/results/speed.json`` and ``speed.md``. With ``--quick`` or with
some names only, the results go to ``var/bench/preliminary`` instead.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks import baseline, catalogue, machine, report, search, servers
from benchmarks.client import Load, LotseChat, Open, RestChat, describe, many_users, one_user
from benchmarks.questions import Script, demo_scripts, lotse_scripts
from bot import bootstrap
from bot.errors import LotseError
from bot.languages import LANGUAGES
from bot.safety.helplines import SWITCHBOARD
from bot.settings import Settings

NAMES = ("turn", "load", "memory", "start", "search")
_SERVED = frozenset({"turn", "load", "memory", "start"})
# The whole run is meant to take at most eight minutes; a machine twice as slow may finish too.
_ENDS_AFTER_SECONDS = 960


@dataclass(frozen=True)
class Counts:
    """How much is measured."""

    warm_up: int = 20
    turns: int = 300
    users: int = 50
    load_seconds: float = 20.0
    restarts: int = 2
    searches: int = 400


QUICK = Counts(warm_up=10, turns=40, users=50, load_seconds=5.0, restarts=1, searches=60)


def main() -> int:
    """Measure and report; return 0 when it was measured, whether the bars are met or not."""
    parser = _parser()
    options = parser.parse_args()
    if not set(options.names) <= set(NAMES):
        parser.error(f"expected names out of: {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_ENDS_AFTER_SECONDS)
    settings = bootstrap.settings()
    names = frozenset(options.names or NAMES)
    whole = not options.quick and names == frozenset(NAMES)
    results = Path(__file__).parent / "results"
    folder = results if whole else settings.root / "var" / "bench" / "preliminary"
    try:
        figures = measure(settings, names, QUICK if options.quick else Counts(), options.quick)
    except LotseError as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.", file=sys.stderr)
        return 130
    report.write(figures, folder)
    print((folder / "speed.md").read_text(encoding="utf-8"))
    return 0


def measure(
    settings: Settings, names: frozenset[str], counts: Counts, quick: bool
) -> dict[str, Any]:
    """Return all figures. What is built is kept in ``var/bench``, what is stored is deleted."""
    begun, clock = time.perf_counter(), machine.Clock.now()
    figures: dict[str, Any] = {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "quick": quick,
        "machine": machine.describe(settings),
    }
    bench = settings.root / "var" / "bench"
    bench.mkdir(parents=True, exist_ok=True)
    with _said("Catalogue of 1,000 offers"):
        built = catalogue.served(settings, bench)
    run = Path(tempfile.mkdtemp(prefix="run-", dir=bench))
    try:
        if names & _SERVED:
            figures["setup"] = {"offers": built.offers, "warm_up": counts.warm_up}
            ours = _measure_lotse(settings, bench, run, built, names, counts)
            theirs = _measure_baseline(settings, bench, run, names, counts, quick)
            for name in NAMES:
                if name in ours:
                    figures[name] = {"lotse": ours[name], "baseline": theirs[name]}
        if "search" in names:
            figures["search"] = _measure_search(settings, bench, built, counts)
    finally:
        shutil.rmtree(run, ignore_errors=True)
    figures["machine"].update(machine.Clock.now().others_since(clock))
    figures["seconds"] = round(time.perf_counter() - begun, 1)
    return figures


def _measure_lotse(
    settings: Settings,
    bench: Path,
    run: Path,
    built: catalogue.Built,
    names: frozenset[str],
    counts: Counts,
) -> dict[str, Any]:
    """Return Lotse's figures by name."""
    with _said("Rasa model"):
        model = catalogue.model(settings, bench, built)
    var = run / "lotse"
    var.mkdir()
    shutil.copy(built.var / "catalogue.sqlite", var)
    shutil.copytree(built.var / "classifiers", var / "classifiers")
    system, port = servers.lotse(var, built.data, model)
    places = [place.name for place in bootstrap.gazetteer().municipalities.values()]
    notices = _down_notices()
    return _measure_system(
        system,
        lambda: LotseChat(port, notices),
        lotse_scripts(settings.nlu, places),
        names,
        counts,
    )


def _measure_baseline(
    settings: Settings,
    bench: Path,
    run: Path,
    names: frozenset[str],
    counts: Counts,
    quick: bool,
) -> dict[str, Any]:
    """Return the baseline's figures by name; a quick run may use one trained earlier."""
    folder = bench / "baseline" if quick else run / "baseline"
    if not baseline.trained(folder):
        with _said("Baseline: rasa init"):
            baseline.create(folder, settings)
    system, port = baseline.system(folder, run / "stock", settings)
    return _measure_system(system, lambda: RestChat(port), demo_scripts(), names, counts)


def _measure_system(
    system: servers.System,
    open_chat: Open,
    scripts: Iterator[Script],
    names: frozenset[str],
    counts: Counts,
) -> dict[str, Any]:
    """Return the figures of one assistant; both go exactly this way."""
    figures: dict[str, Any] = {}
    with _said(f"{system.name}: turns and load"), servers.running(system):
        asyncio.run(one_user(open_chat, scripts, counts.warm_up))
        if "turn" in names:
            figures["turn"] = describe(asyncio.run(one_user(open_chat, scripts, counts.turns)))
        if names & {"load", "memory"}:
            users, seconds = counts.users, counts.load_seconds
            load = asyncio.run(many_users(open_chat, scripts, users, seconds))
            if "load" in names:
                figures["load"] = _describe_load(load)
        if "memory" in names:
            figures["memory"] = system.memory()
    if "start" in names:
        with _said(f"{system.name}: start"):
            figures["start"] = [_start_once(system) for _ in range(counts.restarts)]
    return figures


def _start_once(system: servers.System) -> float:
    with servers.running(system) as seconds:
        return round(seconds, 1)


def _describe_load(load: Load) -> dict[str, Any]:
    turns = describe(load.turns)
    return {
        "users": load.users,
        "seconds": load.seconds,
        "per_second": round(load.per_second(), 2),
        "lost": turns["unanswered"] + load.failed_openings,
        **turns,
    }


def _measure_search(
    settings: Settings, bench: Path, built: catalogue.Built, counts: Counts
) -> dict[str, Any]:
    """Return the figures of the search at three sizes."""
    sizes: dict[str, Callable[[], catalogue.Built]] = {
        "real": lambda: catalogue.real(settings, bench),
        "served": lambda: built,
        "large": lambda: catalogue.large(settings, bench, built),
    }
    figures = {}
    for name, make in sizes.items():
        with _said(f"Search: {name} catalogue"):
            figures[name] = search.measure(make(), settings.root, counts.searches)
    return figures


def _down_notices() -> frozenset[str]:
    """Return the sentences that the web chat says when a server is down."""
    number = bootstrap.helplines()[SWITCHBOARD].number
    say = bootstrap.texts().say
    return frozenset(say("error.actions_down", code, switchboard=number) for code in LANGUAGES)


@contextmanager
def _said(step: str) -> Iterator[None]:
    """Say on standard error what is being done and how long it took."""
    begun = time.perf_counter()
    print(f"  {step:<32}", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(f" {time.perf_counter() - begun:5.1f} s", file=sys.stderr)


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _too_long(number: int, frame: object) -> None:
    raise LotseError(f"The benchmark took longer than {_ENDS_AFTER_SECONDS} s and was ended.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lotse bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small counts, to see that it works")
    return parser


if __name__ == "__main__":
    sys.exit(main())
