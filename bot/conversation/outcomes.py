"""Every way in which a turn can end. There is no silent fall-through: each has a name and text."""

from __future__ import annotations

from enum import Enum


class Outcome(str, Enum):
    """The ending of a turn."""

    FOUND = "found"
    FOUND_UNSURE = "found_unsure"
    ONLY_CONTACT = "only_contact"
    NOTHING_FOUND = "nothing_found"
    NEEDS_PLACE = "needs_place"
    NEEDS_BIRTH_PLACE = "needs_birth_place"
    PLACE_UNCLEAR = "place_unclear"
    NEEDS_NEED = "needs_need"
    CLARIFY = "clarify"
    MORE = "more"
    NO_MORE = "no_more"
    NONE_FIT = "none_fit"
    OUTSIDE_AREA = "outside_area"
    NO_VERDICT = "no_verdict"
    OUT_OF_SCOPE = "out_of_scope"
    GREET = "greet"
    THANK = "thank"
    GOODBYE = "goodbye"
    BOT_CHALLENGE = "bot_challenge"
    CAPABILITIES = "capabilities"
    SMALLTALK = "smalltalk"
    INJECTION = "injection"
    NOT_UNDERSTOOD = "not_understood"
    HUMAN = "human"
    DELEGATED = "delegated"
    CRISIS = "crisis"


# The sentence each ending begins with. ``tests/unit/test_texts.py`` checks that all exist.
OPENING: dict[Outcome, str] = {
    Outcome.FOUND: "find.intro_sure",
    Outcome.FOUND_UNSURE: "find.intro_unsure",
    Outcome.ONLY_CONTACT: "find.only_contact",
    Outcome.NOTHING_FOUND: "find.nothing_found",
    Outcome.NEEDS_PLACE: "find.needs_place",
    Outcome.NEEDS_BIRTH_PLACE: "find.needs_birth_place",
    Outcome.PLACE_UNCLEAR: "find.place_unclear",
    Outcome.NEEDS_NEED: "reply.ask_need",
    Outcome.CLARIFY: "find.clarify",
    Outcome.MORE: "find.more",
    Outcome.NO_MORE: "find.no_more",
    Outcome.NONE_FIT: "find.none_fit",
    Outcome.OUTSIDE_AREA: "find.outside_area",
    Outcome.NO_VERDICT: "find.no_verdict",
    Outcome.OUT_OF_SCOPE: "reply.out_of_scope",
    Outcome.GREET: "reply.greet",
    Outcome.THANK: "reply.thank",
    Outcome.GOODBYE: "reply.goodbye",
    Outcome.BOT_CHALLENGE: "reply.bot_challenge",
    Outcome.CAPABILITIES: "reply.capabilities",
    Outcome.SMALLTALK: "reply.smalltalk",
    Outcome.INJECTION: "reply.injection",
    Outcome.NOT_UNDERSTOOD: "reply.not_understood",
    Outcome.HUMAN: "human.intro",
    Outcome.DELEGATED: "reply.greet",  # never shown: another action answers
    Outcome.CRISIS: "crisis.general",
}
