"""Person and staff side by side in two real browsers, in Arabic and German."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from bot.inbox.accounts import add_account
from bot.storage.staff import StaffStore
from tests.web.test_page import browser_tools  # noqa: F401 (a fixture)

HERE = Path(__file__).resolve().parent


def test_person_and_staff_side_by_side(assistant, browser_tools):  # noqa: F811
    node, chromium = browser_tools
    settings = assistant.settings
    password = "ein langes Testwort 7"
    add_account(StaffStore(settings.staff), "anna", "Anna", password, "agent", ["*"])
    command = [
        *(node, "side_by_side.js", f"{assistant.base}/chat"),
        *(f"http://127.0.0.1:{settings.inbox_port}", chromium, "anna", password),
    ]
    # LOTSE_PICTURES=docs/pictures renews the pictures of the documents.
    pictures = os.environ.get("LOTSE_PICTURES")
    command += [str(Path(pictures).resolve())] if pictures else []
    done = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
