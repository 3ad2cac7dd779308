"""Every sentence the assistant says: one catalogue a language, the same keys in each."""

from bot.texts.catalogue import Texts

__all__ = ["Texts"]
