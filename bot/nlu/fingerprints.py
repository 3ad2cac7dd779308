"""Rasa hashes only a component's own source; this hashes what the component delegates to.

Without it a change of a recogniser or of its data would leave an outdated model in use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot.settings import ROOT


def fingerprint_of(paths: Iterable[str]) -> str:
    """Return a hash of files and folders, given relative to the project's root."""
    digest = hashlib.sha256()
    for name in sorted(paths):
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and file.suffix in {".py", ".yml"}:
                digest.update(file.relative_to(ROOT).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
