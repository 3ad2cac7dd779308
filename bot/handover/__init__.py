"""Handing over to people: the callback that staff answer."""
