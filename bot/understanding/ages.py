"""Finds ages in a message: years, months, school grades, birth years and phases of life.

Works on the folded words of the text, with number words as digits, so that one set of patterns
serves ``sieben``, ``٧``, ``seven`` and ``yedi``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.languages import fold

_WEEKS_PER_YEAR = 52.18
_OLDEST = 110

_MARKS = "\u064b-\u065f\u0670\u0300-\u036f\u200b-\u200f"
_TOKEN = re.compile(rf"\d+|[^\W\d_](?:[^\W\d_]|[{_MARKS}])*|[^\w\s]")


@dataclass(frozen=True)
class AgeMention:
    """One age said in a message.

    ``start`` and ``end`` are character offsets in the text; ``min_years`` and ``max_years`` are
    years (both ``None`` for a pregnancy). ``whose`` is child, self, other or unknown; ``kind``
    is years, months, grade or phase.
    """

    text: str
    start: int
    end: int
    min_years: float | None
    max_years: float | None
    whose: str
    kind: str
    reason: str


# --- number words ---

_WORDS: dict[str, str] = {}
for _group in (
    "ein eine einem einen eins einer|zwei zwo|drei|vier|funf fuenf|sechs|sieben|acht|neun|zehn"
    "|elf|zwolf zwoelf|dreizehn|vierzehn|funfzehn fuenfzehn|sechzehn|siebzehn|achtzehn"
    "|neunzehn|zwanzig",
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty",
    "bir|iki|uc|dort|bes|alti|yedi|sekiz|dokuz||onbir|oniki|onuc|ondort|onbes|onalti|onyedi"
    "|onsekiz|ondokuz|yirmi",
    "واحد واحده|اثنين اثنان تنين اتنين ثنين|ثلاث ثلاثه تلات تلاته تلت ثلث تلاث|اربع اربعه|خمس خمسه"
    "|ست سته|سبع سبعه|ثمان ثماني ثمانيه تمان تمن تماني تمنيه تمانيه ثمن|تسع تسعه|عشر عشره"
    "|حداشر حدعش احدعش حداعش احداشر|اتناشر اطنعش اتنعش اثناعش اثنعش تناعش اطناعش|تلتاشر تلتعش"
    " ثلطعش تلطعش تلاتاشر ثلاثطعش|اربعتاشر اربعتعش اربعطعش|خمستاشر خمستعش خمسطعش|ستاشر ستعش سطعش"
    "|سبعتاشر سبعتعش سبعطعش|تمنتاشر تمنتعش تمنطعش ثمنطعش|تسعتاشر تسعتعش تسعطعش|عشرين عشرون",
    "wa7ad|tnen etnen|tlat talat tlate|arba3 arba3a|5ams khams 5amse|set sete|sab3 sab3a|tmen tamen"
    " tmene|tes3 tes3a|3asher 3ashra",
):
    for _value, _names in enumerate(_group.split("|"), 1):
        for _name in _names.split():
            _WORDS[_name] = str(_value)
_HALVES = {"eineinhalb": "1.5", "anderthalb": "1.5", "einundhalb": "1.5", "zweieinhalb": "2.5",
           "dreieinhalb": "3.5", "viereinhalb": "4.5", "funfeinhalb": "5.5"}  # fmt: skip
_WORDS.update(_HALVES)
_LONG_WORDS = sorted((w for w in _WORDS if w.isascii() and len(w) > 2), key=len, reverse=True)
_GERMAN_JOINED = re.compile(
    rf"({'|'.join(_LONG_WORDS)})"
    r"(jahrig\w*|monatig\w*|jahrling\w*)"
)
_ORDINALS: dict[str, str] = {}
for _group in (
    "erste ersten erster erstes|zweite zweiten zweiter|dritte dritten dritter"
    "|vierte vierten vierter|funfte funften|sechste sechsten|siebte siebten|achte achten"
    "|neunte neunten|zehnte zehnten|elfte elften|zwolfte zwolften|dreizehnte dreizehnten",
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth",
    "birinci|ikinci|ucuncu|dorduncu|besinci|altinci|yedinci|sekizinci|dokuzuncu|onuncu",
    "اول اولي|ثاني تاني ثانيه تانيه|ثالث تالت ثالثه تالته|رابع رابعه|خامس خامسه"
    "|سادس سادسه|سابع سابعه"
    "|ثامن تامن ثامنه|تاسع تاسعه|عاشر عاشره",
):
    for _value, _names in enumerate(_group.split("|"), 1):
        for _name in _names.split():
            _ORDINALS[_name] = str(_value)
            if _name[0] > "z":
                _ORDINALS["ال" + _name] = str(_value)

# --- words around an age ---

_CHILD = (
    r"(?:kleine[rn]?|sohn\w*|tochter\w*|tochter|kind|kinds|kindes|kinder|kindern|kids?|child"
    r"|children|sons?|daughters?|baby|babys"
    r"|junge|jungs|madchen|zwilling\w*|twins?|boys?|girls?|enkel\w*|pflegekind\w*|toddler"
    r"|oglu\w*|oglan\w*|kizi\w*|kizlar\w*|cocug\w*|cocuk\w*|bebek\w*|bebeg\w*|ikiz\w*|evlad\w*"
    r"|yegen\w*"
    r"|[وبل]?(?:ابن[يهاكن]{0,3}|ابنائ\w*|ابني|بنت[يهاك]{0,3}|ابنت[يهاك]{0,3}|ولد\w{0,2}|اولاد\w*"
    r"|طفل\w*|اطفال\w*|بنات\w*"
    r"|توام\w*|(?:ال)?بيبي|الولد|البنت|الطفل\w*|الاولاد|صغير[يت]\w?)"
    r"|[ei]bn[iey]+|b[ei]?nt[iye]+|wlad\w*|walad\w*|wl[ae]di|tefl\w*|awlad\w*|waladi)"
)
_CHILD_PLURAL = re.compile(r"kinder\w*|kids|children|sons|daughters|jungs|zwilling\w*|twins|boys"
                           r"|girls|cocuklar\w*"
                           r"|اولاد\w*|اطفال\w*|بنات\w*|wlad\w*|awlad\w*")  # fmt: skip
_OTHER = (
    r"(?:mutter|vater|mama|papa|oma|opa|grossmutter|grossvater|mann|frau|ehemann|ehefrau"
    r"|partner\w*|freund\w*|bruder|schwester|eltern"
    r"|schwiegermutter|schwiegervater|tante|onkel|nachbar\w*|mother|father|mom|mum|dad"
    r"|grand(?:ma|pa|mother|father)"
    r"|husband|wife|brother|sister|parents|aunt|uncle|neighbou?r|friend"
    r"|annem\w*|babam\w*|dedem\w*|ninem\w*|anneannem\w*|babaannem\w*|kocam\w*|esim\w*|kardesi\w*"
    r"|abim|ablam|karim"
    r"|امي|ابوي|ابي|بابا|ماما|والدت\w*|والد\w*|جدت\w*|جدي|زوج\w*|جوزي|مرتي|اخي|اخوي|اختي|صديق\w*"
    r"|حمات\w*)"
)
_SELF = r"(?:ich|bin|i|im|me|my self|ben|benim|انا|اني|ana|عمري|omri|mri|yasim\w*)"
_PRONOUN = r"(?:er|sie|es|he|she|hes|shes|they|o|هو|هي|هيي|huwe|hiye)"
_N = r"(\d{1,2}(?:\.\d)?)"
_AND = r"(?:,|/|&|\+|und|and|ve|و|u|w|sowie|bis|to)"
_LIST = rf"((?:\d{{1,2}}(?:\.\d)? {_AND} ){{0,4}}\d{{1,2}}(?:\.\d)?)"

_YEAR = (
    r"(?:jahre?n?|jahr|years?|yrs?|سنه|سنين|سنوات|سنوت|عام|عاما|اعوام|سني|senin?|snin"
    r"|sni[ny]?|sane|sene|yas)"
)
_OLD = (
    r"(?:jahre?n? alt\w*|j alt|jahr alte?[rsn]?|jahrig\w*|years? olds?|yrs? old|yr old|yo|y o"
    r"|year olds?"
    r"|yas(?:inda\w*|indaki\w*|li|lik|larinda\w*|ima?|ina|ini|ta)?|yaslarinda|sene onluk"
    r"|lik cocuk\w*)"
)
_MONTH = r"(?:monate?n?|months?|شهر|شهور|اشهر|sh[ae]?hor|shhor|ashhor|shahr|ayl?i?k?)"
_MONTH_OLD = r"(?:monate?n? alt\w*|monatig\w*|months? olds?|month old|aylik\w*)"
_WEEK_OLD = r"(?:wochen? alt\w*|wochig\w*|weeks? olds?|haftalik\w*)"
_AR_AGE = (
    r"(?:[ووبل]?(?:ال)?عمر(?:ه|ها|و|هم|هن|ي|ك|وا)?|3?omr\w{0,3}|3?mr(?:o|u|a|ha|i|ou)|3?emr\w{0,3})"
)
_AR_HAS = r"(?:[و]?عند(?:ه|ها|و|هم|وا)|3?[ae]?nd(?:o|u|a|ha|ou))"
_DURATION_BEFORE = re.compile(
    r"(?<![^ ])(?:seit|vor|fur|nach|innerhalb|in|alle|noch|letzten|uber|since|for|after|within"
    r"|last|past|next|every"
    r"|منذ|من|قبل|لمده|بعد|خلال|مده|كل|صارلي|صار لي|صرلي|الي|men|mn|min|saarli|sarli|son"
    r"|yaklasik|toplam)$"
)
_DURATION_AFTER = re.compile(
    r"(?:in|hier|lang|her|verheiratet|zusammen|getrennt|arbeit\w*|erfahrung|deutschland|spater"
    r"|ago|here|later|experience"
    r"|married|since|long|of|بالمانيا|في المانيا|بالمانيا|هون|هنا|في|خبره|once|sonra|beri"
    r"|boyunca|dir|bu yana|deneyim|önce|almanya\w*"
    r"|schwanger\w*|pregnant|hamile\w*|kundigung\w*|garantie|frist|gultig|warte\w*)"
)
_NOT_AN_AGE_AFTER = re.compile(
    r"(?:uhr|euro?|€|\$|%|:|-|km|m|cm|kg|qm|prozent|zimmer\w*|kinder\w*|kind|personen|person"
    r"|leute|erwachsene\w*|mal|tage?n?|wochen?"
    r"|monate?n?|stunden?|minuten?|grad|og|stock|etage|am|pm|th|st|nd|rd|times?|people|persons?"
    r"|hours?|days?|weeks?|months?"
    r"|minutes?|kids?|children|rooms?|degrees|tl|lira|saat\w*|gun\w*|hafta\w*|ay|aydir|kisi\w*"
    r"|cocuk\w*|oda\w*|dakika\w*|kere|defa"
    r"|يورو|ساعه|ساعات|يوم|ايام|اسبوع|اسابيع|شهر|شهور|اشهر|اولاد|اطفال|اشخاص|غرف|غرفه|مرات|مره"
    r"|دقيقه|سنت|years|jahre?n?|of|brief\w*|von|termin\w*)"
)

_TEENS = ("teen", "teenie\\w*", "teens", "teenager\\w*", "teenagers", "jugendliche[rnm]?",
    "pubertat", "pubertier\\w*", "adolescent\\w*",
          "ergen\\w*", "(?:ال)?مراهق\\w*")  # fmt: skip
_PHASES: tuple[tuple[str, float | None, float | None, str], ...] = (
    (r"schwanger(?:e|en|er)?|schwangerschaft\w*|hochschwanger|pregnant|pregnancy"
     r"|expecting a baby|hamile\w*|gebelik\w*|gebeyim"
     r"|(?:ال|و)?حامل(?! (?:شهاد|جنسي|اقام|هوي|جواز|فيز|دكتور))|حبلي|حملي|7amel"
     r"|hamel", None, None, "pregnancy"),
    (r"neugeboren\w*|saugling\w*|newborns?|new born|yeni ?dogan\w*|(?:ال)?رضيع\w*"
     r"|حديث[يه]? الولاده|مولود\w{0,2} جديد\w?", 0, 1, "newborn"),
    (r"bab(?:y|ys|ies|ie)|infants?|bebe[kg]\w{0,6}|(?:ال)?بيبي", 0, 1, "baby"),
    (r"kleinkind\w*|toddlers?|krabbel(?:kind|alter)\w*", 1, 3, "toddler"),
    (r"(?:kita|kindergarten|kiga) ?kind(?:er|ern|es)?|kindergartenalter|vorschulkind\w*"
     r"|preschoolers?|okul oncesi cocu\w+"
     r"|(?:geht|er ist|sie ist|sohn ist|tochter ist|kind ist) (?:noch )?(?:in|im|in den|in die"
     r"|in der) (?:kindergarten|kita)"
     r"|(?:is|goes) (?:in|to) (?:kindergarten|kita|preschool)|(?:anaokuluna|krese"
     r"|kitaya) gidiyor", 3, 6, "kindergarten"),
    (r"grundschulkind\w*|grundschuler\w*|primary school (?:child|kid|student)\w*"
     r"|ilkokul ogrencisi|ilkokula gidiyor", 6, 10, "primary"),
    ("|".join(_TEENS), 13, 17, "teenager"),
    (r"volljahrig\w*|of legal age|came of age|resit (?:oldu|olan)|سن الرشد", 18, 18, "of age"),
    (r"rentner\w*|senior|senioren|seniorin|pensioner|retired|emekli(?:yim|si|ye)?"
     r"|متقاعد\w*", 65, 99, "senior"),
)  # fmt: skip
_PHASE_PATTERNS = tuple(
    (re.compile(rf"(?<![^ ])(?:{words})(?![^ ])"), low, high, name)
    for words, low, high, name in _PHASES
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^ ])(?:{text})(?![^ ])")


_YEARS = _pattern(rf"{_LIST} {_OLD}")
_YEARS_BETWEEN = _pattern(
    rf"(?:im alter von|alter :?|aged?|age of|at|yasi|yasim|yasi :|alter) {_N}(?: (?:jahren|years))?"
)
_ARABIC_AGE = _pattern(
    rf"{_AR_AGE} (?:(?:هو|صار|حوالي|تقريبا|الان|هلق|:) )?{_LIST}(?: {_YEAR})?(?: (?:ونص|ونصف"
    rf"|و نص))?"
)
_ARABIC_AGE_LAST = _pattern(rf"{_LIST} {_YEAR} {_AR_AGE}")
_ARABIC_HAS = _pattern(rf"{_AR_HAS} {_N} {_YEAR}")
_ARABIC_DUAL = _pattern(rf"{_AR_AGE}(?: {_CHILD})? (سنه|سنتين|سنتان|عام|عامين|شهر|شهرين|اسبوع"
                        rf"|اسبوعين|sane"
                        rf"|sene|santen|santein|shahr|shahren)"
                        r"( (?:ونص|ونصف|و نص))?")  # fmt: skip
_ARABIC_SON_OF = _pattern(rf"(?:ابن|بنت|ebn|bent) {_N} (?:سنين|سنوات|سنه|شهور|snin)")
_MONTHS = _pattern(rf"{_N} {_MONTH_OLD}")
_MONTHS_ARABIC = _pattern(rf"{_AR_AGE} {_N} (?:شهر|شهور|اشهر|sh[ae]?hor|ashhor|shahr|ay)")
_DAYS_ARABIC = _pattern(rf"{_AR_AGE} {_N} (يوما?|ايام|اسبوعا?|اسابيع)")
_WEEKS = _pattern(rf"{_N} {_WEEK_OLD}")
_NEAR_CHILD_YEARS = _pattern(
    rf"{_CHILD}(?: (?:\w+ ,|ist|is|are|sind|von|,|\(|mit|now|jetzt|erst|-|with|im alter|عمر|هو"
    rf"|هي))?(?: \()? {_LIST} {_YEAR}"
)
_NEAR_CHILD_MONTHS = _pattern(
    rf"{_CHILD}(?: (?:ist|is|von|,|\(|mit|jetzt|erst))?(?: \()? {_N} {_MONTH}"
)
_NEAR_CHILD_BARE = re.compile(rf"(?<![^ ])({_CHILD}) (?:, |\( )?{_LIST}(?= \)| ,| \.| !| \?|$)")
_IS_AGE = re.compile(
    rf"(?<![^ ])(?:ist|is|are|sind|bin|im|i am|i m|am|he s|she s|hes|shes|wird|werde|turns"
    rf"|turning|turned|wurde|became)"
    rf"(?: (?:gerade|erst|schon|jetzt|bald|now|only|already|just|almost|nur))? {_LIST}(?![^ ])"
)
_BARE = re.compile(
    rf"^(?:er ist |sie ist |he is |she is |ist )?{_N}(?: {_YEAR}| {_OLD})?(?: [.!])?$"
)
_GRADE = (
    _pattern(
        r"(\d{1,2})(?: (?:\.|te|ten|th|rd|nd|st|inci|nci|uncu|ncu))? (?:klass(?:e|en)?"
        r"|klassler\w*|grade\w*|sinif\w*|schuljahr|صف)"
    ),
    _pattern(r"(?:klasse|grade|year|class|(?:ب|ال|بال|لل)?صف|sinif)(?: (?:ال))? (\d{1,2})(?: \.)?"),
)
_GRADE_JOINED = re.compile(
    r"(?<![^ ])(erst|zweit|dritt|viert|funft|sechst|siebt|acht|neunt|zehnt)klassler\w*"
)
_NOT_SCHOOL = re.compile(
    r"\b(?:ticket\w*|zug\w*|bahn\w*|flug\w*|fuhrerschein\w*|fahrkarte\w*|train|wagen|ice"
    r"|reise\w*|steuer\w*|tax|bilet\w*)\b"
)
_BIRTH_DATE = re.compile(
    r"(?<![^ ])(?:geb|geboren|gebor|born|dogum(?:lu)?|dogdu|مواليد|ولد\w{0,2}|انولد\w{0,2}"
    r"|jahrgang|geburtsdatum|geburtstag|mawalid|tarihi)"
    r"(?: (?:\.|am|in|im|on|jahr|jahre|:|عام|سنه|في|ال|بتاريخ|ist|was|the))*"
    r" (?:(\d{1,2}) (?:\.|/|-) (\d{1,2}) (?:\.|/|-) )?(?:[a-z]+ (?:\d{1,2} ,? ?)?)?((?:19"
    r"|20)\d\d)(?![^ ])"
)
_BIRTH_YEAR_FIRST = re.compile(
    r"(?<![^ ])((?:19|20)\d\d)(?: (?:'|de|da|te|ta|yilinda|senesinde|geboren|im jahr|'|li))* "
    r"(?:dogumlu\w*|dogdu\w*|dogmus|geboren\w*|born|li)(?![^ ])"
)


class _Line:
    """The folded words of a text with the way back to the characters of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        raw: list[tuple[int, int, str]] = []
        for match in _TOKEN.finditer(text):
            form = fold(match.group())
            joined = _GERMAN_JOINED.fullmatch(form)
            if joined:
                raw.append((match.start(), match.end(), _WORDS[joined.group(1)]))
                form = joined.group(2)
            raw.append((match.start(), match.end(), form))
        self.spans: list[tuple[int, int]] = []
        words: list[str] = []
        index = 0
        while index < len(raw):
            start, end, form = raw[index]
            used = 1
            following = raw[index + 1][2] if index + 1 < len(raw) else ""
            previous = words[-1] if words else ""
            between_digits = previous.isdigit() and following.isdigit()
            if form in "-'’‘\"“”„«»" and not between_digits:
                index += 1
                continue
            if form.isdigit() and len(raw) > index + 2 and following in ".,":
                third = raw[index + 2]
                tight = raw[index + 1][0] == end and third[0] == raw[index + 1][1]
                tight = tight and not (len(raw) > index + 3 and raw[index + 3][2] in "./")
                if (
                    tight
                    and third[2] in {"5", "25", "75"}
                    and not previous.isdigit()
                    and previous != "."
                ):
                    form, used, end = f"{form}.{third[2][0]}", 3, third[1]
            elif following in {"عشر", "عشره"} and form in _WORDS:
                form, used, end = str(10 + int(_WORDS[form])), 2, raw[index + 1][1]
            elif form == "on" and following in _WORDS and following in _TURKISH_UNITS:
                form, used, end = str(10 + int(_WORDS[following])), 2, raw[index + 1][1]
            elif form == "on" and re.match(r"yas|ayli", following):
                form = "10"
            elif form in _ORDINALS and _ordinal_fits(form, previous, following):
                form = _ORDINALS[form]
            elif form in _WORDS:
                form = _WORDS[form]
            if form.isdigit() and index + used < len(raw) and raw[index + used][2] == "bucuk":
                end = raw[index + used][1]
                form, used = f"{form}.5", used + 1
            words.append(form)
            self.spans.append((start, end))
            index += used
        self.words = words
        self.line = " ".join(words)
        self._starts: list[int] = []
        position = 0
        for word in words:
            self._starts.append(position)
            position += len(word) + 1

    def word_at(self, position: int) -> int:
        """Return the index of the word that a position of the line falls into."""
        low = 0
        for index, start in enumerate(self._starts):
            if start > position:
                break
            low = index
        return low

    def before(self, position: int, count: int) -> list[str]:
        """Return up to ``count`` words before a position of the line."""
        index = self.word_at(position)
        return self.words[max(0, index - count) : index]

    def after(self, position: int) -> str:
        """Return the word that follows a position of the line."""
        rest = self.line[position:].split(" ", 2)
        return next((word for word in rest if word), "")


