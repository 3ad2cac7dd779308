"""Words around a place's name that say what the place is to the person.

All words stand in the folded form of :func:`bot.languages.search_form`.
"""

from __future__ import annotations

import re

ARABIC_CLITICS = tuple(
    sorted(
        ("وبال", "ولل", "وال", "بال", "فال", "كال", "عال", "لل", "ال", "وب", "ول", "وع", "وف", "فب",
         "و", "ف", "ب", "ل", "ك", "ع", "ه"),
        key=len,
        reverse=True,
    )
)  # fmt: skip
# "in", "to", "from" written as one letter or one word before the name.
ARABIC_PREPOSITION_CLITIC = re.compile("^و?[بلعف]")
ARABIZI_CLITICS = ("bil", "bel", "3al", "bi", "be", "la", "fi", "3a", "b", "l", "w")

TURKISH_SUFFIX = re.compile(
    r"(?:y?[ae]|[dt][ae]n?|[dt][ae]k[iu]\w{0,4}|[dt][ae]y(?:[iu]m|[iu]z|d[iu][mk]?|ken)|y?[iu]"
    r"|n?[iu]n"
    r"|l[iu](?:y[iu][mz]|l[ae]r)?|[dt][ae]l[ae]r|[dt][ae]s[iu]n\w*|n[dt][ae]n?)"
)
# Without an apostrophe only endings that are long enough to be told from a typing error.
TURKISH_ENDINGS = (
    "deyiz", "dayiz", "deyim", "dayim", "teyiz", "tayiz", "liyiz", "liyim", "luyuz", "luyum",
    "deki", "daki", "teki", "taki", "den", "dan", "ten", "tan", "nin", "nun", "de", "da", "te",
    "ta", "ye", "ya", "li", "lu", "in", "un", "e", "a", "i", "u",
)  # fmt: skip
GERMAN_ENDINGS = ("erinnen", "erin", "ern", "ers", "er", "s")

STREET_AFTER = re.compile(
    r"(?:land|haupt)?str(?:asse|assen)?|weg|platz|allee|damm|ring|tor|gasse|wall|chaussee|berg"
    r"|caddesi\w*|sokagi\w*|sokak|cad|sok|street|road"
)
STREET_BEFORE = frozenset(("شارع", "طريق", "ساحه"))
PERSON_BEFORE = frozenset(
    ("herr", "herrn", "frau", "mr", "mrs", "ms", "bay", "bayan", "السيد", "السيده")
)
# Before a name that may be somebody's: "mein Anwalt heißt Westrup".
NAMED_BEFORE = frozenset(
    ("heisst", "heisse", "heissen", "namens", "genannt", "named", "called", "name", "nachbar",
     "nachbarn", "nachbarin", "vermieter", "vermieterin", "chef", "chefin", "anwalt", "onkel",
     "tante", "opa", "oma", "doktor", "dr", "adim", "adi", "ismi", "اسمي", "اسمه", "اسمها", "اسم",
     "الدكتور", "دكتور", "استاذ", "عمو")
)  # fmt: skip

COUNTY_BEFORE = frozenset(
    ("kreis", "kreises", "kreise", "landkreis", "landkreises", "kr", "krais", "lkr", "county",
     "منطقه", "دائره", "دايره", "مقاطعه", "كرايس", "كرايز", "قضا", "محافظه", "لاندكرايس",
     "manta2et",
     "mante2et", "mantiqat")
)  # fmt: skip
COUNTY_AFTER = re.compile(
    r"ilce(?:si)?\w*|bolge(?:si)?\w*|kreisi\w*|kreis(?:es)?|krays\w*|district|county|landkreis"
    r"|region"
)
CONNECT = frozenset(("of", "the", "des", "der", "in", "im"))

