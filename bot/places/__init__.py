"""Places: from what a person types (village, postcode, any spelling) to the municipality."""

from bot.places.gazetteer import COUNTY, OUTSIDE, Gazetteer, Municipality, Place
from bot.places.recognition import PlaceMention, PlaceRecognizer, choose

__all__ = [
    "COUNTY",
    "OUTSIDE",
    "Gazetteer",
    "Municipality",
    "Place",
    "PlaceMention",
    "PlaceRecognizer",
    "choose",
]