_TURKISH_UNITS = frozenset(("bir", "iki", "uc", "dort", "bes", "alti", "yedi", "sekiz", "dokuz"))


def _ordinal_fits(form: str, previous: str, following: str) -> bool:
    return bool(
        re.match(r"klass|grade|sinif", following)
        or re.fullmatch(r"(?:ب|ال|بال|لل)?صف", previous)
        or following in {"صف", "ابتدائي"}
    )


def find_ages(text: str, today: date | None = None, *, expected: bool = False) -> list[AgeMention]:
    """Return the ages said in ``text``, in the order of their position.

    ``today`` is what birth years are reckoned from. ``expected`` says that the assistant has
    just asked for the age: then a number alone is one.
    """
    line = _Line(text)
    taken: set[int] = set()
    mentions: list[AgeMention] = []
    for first, last, low, high, kind, reason, whose in _candidates(
        line, today or date.today(), expected
    ):
        words = set(range(line.word_at(first), line.word_at(max(first, last - 1)) + 1))
        if words & taken:
            continue
        taken |= words
        start, end = line.spans[min(words)][0], line.spans[max(words)][1]
        owner = whose or _whose(line, first, last)
        mentions.append(AgeMention(text[start:end], start, end, low, high, owner, kind, reason))
    return sorted(mentions, key=lambda mention: (mention.start, mention.min_years or 0))


