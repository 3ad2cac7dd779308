"""``python -m bot.inbox``: serve the staff inbox and deliver callbacks, until stopped."""

from __future__ import annotations

import logging
import sys
import threading

import uvicorn

from bot import bootstrap
from bot.delivery.factory import helpdesk_for, notifier_for
from bot.delivery.worker import DeliveryWorker
from bot.errors import LotseError
from bot.inbox.app import create_app
from bot.inbox.deps import Deps
from bot.inbox.names import CatalogueNames
from bot.settings import Settings, Translation
from bot.storage.catalogue import CatalogueStore
from bot.storage.live import LiveStore
from bot.storage.staff import StaffStore

_STOP_WITHIN_SECONDS = 3
_START_AGAIN_SECONDS = 10.0
_log = logging.getLogger(__name__)


def main() -> int:
    """Serve; return the exit status."""
    try:
        settings = bootstrap.settings()
        logging.basicConfig(level=settings.log_level)
        deps = make_deps(settings)
        stop = deliver(settings)
    except LotseError as error:
        sys.stderr.write(f"The staff inbox cannot start. {error}\n")
        return 2
    uvicorn.run(
        create_app(deps),
        host=settings.inbox_host,
        port=settings.inbox_port,
        log_level=settings.log_level.lower(),
        access_log=False,  # addresses of people and which conversations they read
        server_header=False,
        # We look at X-Forwarded-For ourselves, and only as far as settings trust it.
        proxy_headers=False,
        # Long polls would hold up the end for half a minute.
        timeout_graceful_shutdown=_STOP_WITHIN_SECONDS,
    )
    stop.set()
    return 0


def deliver(settings: Settings) -> threading.Event:
    """Start the delivery of callbacks beside the pages; return the event that stops it.

    Without a mail server or helpdesk in the settings nothing is started: callbacks wait in the
    inbox then.
    """
    stop = threading.Event()
    notifier = notifier_for(settings)
    if notifier is not None:
        worker = DeliveryWorker(bootstrap.handover_store(), notifier, stop=stop)

        def run() -> None:
            while not stop.is_set():
                try:
                    worker.run()
                except Exception:  # noqa: BLE001 - a fault in one letter must not end all delivery
                    _log.exception("the delivery stopped and is started again")
                    stop.wait(_START_AGAIN_SECONDS)

        threading.Thread(target=run, name="delivery", daemon=True).start()
    return stop


def make_deps(settings: Settings) -> Deps:
    """Return the parts of the inbox.

    Raises :class:`LotseError` when the catalogue database has not been built.
    """
    catalogue = CatalogueStore(settings.catalogue, read_only=True)
    names = CatalogueNames(catalogue, bootstrap.gazetteer().municipalities, bootstrap.texts())
    return Deps(
        live=LiveStore(settings.live),
        staff=StaffStore(settings.staff),
        callbacks=bootstrap.handover_store(),
        names=names,
        translator=PlainTranslator(settings.translation) if settings.translation.url else None,
        delivers=bool(settings.mail.host) or settings.helpdesk.kind != "none",
        key=settings.inbox_key,
        secure=settings.inbox_secure,
        trusted_proxies=settings.trusted_proxies,
        helpdesk=helpdesk_for(settings),
    )


class PlainTranslator:
    """The translation service as the pages use it: text in, text out."""

    def __init__(self, translation: Translation) -> None:
        from bot.delivery.translation import Translator as Service

        self._service = Service(translation)

    def translate(self, text: str, source: str, target: str) -> str | None:
        """Return the translation, or ``None`` when the service does not answer."""
        found = self._service.translate(text, source, target)
        return found.text if found else None


if __name__ == "__main__":
    sys.exit(main())
