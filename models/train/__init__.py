"""Trains the sentence encoder. Independent of ``bot/``: only data and a model folder connect them.

``python -m models.train distil`` teaches the encoder four languages from sentence pairs;
``python -m models.train adapt`` brings it nearer to what people here write. See README.md.
"""