def choose_age(mentions: Sequence[AgeMention]) -> float | None:
    """Return the age in years that a question is about, or ``None``.

    A child's age counts before the writer's own, a said age before a grade or phase; among
    equals the one said first. A grade gives the middle of its range.
    """
    people = ("child", "self", "unknown", "other")
    kinds = {"years": 0, "months": 0, "grade": 1, "phase": 2}
    aged = [m for m in mentions if m.min_years is not None and m.max_years is not None]
    if not aged:
        return None
    best = min(aged, key=lambda m: (people.index(m.whose), kinds[m.kind], m.start))
    return ((best.min_years or 0.0) + (best.max_years or 0.0)) / 2


_Candidate = tuple[int, int, "float | None", "float | None", str, str, str]


def _candidates(line: _Line, today: date, expected: bool) -> Iterator[_Candidate]:
    """Yield (first, last, low, high, kind, reason, whose) in the order of trust."""
    text = line.line
    yield from _births(line, today)
    for match in _MONTHS.finditer(text):
        if re.match(r"hamile|gebe|schwanger|pregnant", line.after(match.end())):
            continue
        years = float(match.group(1)) / 12
        yield match.start(), match.end(), years, years, "months", "months old", ""
    for match in _MONTHS_ARABIC.finditer(text):
        years = float(match.group(1)) / 12
        yield match.start(), match.end(), years, years, "months", "age in months", ""
    for match in _WEEKS.finditer(text):
        years = float(match.group(1)) / _WEEKS_PER_YEAR
        yield match.start(), match.end(), years, years, "months", "weeks old", ""
    for match in _DAYS_ARABIC.finditer(text):
        unit = 365.25 if match.group(2).startswith(("يوم", "ايام")) else _WEEKS_PER_YEAR
        years = float(match.group(1)) / unit
        yield match.start(), match.end(), years, years, "months", "days or weeks old", ""
    for match in _ARABIC_DUAL.finditer(text):
        years = _dual(match.group(1)) + (0.5 if match.group(2) else 0.0)
        kind = "years" if years >= 1 else "months"
        yield match.start(), match.end(), years, years, kind, "age in words", ""
    yield from _grades(line)
    for match in _YEARS.finditer(text):
        yield from _listed(line, match, "years old")
    for match in _ARABIC_AGE.finditer(text):
        half = 0.5 if match.group(0).endswith(("ونص", "ونصف", "و نص")) else 0.0
        whose = "self" if re.match(r"و?عمري|3?omri|3?mri", match.group(0)) else ""
        yield from _listed(line, match, "age said", whose, half)
    for match in _ARABIC_AGE_LAST.finditer(text):
        yield from _listed(line, match, "age said")
    for pattern in (_ARABIC_HAS, _ARABIC_SON_OF):
        for match in pattern.finditer(text):
            if not _DURATION_AFTER.fullmatch(line.after(match.end())):
                yield from _one(match, "age said", "child" if pattern is _ARABIC_SON_OF else "")
    for match in _YEARS_BETWEEN.finditer(text):
        if not _NOT_AN_AGE_AFTER.fullmatch(line.after(match.end())) and not match.group(
            0
        ).startswith("at "):
            yield from _one(match, "age said")
    for match in _NEAR_CHILD_MONTHS.finditer(text):
        if not _DURATION_AFTER.fullmatch(line.after(match.end())):
            years = float(match.group(1)) / 12
            yield (
                match.start(1),
                match.end(),
                years,
                years,
                "months",
                "months beside a child",
                "child",
            )
    for match in _NEAR_CHILD_YEARS.finditer(text):
        if not _DURATION_AFTER.fullmatch(line.after(match.end())):
            yield from _listed(line, match, "years beside a child", "child")
    for match in _NEAR_CHILD_BARE.finditer(text):
        plural = _CHILD_PLURAL.fullmatch(match.group(1))
        single = match.group(2).isdigit()
        if not (plural and single):
            yield from _listed(line, match, "number beside a child", "child", group=2)
    yield from _is_age(line)
    bare = _BARE.match(text)
    if bare and (expected or not text.rstrip(" .!").isdigit()):
        yield from _one(bare, "number alone")
    for pattern, low, high, name in _PHASE_PATTERNS:
        for match in pattern.finditer(text):
            whose = "self" if name == "pregnancy" and _self_near(line, match.start()) else ""
            if name in {"newborn", "baby", "toddler", "kindergarten", "primary"}:
                whose = "child"
            elif name == "senior":
                whose = "" if _self_near(line, match.start()) else "other"
            yield match.start(), match.end(), low, high, "phase", name, whose


