"""Judges the figures against the bars and writes speed.json and speed.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TURN_P95_MS = 35.0
LOAD_FACTOR = 2.5
SEARCH_P95_MS = 15.0
SEARCH_LARGE_P95_MS = 20.0
MEMORY_MB = 1400.0
START_SECONDS = 20.0
RUN_SECONDS = 480.0

Figures = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of the table; ``met`` is ``None`` where there is no bar."""

    what: str
    lotse: str
    baseline: str
    bar: str
    met: bool | None


def write(figures: Figures, folder: Path) -> None:
    """Write both files; the manual figure of a first start is read from ``first_start.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    manual = folder / "first_start.json"
    if manual.exists():
        figures["first_start"] = json.loads(manual.read_text(encoding="utf-8"))
    found = lines(figures)
    figures["bars"] = [
        {"what": x.what, "measured": x.lotse, "baseline": x.baseline, "bar": x.bar, "met": x.met}
        for x in found
    ]
    data = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (folder / "speed.json").write_text(data, encoding="utf-8")
    (folder / "speed.md").write_text(markdown(figures, found), encoding="utf-8")


def lines(figures: Figures) -> list[Line]:
    """Return the lines of the table for what was measured."""
    sections = (_turn, _load, _search, _memory, _start, _run)
    return [line for section in sections for line in section(figures)]


def markdown(figures: Figures, found: list[Line]) -> str:
    """Return the report as a reader sees it."""
    return "\n".join([*_head(figures), *_table(found), "", *_how(figures), ""])


def _turn(figures: Figures) -> Iterator[Line]:
    if "turn" not in figures:
        return
    ours, theirs = figures["turn"]["lotse"], figures["turn"]["baseline"]
    yield Line("Turn, one person: p50", _ms(ours["p50_ms"]), _ms(theirs["p50_ms"]), "", None)
    yield Line(
        "Turn, one person: p95",
        _ms(ours["p95_ms"]),
        _ms(theirs["p95_ms"]),
        f"at most {TURN_P95_MS:.0f} ms and below the baseline",
        ours["p95_ms"] <= TURN_P95_MS and ours["p95_ms"] < theirs["p95_ms"],
    )
    yield Line(
        f"Turns without a reply (of {ours['turns']})",
        str(ours["unanswered"]),
        str(theirs["unanswered"]),
        "0",
        ours["unanswered"] == 0,
    )


def _load(figures: Figures) -> Iterator[Line]:
    if "load" not in figures:
        return
    ours, theirs = figures["load"]["lotse"], figures["load"]["baseline"]
    users = f"{ours['users']} people at once"
    factor = ours["per_second"] / theirs["per_second"] if theirs["per_second"] else 0.0
    yield Line(
        f"{users}: messages a second",
        f"{ours['per_second']:.1f} ({factor:.1f} times the baseline)",
        f"{theirs['per_second']:.1f}",
        f"at least {LOAD_FACTOR} times the baseline",
        factor >= LOAD_FACTOR,
    )
    yield Line(
        f"{users}: messages lost (of {ours['turns']})",
        str(ours["lost"]),
        str(theirs["lost"]),
        "0",
        ours["lost"] == 0,
    )
    for share in ("p50", "p95"):
        key = f"{share}_ms"
        yield Line(f"{users}: turn {share}", _ms(ours[key]), _ms(theirs[key]), "", None)


def _search(figures: Figures) -> Iterator[Line]:
    for name, limit in (("real", None), ("served", SEARCH_P95_MS), ("large", SEARCH_LARGE_P95_MS)):
        found = figures.get("search", {}).get(name)
        if found is None:
            continue
        offers = f"{found['offers']:,} offers"
        if name == "real":
            offers += " (the real catalogue)"
        times = found["search"]
        yield Line(
            f"Search alone, {offers}: p95 (p50)",
            f"{times['p95_ms']:.1f} ms ({times['p50_ms']:.1f} ms)",
            "–",
            f"p95 at most {limit:.0f} ms" if limit else "",
            times["p95_ms"] <= limit if limit else None,
        )
    served = figures.get("search", {}).get("served")
    if served:
        times = served["encoder"]
        yield Line(
            "– of it the sentence encoder: p95 (p50)",
            f"{times['p95_ms']:.1f} ms ({times['p50_ms']:.1f} ms)",
            "–",
            "",
            None,
        )


def _memory(figures: Figures) -> Iterator[Line]:
    if "memory" not in figures:
        return
    ours, theirs = figures["memory"]["lotse"], figures["memory"]["baseline"]
    total = sum(ours.values())
    yield Line(
        "Memory of both servers after the load",
        f"{total:,.0f} MB",
        f"{sum(theirs.values()):,.0f} MB (one server)",
        f"at most {MEMORY_MB:,.0f} MB",
        total <= MEMORY_MB,
    )
    for name, size in ours.items():
        yield Line(f"– {name}", f"{size:,.0f} MB", "–", "", None)


def _start(figures: Figures) -> Iterator[Line]:
    if "start" in figures:
        ours, theirs = figures["start"]["lotse"], figures["start"]["baseline"]
        yield Line(
            f"Start when nothing changed (longest of {len(ours)})",
            f"{max(ours):.1f} s",
            f"{max(theirs):.1f} s",
            f"at most {START_SECONDS:.0f} s",
            max(ours) <= START_SECONDS,
        )
    first = figures.get("first_start")
    if first:
        limit = first.get("bar_seconds")
        yield Line(
            "First start ever, packages in the cache (by hand)",
            f"{first['seconds']:.0f} s",
            "–",
            f"at most {limit:.0f} s" if limit else "",
            first["seconds"] <= limit if limit else None,
        )
    elif "start" in figures:
        yield Line("First start ever, packages in the cache", "not measured", "–", "", None)


def _run(figures: Figures) -> Iterator[Line]:
    yield Line(
        "This benchmark itself",
        f"{figures['seconds']:.0f} s",
        "–",
        f"at most {RUN_SECONDS:.0f} s",
        figures["seconds"] <= RUN_SECONDS,
    )


def _head(figures: Figures) -> list[str]:
    m = figures["machine"]
    kind = ""
    if figures["quick"]:
        kind = "**Preliminary: a quick run with small counts. No result to cite.**"
    return [
        "# Speed and memory",
        "",
        *([kind, ""] if kind else []),
        f"Measured on {figures['date']} with `./lotse bench` on {m['cores']} cores "
        f"({m['processor']}), {m['memory_gb']} GB of memory, {m['system']}. "
        f"Conversation server: Python {m['python_conversation']}, Rasa {m['rasa']}. "
        f"Action server: Python {m['python_actions']}, rasa-sdk {m['rasa_sdk']}, "
        f"torch {m['torch']}. Everything on this one machine, the client too. "
        f"Load average before: {m['load_before']}. During the run other processes used "
        f"{m['other_processes_percent']} % of the cores; {m['stolen_percent']} % were taken by "
        "other guests of the host.",
        "",
    ]


def _table(found: list[Line]) -> list[str]:
    rows = ["| What | Lotse | Baseline | Bar | Met |", "|---|---|---|---|---|"]
    met = {True: "yes", False: "**no**", None: ""}
    return rows + [
        f"| {x.what} | {x.lotse} | {x.baseline} | {x.bar} | {met[x.met]} |" for x in found
    ]


def _how(figures: Figures) -> list[str]:
    parts = ["## How it was measured", ""]
    if {"turn", "load", "memory", "start"} & figures.keys():
        parts += _how_servers(figures)
    if "search" in figures:
        parts += _how_search(figures)
    first = figures.get("first_start") or {}
    if first:
        how = ", ".join(str(first[k]) for k in ("date", "how") if first.get(k))
        parts.append(f"- **First start ever**: measured by hand{': ' + how if how else ''}.")
    return parts


def _how_servers(figures: Figures) -> list[str]:
    setup = figures["setup"]
    lines = [
        "- **Baseline**: what `rasa init` makes, trained in this run"
        + (" (in a quick run: once)" if figures["quick"] else "")
        + ", same Rasa version, REST channel, and Rasa's own SQL tracker store on SQLite, because "
        "Lotse stores its conversations durably too. The demo answers from fixed sentences: "
        "it has no search, no second server and one language, so its turns do less than ours. "
        "Same client, same machine, same run, one after the other.",
        f"- **Lotse** serves {setup['offers']:,} offers: the real ones and copies of them under "
        "new ids, built with the product's own command. Only the limit of messages a minute is "
        "lifted, and every run starts with an empty conversation store.",
    ]
    if "turn" in figures:
        turns = figures["turn"]["lotse"]
        lines.append(
            f"- **Turn**: {turns['turns']} messages of one person after {setup['warm_up']} that do "
            "not count, in conversations of ten: example questions from `data/nlu` with a fixed "
            "seed, the four languages by turns, the place as the second message, so that most "
            "answers carry offers and a contact person "
            f"({turns['messages_per_answer']} messages an answer). Measured at the client, from "
            "the first byte sent to the last byte received. Baseline: a walk through the "
            "demo's stories in conversations of ten as well."
        )
    if "load" in figures:
        ours, theirs = figures["load"]["lotse"], figures["load"]["baseline"]
        lines.append(
            f"- **Load**: {ours['users']} people at once for {ours['seconds']:.0f} s; each sends "
            "the next message when the answer has come. Counted are answers within the time. "
            "Lost is a message whose answer is not a 200 with at least one message, or only says "
            f"that a server is down. Lotse also opened a session over HTTP for every "
            f"conversation, which is not counted as a message. Of the baseline's lost messages "
            f"{theirs['empty']} were answered with an empty list."
        )
    if "memory" in figures:
        lines.append(
            "- **Memory**: resident memory of the server processes and their children from "
            "`/proc`, in millions of bytes, right after the load."
        )
    if "start" in figures:
        lines.append(
            "- **Start**: both servers stopped and started again on the conversations of the "
            "load test, until both answer their health address. Installing, building and "
            "training are not in it: nothing had changed."
        )
    return lines


def _how_search(figures: Figures) -> list[str]:
    found = figures["search"]["served"]
    steps = ", ".join(f"{name} {value:.1f} ms" for name, value in found["steps_p50_ms"].items())
    return [
        f"- **Search**: {found['questions']} questions in four languages, in one process on one "
        "core with one thread; every twelfth question without a place, the others with one of "
        "the municipalities. The "
        "encoder alone was timed on as many other questions. p50 of the steps at "
        f"{found['offers']:,} offers: {steps}. For 10,000 offers the vectors of the copies are "
        "those of the originals with a little noise (cosine about 0.98), not encoded anew; "
        "records and full text are complete.",
    ]


def _ms(value: float) -> str:
    return f"{value:.1f} ms"
