"""Sentence vectors without torch: the released encoder, quantised to 8 bits, run by ONNX Runtime.

The conversation server looks at the meaning of a message too (a crisis is seldom said in the words
of a rule), and torch does not fit beside Rasa. The compact file is made from ``models/encoder`` by
:mod:`bot.search.export` when the index is built.
"""

from bot.encoding.compact import CompactEncoder

__all__ = ["CompactEncoder"]
