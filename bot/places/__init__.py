"""Places: from what a person types (village, postcode, any spelling) to the municipality.

Nothing is imported here: recognition needs spaCy, and who only wants names of places does not.
"""
