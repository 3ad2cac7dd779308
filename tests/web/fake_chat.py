"""A chat server of few words for the browser tests: static page, scripted conversation, failures.

It speaks the message form of the chat channel. What a person writes selects what comes back:
``offers``, ``contact``, ``crisis``, ``notice``, ``form``, ``staff``, ``hostile`` and ``all`` bring
messages of that type, ``e400``/``e413``/``e429``/``e500`` that HTTP status, ``flaky`` one failure
before it works, ``slow`` waits, ``expire`` forgets the session, ``bye`` ends it from the server's
side.
All offers, offices and names in it are invented.
"""

from __future__ import annotations

import argparse
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

STATIC = Path(__file__).resolve().parents[2] / "bot" / "web"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
LANGUAGE_PAYLOAD = '/change_language{"language_choice":"'

TEXTS: dict[str, dict[str, str]] = {
    "de": {
        "hello": "Guten Tag! Ich bin Lotse. Ich helfe Ihnen, im Kreis Coesfeld das passende "
        "Angebot und die richtige Ansprechperson zu finden.",
        "ai": "Sie schreiben mit einem Computerprogramm, nicht mit einem Menschen.\n"
        "Schreiben Sie bitte keine Namen und keine Adressen.",
        "b1": "Hilfe mit dem Baby",
        "b2": "Schule und Lernen",
        "b3": "Mit einem Menschen sprechen",
        "echo": "Das habe ich verstanden. Unter 030 23125-019 erreichen Sie das Beispielbüro.",
        "offers": "Das passt zu Ihrer Frage:",
        "title": "Offener Treff für Eltern mit Babys",
        "summary": "Ein ruhiger Ort zum Ankommen. Eine Hebamme und eine Sozialpädagogin sind da.",
        "audience": "Eltern mit Kindern im ersten Lebensjahr",
        "ages": "0–1 Jahr",
        "cost": "kostenlos",
        "languages": "Deutsch, Englisch, Arabisch",
        "how": "Kommen Sie einfach vorbei. Eine Anmeldung ist nicht nötig.",
        "bring": "Gelbes Untersuchungsheft",
        "hours": "Mo und Mi 9:00–11:30",
        "check": "Die Sprechzeiten haben wir nicht bestätigt. Bitte fragen Sie vorher nach.",
        "updated": "Stand: 2025-04",
        "role": "Frühe Hilfen",
        "now": "Jetzt geschlossen, öffnet Montag um 9:00",
        "crisis": "Das klingt sehr ernst. Bitte rufen Sie jetzt an. Sie sind nicht allein.",
        "day": "Tag und Nacht",
        "free": "Kostenlos und anonym",
        "notice": "Die Sprache ist jetzt Deutsch.",
        "form": "Stimmt das so? Dann schicke ich es an die Beratung.",
        "label": "Ihr Anliegen",
        "value": "Eine Familie sucht einen Treff mit Baby.",
        "staff": "Guten Tag, hier ist Frau Beispiel. Wie kann ich helfen?",
        "bye": "Alles ist gelöscht. Auf Wiedersehen!",
    },
    "en": {
        "hello": "Hello! I am Lotse. I help you find the right support and the right contact "
        "person in Kreis Coesfeld.",
        "ai": "You are writing with a computer program, not with a person.\n"
        "Please do not write any names or addresses.",
        "b1": "Help with the baby",
        "b2": "School and learning",
        "b3": "Talk to a person",
        "echo": "I understood that. You can reach the example office at 030 23125-019.",
        "offers": "This fits your question:",
        "title": "Open meeting for parents with babies",
        "summary": "A quiet place to arrive. A midwife and a social worker are there.",
        "audience": "Parents with children in their first year",
        "ages": "0–1 year",
        "cost": "free",
        "languages": "German, English, Arabic",
        "how": "Just come by. You do not need to register.",
        "bring": "The yellow check-up booklet",
        "hours": "Mon and Wed 9:00–11:30",
        "check": "We have not confirmed the opening hours. Please ask before you go.",
        "updated": "As of 2025-04",
        "role": "Early support",
        "now": "Closed now, opens Monday at 9:00",
        "crisis": "This sounds very serious. Please call now. You are not alone.",
        "day": "Day and night",
        "free": "Free and anonymous",
        "notice": "The language is now English.",
        "form": "Is this right? Then I will send it to the advisers.",
        "label": "Your question",
        "value": "A family is looking for a meeting place with a baby.",
        "staff": "Hello, this is Ms Beispiel. How can I help?",
        "bye": "Everything is deleted. Goodbye!",
    },
    "ar": {
        "hello": "مرحبًا! أنا Lotse. أساعدك في العثور على العرض المناسب والشخص المسؤول "
        "في منطقة كوسفيلد.",
        "ai": "أنت تكتب إلى برنامج حاسوب وليس إلى إنسان.\nيرجى عدم كتابة الأسماء أو العناوين.",
        "b1": "مساعدة مع الرضيع",
        "b2": "المدرسة والتعلم",
        "b3": "التحدث مع شخص",
        "echo": "فهمت ذلك. يمكن الاتصال بمكتب المثال على الرقم 030 23125-019 في أي وقت.",
        "offers": "هذا يناسب سؤالك:",
        "title": "لقاء مفتوح للأهل مع الرضّع",
        "summary": "مكان هادئ. توجد قابلة وأخصائية اجتماعية.",
        "audience": "الأهل مع أطفال في السنة الأولى",
        "ages": "من 0 إلى 1 سنة",
        "cost": "مجاني",
        "languages": "الألمانية والإنجليزية والعربية",
        "how": "يمكنك الحضور مباشرة. لا حاجة إلى التسجيل.",
        "bring": "دفتر الفحوصات الأصفر",
        "hours": "الاثنين والأربعاء 9:00–11:30",
        "check": "لم نتأكد من أوقات العمل. يرجى السؤال قبل الذهاب.",
        "updated": "آخر تحديث: 2025-04",
        "role": "المساعدة المبكرة",
        "now": "مغلق الآن، يفتح يوم الاثنين الساعة 9:00",
        "crisis": "هذا يبدو خطيرًا جدًا. يرجى الاتصال الآن. لست وحدك.",
        "day": "ليلًا ونهارًا",
        "free": "مجاني ودون ذكر الاسم",
        "notice": "اللغة الآن هي العربية.",
        "form": "هل هذا صحيح؟ عندها أرسله إلى فريق الاستشارة.",
        "label": "طلبك",
        "value": "عائلة تبحث عن لقاء مع رضيع.",
        "staff": "مرحبًا، أنا السيدة Beispiel. كيف أساعدك؟",
        "bye": "تم حذف كل شيء. إلى اللقاء!",
    },
    "tr": {
        "hello": "Merhaba! Ben Lotse. Kreis Coesfeld’de size uygun desteği ve doğru kişiyi "
        "bulmanıza yardım ediyorum.",
        "ai": "Bir insanla değil, bir bilgisayar programıyla yazışıyorsunuz.\n"
        "Lütfen isim ve adres yazmayın.",
        "b1": "Bebekle ilgili yardım",
        "b2": "Okul ve öğrenme",
        "b3": "Bir insanla konuş",
        "echo": "Bunu anladım. Örnek büroya 030 23125-019 numarasından ulaşabilirsiniz.",
        "offers": "Sorunuza uyan teklif:",
        "title": "Bebekli aileler için açık buluşma",
        "summary": "Sakin bir yer. Bir ebe ve bir sosyal danışman orada.",
        "audience": "Bir yaşına kadar çocuğu olan anne babalar",
        "ages": "0–1 yaş",
        "cost": "ücretsiz",
        "languages": "Almanca, İngilizce, Arapça",
        "how": "Doğrudan gelebilirsiniz. Kayıt gerekmiyor.",
        "bring": "Sarı muayene defteri",
        "hours": "Pazartesi ve çarşamba 9:00–11:30",
        "check": "Görüşme saatlerini doğrulamadık. Lütfen gitmeden önce sorun.",
        "updated": "Güncelleme: 2025-04",
        "role": "Erken destek",
        "now": "Şu anda kapalı, pazartesi 9:00’da açılıyor",
        "crisis": "Bu çok ciddi görünüyor. Lütfen şimdi arayın. Yalnız değilsiniz.",
        "day": "Gece gündüz",
        "free": "Ücretsiz, isim vermeden",
        "notice": "Dil artık Türkçe.",
        "form": "Böyle doğru mu? O zaman danışmanlara gönderiyorum.",
        "label": "Konunuz",
        "value": "Bir aile bebekle gidilecek bir buluşma arıyor.",
        "staff": "Merhaba, ben Bayan Beispiel. Nasıl yardımcı olabilirim?",
        "bye": "Her şey silindi. Hoşça kalın!",
    },
}


