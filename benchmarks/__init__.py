"""Speed and memory, measured beside stock Rasa on the same machine: ``./lotse bench``."""
