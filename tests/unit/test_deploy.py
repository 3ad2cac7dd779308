"""What stands in the examples for operation and in the privacy documents agrees with the code."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.channels import gate
from bot.handover.callback import KEEP_DAYS
from bot.inbox.visit import LARGEST_BODY as INBOX_BODY
from bot.languages import LANGUAGES
from bot.settings import ROOT, Settings
from tests.unit.test_texts import VERDICTS

DEPLOY = ROOT / "deploy"
PRIVACY = ROOT / "docs" / "privacy"
NGINX = DEPLOY / "nginx" / "lotse.conf"
CADDY = DEPLOY / "Caddyfile"
SERVICE = DEPLOY / "systemd" / "lotse.service"
DOCUMENTS = [*PRIVACY.glob("*.md"), ROOT / "SECURITY.md", ROOT / "docs" / "operations.md"]

_UNIT = {"k": 1024, "KiB": 1024}
# How each language says the two retention periods.
PERIODS = {
    "de": ("{hours} Stunden", "{days} Tag"),
    "en": ("{hours} hours", "{days} days"),
    "ar": ("{hours} ساعة", "{days} يومًا"),
    "tr": ("{hours} saat", "{days} gün"),
}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_comments(path: Path) -> str:
    return "\n".join(re.sub(r"(^|\s)#.*", "", line) for line in text(path).splitlines())


def sizes(path: Path, name: str) -> set[int]:
    found = re.findall(rf"{name} (\d+)(k|KiB)\b", without_comments(path))
    return {int(number) * _UNIT[unit] for number, unit in found}


def read_in_settings() -> set[str]:
    """Every variable that the settings read, secrets also as the name of a file."""
    source = text(ROOT / "bot" / "settings.py")
    names = set(re.findall(r'"(LOTSE_[A-Z0-9_]+)"', source))
    secrets = re.findall(r'_secret\(env, "(LOTSE_[A-Z0-9_]+)"\)', source)
    return names | {f"{name}_FILE" for name in secrets}


def chat_body() -> int:
    """The chat server's limit; read as text, because its module needs Rasa."""
    source = text(ROOT / "bot" / "channels" / "web_chat.py")
    found = re.search(r"^_LARGEST_BODY = ([\d_]+)$", source, re.MULTILINE)
    assert found
    return int(found.group(1))


def example() -> dict[str, str]:
    lines = re.findall(r"^#?(LOTSE_[A-Z0-9_]+)=(.*)$", text(DEPLOY / "lotse.env.example"), re.M)
    assert len(lines) == len(dict(lines)), "a variable stands twice in lotse.env.example"
    return dict(lines)


# Settings ------------------------------------------------------------------------------------


def test_every_setting_stands_in_the_example_and_no_other():
    assert set(example()) == read_in_settings()


def test_the_example_shows_the_defaults():
    assert Settings.from_environment(example()) == Settings.from_environment({})


def test_the_service_and_the_instructions_name_only_settings_that_exist():
    # What ./lotse itself reads while it installs.
    known = read_in_settings() | set(re.findall(r"\bLOTSE_[A-Z0-9_]+", text(ROOT / "lotse")))
    for path in (SERVICE, NGINX, CADDY, *DOCUMENTS):
        named = set(re.findall(r"\bLOTSE_[A-Z0-9_]+", text(path)))
        assert named <= known, path.name


# Proxies -------------------------------------------------------------------------------------


def test_both_proxies_have_the_servers_limits_of_a_body():
    assert chat_body() == 16_384
    assert f'"SANIC_REQUEST_MAX_SIZE": "{chat_body()}"' in text(ROOT / "bot" / "launch.py")
    tiny = {1024}  # the server that only leads from http to https
    assert sizes(NGINX, "client_max_body_size") - tiny == {chat_body(), INBOX_BODY}
    assert sizes(CADDY, "max_size") == {chat_body(), INBOX_BODY}
    announced = re.findall(r"int\(\{header\.Content-Length\}\) > (\d+)", text(CADDY))
    assert [int(size) for size in announced] == [chat_body(), INBOX_BODY]


@pytest.mark.parametrize("path", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_proxies_set_no_second_policy_and_pass_on_the_chat_only(path):
    lines = without_comments(path)
    assert "Content-Security-Policy" not in lines
    assert len(re.findall("Strict-Transport-Security", lines)) == 1, "the inbox sends its own"
    assert "/webhooks/chat/" in lines
    assert "404" in lines
    settings = Settings.from_environment({})
    assert f"127.0.0.1:{settings.port}" in lines
    assert f"127.0.0.1:{settings.inbox_port}" in lines
    assert str(settings.actions_port) not in lines, "the action server is never published"


def test_nginx_replaces_the_forwarded_address_and_does_not_hold_back_the_stream():
    lines = without_comments(NGINX)
    assert lines.count("X-Forwarded-For $remote_addr;") == 2
    assert "$proxy_add_x_forwarded_for" not in lines
    stream = re.search(r"location = /webhooks/chat/events \{(.*?)\}", lines, re.DOTALL)
    assert stream
    assert "proxy_buffering off;" in stream.group(1)


def test_the_stream_outlives_the_servers_heartbeat():
    source = text(ROOT / "bot" / "channels" / "web_chat.py")
    found = re.search(r"_HEARTBEAT_SECONDS = ([\d.]+)", source)
    assert found
    waits = [int(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s", text(NGINX))]
    assert min(waits) >= 2 * float(found.group(1))


@pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="needs nginx and openssl"
)
def test_nginx_takes_the_file(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    make += ["-subj", "/CN=lotse.example.org", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    lines = re.sub(r"/etc/ssl/lotse/[a-z-]+\.crt", str(certificate), text(NGINX))
    lines = re.sub(r"/etc/ssl/lotse/[a-z-]+\.key", str(key), lines)
    # Ports that everybody may open, and files where everybody may write.
    lines = re.sub(r"listen (\[::\]:)?(443|80)\b", r"listen \g<1>2\g<2>", lines)
    lines = lines.replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "lotse.conf").write_text(lines)
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; {folders} include {tmp_path}/lotse.conf; }}\n"
    )
    command = ["nginx", "-t", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "e.log")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("caddy"), reason="needs caddy")
