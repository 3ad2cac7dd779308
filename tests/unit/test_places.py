"""Places: every municipality and village, in the spellings of four languages, and the traps."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.errors import InvalidInputError, MissingArtefactError, Problem
from bot.evaluation.places import evaluate, fields
from bot.evaluation.report import Progress
from bot.evaluation.rows import Row, read_rows
from bot.places.gazetteer import COUNTY, OUTSIDE, Gazetteer
from bot.places.recognition import PlaceRecognizer, choose

FILE = Path(__file__).resolve().parents[2] / "data" / "offers" / "places.yml"
GAZETTEER = Gazetteer.load(FILE)
RECOGNIZER = PlaceRecognizer(GAZETTEER)

MUNICIPALITIES = {
    "ascheberg": "59387", "billerbeck": "48727", "coesfeld": "48653", "duelmen": "48249",
    "havixbeck": "48329", "luedinghausen": "59348", "nordkirchen": "59394", "nottuln": "48301",
    "olfen": "59399", "rosendahl": "48720", "senden": "48308",
}  # fmt: skip


def municipality(text: str, rule: str = "home", *, expected: bool = False) -> str | None:
    chosen = choose(RECOGNIZER.find(text, expected=expected), rule)
    return chosen.municipality if chosen else None


# --- the file ---


def test_all_municipalities_with_their_postcodes() -> None:
    found = {key: m.postcodes[0] for key, m in GAZETTEER.municipalities.items()}
    assert found == MUNICIPALITIES


def test_every_municipality_names_its_youth_office() -> None:
    offices = {key: m.regions["youth_office"] for key, m in GAZETTEER.municipalities.items()}
    assert offices.pop("coesfeld") == "jugendamt_stadt_coesfeld"
    assert offices.pop("duelmen") == "jugendamt_stadt_duelmen"
    assert set(offices.values()) == {"kreisjugendamt_coesfeld"}


def test_a_missing_and_a_broken_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingArtefactError):
        Gazetteer.load(tmp_path / "none.yml")
    broken = tmp_path / "places.yml"
    broken.write_text("municipalities: [", encoding="utf-8")
    with pytest.raises(InvalidInputError):
        Gazetteer.load(broken)
    broken.write_text("municipalities: []", encoding="utf-8")
    with pytest.raises(InvalidInputError):
        Gazetteer.load(broken)


# --- every spelling of the file, in a sentence ---

LATIN = ["Wir wohnen in {}.", "we live in {} since May", "kita in {} gesucht", "ana saken b {}"]
ARABIC = ["نسكن في {}", "وين في مدرسة ب{}؟", "انتقلنا إلى {} من شهر", "الدكتور في {}؟"]


def spellings() -> list[tuple[str, str, bool]]:
    rows = []
    for place in GAZETTEER.places:
        if place.kind in ("municipality", "village", "locality") and place.municipality:
            rows += [(s, place.municipality, place.decide == "name") for s in place.spellings]
    return rows


@pytest.mark.parametrize(("spelling", "key", "plain"), spellings())
def test_every_spelling_in_sentences(spelling: str, key: str, plain: bool) -> None:
    frames = ARABIC if any("\u0600" <= c <= "\u06ff" for c in spelling) else LATIN
    for frame in frames if plain else frames[:1]:
        assert municipality(frame.format(spelling)) == key, frame.format(spelling)


@pytest.mark.parametrize(("key", "postcode"), MUNICIPALITIES.items())
def test_postcodes(key: str, postcode: str) -> None:
    arabic = postcode.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for text in (postcode, f"PLZ {postcode}", f"D-{postcode}", arabic, f"الرمز البريدي {arabic}",
                 f"PLZ{postcode}"):  # fmt: skip
        (mention,) = RECOGNIZER.find(text)
        assert (mention.municipality, mention.kind, mention.certain) == (key, "postcode", True)


@pytest.mark.parametrize("name", [m.name for m in GAZETTEER.municipalities.values()])
def test_turkish_endings(name: str) -> None:
    ascii_name = name.translate(str.maketrans("üöäÜÖÄ", "uoaUOA"))
    key = next(k for k, m in GAZETTEER.municipalities.items() if m.name == name)
    for ending in ("de", "den", "deki", "e", "te"):
        assert municipality(f"{name}'{ending} oturuyoruz") == key
        assert municipality(f"{name}’{ending} kurs var mı") == key
    for ending in ("de", "deki"):
        assert municipality(f"{ascii_name.lower()}{ending} kurs var mi") == key


@pytest.mark.parametrize("name", [
    "أشبيرغ", "بيلربيك", "كوسفيلد", "دولمن", "هافيكسبيك", "لودينغهاوزن", "نوردكيرشن", "نوتولن",
    "أولفن", "روزندال", "زندن", "بولدرن", "أوسترفيك", "سيبنراده", "دارفيلد",
])  # fmt: skip
def test_arabic_clitics(name: str) -> None:
    plain = municipality(f"نسكن في {name}")
    assert plain in MUNICIPALITIES
    for clitic in ("ب", "ل", "و", "وب", "ال"):
        assert municipality(f"بدي روح {clitic}{name}") == plain, clitic


# --- one slip, other ears; forms that the file does not hold ---

SLIPS = [
    ("Coesefld", "coesfeld"), ("Coesfeldd", "coesfeld"), ("Coessfeld", "coesfeld"),
    ("Dülmne", "duelmen"), ("Duellmen", "duelmen"), ("Dülmeen", "duelmen"),
    ("Lüdinghausne", "luedinghausen"), ("Lüdinghauzn", "luedinghausen"),
    ("Lüdinkhausn", "luedinghausen"), ("Ludingahusen", "luedinghausen"),
    ("Nordkirchem", "nordkirchen"), ("Norrdkirchen", "nordkirchen"), ("Notttuln", "nottuln"),
    ("Nottuin", "nottuln"), ("Havixbecck", "havixbeck"), ("Hawiksbek", "havixbeck"),
    ("Bilerbegg", "billerbeck"), ("Billerbecj", "billerbeck"), ("Aschebegr", "ascheberg"),
    ("Rosenadhl", "rosendahl"), ("Rozendaahl", "rosendahl"), ("Osterwikc", "rosendahl"),
    ("Appelhülsem", "nottuln"), ("Apellhülsen", "nottuln"), ("Ottmarsbochollt", "senden"),
    ("Bösennsell", "senden"), ("Seppenrde", "luedinghausen"), ("Davensbreg", "ascheberg"),
    ("Hiddingsell", "duelmen"), ("Merfedl", "duelmen"), ("Schapdettten", "nottuln"),
    ("كوسفليدد", "coesfeld"), ("لودينغهاوزنن", "luedinghausen"), ("هافيكسبييك", "havixbeck"),
    ("نوردكيرشسن", "nordkirchen"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "key"), SLIPS)
def test_one_slip(word: str, key: str) -> None:
    assert municipality(word) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("DÜLMEN", "duelmen"), ("dülmen", "duelmen"), ("Du\u0308lmen", "duelmen"),
        ("Dül\u200bmen", "duelmen"), ("ich bin Dülmenerin", "duelmen"), ("Dülmener Tafel",
        "duelmen"),
        ("Lüdinghauser Rathaus", "luedinghausen"), ("Nottulns Rathaus", "nottuln"),
        ("Dülmen-Buldern", "duelmen"), ("Coesfeld-Lette", "coesfeld"), ("Senden-Bösensell",
        "senden"),
        ("Rosendahl (Osterwick)", "rosendahl"), ("48653 Coesfeld", "coesfeld"),
        ("48308 Senden", "senden"), ("HAVİXBECK'te", "havixbeck"), ("دُولْمِن", "duelmen"),
        ("بدولمن", "duelmen"), ("لكوسفيلد", "coesfeld"), ("في نوتولن", "nottuln"),
        ("والدولمن", "duelmen"), ("كوســـفيلد", "coesfeld"), ("Nottuln'da", "nottuln"),
        ("Duelmen'e", "duelmen"), ("bdulmen", "duelmen"), ("3ayshin b nottoln", "nottuln"),
        ("Stadt Coesfeld", "coesfeld"), ("Kreisstadt Coesfeld", "coesfeld"),
        ("Nottulner", "nottuln"), ("Schloss Nordkirchen", "nordkirchen"),
    ],
)  # fmt: skip
def test_forms(text: str, key: str) -> None:
    assert municipality(text) == key


# --- traps ---


@pytest.mark.parametrize("text", [
    "Kreis Coesfeld", "im Kreis Coesfeld", "Jugendamt des Kreises Coesfeld", "Landkreis Coesfeld",
    "Kreis Dülmen gibt es nicht, nur Kreis COE", "the district of Coesfeld", "Coesfeld district",
    "Coesfeld ilçesinde oturuyoruz", "Kreis Coesfeld'de", "دائرة كوسفيلد", "نسكن في منطقة كوسفيلد",
    "بدائرة كوسفيلد", "كرايس كوسفيلد", "Kreis Cosfeld",
])  # fmt: skip
def test_the_county_is_not_the_town(text: str) -> None:
    mentions = RECOGNIZER.find(text)
    assert COUNTY in {mention.municipality for mention in mentions}
    assert "coesfeld" not in {mention.municipality for mention in mentions}


def test_a_town_in_the_county() -> None:
    assert municipality("Wir wohnen im Kreis Coesfeld, in Nottuln") == "nottuln"
    assert municipality("Senden, Kreis Coesfeld") == "senden"


SENDEN = [
    "Wir wohnen in Senden", "wohne in senden", "aus Senden", "nach Senden gezogen",
    "Senden'de oturuyoruz",
    "Senden'e taşındık", "Gemeinde Senden", "Rathaus Senden", "we live in Senden",
    "moved to Senden",
    "Senden Westfalen", "48308 Senden", "near Senden", "Senden bei Münster", "sendende oturuyoruz",
    "Senden belediyesi", "ana saken b senden", "نسكن في زندن", "بزندن", "Kita Senden",
    "Tafel für Senden", "food bank for Senden", "Jugendtreff Senden",
]  # fmt: skip
NOT_SENDEN = [
    "Wie kann ich die Unterlagen senden?", "Fehler beim Senden", "Auf Senden klicken",
    "Formular ans Jobcenter senden", "Ich möchte einen Brief nach Dülmen senden", "zu senden",
    "das Senden klappt nicht", "Senden Sie mir bitte das Formular", "Bitte senden Sie es mir zu",
    "Senden bir şey soracaktım, Almanca kursu var mı", "senden bi şey rica edeyim",
    "Bi senden duymadım", "ben senden yardım istiyorum", "Bunu senden öğrendim",
    "Unterlagen an die Adresse senden", "Frau Senden hat angerufen", "Nachricht senden",
]  # fmt: skip


@pytest.mark.parametrize("text", SENDEN)
def test_senden_the_place(text: str) -> None:
    assert municipality(text) == "senden"


@pytest.mark.parametrize("text", NOT_SENDEN)
def test_senden_the_word(text: str) -> None:
    assert "senden" not in {mention.municipality for mention in RECOGNIZER.find(text)}


def test_senden_in_a_list_of_places() -> None:
    found = [mention.municipality for mention in RECOGNIZER.find("Olfen, Senden oder Dülmen")]
    assert found == ["olfen", "senden", "duelmen"]


def test_senden_alone_is_doubted_unless_asked_for() -> None:
    assert [m.certain for m in RECOGNIZER.find("Senden")] == [False]
    assert [m.certain for m in RECOGNIZER.find("Senden", expected=True)] == [True]
    assert municipality("senden", expected=True) == "senden"


@pytest.mark.parametrize(
    ("text", "key", "certain"),
    [
        ("wir wohnen in Lette", "coesfeld", False),
        ("Lette bei Coesfeld", "coesfeld", True),
        ("48653 Lette", "coesfeld", True),
        ("Lette bei Oelde", OUTSIDE, True),
        ("wir wohnen in Gladbeck", OUTSIDE, False),
        ("Stadt Gladbeck", OUTSIDE, True),
        ("Gladbeck bei Nottuln", "nottuln", True),
        ("wir wohnen in Horst", None, False),
        ("in Horst, Gemeinde Nottuln", "nottuln", True),
        ("Heller 5, 48301 Nottuln", "nottuln", True),
        ("in Stockum", None, False),
        ("Stockum bei Coesfeld", "coesfeld", True),
        ("in Capelle", "nordkirchen", True),
    ],
)  # fmt: skip
def test_names_of_several_places(text: str, key: str | None, certain: bool) -> None:
    chosen = choose(RECOGNIZER.find(text))
    assert chosen is not None
    assert (chosen.municipality, chosen.certain) == (key, certain)


@pytest.mark.parametrize("text", [
    "Ich wohne in Münster", "we live in Dortmund", "Haltern am See", "wohne in Gelsenkirchen-Horst",
    "نسكن في مونستر", "Köln'de oturuyorum", "Recklinghausen", "Kreis Borken", "in Essen",
    "Senden in Bayern", "Ascheberg in Holstein", "ساكنين بدورتموند", "Berlin'e taşındık",
    "Postleitzahl 48143", "Sendenhorst", "aus Selm", "Osnabrück", "in Kamen", "Ahaus-Alstätte",
])  # fmt: skip
def test_places_outside_the_county(text: str) -> None:
    assert municipality(text) == OUTSIDE


# --- two places in one message ---


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("we live in Senden, school is in Luedinghausen", "senden"),
        ("Wir wohnen in Senden, die Schule ist in Lüdinghausen", "senden"),
        ("die Schule ist in Lüdinghausen und wir wohnen in Senden", "senden"),
        ("Senden'de oturuyoruz, okul Lüdinghausen'de", "senden"),
        ("Okulu Lüdinghausen'de ama biz Senden'de oturuyoruz", "senden"),
        ("نسكن في زندن والمدرسة في لودينغهاوزن", "senden"),
        ("Wohne in Olfen und arbeite in Münster", "olfen"),
        ("Wir wohnen in Münster, Kita suche ich in Dülmen", OUTSIDE),
        ("Arzt in Dülmen gesucht, wohne in Nottuln", "nottuln"),
        ("wir sind von Münster nach Dülmen gezogen", "duelmen"),
        ("we moved from Coesfeld to Senden", "senden"),
        ("Münster'den Dülmen'e taşındık", "duelmen"),
        ("انتقلنا من مونستر إلى دولمن", "duelmen"),
        ("früher habe ich in Coesfeld gewohnt, jetzt in Olfen", "olfen"),
        ("eskiden Dülmen'de oturuyorduk şimdi Nottuln'dayız", "nottuln"),
        ("كنا نسكن في دولمن والآن نسكن في نوتولن", "nottuln"),
        ("ich wohne nicht in Dülmen sondern in Nottuln", "nottuln"),
        ("I don't live in Dülmen anymore, now Billerbeck", "billerbeck"),
        ("mein Ex wohnt in Münster, ich in Dülmen", "duelmen"),
        ("Kita in Dülmen oder Coesfeld", None),
        ("Mein Bruder wohnt in Dülmen, ich selbst in Davensberg", "ascheberg"),
        ("Meine Freundin lebt in Lüdinghausen, ich bin aus Billerbeck", "billerbeck"),
        ("my brother lives in Senden, I myself live in Nottuln", "nottuln"),
        ("أخي يسكن في كوسفيلد أما أنا فأسكن في نوتولن", "nottuln"),
        ("Kardeşim Dülmen'de yaşıyor, ben ise Nottuln'dayım", "nottuln"),
        ("ahli b dolmen w ana saken b kosfeld", "coesfeld"),
        ("Is there a doctor who speaks Arabic near Dülmen", "duelmen"),
        ("Brauch dringend nen Kitaplatz in Buldern", "duelmen"),
    ],
)
def test_where_the_person_lives(text: str, key: str | None) -> None:
    assert municipality(text) == key


def test_where_the_child_was_born() -> None:
    text = "Geburtsurkunde: geboren in Coesfeld, wir wohnen in Havixbeck"
    assert municipality(text, "birth") == "coesfeld"
    assert municipality(text, "home") == "havixbeck"
    assert municipality("wir wohnen in Nottuln", "birth") is None
    assert municipality("Oğlum Münster'de doğdu, Senden'de oturuyoruz", "birth") == OUTSIDE


def test_postcode_and_name_that_differ_are_doubted() -> None:
    assert all(not mention.certain for mention in RECOGNIZER.find("48249 Nottuln"))


def test_offsets_point_into_the_original_text() -> None:
    for text in ("Grüße aus  Du\u0308lmen!", "وين بدولمن؟", "İstanbul'dan Nottuln'a geldik",
                 "😀 ß Straße, wir wohnen in 48653 Coesfeld-Lette."):  # fmt: skip
        mentions = RECOGNIZER.find(text)
        assert mentions
        for mention in mentions:
            assert mention.text == text[mention.start : mention.end]


def test_one_mention_for_an_address() -> None:
    (mention,) = RECOGNIZER.find("48653 Coesfeld-Lette")
    assert (mention.name, mention.kind, mention.municipality) == ("Lette", "village", "coesfeld")


# --- sentences without a place ---

NO_PLACE = [
    "Hab grad null Geld mehr und Monat ist noch lang, was mach ich jetzt",
    "wo krig ich eltergeld antrag",
    "Das Essen ist teuer geworden", "Wir kamen aus Syrien", "Horst hat angerufen",
    "Es wird immer heller",
    "Coesfelder Straße 12", "Nottulner Landstraße", "Münsterstraße 30", "ich drehe mich im Kreis",
    "Wer hilft beim Ausfüllen?", "Steuern zahlen", "Bilder vom Kind",
    "Ich habe darüber nachgedacht",
    "Miete 48653 Euro", "Kundennummer 48249", "Die Kapelle ist schön", "Die Flaschen sind leer",
    "Wir haben keine Heizung", "Letter bekommen", "Frau Berger vom Amt", "ich lebe von Bürgergeld",
    "Kinderhaus gesucht", "Wo kann ich mich beschweren?", "Der Brief ist vom Jobcenter",
    "Der Kreis der Familie", "Vor zehn Jahren", "Bordstein kaputt", "kein Bock auf Schule",
    "How do I get kindergeld if we just arrived", "were can i lern german with child care",
    "Jobcenter sent me a letter, what does it mean", "landlord wont fix the mould",
    "they cut it off",
    "the monster under the bed", "I am from Syria", "send me the form", "Can I get food?",
    "the main problem is money", "we need a handover", "his horn is loud", "Berg heil",
    "إجاني مكتوب من الجوب سنتر وما فهمت شو بدهم", "شلون أقدم على الكيندرغيلد؟",
    "أنا حامل وما عندي تأمين",
    "ليته يساعدني", "ليتني أعرف", "هذا أمر هام جدا", "أحب الفنون والموسيقى", "قبل سنتين",
    "أريد أن أخبرك",
    "وين المدرسة؟", "عندي ثلاثة أولاد", "ما بقى عندي مصاري", "سجن زندان", "بدي أرسل الأوراق",
    "شارع كوسفيلد",
    "marhaba bedi sajel ebni bel madrase", "kif b2addem 3al elterngeld", "ahlen wa sahlen",
    "Kindergeld nasıl başvururum", "cocugum icin kres ariyorum", "Çocuklar varlar",
    "kolonya nereden alınır",
    "oturum izni icin randevu bulamiyorum", "dersten sonra", "kocam beni dovuyor", "İller bankası",
    "uygulama(lar)", "Senden başka kimsem yok", "Ben düz gidiyorum", "düğmen kopmuş",
    "Coesfelder Caddesi", "Formular für Kindergeld senden", "Nr. 48301 auf dem Brief",
    "my number is 59348", "dosya no 48249", "59387 numaralı dosya", "Kundennr 48653",
    "Geschenk für Horst", "Mein Anwalt heißt Westrup", "سنديان اسم بنتي", "شو اخبارك",
    "akhi 16 sene, wesel la7alo", "OGS dörtten önce bırakmıyormuş", "die nordischen Länder",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_PLACE)
def test_no_place_is_invented(text: str) -> None:
    assert RECOGNIZER.find(text) == []


def test_odd_text() -> None:
    for text in ("", " ", "\u200b", "'", "'de", "😀", "....", "1" * 500, "a" * 500, "و" * 300):
        assert RECOGNIZER.find(text) == []


# --- the labelled rows ---


@pytest.mark.parametrize("part", ["dev", "test"])
def test_the_measured_rows_reach_their_bar(part: str) -> None:
    problems: list[Problem] = []
    path = FILE.parents[1] / "evaluation" / f"places.{part}.jsonl"
    rows = read_rows(path, fields(GAZETTEER.municipalities), problems)
    assert not problems
    summary = evaluate(rows, RECOGNIZER, Progress("places", len(rows), io.StringIO())).summary
    assert summary["with_place"] >= 100 and summary["without_place"] >= 150
    assert summary["recognised"] >= 0.98 and summary["false_places"] <= 0.01


def test_a_doubtful_place_is_a_false_one_too() -> None:
    row = Row({"id": "x", "lang": "de", "text": "wir wohnen in Lette", "municipality": None})
    result = evaluate([row], RECOGNIZER, Progress("places", 1, io.StringIO()))
    assert result.summary["false_places"] == 1.0 and result.summary["recognised"] is None
    assert result.errors[0]["predicted"] == "coesfeld"