def offer(words: dict[str, str]) -> dict[str, Any]:
    """Return an invented offer with every field of the message form."""
    return {
        "id": "sample_meeting",
        **{
            key: words[key]
            for key in (
                "title",
                "summary",
                "audience",
                "ages",
                "cost",
                "languages",
                "how",
                "bring",
            )
        },
        "place": "Musterdorf",
        "term": "Frühe Hilfen",
        "sample": True,
        "check": words["check"],
        "contact": {
            "name": "Mara Beispiel",
            "role": words["role"],
            "tel": "030 23125-019",
            "mail": "treff@example.org",
            "hours": words["hours"],
        },
        "address": "Musterweg 1\n00000 Musterdorf",
        "map": "https://example.org/karte?ort=musterweg",
        "url": "https://example.org/treff",
        "updated": words["updated"],
        "source": "example.org",
    }


def contact(words: dict[str, str]) -> dict[str, Any]:
    """Return an invented contact with every field of the message form."""
    return {
        "id": "sample_office",
        "name": "Musteramt Musterdorf",
        "role": words["role"],
        "term": "Ansprechperson Frühe Hilfen",
        "tel": "+49 30 23125 014",
        "mail": "amt@example.org",
        "url": "https://example.org/amt",
        "address": "Musterplatz 2, 00000 Musterdorf",
        "hours": words["hours"],
        "hours_now": words["now"],
        "languages": words["languages"],
        "interpreter": True,
        "check": words["check"],
        "updated": words["updated"],
        "substitute": {"name": "Ole Beispiel", "tel": "030 23125 015"},
    }


