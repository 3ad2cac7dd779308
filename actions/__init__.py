"""Rasa actions: thin adapters from the tracker to :mod:`bot.conversation` and back."""