def _one(match: re.Match[str], reason: str, whose: str = "") -> Iterator[_Candidate]:
    years = float(match.group(1))
    if years <= _OLDEST:
        yield match.start(), match.end(), years, years, "years", reason, whose


def _listed(
    line: _Line,
    match: re.Match[str],
    reason: str,
    whose: str = "",
    half: float = 0.0,
    group: int = 1,
) -> Iterator[_Candidate]:
    """Yield one age for each number of a list ("3, 5 und 8 Jahre alt"), one for a range."""
    numbers = list(re.finditer(r"\d+(?:\.\d)?", match.group(group)))
    offset = match.start(group)
    if len(numbers) == 2 and re.search(r" (?:bis|to) ", match.group(group)):
        low, high = (float(number.group()) for number in numbers)
        yield match.start(), match.end(), min(low, high), max(low, high), "years", reason, whose
        return
    if _DURATION_BEFORE.search(" ".join(line.before(offset, 1))) and not re.search(
        r"alt|old|yas|jahrig|yo\b", match.group(0)
    ):
        return
    for number in reversed(numbers):
        years = float(number.group()) + half
        if years > _OLDEST:
            continue
        if number is numbers[-1]:
            first = match.start() if len(numbers) == 1 else offset + number.start()
            yield first, match.end(), years, years, "years", reason, whose
        else:
            first = offset + number.start()
            yield first, offset + number.end(), years, years, "years", reason, whose


