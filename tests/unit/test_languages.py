"""Folding and cleaning: what people type meets what is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import clean, direction, fallback_order, fold, merge_digraphs, search_form


@pytest.mark.parametrize(
    "typed, stored",
    [
        ("Duelmen", "Dülmen"),
        ("dulmen", "DÜLMEN"),
        ("STRASSE", "Straße"),
        ("İSTANBUL", "istanbul"),
        ("ISIK", "ışık"),
        ("مدرسة", "مدرسه"),
        ("إقامة", "اقامه"),
        ("أولى", "اولي"),
        ("مـــدرسة", "مدرسة"),
        ("مَدْرَسَة", "مدرسة"),
        ("٤٨٣٠١", "48301"),
        ("Nottuln’da", "nottuln'da"),
        ("Wohn\u200bgeld", "Wohngeld"),
        ("ﻻ", "لا"),
    ],
)
def test_spellings_meet(typed, stored):
    assert search_form(typed) == search_form(stored)


@given(st.text(max_size=200))
def test_folding_is_stable(text):
    once = search_form(text)
    assert search_form(once) == search_form(search_form(once))
    assert merge_digraphs(fold(text)) == once


@given(st.text(max_size=300))
def test_clean_text_has_no_hidden_characters(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any(c in cleaned for c in "\x00\u200b\u202e\u2066\ufeff")
    cleaned.encode("utf-8")


def test_direction_and_fallback():
    assert direction("ar") == "rtl" and direction("tr") == "ltr"
    assert fallback_order("ar")[0] == "ar" and "de" in fallback_order("ar")
    assert fallback_order("xx")[0] == "de"
