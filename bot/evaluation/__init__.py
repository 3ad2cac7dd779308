"""Measures the assistant on labelled rows: ``./lotse evaluate KIND --file F.jsonl``.

Every kind runs the product's own code; what is written here only reads rows, counts and reports.
"""
