"""The way of one question, from what the person wrote to a :class:`Reply`.

The steps are listed in :data:`STEPS` and run in that order; the first that returns a reply ends
the turn. A step that has nothing to say returns ``None`` and may leave what it found in the turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.conversation.case import Case, Question
from bot.conversation.outcomes import Outcome
from bot.conversation.reply import Choice, Reply
from bot.conversation.services import Services
from bot.offers.models import COUNTY, OUTSIDE, Helpline
from bot.places.recognition import choose
from bot.routing import Missing, Route
from bot.safety.helplines import lines_for_need
from bot.search.results import Query, ResultSet
from bot.understanding.ages import choose_age

PLACE_OF_BIRTH = "place_of_birth"
# Ages in years that the life phases of the taxonomy stand for; pregnancy is the mother's.
_PHASES: dict[str, tuple[float, float]] = {
    "pregnancy": (14, 50),
    "0_3": (0, 3.5),
    "3_6": (2.5, 7),
    "6_10": (5.5, 11),
    "10_16": (9.5, 17),
    "16_27": (15.5, 28),
    "adult": (18, 200),
    "senior": (55, 200),
}
# Intents that are answered with one sentence.
_PLAIN = {
    "greet": Outcome.GREET,
    "affirm": Outcome.GREET,
    "thank": Outcome.THANK,
    "goodbye": Outcome.GOODBYE,
    "bot_challenge": Outcome.BOT_CHALLENGE,
    "capabilities": Outcome.CAPABILITIES,
    "smalltalk": Outcome.SMALLTALK,
    "injection": Outcome.INJECTION,
    "out_of_scope": Outcome.OUT_OF_SCOPE,
}


@dataclass
class Turn:
    """What the steps of one turn have found so far."""

    question: Question
    case: Case
    services: Services
    before: Case = field(default_factory=Case)
    place_uncertain: bool = False
    follow_up: bool = False
    results: ResultSet | None = None
    route: Route | None = None

    @property
    def language(self) -> str:
        """Return the language of the answer."""
        return self.question.language


def answer(question: Question, case: Case, services: Services) -> Reply:
    """Return the reply to a question.

    ``case`` is what the conversation knew before; the reply carries what it knows afterwards.
    """
    turn = Turn(question, case, services, before=case)
    for step in STEPS:
        reply = step(turn)
        if reply is not None:
            return replace(reply, results=turn.results)
    raise AssertionError("the last step always answers")


def learn_facts(turn: Turn) -> Reply | None:
    """Take place and age from the message (or from a button) into the case."""
    question, case = turn.question, turn.case
    if question.municipality:
        name = turn.services.place_name(question.municipality)
        case = replace(case, municipality=question.municipality, place=name)
    else:
        mention = choose(question.places, "home")
        if mention is not None and mention.municipality != COUNTY:
            turn.place_uncertain = not mention.certain
            case = replace(case, municipality=mention.municipality, place=mention.name)
    age = choose_age(question.ages)
    if age is not None:
        case = replace(case, age=age)
    turn.case = case
    return None


def recognise_follow_up(turn: Turn) -> Reply | None:
    """Decide whether the message adds to the earlier question or asks a new one."""
    question, case = turn.question, turn.case
    adds_facts = bool(question.places or question.ages or question.municipality)
    if question.need is not None:
        turn.case = replace(case.new_question(), need=question.need, text=case.text)
    elif question.facts_only and case.need is not None:
        if question.ages and not _fits_age(turn, case.need):
            # "And for my older son, 16?" after a Kita place is a new question without its need.
            return Reply(Outcome.NEEDS_NEED, case.new_question())
        turn.follow_up = True
        turn.case = replace(case, shown=())
    elif question.facts_only and adds_facts:
        known = case.place if case.municipality else None
        if case.municipality == OUTSIDE:
            return _outside(turn)
        return Reply(Outcome.NEEDS_NEED, case, {"place": known} if known else {})
    else:
        turn.case = replace(case, shown=())
    return None


def search_offers(turn: Turn) -> Reply | None:
    """Find offers, and read the need where it is not known yet."""
    case, question = turn.case, turn.question
    known = question.need or (case.need if turn.follow_up else None)
    text = (case.text if known else None) or question.text
    place = turn.services.county_place(case.municipality)
    query = Query(text, turn.language, place, case.age, known, case.shown)
    turn.results = turn.services.search.search(query)
    best = turn.results.needs.best
    unclear = best is None or best.probability < turn.services.thresholds.needs.clarify_below
    goes_on = case.asked_place or question.places or question.ages or question.adds_facts
    own = best is not None and best.probability >= turn.services.thresholds.needs.sure
    if known is None and case.need and goes_on and (unclear or (question.adds_facts and not own)):
        # "And in Olfen?" or "no idea" says nothing about a need of its own: the earlier goes on.
        _search_for_earlier_need(turn, case)
        return None
    same = best is not None and best.code == case.need
    turn.case = replace(
        case,
        text=text,
        need=known,
        asked_place=case.asked_place and same,
        clarified=case.clarified and unclear,
        wants_verdict=question.wants_verdict,
    )
    return None


def recognise_purpose(turn: Turn) -> Reply | None:
    """Answer a message that is about no need: small talk, out of scope, a wish for a human.

    The conversation server has recognised the plain ones by their letters; the sentence vector
    recognises those that are said in another way.
    """
    assert turn.results is not None
    reading = turn.results.needs
    if turn.question.need or turn.follow_up or not reading.purposes:
        return None
    limits = turn.services.thresholds.needs
    verdict = sum(p.probability for p in reading.purposes if p.intent == "ask_entitlement")
    if verdict >= limits.verdict_above:
        turn.case = replace(turn.case, wants_verdict=True)
    unsure = reading.best is None or reading.best.probability < limits.unsure_below
    if reading.none < (limits.none_above_unsure if unsure else limits.none_above):
        return None
    purpose = reading.purposes[0]
    # A purpose that is itself unlikely says only that the message is not about a need.
    intent = purpose.intent if purpose.probability >= limits.none_above_unsure else "out_of_scope"
    if intent == "ask_entitlement":
        return None
    case = turn.case
    before = replace(turn.before, municipality=case.municipality, place=case.place, age=case.age)
    if intent == "inform":
        return _go_on_with(turn, before)
    if intent == "show_more":
        return show_more(before, turn.language, turn.services)
    if intent in {"none_fit", "deny"}:
        return none_fit(before, turn.language, turn.services)
    if intent in {"request_human", "request_callback"}:
        return human(before, turn.services)
    if intent in {"delete_data", "change_language"}:
        return Reply(Outcome.DELEGATED, before, delegate=intent)
    return Reply(_PLAIN.get(intent, Outcome.OUT_OF_SCOPE), before)


def clarify(turn: Turn) -> Reply | None:
    """Ask which of a few needs is meant, at most once a question."""
    needs = turn.services.thresholds.needs
    assert turn.results is not None
    best = turn.results.needs.best
    if best is None:
        return _nothing(turn)
    if best.probability >= needs.clarify_below or turn.follow_up:
        turn.case = replace(turn.case, need=best.code)
        return None
    likely = [s.code for s in turn.results.needs.scores[: needs.clarify_choices]]
    likely = [
        code
        for code, score in zip(likely, turn.results.needs.scores, strict=False)
        if score.probability >= needs.least
    ]
    if len(likely) < 2 or turn.case.clarified:
        return _nothing(turn)
    choices = tuple(Choice("need", code) for code in likely)
    return Reply(Outcome.CLARIFY, replace(turn.case, need=None, clarified=True), choices=choices)


def route_to_contact(turn: Turn) -> Reply | None:
    """Find the responsible contact; ask for the place if it decides, once."""
    need = turn.case.need
    assert need is not None
    _settle_birth_place(turn, need)
    case = turn.case
    turn.route = turn.services.router.route(
        need, case.municipality, case.age, turn.question.language
    )
    if turn.place_uncertain and _place_matters(turn, need):
        choices = _place_choices(turn, first=case.municipality)
        place = case.place or ""
        case = replace(case, municipality=None, place=None, asked_place=True)
        return Reply(Outcome.PLACE_UNCLEAR, case, {"place": place}, choices=choices)
    if turn.route.contact is not None and turn.route.contact.id == OUTSIDE:
        return _outside(turn)
    if turn.route.missing is None:
        return None
    if not case.asked_place and not turn.question.worried:
        outcome = (
            Outcome.NEEDS_BIRTH_PLACE
            if turn.route.missing is Missing.PLACE_OF_BIRTH
            else Outcome.NEEDS_PLACE
        )
        values = {"need": turn.services.need_label(need, turn.language)}
        asked = replace(case, asked_place=True)
        return Reply(outcome, asked, values, choices=_place_choices(turn), lines=_lines(turn))
    turn.route = turn.services.router.general("the place is not known")
    return None


def compose(turn: Turn) -> Reply:
    """Put offers, contact and what comes next together."""
    case, route, results = turn.case, turn.route, turn.results
    assert route is not None and results is not None and case.need is not None
    merged = route.contact.merges if route.contact else ()
    offers = tuple(hit for hit in results.hits if hit.offer.id not in merged)
    if case.municipality is None:
        # Without a place only what is open to the whole county can be shown honestly, unless
        # nothing of that kind exists: then nearby offers are better than none.
        offers = tuple(hit for hit in offers if hit.offer.everywhere) or offers
    best = results.needs.best
    sure = best is None or best.probability >= turn.services.thresholds.needs.sure
    outcome = Outcome.FOUND if sure or turn.follow_up else Outcome.FOUND_UNSURE
    if not offers:
        outcome = Outcome.ONLY_CONTACT
    if case.wants_verdict:
        outcome = Outcome.NO_VERDICT
    return Reply(
        outcome,
        replace(case, shown=tuple({*case.shown, *(hit.offer.id for hit in offers)})),
        _values(turn, case.need),
        offers,
        route.contact,
        route.substitutes,
        _lines(turn),
        _other_needs(turn) if outcome is Outcome.FOUND_UNSURE else (),
        ("find.without_place",) if case.asked_place and case.municipality is None else (),
        route.transitions,
    )


def show_more(case: Case, language: str, services: Services) -> Reply:
    """Return further offers for the question of the case, or the contact when there are none."""
    if case.need is None:
        return Reply(Outcome.NEEDS_NEED, case)
    place = services.county_place(case.municipality)
    text = case.text or services.need_label(case.need, language)
    results = services.search.search(Query(text, language, place, case.age, case.need, case.shown))
    label = {"need": services.need_label(case.need, language)}
    if results.hits:
        shown = tuple({*case.shown, *(hit.offer.id for hit in results.hits)})
        case = replace(case, shown=shown)
        return Reply(Outcome.MORE, case, label, results.hits, results=results)
    return _with_contact(Outcome.NO_MORE, case, services)


def none_fit(case: Case, language: str, services: Services) -> Reply:
    """Return a person to talk to, and other needs that may have been meant."""
    if case.text is None:
        return _with_contact(Outcome.NONE_FIT, case, services)
    results = services.search.search(Query(case.text, language, None, case.age))
    others = [score.code for score in results.needs.scores[:4] if score.code != case.need]
    reply = _with_contact(Outcome.NONE_FIT, case.new_question(), services, need=case.need)
    return replace(reply, choices=tuple(Choice("need", code) for code in others[:3]))


def human(case: Case, services: Services) -> Reply:
    """Return the person or office to talk to: the responsible one if it is known."""
    return _with_contact(Outcome.HUMAN, case, services)


def _with_contact(
    outcome: Outcome, case: Case, services: Services, need: str | None = None
) -> Reply:
    need = need or case.need
    route = services.router.route(need, case.municipality, case.age) if need else None
    if route is None or route.contact is None or route.contact.id == OUTSIDE:
        route = services.router.general("a person to talk to")
    return Reply(outcome, case, contact=route.contact, substitutes=route.substitutes)


def _nothing(turn: Turn) -> Reply:
    reply = _with_contact(Outcome.NOTHING_FOUND, turn.case.new_question(), turn.services)
    return reply


def _outside(turn: Turn) -> Reply:
    contact = turn.services.catalogue.contacts.get(OUTSIDE)
    case = replace(turn.case, municipality=None, place=None, asked_place=False)
    values = {"place": turn.case.place or ""}
    return Reply(Outcome.OUTSIDE_AREA, case, values, contact=contact)


def _values(turn: Turn, need: str) -> dict[str, str]:
    values = {"need": turn.services.need_label(need, turn.language)}
    if turn.case.place:
        values["place"] = turn.case.place
    return values


def _territory(turn: Turn, need: str | None) -> str | None:
    if need is None or need not in turn.services.catalogue.needs:
        return None
    return turn.services.catalogue.needs[need].territory_rule


def _go_on_with(turn: Turn, before: Case) -> Reply | None:
    """Take a message as an addition to the earlier question, if there was one."""
    if before.need is None or (turn.question.ages and not _fits_age(turn, before.need)):
        return Reply(Outcome.NEEDS_NEED, before.new_question())
    _search_for_earlier_need(turn, before)
    return None


def _search_for_earlier_need(turn: Turn, case: Case) -> None:
    """Search once more, for the need of the case instead of the one read from the message."""
    turn.follow_up = True
    turn.case = replace(case, shown=())
    place = turn.services.county_place(case.municipality)
    text = case.text or turn.question.text
    query = Query(text, turn.language, place, case.age, case.need)
    turn.results = turn.services.search.search(query)


def _fits_age(turn: Turn, need: str) -> bool:
    """Return whether a need can concern somebody of the age that the message names."""
    age = turn.case.age
    phases = turn.services.catalogue.needs[need].life_phases
    if age is None:
        return True
    return any(low <= age < high for low, high in (_PHASES[phase] for phase in phases))


def _settle_birth_place(turn: Turn, need: str) -> None:
    """Take the place where a child was born, now that the need is known to go by it."""
    if _territory(turn, need) != PLACE_OF_BIRTH or turn.question.municipality:
        return
    mention = choose(turn.question.places, "birth")
    if mention is not None and mention.municipality != COUNTY:
        turn.place_uncertain = not mention.certain
        turn.case = replace(turn.case, municipality=mention.municipality, place=mention.name)


def _place_matters(turn: Turn, need: str) -> bool:
    return turn.services.router.route(need, None, turn.case.age).missing is not None


def _place_choices(turn: Turn, first: str | None = None) -> tuple[Choice, ...]:
    keys = sorted(turn.services.gazetteer.municipalities)
    if first in keys:
        keys.remove(first)
        keys.insert(0, first)
    return tuple(Choice("place", key) for key in keys)


def _lines(turn: Turn) -> tuple[Helpline, ...]:
    """Return the help lines to show beside the answer: for urgent needs and for worries."""
    need = turn.case.need
    urgent = need is not None and turn.services.catalogue.needs[need].urgency == "crisis"
    if need is None or not (urgent or turn.question.worried):
        return ()
    return tuple(lines_for_need(need, turn.services.catalogue.helplines.values()))


def _other_needs(turn: Turn) -> tuple[Choice, ...]:
    """Return the runners-up as choices, when the need was not sure."""
    assert turn.results is not None
    needs = turn.services.thresholds.needs
    scores = turn.results.needs.scores[1 : needs.clarify_choices]
    return tuple(Choice("need", s.code) for s in scores if s.probability >= needs.least)


Step = Callable[[Turn], "Reply | None"]
STEPS: tuple[Step, ...] = (
    learn_facts,
    recognise_follow_up,
    search_offers,
    recognise_purpose,
    clarify,
    route_to_contact,
    compose,
)

__all__ = ["STEPS", "Turn", "answer", "human", "none_fit", "show_more"]