PREPOSITIONS = frozenset(
    ("in", "aus", "nach", "bei", "nahe", "von", "near", "from", "at", "around", "ab", "fi", "fe",
    "b",
     "be", "bel", "men", "min", "3a", "3al", "jamb", "janb", "raum", "richtung", "umkreis", "في",
     "فى", "من", "الي", "عند",
     "قرب", "جنب", "علي", "ب", "ل", "عل", "باتجاه", "حوالي")
)  # fmt: skip
# Before a name that is otherwise a verb ("Tafel für Senden"); before a person's it says nothing.
MEANT_FOR = frozenset(("fur", "for"))
FROM = frozenset(("aus", "von", "from", "men", "min", "من", "weg"))
TO = frozenset(("nach", "to", "الي", "ل", "la", "3a", "3al", "into", "richtung", "علي", "ع"))
NEAR = frozenset(
    ("bei", "nahe", "near", "neben", "قرب", "جنب", "بجانب", "jamb", "janb", "around", "outside")
)
FORM_LABELS = frozenset(("wohnort", "wohnsitz", "ort", "adresse", "address", "place", "stadt"))
LIVE_AFTER = re.compile(r"(?:otur|yasi?y|kaliy)\w*[mz]")
PLACE_NOUNS = frozenset(
    ("gemeinde", "stadt", "ort", "ortsteil", "dorf", "rathaus", "wohnort", "wohnsitz", "plz",
     "burgerburo", "schloss", "bahnhof", "jugendamt", "jobcenter", "kita", "grundschule", "schule",
     "hauptschule", "realschule", "gesamtschule", "kindergarten", "standesamt", "sozialamt",
     "tafel", "familienzentrum", "volkshochschule", "vhs", "jugendzentrum", "town", "village",
     "city", "municipality", "gemeindeverwaltung", "jugendtreff", "jugendhaus", "bucherei",
     "bibliothek", "krankenhaus", "spielgruppe", "krabbelgruppe", "sportverein", "musikschule",
     "deutschkurs", "sprachkurs", "kleiderkammer", "beratungsstelle", "kitaplatz",
     "kindergartenplatz", "unterkunft", "wohnung", "yer", "sehir", "kasaba", "بلديه", "مدينه",
     "قريه", "بلده", "رقم", "نحن", "wohn")
)  # fmt: skip
PLACE_AFTER = re.compile(
    r"belediye\w*|kasaba\w*|sehri\w*|koyu\w*|ilcesi\w*|gemeinde\w*|rathaus\w*|civar\w*|yakin\w*"
    r"|westfalen|westf|westfalia|kasabasi\w*"
)
FILLERS = frozenset(("der", "dem", "den", "die", "the", "town", "of", "stadt", "gemeinde", "ort",
    "dorf",
                     "village", "city", "small", "kleinen", "مدينه", "بلده", "قريه",
                     "schonen"))  # fmt: skip

