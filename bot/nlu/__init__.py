"""Rasa graph components. Thin: each calls the recogniser of the same name in a plain room."""