HOSTILE = {
    "id": "hostile",
    "title": "<img src=x onerror=alert(1)>",
    "summary": "<script>alert(1)</script> " + "Donaudampfschifffahrtsgesellschaft" * 4,
    "url": "java\tscript:alert(1)",
    "map": "data:text/html,<b>x</b>",
    "contact": {
        "name": "<b>x</b>",
        "tel": "javascript:alert(1)",
        "mail": "a@example.org?bcc=b@example.org",
    },
    "source": "https://example.org/quelle",
}


class Session:
    """One conversation: its messages and what happens next."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.messages: list[dict[str, Any]] = []
        self.flaky = True
        self.staff_joins = False

    def add(self, kind: str, text: str, sender: str = "bot", **extra: Any) -> dict[str, Any]:
        """Store one message under the next id and return it."""
        message = {
            "id": len(self.messages) + 1,
            "ts": time.time(),
            "v": 1,
            "from": sender,
            "lang": self.lang,
            "type": kind,
            "text": text,
            **extra,
        }
        self.messages.append(message)
        return message

    def buttons(self) -> list[dict[str, str]]:
        """Return the three buttons of the greeting."""
        words = TEXTS[self.lang]
        payloads = {"b1": "/ask_offers", "b2": "/ask_contact", "b3": "/talk_to_human"}
        return [
            {"title": words[key], "payload": payload, "lang": self.lang}
            for key, payload in payloads.items()
        ]

    def greet(self) -> list[dict[str, Any]]:
        """Return the first screen: greeting and notice that this is a program."""
        words = TEXTS[self.lang]
        return [
            self.add("text", words["hello"]),
            self.add("notice", words["ai"], buttons=self.buttons()),
        ]

    def answer(self, wish: str) -> list[dict[str, Any]]:
        """Return the messages for a wish (a text or a payload)."""
        words = TEXTS[self.lang]
        if wish in ("offers", "/ask_offers"):
            return [self.add("offers", words["offers"], items=[offer(words)])]
        if wish in ("contact", "/ask_contact"):
            return [self.add("contact", words["offers"], items=[contact(words)])]
        if wish == "crisis":
            lines = [
                {"name": "Polizei", "tel": "110", "hours": words["day"]},
                {
                    "name": "TelefonSeelsorge",
                    "tel": "0800 111 0 111",
                    "hours": words["day"],
                    "languages": words["languages"],
                    "help": words["free"],
                },
            ]
            return [self.add("crisis", words["crisis"], items=lines)]
        if wish == "form":
            items = [{"field": "tel", "label": words["label"], "value": words["value"]}]
            return [self.add("form", words["form"], items=items, buttons=self.buttons()[:2])]
        if wish in ("staff", "/talk_to_human"):
            self.staff_joins = True
            return [self.add("state", "", "system", state="human_waiting")]
        if wish == "notice":
            return [self.add("notice", words["notice"], "system")]
        if wish == "hostile":
            return [self.add("offers", "<b>fett</b>", items=[HOSTILE])]
        if wish == "bye":
            return [self.add("state", words["bye"], "system", state="deleted")]
        if wish == "all":
            wishes = ("offers", "contact", "crisis", "notice", "form")
            found = [message for each in wishes for message in self.answer(each)]
            state = self.add("state", words["notice"], "system", state="bot")
            staff = self.add("text", words["staff"], "staff", name="Frau Beispiel")
            return [*found, state, staff]
        return [self.add("text", words["echo"], buttons=self.buttons()[:1])]


class Handler(BaseHTTPRequestHandler):
    """Static files under /chat, the channel under /webhooks/chat, a journal under /journal."""

    protocol_version = "HTTP/1.1"
    sessions: ClassVar[dict[str, Session]] = {}
    journal: ClassVar[list[dict[str, Any]]] = []

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet: the tests read standard output."""

    def reply(self, status: int, body: bytes, kind: str) -> None:
        """Send one whole response."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def reply_json(self, value: Any, status: int = 200) -> None:
        """Send a JSON response."""
        self.reply(status, json.dumps(value).encode(), "application/json")

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the request."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return json.loads(raw) if raw else {}

    def session(self) -> Session | None:
        """Return the session of the bearer token, or answer 401."""
        token = (self.headers.get("Authorization") or "").replace("Bearer ", "", 1)
        found = self.sessions.get(token)
        if found is None:
            self.reply_json({"error": "unknown session"}, 401)
        return found

    def do_GET(self) -> None:
        """Serve the page, its files, the history and the journal."""
        parts = urlsplit(self.path)
        if parts.path == "/journal":
            return self.reply_json(self.journal)
        if parts.path == "/webhooks/chat/history":
            session = self.session()
            if session:
                after = int(parse_qs(parts.query).get("after", ["0"])[0])
                if session.staff_joins and after:
                    session.staff_joins = False
                    session.add("state", "", "system", state="human")
                    session.add(
                        "text",
                        TEXTS[session.lang]["staff"],
                        "staff",
                        name="Frau Beispiel",
                    )
                self.reply_json({"messages": [m for m in session.messages if m["id"] > after]})
            return None
        name = "chat.html" if parts.path == "/chat" else parts.path.replace("/chat/assets/", "", 1)
        file = STATIC / name
        if "/" in name or not file.is_file():
            return self.reply(404, b"not found", "text/plain")
        return self.reply(200, file.read_bytes(), TYPES[file.suffix])

    def do_DELETE(self) -> None:
        """Erase a session."""
        if self.session():
            self.sessions.pop(self.headers["Authorization"].replace("Bearer ", "", 1))
            self.journal.append({"deleted": True})
            self.reply_json({"deleted": True})

    def do_POST(self) -> None:
        """Open a session or take a message."""
        body = self.body()
        if self.path == "/webhooks/chat/session":
            lang = body.get("lang")
            session = Session(lang if lang in TEXTS else "de")
            token = f"token-{len(self.journal)}-{time.time_ns()}"
            self.sessions[token] = session
            self.journal.append({"session": body})
            return self.reply_json({"token": token, "messages": session.greet()})
        session = self.session()
        return self.message(session, body) if session else None

    def message(self, session: Session, body: dict[str, Any]) -> None:
        """Answer a message, or fail in the way it asks for."""
        self.journal.append(body)
        wish = body.get("text") or body.get("payload") or ""
        if wish in ("e400", "e413", "e429", "e500"):
            return self.reply_json({"error": wish}, int(wish[1:]))
        if wish == "flaky" and session.flaky:
            session.flaky = False
            return self.reply_json({"error": "try again"}, 503)
        if wish == "slow":
            time.sleep(2)
        if wish == "expire":
            self.sessions.clear()
            return self.reply_json({"error": "unknown session"}, 401)
        if wish.startswith(LANGUAGE_PAYLOAD):
            session.lang = wish[len(LANGUAGE_PAYLOAD) :].split('"')[0]
            wish = "notice"
        title = next((b["title"] for b in session.buttons() if b["payload"] == wish), wish)
        session.add("text", title, "user")
        messages = session.answer(wish)
        if wish == "bye":
            self.sessions.clear()
        return self.reply_json({"messages": messages, "session": {"lang": session.lang}})


def main() -> None:
    """Serve until killed; the first line of output is the address."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    server = ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