def _dual(word: str) -> float:
    """Return the years that an Arabic singular or dual stands for."""
    if word.startswith(("سنت", "عامين", "sant")):
        return 2.0
    if word.startswith(("سن", "عام", "san", "sen")):
        return 1.0
    if word.startswith("اسبوع"):
        return (2 if word.endswith("ين") else 1) / _WEEKS_PER_YEAR
    return (2 if word.endswith(("ين", "en")) else 1) / 12


def _grades(line: _Line) -> Iterator[_Candidate]:
    text = line.line
    if _NOT_SCHOOL.search(text):
        return
    for pattern in _GRADE:
        for match in pattern.finditer(text):
            grade = int(match.group(1))
            if match.group(0).startswith("year ") and "school" not in text:
                continue
            if 1 <= grade <= 13:
                yield (
                    match.start(),
                    match.end(),
                    grade + 5.0,
                    grade + 6.0,
                    "grade",
                    f"grade {grade}",
                    "child" if not _self_near(line, match.start()) else "self",
                )
    for match in _GRADE_JOINED.finditer(text):
        grade = [
            "erst",
            "zweit",
            "dritt",
            "viert",
            "funft",
            "sechst",
            "siebt",
            "acht",
            "neunt",
            "zehnt",
        ].index(match.group(1)) + 1
        yield (
            match.start(),
            match.end(),
            grade + 5.0,
            grade + 6.0,
            "grade",
            f"grade {grade}",
            "child",
        )


