"""The house keeps its rules: imports point one way, heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
# A room may import rooms of its own floor and of the floors below it.
FLOORS = [
    {"errors", "yaml_text", "messages", "settings"},
    {"languages", "thresholds", "ngrams", "texts"},
    {"places", "offers", "safety"},
    {"understanding", "storage"},
    {"search", "routing", "delivery"},
    {"conversation", "handover"},
    {"bootstrap"},
    {"evaluation", "nlu", "dialogue", "channels", "analytics", "inbox"},
    {"cli", "launch", "__main__"},
]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
ONLY_IN = {
    "rasa": {"nlu", "dialogue", "channels"},
    "sanic": {"channels"},
    "rasa_sdk": {"actions"},
    "sentence_transformers": {"search"},
    "torch": {"search"},
    "sqlite_utils": {"storage"},
    "pydantic": {"offers"},
    "starlette": {"inbox"},
    "uvicorn": {"inbox"},
    "argon2": {"inbox"},
    "holidays": {"routing"},
    "smtplib": {"delivery"},
}
FILES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "actions").rglob("*.py")])


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "actions" if parts[0] == "actions" else parts[1] if len(parts) > 1 else "bot"


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path):
    room = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "actions":
            assert room == "actions", f"{path.name} imports {name}"
        if parts[0] != "bot" or len(parts) < 2 or parts[1] not in FLOOR:
            continue
        if room in FLOOR:
            assert FLOOR[parts[1]] <= FLOOR[room], f"{room} must not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_stay_in_their_rooms(path):
    room = room_of(path)
    for name in imports(path):
        library = name.split(".")[0]
        if library in ONLY_IN:
            assert room in ONLY_IN[library], f"{path.relative_to(ROOT)} imports {library}"


def test_every_room_has_a_floor():
    rooms = {p.stem if p.is_file() else p.name for p in (ROOT / "bot").iterdir()}
    rooms -= {"__init__", "__pycache__", "web", "thresholds"}
    assert {room for room in rooms if not room.startswith(".")} <= set(FLOOR) | {"thresholds"}


def test_only_settings_reads_the_environment():
    # launch hands its own environment on to the two servers
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    }
    assert readers <= {"bot/settings.py", "bot/launch.py"}


def test_every_action_of_the_domain_is_implemented():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text())
    source = "".join(path.read_text() for path in (ROOT / "actions").glob("*.py"))
    nlg = (ROOT / "bot" / "dialogue" / "catalogue_nlg.py").read_text()
    for action in domain["actions"]:
        assert f'"{action}"' in (nlg if action.startswith("utter_") else source), action


def test_every_intent_of_the_domain_has_a_rule_and_examples_in_all_languages():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text())
    rules = yaml.safe_load((ROOT / "data" / "rules" / "rules.yml").read_text())["rules"]
    ruled = {step["intent"] for rule in rules for step in rule["steps"] if "intent" in step}
    assert set(domain["intents"]) == ruled
    pressed = {
        "choose_need",
        "choose_place",
        "choose_wish",
        "confirm_delete",
        "keep_data",
        "request_live",
    }
    computed = {"unreadable", "foreign_language"}
    for language in ("de", "en", "ar", "tr"):
        text = (ROOT / "data" / "nlu" / f"{language}.yml").read_text()
        for intent in set(domain["intents"]) - pressed - computed:
            assert f"- intent: {intent}\n" in text, (language, intent)
