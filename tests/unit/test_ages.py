"""Ages from words, in four languages and their everyday varieties."""

from __future__ import annotations

from datetime import date

import pytest

from bot.understanding.ages import choose_age, find_ages

TODAY = date(2026, 11, 23)

# text, lowest and highest age in years of the first mention, whose, kind
AGES = [
    ("Mein Sohn ist 7 Jahre alt", 7, 7, "child", "years"),
    ("Mein Sohn 7 Jahre neu in Deutschland, wo Schule gehen?", 7, 7, "child", "years"),
    ("mein sohn ist sieben und schlägt andere", 7, 7, "child", "years"),
    ("meine siebenjährige Tochter schläft nicht", 7, 7, "child", "years"),
    ("ein 7-jähriger Junge", 7, 7, "child", "years"),
    ("ich bin 16 und will ausziehen", 16, 16, "self", "years"),
    ("Ich werde 18", 18, 18, "self", "years"),
    ("mein Sohn wird bald 18", 18, 18, "child", "years"),
    ("Tochter (7) braucht Hilfe", 7, 7, "child", "years"),
    ("Meine Tochter Lina, 5 Jahre, spricht nicht", 5, 5, "child", "years"),
    ("eineinhalb Jahre alt", 1.5, 1.5, "unknown", "years"),
    ("das Kind ist 2,5 Jahre alt", 2.5, 2.5, "child", "years"),
    ("im Alter von 4 Jahren", 4, 4, "unknown", "years"),
    ("fünf jahre alt", 5, 5, "unknown", "years"),
    ("Oma ist 82 Jahre alt", 82, 82, "other", "years"),
    ("7 Jahre", 7, 7, "unknown", "years"),
    ("im 17 and want to be a nurse", 17, 17, "self", "years"),
    ("I'm 17 and my parents are gone", 17, 17, "self", "years"),
    ("cheap activities for a 9 year old in Senden", 9, 9, "unknown", "years"),
    ("my seven-year-old can't sleep", 7, 7, "child", "years"),
    ("my son just turned six", 6, 6, "child", "years"),
    ("she's 4 and does not talk", 4, 4, "unknown", "years"),
    ("my daughter, aged 12", 12, 12, "child", "years"),
    ("عمره ٧ سنوات", 7, 7, "child", "years"),
    ("ابني عمره سبع سنوات", 7, 7, "child", "years"),
    ("ابني عمره تلات سنين ولسا ما بيحكي", 3, 3, "child", "years"),
    ("بنتي عمرها سنتين", 2, 2, "child", "years"),
    ("عمره سنة ونص", 1.5, 1.5, "child", "years"),
    ("عمرها ثلاث عشرة سنة", 13, 13, "child", "years"),
    ("ابني عمرو خمستاشر سنة", 15, 15, "child", "years"),
    ("عمري 15 سنة", 15, 15, "self", "years"),
    ("ابني ابن سبع سنين", 7, 7, "child", "years"),
    ("ولدي عندو 7 سنين", 7, 7, "child", "years"),
    ("ibni 3omro 7 snin", 7, 7, "child", "years"),
    ("oğlum 16 yaşında", 16, 16, "child", "years"),
    ("16 yasinda", 16, 16, "unknown", "years"),
    ("on iki yaşındaki kızım", 12, 12, "child", "years"),
    ("yedi yaşında bir oğlum var", 7, 7, "child", "years"),
    ("bir buçuk yaşında", 1.5, 1.5, "unknown", "years"),
    ("ben 19 yaşındayım", 19, 19, "self", "years"),
    ("yaşım 17", 17, 17, "self", "years"),
    ("8 Monate alt", 8 / 12, 8 / 12, "unknown", "months"),
    ("she is 8 months old", 8 / 12, 8 / 12, "unknown", "months"),
    ("طفلي عمره ٨ شهور", 8 / 12, 8 / 12, "child", "months"),
    ("8 aylık bebeğim", 8 / 12, 8 / 12, "child", "months"),
    ("8 aylik oglum", 8 / 12, 8 / 12, "child", "months"),
    ("رضيع عمره عشر أيام", 10 / 365.25, 10 / 365.25, "child", "months"),
    ("عمر البيبي سنة", 1, 1, "child", "years"),
    ("عمرها شهرين", 2 / 12, 2 / 12, "child", "months"),
    ("Er geht in die 3. Klasse", 8, 9, "child", "grade"),
    ("dritte Klasse", 8, 9, "child", "grade"),
    ("Klasse 5 Gymnasium", 10, 11, "child", "grade"),
    ("mein Erstklässler weint", 6, 7, "child", "grade"),
    ("my daughter is in 3rd grade", 8, 9, "child", "grade"),
    ("he is in grade 7", 12, 13, "child", "grade"),
    ("in third grade", 8, 9, "child", "grade"),
    ("ابنتي في الصف الثالث", 8, 9, "child", "grade"),
    ("ابني بالصف الخامس", 10, 11, "child", "grade"),
    ("kızım 3. sınıfta", 8, 9, "child", "grade"),
    ("üçüncü sınıf", 8, 9, "child", "grade"),
    ("das Baby schreit die ganze Nacht", 0, 1, "child", "phase"),
    ("Hilfe mit dem Neugeborenen", 0, 1, "child", "phase"),
    ("عندي رضيع", 0, 1, "child", "phase"),
    ("bebeğim uyumuyor", 0, 1, "child", "phase"),
    ("Betreuung für ein Kindergartenkind", 3, 6, "child", "phase"),
    ("Angebote für Jugendliche", 13, 17, "unknown", "phase"),
    ("my teenager skips school", 13, 17, "child", "phase"),
    ("ابني مراهق", 13, 17, "child", "phase"),
    ("er ist volljährig", 18, 18, "unknown", "phase"),
    ("ich bin schwanger", None, None, "self", "phase"),
    ("I'm pregnant and scared", None, None, "self", "phase"),
    ("أنا حامل وما عندي تأمين", None, None, "self", "phase"),
    ("hamileyim", None, None, "unknown", "phase"),
    ("Sohn geb. 2018", 7, 8, "child", "years"),
    ("my son was born in 2018", 7, 8, "child", "years"),
    ("geboren am 3.5.2018", 8, 8, "unknown", "years"),
    ("geboren am 24.12.2018", 7, 7, "unknown", "years"),
    ("2018 doğumlu oğlum", 7, 8, "child", "years"),
    ("بنتي مواليد ٢٠١٥", 10, 11, "child", "years"),
]  # fmt: skip