def _births(line: _Line, today: date) -> Iterator[_Candidate]:
    for match in _BIRTH_DATE.finditer(line.line):
        day, month, year = match.groups()
        low = high = float(today.year - int(year))
        if day and month and 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
            low = high = high - ((today.month, today.day) < (int(month), int(day)))
        else:
            low -= 1
        if 0 <= high <= _OLDEST:
            yield match.start(), match.end(), max(low, 0.0), high, "years", "birth year", ""
    for match in _BIRTH_YEAR_FIRST.finditer(line.line):
        high = float(today.year - int(match.group(1)))
        if 0 <= high <= _OLDEST:
            yield match.start(), match.end(), max(high - 1, 0.0), high, "years", "birth year", ""


def _is_age(line: _Line) -> Iterator[_Candidate]:
    """Yield "my son is 7", "ich bin 16", "she's 4": a verb, a number, and somebody before it."""
    for match in _IS_AGE.finditer(line.line):
        after = line.after(match.end())
        ordinal = after == "." and line.line[match.end() + 2 :].strip()
        if _NOT_AN_AGE_AFTER.fullmatch(after) or (
            ordinal and not line.line[match.end() + 2 :].strip()[0].isalpha()
        ):
            continue
        rest = line.line[match.end() + 2 :].split(" ", 1)[0] if ordinal else ""
        if re.match(
            r"(?:monat|stock|klass|januar|februar|marz|april|mai|juni|juli|august|sept|okt|nov"
            r"|dez|woche|tag|mal|etage)",
            rest,
        ):
            continue
        verb = match.group(0)
        before = line.before(match.start(), 5)
        value = float(re.findall(r"\d+(?:\.\d)?", match.group(1))[-1])
        if re.match(r"im ", verb):
            if value >= 10 and after not in {"jahr"}:
                yield from _listed(line, match, "I am", "self")
            continue
        if re.match(r"(?:bin|i am|i m|am|werde) ", verb):
            if re.match(r"bin |werde ", verb) or verb.startswith("i ") or "i" in before[-1:]:
                yield from _listed(line, match, "I am", "self")
            continue
        if re.match(r"(?:he|she)s? ?s? ", verb):
            yield from _listed(line, match, "he or she is", "")
            continue
        people = [
            word for word in before if re.fullmatch(rf"{_CHILD}|{_OTHER}|{_PRONOUN}|ich", word)
        ]
        if not before and re.match(r"wird |turn", verb):
            yield from _listed(line, match, "somebody is", "self" if verb[0] == "t" else "")
            continue
        if people and not ({"wir", "we", "there", "es"} & set(before[-1:])):
            yield from _listed(line, match, "somebody is", "")