LIVE_SELF = re.compile(
    r"wohne?|wohnen|wohnhaft|lebe|leb|leben|gemeldet|zuhause|daheim|wohnort|wohnsitz|adresse"
    r"|address"
    r"|live|living|based|reside|residing|staying|home|unterkunft|heim"
    r"|(?:otur|yasi?y|kaliy)\w*[mz]|ikamet\w*|evim\w*|adresim\w*|oturuyos|oturdug\w*|yasadig\w*"
    r"|ساكن|ساكنه|ساكنين|ساكنون|سكن|سكني|سكننا|نسكن|اسكن|بسكن|منسكن|عايش|عايشه|عايشين|عايشن|نعيش"
    r"|اعيش"
    r"|بعيش|منعيش|مقيم|مقيمه|مقيمين|نقيم|اقيم|قاعد|قاعدين|قاعده|كاعد|كاعدين|عنواني|بيتنا|بيتي"
    r"|عنواننا"
    r"|كنسكن\w*|كانسكن\w*|تنسكن|نسكنو|كنسكنو|عائش|عائشين|بنسكن|بنعيش|هسكن"
    r"|sak[ei]?n\w{0,3}|3a+y[ei]?sh\w{0,3}|3ay[ei]?ch\w{0,3}|n[ei]?skon|ns?kun|[ab]skon|baytna"
    r"|beitna|2a3d\w{0,3}"
)
LIVE_OTHER = re.compile(
    r"wohnt|lebt|lives|oturuyor(?:lar)?|yasiyor(?:lar)?|kaliyor(?:lar)?|يسكن|تسكن|يعيش|تعيش"
    r"|بيسكن|بيعيش"
    r"|يسكنون|يعيشون|ساكنه"
)
MOVE = re.compile(
    r"gezogen|umgezogen|hingezogen|zugezogen|hergezogen|weggezogen|ausgezogen|ziehe|ziehen|zieh"
    r"|ziehn"
    r"|umziehen|umziehn|zogen|zog|umzug|moved|move|moves|moving|relocat\w*|tasin\w*"
    r"|انتقل\w*|نقلنا|نقلت|ننتقل|رحلنا|رحلت|انتقال\w*|ntaqalna|n2alna|na2alna|na2alt|نقلنا|حولنا"
    r"|تحولنا"
)
FUTURE = frozenset(
    ("will", "wollen", "mochte", "mochten", "werde", "werden", "bald", "demnachst", "want", "going",
     "plan", "planen", "soon", "gonna", "رح", "راح", "سوف", "بدنا", "بدي", "نريد", "اريد", "حابين",
     "عايزين", "ra7",
     "bedna", "istiyoruz", "istiyorum", "yakinda")
)  # fmt: skip
SCHOOL = re.compile(
    r"\w*schule|\w*schulen|schul\w*|kita|kitaplatz\w*|kitas|kiga|kindergart\w*|kindergarden\w*"
    r"|krippe\w*"
    r"|hort|ogs|gymnasium|arbeit|arbeite|arbeitet|arbeiten|arbeitsplatz|arbeitsstelle|job"
    r"|beschaftigt"
    r"|ausbildung\w*|praktikum\w*|betrieb|firma|lehre|unterricht|studier\w*|berufskolleg"
    r"|school\w*|daycare|nursery|preschool|work|works|working|employed|classes"
    r"|okul\w*|kres\w*|anaokul\w*|yuva\w*|calis\w*|isyeri\w*|isim|lise\w*|kitasi\w*|kitaya|kitada"
    r"|مدرسه|مدرسته|مدرستها|مدرستهم|مدارس|روضه|حضانه|كيتا|كيندرغارتن|شغل|شغلي|شغله|بشتغل|يشتغل"
    r"|اشتغل"
    r"|نشتغل|تشتغل|اعمل|يعمل|تعمل|وظيفه|دوامي|اداوم|يداوم|خدام|خدامه|kan5dem"
    r"|madras\w*|madr[ae]s[ae]\w*|shogh?l\w*|sho8l\w*|rawda\w*|rowda\w*|bshtghel|beshtghel"
)
BIRTH = re.compile(
    r"geboren\w*|geburt|geburtsurkunde\w*|geburtsort|entbind\w*|entbunden|niederkunft|kreisssaal"
    r"|born"
    r"|birth|birthplace|deliver(?:ed|y)|dogum\w*|dogdu\w*|dogan|dogacak\w*"
    r"|ولدت|اتولد\w*|انولد\w*|مولود\w*|ولاده|ولادته|ولادتها|تولد|خلفت|ولدته|ولدتها|wel[ea]d"
    r"|wlad[ae]|5el2\w*"
)
FORMER = re.compile(
    r"fruher|ehemals|damals|vorher|zuvor|gewohnt|gelebt|wohnte|wohnten|lebte|lebten|formerly"
    r"|previously|eskiden|onceden|oturuyordu\w*|yasiyordu\w*|oturdum|oturduk|yasadi[km]"
    r"|سابقا|زمان|كنا|كنت|اول"
)
NOT = frozenset(("nicht", "not", "dont", "don", "doesn", "no", "kein", "ليس", "لست", "لسنا", "مو",
    "مش", "ماني", "مانا", "ما",
                 "لا", "مب", "mesh", "mish", "mu", "longer"))  # fmt: skip
NOT_AFTER = re.compile(r"degil\w*|(?:otur|yasa)m\w+")
NOW = frozenset(("jetzt", "nun", "inzwischen", "mittlerweile", "now", "currently", "simdi",
    "artik", "الان", "والان", "ان", "وهلق", "هلق", "وهلا", "هلق", "هلا", "حاليا",
                 "دلوقتي", "دابا", "هسه", "halla2", "hala2"))  # fmt: skip
AND = frozenset(("und", "and", "ve", "aber", "but", "ama", "oder", "or", "veya", "لكن", "بس", "او",
    "while", "whereas", "اما", "بينما",
                 "wahrend", "doch", "sondern", "ya", "w", "wa", "bas"))  # fmt: skip
SUBJECT = frozenset(
    ("ich", "wir", "i", "we", "ben", "biz", "انا", "نحنا", "نحن", "احنا", "ana", "ne7na", "e7na")
)
# Between the subject and the place, without a verb that says something else: "ich selbst bin aus".
BETWEEN_SUBJECT = frozenset(
    ("selbst", "selber", "myself", "ourselves", "kendim", "kendimiz", "ise", "de", "da", "نفسي",
     "bin", "sind", "am", "are", "m", "re", "hingegen", "dagegen", "aber", "jedoch", "though")
)  # fmt: skip
# Numbers of files, invoices and telephones have five digits too.
NUMBER_OF = re.compile(
    r"\w*(?:nummer|zeichen|nr)|no|nos|number|num|file|case|invoice|reference|ref|az|konto|rechnung"
    r"|dosya|numara\w*|fatura\w*|telefon|tel|handy|phone|kayit|ملف|الملف|رقم|رقمي|فاتوره|هاتف"
)
NUMBERED_AFTER = re.compile(r"numara\w*|nolu|no|stuck|prozent")
