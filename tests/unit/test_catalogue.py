"""The source form: the real catalogue is in order, and every fault in a file is pointed at."""

from __future__ import annotations

import re
import shutil

import pytest

from bot.errors import InvalidInputError
from bot.languages import LANGUAGES
from bot.offers.source import DRAMA_NUMBER, load_catalogue
from bot.routing import Router
from bot.safety.helplines import lines_for_need, load_helplines
from tests.unit.conftest import OFFERS


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "offers"
    shutil.copytree(OFFERS, folder)
    return folder


def problems(folder, gazetteer):
    with pytest.raises(InvalidInputError) as error:
        load_catalogue(folder, gazetteer.municipalities)
    return error.value.problems


def test_size_and_languages(catalogue):
    real = [offer for offer in catalogue.offers.values() if not offer.sample]
    samples = [offer for offer in catalogue.offers.values() if offer.sample]
    assert len(real) == 155 and len(catalogue.needs) == 80
    assert len(samples) >= 100
    for offer in catalogue.offers.values():
        assert set(offer.texts) == set(LANGUAGES), offer.id
        assert offer.source


def test_every_need_has_a_real_way_to_help(catalogue):
    router = Router(catalogue)
    general = {"kreis_switchboard", "authority_115"}
    for need in catalogue.needs:
        real = [o for o in catalogue.offers.values() if need in o.needs and not o.sample]
        lines = lines_for_need(need, catalogue.helplines.values())
        route = router.route(need, "olfen")
        assert route.contact is not None
        assert real or lines or route.contact.id not in general or need in route.contact.needs, need


def test_samples_cannot_be_taken_for_real(catalogue):
    real = {o.organization for o in catalogue.offers.values() if not o.sample}
    for offer in catalogue.offers.values():
        if not offer.sample:
            continue
        assert offer.organization not in real
        assert "Beispiel" in catalogue.organizations[offer.organization].name
        assert "Beispiel" in offer.texts["de"].title
        assert not offer.phone or DRAMA_NUMBER.match(re.sub(r"\D", "", offer.phone))


def test_samples_reach_every_municipality(catalogue, gazetteer):
    for key in gazetteer.municipalities:
        local = [o for o in catalogue.offers.values() if o.sample and key in o.area]
        assert len(local) >= 5, key


def test_all_faults_are_reported_at_once_with_file_row_and_field(source, gazetteer):
    path = source / "real" / "housing.yml"
    text = path.read_text()
    text = text.replace("needs:\n    - homelessness_eviction", "needs:\n    - homeless", 1)
    text = text.replace("outdated: true", "outdated: perhaps", 1)
    text = text.replace("organization: ", "organisation: ", 1)
    path.write_text(text)
    found = problems(source, gazetteer)
    assert {p.file for p in found} == {"housing.yml"}
    assert all(p.row for p in found)
    fields = " ".join(p.field for p in found)
    assert "outdated" in fields and "organisation" in fields and "organization" in fields


@pytest.mark.parametrize(
    "name, old, new, field",
    [
        ("real/health.yml", "phone: 02591 235-4130", "phone: call us", "phone"),
        ("real/health.yml", "checked_on: '2020-11'", "checked_on: '11/2020'", "checked_on"),
        ("contacts.yml", "substitute: authority_115", "substitute: nobody", "substitute"),
        ("responsibilities.yml", "territory: county", "territory: galaxy", "territory"),
        ("taxonomy.yml", "urgency: soon", "urgency: later", "urgency"),
    ],
)
def test_a_fault_names_its_field(source, gazetteer, name, old, new, field):
    path = source / name
    text = path.read_text()
    assert old in text
    row = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, 1))
    found = problems(source, gazetteer)
    assert any(field in p.field and p.row == row for p in found), [str(p) for p in found]


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"offers: [", "valid YAML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"offers:\n  - id: a\n    id: b\n", "only once"),
        (b"nothing: here\n", "a list named 'offers'"),
        (b"", "a list named 'offers'"),
    ],
)
def test_a_file_that_is_not_ours(source, gazetteer, content, expected):
    (source / "real" / "zzz.yml").write_bytes(content)
    found = problems(source, gazetteer)
    assert any(expected in p.expected and p.file == "zzz.yml" for p in found)


def test_an_id_twice_names_both_places(source, gazetteer):
    shutil.copy(source / "real" / "housing.yml", source / "real" / "zzz.yml")
    found = problems(source, gazetteer)
    assert any("housing.yml:" in p.expected for p in found)


def test_shown_helplines_have_everything(catalogue):
    lines = load_helplines(OFFERS / "helplines.yml")
    shown = [line for line in lines.values() if line.shown]
    assert len(shown) >= 20
    for line in shown:
        assert set(line.names) == set(LANGUAGES) and line.source
    assert not lines["helpline_ukraine"].shown
    assert set(lines) == set(catalogue.helplines)