def _self_near(line: _Line, position: int) -> bool:
    return any(re.fullmatch(_SELF, word) for word in line.before(position, 3))


def _whose(line: _Line, first: int, last: int) -> str:
    """Return whose age it is, from the nearest word for a person before, then after it."""
    inside = line.line[first:last]
    if re.search(r"yasindayi[mz]|yasimda|yasim\b|عمري|\b3?omri\b", inside):
        return "self"
    if re.search(rf"(?<![^ ]){_CHILD}(?![^ ])", inside):
        return "child"
    if {"my", "our", "mein", "meine", "meinen", "unser", "unsere"} & set(line.before(first, 1)):
        return "child"
    for word in reversed(line.before(first, 7)):
        if re.fullmatch(_CHILD, word):
            return "child"
        if re.fullmatch(_OTHER, word):
            return "other"
        if re.fullmatch(_SELF, word):
            return "self"
    rest = line.line[last:].split()[:4]
    for word in rest:
        if re.fullmatch(_CHILD, word):
            return "child"
        if re.fullmatch(_OTHER, word):
            return "other"
    if re.search(rf"(?<![^ ]){_CHILD}(?![^ ])", line.line):
        return "child"
    if re.search(rf"(?<![^ ]){_OTHER}(?![^ ])", line.line):
        return "other"
    if re.search(_AR_AGE, inside):
        return "child"
    return "unknown"
