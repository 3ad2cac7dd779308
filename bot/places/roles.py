"""What a place is to the person: home, school or work, place of birth, or none of theirs."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.places import cues
from bot.places.mentions import BREAK, SENTENCE, Found, PlaceMention, Token
from bot.places.spelling import is_arabic

_REACH = 8
_BEFORE_SUBJECT = cues.PREPOSITIONS | cues.FILLERS | cues.BETWEEN_SUBJECT


# One rule after the other, the first that fits decides: apart, their order would be hidden.
def with_role(  # noqa: C901
    mention: PlaceMention, tokens: list[Token], span: Found, spans: list[Found]
) -> PlaceMention:
    """Return the mention with role, cue and rank from the words near it."""
    others = [other for other in spans if other is not span]
    clauses = _clauses(tokens, spans)
    before = _reach(tokens, span, -1, others, clauses)
    after = _reach(tokens, span, 1, others, clauses)
    direct = before[0][0] if before else ""
    direct = next((form for form, _ in before if form not in cues.FILLERS), direct)
    near_before = [form for form, cost in before if cost <= 4]
    everything = sorted(
        [(cost, 0, form) for form, cost in before] + [(cost + 1, 1, form) for form, cost in after]
    )
    own = tokens[span.last - 1]
    ending = own.suffix or (
        span.how.split(" ")[0].partition(":")[2] if span.how.startswith("tr:") else ""
    )
    away = direct in cues.FROM or bool(re.fullmatch(r"n?[dt][ae]n", ending))
    towards = (
        direct in cues.TO or bool(re.fullmatch(r"y?[ae]", ending)) or span.how.startswith("ar:ل")
    )
    forms = [form for _, _, form in everything]
    live = next(
        (f for f in forms if cues.LIVE_SELF.fullmatch(f) or cues.LIVE_OTHER.fullmatch(f)), ""
    )
    move = next((form for form in forms if cues.MOVE.fullmatch(form)), "")

    def role(name: str, cue: str, rank: int) -> PlaceMention:
        return replace(
            mention,
            role=name,
            cue=cue,
            rank=rank,
            reason=f"{mention.reason}; {name}{' by ' + cue if cue else ', no cue'}",
        )

    if after and cues.NOT_AFTER.fullmatch(after[0][0]):
        return role("other", after[0][0], 0)
    no = next((form for form in near_before if form in cues.NOT), "")
    if no and (live or others) and _negates(before, no):
        return role("other", no, 0)
    if move and (away or _left(forms)):
        return role("other", f"{direct} … {move}", 0)
    if (
        others
        and away
        and any(_direction(tokens, other) for other in others if other.first > span.first)
    ):
        return role("other", direct or ending, 0)
    if (
        others
        and direct in cues.NEAR
        and not any(other.places[0].municipality == mention.municipality for other in others)
        and span.first
        and any(other.last >= span.first - 2 and other.first < span.first for other in others)
    ):
        return role("other", direct, 0)
    clause = _clause(tokens, span, clauses)
    former = next((form for form in clause if cues.FORMER.fullmatch(form)), "")
    if re.fullmatch(r"[dt][ae]yd\w*", own.suffix):
        return role("other", own.suffix, 0)
    if former and not (former in {"زمان", "اول", "كنت", "كنا"} and not live):
        return role("other", former, 0)
    if "lived" in forms[:5] or ("used" in forms and "live" in forms):
        if not {"have", "has", "ve"} & set(forms):
            return role("other", "lived", 0)
        return role("home", "lived", 5)
    present = next((form for form in near_before if form in cues.NOW), "")
    if present and not (live or move):
        return role("home", present, 5)
    for _, _, form in everything:
        if cues.BIRTH.fullmatch(form):
            return role("birth", form, 2)
        if cues.LIVE_SELF.fullmatch(form):
            return role("home", form, 5 if not _third(before, form) else 3)
        if cues.LIVE_OTHER.fullmatch(form):
            return role("home", form, 3)
        if cues.MOVE.fullmatch(form) and (towards or not away):
            return role("home", form, 3 if cues.FUTURE & set(forms) else 4)
        if cues.SCHOOL.fullmatch(form):
            return role("school", form, 1)
    subject = next((form for form in near_before if form not in _BEFORE_SUBJECT), "")
    if subject in cues.SUBJECT:
        return role("home", subject, 4)
    if away:
        return role("home", direct or ending, 3)
    if "de:er" in span.how and {"ich", "wir"} & set(near_before):
        return role("home", span.how, 4)
    return role("home", "", 3 if mention.kind == "postcode" else 2)


def _clauses(tokens: list[Token], spans: list[Found]) -> list[int]:
    """Return for every token the number of its part of the message.

    A part ends at a comma or stop, at "and", "but", "now"; not inside a list of places.
    """
    inside = {index for span in spans for index in range(span.first, span.last)}
    numbers: list[int] = []
    number = 0
    for index, token in enumerate(tokens):
        form = token.form
        listing = index - 1 in inside and index + 1 in inside
        begins = is_arabic(form) and len(form) > 3 and form[0] == "و" and index not in inside
        if form in BREAK or form in cues.AND or form in cues.NOW or begins:
            number += not listing
        numbers.append(number)
    return numbers


def _reach(
    tokens: list[Token], span: Found, step: int, others: list[Found], clauses: list[int]
) -> list[tuple[str, int]]:
    """Return the folded words on one side with how far away they count.

    A word belongs to the place in its own part of the message; a comma, a conjunction or
    another place between makes it count as farther; the end of the sentence ends the reach.
    """
    inside = {index for other in others for index in range(other.first, other.last)}
    taken = {clauses[index] for index in inside}
    own = clauses[span.first]
    words: list[tuple[str, int]] = []
    index = span.first - 1 if step < 0 else span.last
    cost = 0
    crossed = False
    while 0 <= index < len(tokens) and cost <= _REACH:
        form = tokens[index].form
        cost += 1
        if form in SENTENCE:
            break
        if form in BREAK:
            cost += 3
        elif index in inside:
            cost += 0 if crossed else 2
            crossed = True
        else:
            crossed = False
            cost += 2 * (form in cues.AND)
            if clauses[index] == own or clauses[index] not in taken:
                words.append((_bare(form), cost))
        index += step
    return words


def _clause(tokens: list[Token], span: Found, clauses: list[int]) -> list[str]:
    """Return the folded words of the part of the sentence that the place stands in."""
    first, last = span.first, span.last
    while first and clauses[first - 1] == clauses[span.first]:
        first -= 1
    while last < len(tokens) and clauses[last] == clauses[span.first]:
        last += 1
    return [_bare(token.form) for token in tokens[first:last]]


def _bare(form: str) -> str:
    """Return an Arabic word without conjunction, article and preposition (والمدرسة -> مدرسه)."""
    if not is_arabic(form):
        return form
    if form[0] == "و" and len(form) > 3:
        form = form[1:]
    if form[0] == "ف" and cues.LIVE_SELF.fullmatch(form[1:]):
        return form[1:]
    for clitic in ("بال", "لل", "ال", "عال"):
        if form.startswith(clitic) and len(form) - len(clitic) >= 3:
            return form[len(clitic) :]
    return form


def _negates(before: list[tuple[str, int]], no: str) -> bool:
    """Return whether a negation belongs to the place: "nicht in X", "wohne nicht mehr in X"."""
    words = [form for form, _ in before][:4]
    if no not in words:
        return False
    between = words[: words.index(no)]
    allowed = (
        cues.PREPOSITIONS | cues.FILLERS | {"t", "mehr", "anymore", "any", "longer", "direkt", "to"}
    )
    return all(
        form in allowed or cues.LIVE_SELF.fullmatch(form) or cues.LIVE_OTHER.fullmatch(form)
        for form in between
    )


def _left(forms: list[str]) -> bool:
    return bool({"weggezogen", "ausgezogen", "weg"} & set(forms[:4]))


def _direction(tokens: list[Token], item: Found) -> bool:
    """Return whether a later place is the goal of a move ("from X to Y")."""
    previous = tokens[item.first - 1].form if item.first else ""
    own = tokens[item.last - 1]
    return (
        previous in cues.TO
        or bool(re.fullmatch(r"y?[ae]", own.suffix))
        or item.how in {"tr:e", "tr:a", "tr:ye", "tr:ya"}
        or item.how.startswith("ar:ل")
    )


_OTHER_PEOPLE = re.compile(
    r"(?:mutter|vater|eltern|ex|exmann|exfrau|freund\w*|bruder|schwester|oma|opa|mann|frau|sohn|tochter|tante"
    r"|onkel|mother|father|parents|brother|sister|husband|wife|friend|ex|annem|babam|kardesim|ablam"
    r"|abim|esim|امي|ابوي|ابي|اخي|اخوي|اختي|والدتي|والدي|زوجي|زوجتي|جوزي)"
)


def _third(before: list[tuple[str, int]], form: str) -> bool:
    """Return whether somebody else than the writer lives there."""
    words = [word for word, _ in before]
    if any(word in cues.SUBJECT for word in words):
        return False
    return any(_OTHER_PEOPLE.fullmatch(word) for word in words[:7]) and form not in {
        "wohne",
        "lebe",
    }
