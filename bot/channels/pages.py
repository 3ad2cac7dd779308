"""The files of the chat page and the headers that every page of ours carries."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Tuple

from sanic import response
from sanic.response import HTTPResponse

_WEB = Path(__file__).resolve().parent.parent / "web"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

Asset = Tuple[str, bytes]


def read_assets() -> Dict[str, Asset]:
    """Return the page's files: name -> (content type, bytes). Nothing else can be asked for."""
    return {
        path.name: (_TYPES[path.suffix], path.read_bytes())
        for path in sorted(_WEB.iterdir())
        if path.suffix in _TYPES
    }


def asset_response(asset: Asset, cache: str) -> HTTPResponse:
    """Return a file with its type, how long it may be kept, and the security headers."""
    content_type, body = asset
    headers = {**SECURITY_HEADERS, "Cache-Control": cache}
    return response.raw(body, content_type=content_type, headers=headers)


def answer(body: Dict[str, object], status: int = 200) -> HTTPResponse:
    """Return JSON that no browser and no proxy keeps: it belongs to one person."""
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
    return response.json(body, status=status, headers=headers)


def problem(status: int, error: str) -> HTTPResponse:
    """Return what is wrong with a request; never what happened inside."""
    return answer({"error": error}, status)