NO_AGE = [
    "seit 3 Jahren in Deutschland", "ich lebe 3 Jahre in Deutschland", "wir haben 3 Kinder",
    "2 Zimmer Wohnung", "Miete 700 Euro", "um 7 Uhr", "am 7.5.2026 habe ich einen Termin",
    "48653 Coesfeld", "Tel 02541 18-0", "Markt 8", "vor 2 Jahren gekommen", "in 3 Monaten",
    "für 6 Monate", "wir sind 4 Personen", "es ist 7 Uhr", "1. Klasse Ticket", "im 3. Stock",
    "Steuerklasse 3", "Pflegegrad 2", "seit 8 Monaten warte ich", "Kinder: 3",
    "Mein Sohn wohnt 3 Jahre in Deutschland", "Termin am 12. Mai", "ich bin 2 mal da gewesen",
    "mein Sohn hat 3 Geschwister", "der Brief ist 3 Seiten lang", "24 Stunden", "Frist 14 Tage",
    "B1 Kurs in Dülmen", "§ 16", "Bus 580", "Ist im Kindergarten noch Platz?",
    "ich brauche einen Babysitter", "Klasse, danke!", "Friedrich-Ebert-Straße 7",
    "I have 3 kids", "for 5 years", "5 years of experience", "two months ago", "I am 1 of many",
    "call me at 7", "3 rooms, 80 m2", "room 12", "10 days left",
    "3 çocuğum var", "3 yıldır Almanya'dayım", "saat 7'de", "iki yıl önce geldim",
    "ayda 300 euro", "5 kişiyiz", "2 odalı ev",
    "عندي ثلاثة أولاد", "عندي ثلاث أطفال", "منذ ٣ سنوات في ألمانيا", "صارلي 3 سنين بالمانيا",
    "قبل سنتين", "الساعة ٧", "٣٠٠ يورو بالشهر", "دكتور حامل شهادة", "شقة غرفتين",
    "5 Monate Kündigungsfrist",
]  # fmt: skip


@pytest.mark.parametrize(("text", "low", "high", "whose", "kind"), AGES)
def test_age_is_found(
    text: str, low: float | None, high: float | None, whose: str, kind: str
) -> None:
    mentions = find_ages(text, TODAY)
    exact = [mention for mention in mentions if mention.kind == kind]
    assert exact, mentions
    mention = exact[0]
    assert mention.text == text[mention.start : mention.end]
    assert mention.min_years == (low if low is None else pytest.approx(low))
    assert mention.max_years == (high if high is None else pytest.approx(high))
    assert mention.whose == whose


@pytest.mark.parametrize("text", NO_AGE)
def test_no_age_is_invented(text: str) -> None:
    assert find_ages(text, TODAY) == []


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("Mein Baby ist 8 Monate alt", 8 / 12),
        ("Kinder (3, 5 und 8 Jahre)", 3),
        ("Ich bin 34 und mein Sohn ist 7", 7),
        ("Meine Oma ist 82 und ich bin 17", 17),
        ("in der 3. Klasse", 8.5),
        ("ich bin schwanger", None),
        ("Wohngeld in Nottuln", None),
    ],
)
def test_the_age_that_counts(text: str, age: float | None) -> None:
    assert choose_age(find_ages(text, TODAY)) == (age if age is None else pytest.approx(age))


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("Kinder (3, 5 und 8 Jahre)", [3, 5, 8]),
        ("two kids, 4 and 6 years old", [4, 6]),
        ("meine Kinder sind 3 und 5", [3, 5]),
        ("zwei Kinder (3 und 5)", [3, 5]),
        ("4 ve 6 yaşında iki çocuğum var", [4, 6]),
        ("عمرهم 4 و 6 سنوات", [4, 6]),
    ],
)
def test_each_child_of_a_list(text: str, ages: list[float]) -> None:
    assert [mention.min_years for mention in find_ages(text, TODAY)] == ages


def test_a_bare_number_counts_only_when_asked_for() -> None:
    assert find_ages("7", TODAY) == []
    assert choose_age(find_ages("7", TODAY, expected=True)) == 7
    assert choose_age(find_ages("٧", TODAY, expected=True)) == 7


def test_empty_and_odd_text() -> None:
    for text in ("", "   ", "\u200b", "!!!", "😀", "1" * 300):
        assert find_ages(text, TODAY) == []
