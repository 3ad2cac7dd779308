"""Lotse: the assistant that finds help in the Kreis Coesfeld.

The way of a message is described in ``docs/architecture.md``; the steps of one
question stand in :mod:`bot.conversation.answer`.
"""

__version__ = "0.1.0"