def test_caddy_takes_the_file(tmp_path):
    command = ["caddy", "validate", "--config", str(CADDY), "--adapter", "caddyfile"]
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=home, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


# The service ---------------------------------------------------------------------------------


def test_the_service_has_no_rights_and_no_way_out():
    lines = without_comments(SERVICE).splitlines()
    for wanted in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "IPAddressDeny=any",
        "IPAddressAllow=localhost",
        "UMask=0077",
    ):
        assert wanted in lines
    assert sum(line.startswith("IPAddressAllow=") for line in lines) == 1


def test_secrets_come_from_files():
    secrets = {name for name in read_in_settings() if name.endswith("_FILE")}
    assert secrets == set(re.findall(r"LOTSE_[A-Z_]+_FILE", text(SERVICE)))
    assert not any(example()[name] or example()[name.removesuffix("_FILE")] for name in secrets), (
        "an example must not hold a secret"
    )


def test_no_component_of_rasas_own_runs_that_would_load_a_foreign_model():
    # SECURITY.md says that nothing a person writes reaches TensorFlow or Keras.
    config = yaml.safe_load(text(ROOT / "config.yml"))
    names = [part["name"] for part in (*config["pipeline"], *config["policies"])]
    assert {name for name in names if not name.startswith("bot.")} <= {"RulePolicy"}


# Privacy -------------------------------------------------------------------------------------


def test_the_notice_stands_in_every_language_with_the_true_periods():
    hours = f"{Settings.from_environment({}).session_hours:g}"
    assert set(PERIODS) == set(LANGUAGES)
    for language, periods in PERIODS.items():
        notice = text(PRIVACY / f"notice.{language}.md")
        for period in periods:
            assert period.format(hours=hours, days=KEEP_DAYS) in notice, language
        assert ("checked: false" in notice) == (language != "de")


def test_the_record_names_every_store_and_the_true_periods():
    settings = Settings.from_environment({})
    record = text(PRIVACY / "record-of-processing.md")
    stores = [settings.conversations, settings.handovers, settings.live, settings.staff]
    for store in stores:
        assert store.name in record
    assert f"**{settings.session_hours:g} Stunden**" in record
    assert f"**{KEEP_DAYS} Tage**" in record
    assert "[vom Kreis auszufüllen" in record
    for way_out in ("LOTSE_SMTP_HOST", "LOTSE_HELPDESK_URL", "LOTSE_TRANSLATE_URL"):
        assert way_out in record


def test_logs_and_copies_are_kept_as_long_as_the_notice_says():
    days = re.search(r"^\s*maxage (\d+)$", text(DEPLOY / "logrotate"), re.MULTILINE)
    copies = re.search(
        r"backup\.sh \S+ \S+ (\d+)$", text(SERVICE.parent / "lotse-backup.service"), re.MULTILINE
    )
    assert days and copies
    for language in LANGUAGES:
        rows = [
            line for line in text(PRIVACY / f"notice.{language}.md").splitlines() if "|" in line
        ]
        assert re.search(rf"\b{days.group(1)}\b", rows[-2])
        assert re.search(rf"\b{copies.group(1)}\b", rows[-1])


def test_security_names_the_true_limits():
    document = text(ROOT / "SECURITY.md")
    settings = Settings.from_environment({})
    assert f"{gate.LONGEST_MESSAGE:,} characters" in document
    assert f"{settings.messages_per_minute} a minute and session" in document
    assert f"{settings.sessions_per_minute} a minute and address" in document
    assert f"{chat_body():,} bytes" in document


def test_versions_in_security_are_those_that_are_installed():
    pinned = dict(
        line.lower().split("==")
        for line in text(ROOT / "requirements" / "rasa.txt").splitlines()
        if "==" in line and not line.startswith("#")
    )
    table = text(ROOT / "SECURITY.md").split("## Old packages")[1].split("## Check the")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    named = re.findall(r"([A-Za-z][\w.-]+) (\d+(?:\.\d+)+)", " ".join(rows))
    checked = [(name.lower(), version) for name, version in named if name.lower() in pinned]
    assert len(checked) > 20
    for name, version in checked:
        assert f"{pinned[name]}.".startswith(f"{version}."), name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_promise_nobody_anything(path):
    for pattern in VERDICTS.values():
        assert not re.search(pattern, text(path), re.IGNORECASE)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", text(path)):
        assert (path.parent / target).exists(), target
