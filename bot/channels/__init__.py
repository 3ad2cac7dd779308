"""Rasa channels: the web chat. Messengers share its core."""
