"""Mail against a real SMTP server on the loopback address."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading

import pytest
from aiosmtpd.smtp import AuthResult

from bot.delivery.letter import Letter, callback_item
from bot.delivery.mail import MailNotifier, message_id
from bot.errors import ConfigurationError, PermanentFailure, TemporaryFailure
from bot.settings import Mail
from bot.storage.handovers import OutboxItem
from tests.delivery.smtp_server import Receiver, free_port, running
from tests.unit.test_outbox import NAME, NOW, callback

PASSWORD = "nur-fuer-den-test"


def mail(port, **changes):
    values = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "lotse@example.org",
        "recipient": "team@example.org",
    }
    return Mail(**{**values, **changes})


def notifier(port, context=None, **changes):
    return MailNotifier(mail(port, **changes), context, timeout=5, acceptance_timeout=5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-made certificate for the loopback address: (certificate file, key file)."""
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command_line = [*command.split(), names, "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(command_line, check=True, capture_output=True)
    return files


@pytest.fixture
def server_side(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusting(certificate):
    return ssl.create_default_context(cafile=certificate[0])


def item(**changes):
    return callback_item(callback(**changes))


def letter_item(key="k1", **changes):
    letter = Letter(**{"reference": "R1", "subject": "Betreff", "text": "Text", **changes})
    return OutboxItem(key, "R1", "callback", letter.to_json(), NOW.isoformat())


# What arrives


def test_a_callback_arrives_as_readable_german_text():
    receiver = Receiver()
    one = callback(reach="amira@example.org", summary=f"Bitte um Rückruf für {NAME}.\nÄ ö ü ß حلم")
    with running(receiver) as port:
        sender = notifier(port)
        number = sender.deliver(callback_item(one))
        sender.close()
    (got,) = receiver.mails()
    assert receiver.recipients == [["team@example.org"]]
    assert got["Subject"] == "Bitte um Rückruf L-AAAA-0001"
    assert got["From"] == "Lotse <lotse@example.org>"
    assert got["To"] == "team@example.org"
    assert got["Reply-To"] == "amira@example.org"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Message-ID"] == number == message_id("callback:L-AAAA-0001", "lotse@example.org")
    assert got["Date"].datetime.isoformat() == one.created_at
    assert got.get_content_type() == "text/plain"
    assert one.summary in got.get_content().replace("\r\n", "\n")
    receiver.raw[0].decode("ascii")
    for name in ("Subject", "From", "To", "Message-ID"):
        assert NAME not in got[name]


def test_without_an_address_of_the_person_there_is_no_reply_to():
    receiver = Receiver()
    with running(receiver) as port:
        notifier(port).deliver(item(reach="0151 0000000"))
    assert receiver.mails()[0]["Reply-To"] is None


def test_the_same_item_is_the_same_mail_and_another_item_is_another_mail():
    receiver = Receiver()
    with running(receiver) as port:
        first, second = notifier(port), notifier(port)
        first.deliver(item())
        second.deliver(item())  # another process, another day: the outbox item is the same
        first.deliver(item(number=2))
        first.close()
        second.close()
    assert receiver.raw[0] == receiver.raw[1]
    assert len({got["Message-ID"] for got in receiver.mails()}) == 2


def test_the_organizations_own_address_goes_first():
    receiver = Receiver()
    with running(receiver) as port:
        notifier(port).deliver(callback_item(callback(), recipient="kita@example.org"))
    assert receiver.recipients == [["kita@example.org"]]


@pytest.mark.parametrize("recipient", [None, "a@example.org, b@example.org", "x\r\nBcc: y@z.org"])
def test_without_a_usable_address_nothing_is_sent_and_it_says_what_to_set(recipient):
    receiver = Receiver()
    with running(receiver) as port:
        sender = notifier(port, recipient=recipient)
        with pytest.raises(PermanentFailure, match="LOTSE_MAIL_TO"):
            sender.deliver(item())
    assert receiver.raw == []


@pytest.mark.parametrize("evil", ["Ruf\r\nBcc: all@example.org", "Ruf\nBcc: all@example.org"])
def test_a_subject_cannot_smuggle_a_header(evil):
    receiver = Receiver()
    with running(receiver) as port, pytest.raises(PermanentFailure):
        notifier(port).deliver(letter_item(subject=evil))
    assert receiver.raw == []


def test_neither_reply_to_nor_text_can_smuggle_headers_or_another_mail():
    receiver = Receiver()
    text = "Erste Zeile\r\n.\r\nMAIL FROM:<x@example.org>\r\n\r\nBcc: all@example.org\r\n.Ende"
    with running(receiver) as port:
        sender = notifier(port)
        sender.deliver(letter_item(text=text, reply_to="a@example.org\r\nBcc: b@example.org"))
        sender.close()
    (got,) = receiver.mails()
    assert got["Reply-To"] is None and got["Bcc"] is None
    assert receiver.recipients == [["team@example.org"]]
    assert got.get_content().replace("\r\n", "\n").strip() == text.replace("\r\n", "\n")


# When it is said to be sent


def test_deliver_returns_before_goodbye_is_said():
    """The outbox writes its note in between: a slow QUIT makes us repeat nothing."""
    receiver = Receiver()
    said_goodbye = threading.Event()

    async def quit_said(server, session, envelope):
        said_goodbye.set()
        return "221 Bye"

    receiver.handle_QUIT = quit_said
    with running(receiver) as port:
        sender = notifier(port)
        sender.deliver(item())
        sender.deliver(item(number=2))
        assert len(receiver.raw) == 2
        assert not said_goodbye.is_set()
        sender.close()
        assert said_goodbye.wait(5)
        sender.close()  # a second goodbye is harmless


# Faults


@pytest.mark.parametrize(
    ("step", "fault", "failure"),
    [
        ("rcpt", "450 mailbox busy", TemporaryFailure),
        ("rcpt", "550 no such user", PermanentFailure),
        ("data", "451 try later", TemporaryFailure),
        ("data", "421 closing", TemporaryFailure),
        ("data", "554 not wanted", PermanentFailure),
        ("data", "cut", TemporaryFailure),
    ],
)
def test_faults_of_the_server_are_sorted_and_the_next_letter_still_goes(step, fault, failure):
    faults = [fault]
    receiver = Receiver(lambda at: faults.pop() if at == step and faults else None)
    with running(receiver) as port:
        sender = notifier(port)
        with pytest.raises(failure) as raised:
            sender.deliver(item(reach="amira@example.org"))
        assert type(raised.value) is failure
        assert receiver.raw == []
        sender.deliver(item(number=2))
        sender.close()
    assert len(receiver.raw) == 1
    for words in (NAME, "@"):
        assert words not in str(raised.value)


def test_a_break_after_acceptance_gives_the_same_message_id_again():
    faults = ["cut after"]
    receiver = Receiver(lambda at: faults.pop() if at == "data" and faults else None)
    with running(receiver) as port:
        sender = notifier(port)
        with pytest.raises(TemporaryFailure):
            sender.deliver(item())
        sender.deliver(item())
        sender.close()
    assert receiver.raw[0] == receiver.raw[1]


def test_addresses_in_the_servers_words_are_left_out():
    receiver = Receiver(lambda at: "550 5.1.1 <team@example.org>: user unknown")
    with running(receiver) as port, pytest.raises(PermanentFailure, match="unknown") as raised:
        notifier(port).deliver(item())
    assert "team" not in str(raised.value)


def test_no_server_is_a_temporary_failure():
    with pytest.raises(TemporaryFailure):
        notifier(free_port()).deliver(item())


def test_a_server_that_says_nothing_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = MailNotifier(mail(silent.getsockname()[1]), timeout=0.3, acceptance_timeout=0.3)
        with pytest.raises(TemporaryFailure):
            sender.deliver(item())


# Encryption and login


def login(server, session, envelope, mechanism, data):
    right = data.login == b"lotse" and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


def test_starttls_with_login(server_side, trusting):
    receiver = Receiver()
    seen = []

    async def mail_from(server, session, envelope, address, options):
        seen.append((session.ssl is not None, session.authenticated))
        envelope.mail_from = address
        return "250 OK"

    receiver.handle_MAIL = mail_from
    options = {"tls_context": server_side, "require_starttls": True, "auth_required": True}
    with running(receiver, authenticator=login, **options) as port:
        changes = {"security": "starttls", "user": "lotse", "password": PASSWORD}
        sender = notifier(port, trusting, **changes)
        sender.deliver(item())
        sender.close()
        assert seen == [(True, True)]
        assert len(receiver.raw) == 1
        wrong = notifier(port, trusting, **{**changes, "password": "falsch"})
        # Temporary: it concerns all letters, and they must still be there when it is repaired.
        with pytest.raises(TemporaryFailure) as raised:
            wrong.deliver(item())
        assert "535" in str(raised.value)
        assert "falsch" not in str(raised.value) and PASSWORD not in repr(mail(1, **changes))
    assert len(receiver.raw) == 1


def test_tls_from_the_start(server_side, trusting):
    receiver = Receiver()
    with running(receiver, ssl_context=server_side) as port:
        sender = notifier(port, trusting, security="tls")
        sender.deliver(item())
        sender.close()
    assert len(receiver.raw) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_refused(security, server_side):
    receiver = Receiver()
    key = "tls_context" if security == "starttls" else "ssl_context"
    with (
        running(receiver, **{key: server_side}) as port,
        pytest.raises(TemporaryFailure, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        notifier(port, security=security).deliver(item())
    assert receiver.raw == []


def test_a_certificate_for_another_name_is_refused(server_side, trusting):
    receiver = Receiver()
    # The certificate is trusted, but it is for 127.0.0.1 and localhost only.
    with (
        running(receiver, tls_context=server_side, hostname="127.0.0.2") as port,
        pytest.raises(TemporaryFailure, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        notifier(port, trusting, security="starttls", host="127.0.0.2").deliver(item())
    assert receiver.raw == []


def test_without_starttls_at_the_server_nothing_is_sent_in_the_open():
    receiver = Receiver()
    with running(receiver) as port, pytest.raises(TemporaryFailure):
        notifier(port, security="starttls").deliver(item())
    assert receiver.raw == []


# Settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": None}, "LOTSE_SMTP_HOST"),
        ({"host": "mail.example.org"}, "same machine"),
        ({"sender": "Lotse <lotse@example.org>"}, "LOTSE_MAIL_FROM"),
    ],
)
def test_settings_that_cannot_work_are_said_at_the_start(changes, words):
    with pytest.raises(ConfigurationError, match=words):
        MailNotifier(mail(25, **changes))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_no_encryption_is_for_the_same_machine(host):
    MailNotifier(mail(25, host=host))
