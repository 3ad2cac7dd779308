"""Runs in the conversation server's environment (Python 3.10): everything it imports is usable."""

from __future__ import annotations

import sys


def main() -> int:
    from bot import bootstrap
    from bot.channels import web_chat
    from bot.dialogue import catalogue_nlg, crisis_policy, patches, tracker_store
    from bot.nlu import age, classifiers, crisis, place, tokenizer
    from bot.understanding.ages import find_ages

    modules = (web_chat, catalogue_nlg, crisis_policy, tracker_store, age, classifiers)
    assert all(modules) and all((crisis, place, tokenizer))
    patches.apply()
    assert "torch" not in sys.modules, "the conversation server must not load torch"
    places = bootstrap.place_recognizer().find("Dülmen'de oturuyoruz")
    assert [mention.municipality for mention in places] == ["duelmen"], places
    assert find_ages("mein Sohn ist 7")
    assert bootstrap.crisis_detector().detect("ich will nicht mehr leben")
    assert bootstrap.texts().say("reply.greet", "tr")
    print(f"Python {sys.version.split()[0]}: in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
