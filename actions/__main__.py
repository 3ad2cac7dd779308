"""The action server: ``python -m actions``. Listens on the loopback address only.

Everything is loaded before the port opens, so that a missing database or encoder is one clear
sentence at the start and the first question is as fast as the next.
"""

from __future__ import annotations

import logging
import sys

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor

from bot import bootstrap
from bot.errors import LotseError


def main() -> int:
    """Serve until stopped; return the exit status."""
    try:
        settings = bootstrap.settings()
        logging.basicConfig(level=settings.log_level)
        bootstrap.services()
        bootstrap.handover_store()
    except LotseError as error:
        print(f"The action server cannot start. {error}", file=sys.stderr)
        return 2
    executor = ActionExecutor()
    executor.register_package("actions")
    app = create_app(executor, cors_origins=[])
    # One process: Sanic's manager would load torch a second time for nothing.
    app.run(
        host="127.0.0.1",
        port=settings.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
        debug=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
