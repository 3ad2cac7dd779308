"""A running inbox for each test."""

from __future__ import annotations

import pytest

from tests.inbox.serving import Inbox, running


@pytest.fixture
def inbox(tmp_path):
    with running(Inbox(tmp_path)) as inbox:
        yield inbox
