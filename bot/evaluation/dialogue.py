"""A conversation without Rasa: the same readers, rules and answers, one message after another.

Which action follows which intent is read from ``data/rules/rules.yml``, the file that Rasa is
trained on, so that a changed rule changes what is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import yaml

from bot.conversation import answer as answers
from bot.conversation.case import Case, Question
from bot.conversation.outcomes import Outcome
from bot.conversation.reply import Reply
from bot.conversation.services import Services
from bot.errors import ConfigurationError
from bot.offers.models import Helpline
from bot.safety.crisis import IMMEDIATE
from bot.safety.helplines import lines_for_crisis
from bot.understanding.intents import INFORM
from bot.understanding.reading import Reader, Reading

FIND = "action_find_support"
ASK_ENTITLEMENT = "ask_entitlement"
# After these the assistant waits for a place, and reads the next message with that in mind.
PLACE_QUESTIONS = frozenset({Outcome.NEEDS_PLACE, Outcome.NEEDS_BIRTH_PLACE, Outcome.PLACE_UNCLEAR})
# Actions that say something fixed. All others (greeting, thanks, languages, deletion) are small
# talk here: an answer about the conversation itself, without a search.
_FIXED: dict[str, Outcome] = {
    "utter_out_of_scope": Outcome.OUT_OF_SCOPE,
    "utter_injection": Outcome.INJECTION,
    "utter_not_understood": Outcome.NOT_UNDERSTOOD,
    "action_begin_callback": Outcome.HUMAN,
}


@dataclass(frozen=True)
class Response:
    """What one message was read as and answered with.

    ``reading`` is ``None`` for a pressed button; ``reply`` is ``None`` for a fixed answer;
    ``lines`` are the help lines shown, before everything else.
    """

    reading: Reading | None
    language: str
    outcome: Outcome
    case: Case
    reply: Reply | None = None
    lines: tuple[Helpline, ...] = ()

    @property
    def asks_place(self) -> bool:
        """Return whether the answer is a question about the place."""
        return self.outcome in PLACE_QUESTIONS

    @property
    def intent(self) -> str | None:
        """Return the intent that was read."""
        return self.reading.intent.name if self.reading else None


class Dialogue:
    """Answers messages as the two servers do together."""

    def __init__(self, reader: Reader, services: Services, rules: Mapping[str, str]) -> None:
        """``rules`` gives the action of each intent; an intent without one is a question."""
        self.services = services
        self._reader = reader
        self._rules = rules

    def say(
        self, text: str, case: Case, before: Response | None = None, need: str | None = None
    ) -> Response:
        """Return the response to a message.

        ``before`` is the response to the message before it. ``need`` is one that the person has
        chosen with a button: then neither intent nor crisis leads away from it, as with the
        button's own message, but place and age are read from the text.
        """
        reading = self._reader.read(
            text,
            before.language if before else None,
            before is not None and before.asks_place,
        )
        language, sign = reading.language.code, reading.crisis
        if need is None and sign is not None and sign.level == IMMEDIATE:
            lines = lines_for_crisis(sign.kind, language, self.services.catalogue.helplines)
            return Response(reading, language, Outcome.CRISIS, case, lines=tuple(lines))
        intent = reading.intent.name
        action = FIND if need else self._rules.get(intent, FIND)
        if action != FIND:
            return self._other(action, reading, case)
        question = Question(
            text,
            language,
            reading.places,
            reading.ages,
            need=need,
            facts_only=intent == INFORM and reading.intent.confidence == 1.0,
            adds_facts=intent == INFORM,
            wants_verdict=intent == ASK_ENTITLEMENT,
            worried=sign.kind if sign else None,
        )
        return _response(reading, language, answers.answer(question, case, self.services))

    def choose_place(self, municipality: str, before: Response) -> Response:
        """Return the response to the button of a municipality under ``before``."""
        question = Question("", before.language, municipality=municipality, facts_only=True)
        reply = answers.answer(question, before.case, self.services)
        return _response(None, before.language, reply)

    def _other(self, action: str, reading: Reading, case: Case) -> Response:
        language = reading.language.code
        if action == "action_show_more":
            return _response(reading, language, answers.show_more(case, language, self.services))
        if action == "action_none_fit":
            return _response(reading, language, answers.none_fit(case, language, self.services))
        if action == "action_request_human":
            return _response(reading, language, answers.human(case, self.services))
        return Response(reading, language, _FIXED.get(action, Outcome.SMALLTALK), case)


def _response(reading: Reading | None, language: str, reply: Reply) -> Response:
    return Response(reading, language, reply.outcome, reply.case, reply, reply.lines)


def read_rules(path: Path) -> dict[str, str]:
    """Return the first action after each intent in Rasa's file of rules.

    Raises :class:`ConfigurationError` when the file is missing or has no rules.
    """
    if not path.exists():
        raise ConfigurationError(f"{path.name} is missing in data/rules")
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules = data.get("rules") if isinstance(data, dict) else None
    if not isinstance(rules, list):
        raise ConfigurationError(f"{path.name}: expected a list of rules")
    actions: dict[str, str] = {}
    for rule in rules:
        steps = rule.get("steps") or []
        for step, following in pairwise(steps):
            if "intent" in step and "action" in following:
                actions.setdefault(step["intent"], following["action"])
    return actions
