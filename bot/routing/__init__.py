"""Need x place x age -> the responsible contact. The rules are data in ``responsibilities.yml``."""

from bot.routing.router import Missing, Route, Router

__all__ = ["Missing", "Route", "Router"]
