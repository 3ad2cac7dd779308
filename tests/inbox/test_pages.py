"""The inbox in a real browser: accessible, alive, and whole without script."""

from __future__ import annotations

import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

from bot.inbox.pages import age, moment, text_direction
from bot.storage.handovers import OutboxItem
from tests.inbox.serving import ARABIC, PASSWORD, Inbox, running
from tests.web.test_page import browser_tools  # noqa: F401 (a fixture)

HERE = Path(__file__).resolve().parent
INBOX = HERE.parents[1] / "bot" / "inbox"


class Translator:
    def translate(self, text, source, target):
        return "Ich brauche Hilfe" if text == ARABIC else None


@pytest.fixture
def full(tmp_path):
    """An inbox with something in every list."""
    with running(Inbox(tmp_path, translator=Translator(), poll_seconds=5.0)) as inbox:
        live = inbox.request()
        now = inbox.clock()
        inbox.live.say("c1", "person", ARABIC, now, language="ar")
        hostile = "<script>window.hacked = 1</script><img src=/x onerror='window.hacked = 1'>"
        inbox.live.say("c1", "person", hostile, now)
        inbox.live.say("c1", "person", "…", now, alert=True)
        inbox.live.say("c1", "assistant", "Bitte rufen Sie 112 an.", now, language="de")
        other = inbox.request("c2").number
        inbox.live.claim(other, "cem", "Cem C.", now)
        created = datetime.now(timezone.utc)
        item = OutboxItem("k", "L-AAAA-BBBB", "callback", "{}", created.isoformat())
        inbox.handovers.add(inbox.callback(), [item])
        inbox.handovers.claim_due(created)
        inbox.handovers.failed("k", "Der Server sagt nein", created, permanent=True)
        yield inbox, live.number


@pytest.mark.parametrize("name", ["pages", "together", "noScript"])
def test_scenario(browser_tools, full, name, tmp_path):  # noqa: F811
    node, chromium = browser_tools
    inbox, number = full
    command = [node, "scenarios.js", name, f"http://127.0.0.1:{inbox.port}", chromium]
    command += [PASSWORD, str(number)]
    done = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, f"{name}: {done.stderr[-4000:]}"


def test_nothing_inline_in_any_template():
    for template in (INBOX / "templates").glob("*.html"):
        source = template.read_text(encoding="utf-8")
        assert not re.findall(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", source), template
        assert "|safe" not in source and "autoescape" not in source, template
    script = (INBOX / "static" / "inbox.js").read_text(encoding="utf-8")
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ARABIC, "rtl"),
        ("Jobcenter؟ أين هو", "rtl"),
        ("Hallo", "ltr"),
        ("ana mi7taj", "ltr"),
        ("Das Wort سكن kenne ich nicht", "ltr"),
        ("123", "ltr"),
        ("", "ltr"),
    ],
)
def test_direction_goes_by_the_letters(text, expected):
    assert text_direction(text) == expected


def test_times_as_staff_read_them():
    assert [age(s) for s in (-5, 59, 61, 3600, 90_000, 200_000)] == [
        "gerade eben",
        "gerade eben",
        "seit 1 Min.",
        "seit 1 Std. 0 Min.",
        "seit 1 Tag",
        "seit 2 Tagen",
    ]
    assert moment("2026-07-01T10:00:00+00:00") == "01.07.2026, 12:00 Uhr"
    assert moment(0.0) == "01.01.1970, 01:00 Uhr"
    assert moment(None) == "–" and moment("bald") == "bald"
