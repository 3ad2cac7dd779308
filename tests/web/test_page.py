"""The chat page in a real browser, against a scripted server. Needs node, npm and chromium."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
WEB = HERE.parents[1] / "bot" / "web"
SCRIPTS = ("lotse-chat.js", "lotse-chat-view.js", "lotse-chat-texts.js")
LANGUAGES = ("de", "en", "ar", "tr")
# The script without its texts, the whole script, the style: bytes after gzip -9.
CODE_LIMIT, SCRIPT_LIMIT, STYLE_LIMIT = 12_000, 15_000, 5_000

Scenario = Callable[..., None]


def needed(name: str, package: str) -> str:
    """Return the path of a program; fail (never skip) with the way to get it."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is missing: install the package {package} to run the browser tests")
    return path


@pytest.fixture(scope="session")
def browser_tools() -> tuple[str, str]:
    """Return the paths of node and chromium, with the npm packages installed as locked."""
    node, chromium = needed("node", "nodejs"), needed("chromium", "chromium")
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    for path, package in packages.items():
        manifest = HERE / path / "package.json"
        if path and (
            not manifest.exists()
            or json.loads(manifest.read_text())["version"] != package["version"]
        ):
            command = [
                needed("npm", "npm"),
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.fail(f"npm ci in tests/web failed:\n{done.stderr}")
            break
    return node, chromium


@pytest.fixture
def server() -> Iterator[str]:
    """Start a fresh fake server; its address, e.g. ``http://127.0.0.1:40001``."""
    command = [sys.executable, str(HERE / "fake_chat.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def scenario(browser_tools: tuple[str, str], server: str) -> Scenario:
    """Return a function that runs one scenario of scenarios.js and reports its assertion."""
    node, chromium = browser_tools

    def run(name: str, *arguments: str) -> None:
        command = [node, "scenarios.js", name, server, chromium, *arguments]
        done = subprocess.run(
            command, cwd=HERE, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stderr[-4000:]}"

    return run


@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing_with_every_message_type(scenario: Scenario, lang: str) -> None:
    scenario("axe", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_horizontal_scroll_at_320_by_256(scenario: Scenario, lang: str) -> None:
    scenario("small", lang)


@pytest.mark.parametrize(
    "name",
    [
        "roles",
        "firstScreen",
        "keyboard",
        "clicks",
        "arabic",
        "languages",
        "hostile",
        "reload",
        "erase",
        "eraseOffline",
        "retry",
        "startOffline",
        "refused",
        "expired",
        "staff",
        "manners",
        "noScript",
    ],
)
def test_scenario(scenario: Scenario, name: str) -> None:
    scenario(name)


def test_drive_prints_the_conversation_and_takes_a_picture(
    browser_tools: tuple[str, str], server: str, tmp_path: Path
) -> None:
    node, chromium = browser_tools
    picture = tmp_path / "chat.png"
    steps = [{"click": "School and learning"}, {"lang": "tr"}, "Merhaba"]
    command = [node, "drive.js", "--url", f"{server}/chat", "--lang", "en", "--full"]
    command += [
        "--messages",
        json.dumps(steps),
        "--out",
        str(picture),
        "--chromium",
        chromium,
    ]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert told["state"] == "bot"
    assert [message["from"] for message in told["messages"]][-2:] == ["user", "bot"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def zipped(name: str) -> int:
    """Return the bytes of a static file after gzip -9."""
    return len(gzip.compress((WEB / name).read_bytes(), 9, mtime=0))


def test_the_page_stays_small() -> None:
    assert sum(zipped(name) for name in SCRIPTS[:2]) <= CODE_LIMIT
    assert sum(zipped(name) for name in SCRIPTS) <= SCRIPT_LIMIT
    assert zipped("lotse-chat.css") <= STYLE_LIMIT


def test_no_syntax_that_old_browsers_lack() -> None:
    """Safari 14.1: no optional chaining, no private fields, nothing newer than ES2019."""
    newer = re.compile(
        r"\?\.[a-z(\[]|\?\?|\|\|=|&&=|\.at\(|replaceAll|this\.#|import\.meta|import\("
    )
    for name in SCRIPTS:
        assert not newer.findall((WEB / name).read_text(encoding="utf-8")), name


def test_no_markup_from_strings_and_nothing_inline() -> None:
    for name in SCRIPTS:
        source = (WEB / name).read_text(encoding="utf-8")
        assert not re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source
        )
    page = (WEB / "chat.html").read_text(encoding="utf-8")
    assert not re.findall(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_style_is_logical_only() -> None:
    css = re.sub(
        r"/\*.*?\*/",
        "",
        (WEB / "lotse-chat.css").read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    side = "(?:left|right|top|bottom)"
    sides = rf"(?:margin|padding|border)-{side}|[{{;\s]{side}\s*:"
    sizes = r"(?<!\()(?:(?:min|max)-)?(?<![\w-])(?:width|height)\s*:"
    found = re.findall(f"{sides}|text-align:\\s*(?:left|right)", css)
    outside_queries = re.sub(r"@media[^{]*", "", css)
    assert not found + re.findall(sizes, outside_queries)


def test_every_language_has_every_text() -> None:
    source = (WEB / "lotse-chat-texts.js").read_text(encoding="utf-8")
    start = source.index("export const TEXTS")
    blocks = re.split(r"^  (de|en|ar|tr): \{$", source[start:], flags=re.MULTILINE)[1:]
    keys = {
        lang: re.findall(r"(?:^|,)\s*(\w+): [\['‘“]", block, flags=re.MULTILINE)
        for lang, block in zip(blocks[::2], blocks[1::2], strict=True)
    }
    assert set(keys) == set(LANGUAGES)
    assert len(keys["de"]) > 60
    assert all(sorted(found) == sorted(keys["de"]) for found in keys.values())
