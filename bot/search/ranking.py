"""Filters and the final order of offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.offers.models import Offer
from bot.search.results import Hit, NeedReading, Query, Rejection
from bot.search.retriever import Candidate
from bot.thresholds import NeedThresholds, RankingWeights


def rejection(offer: Offer, query: Query, today: str, samples: bool) -> str | None:
    """Return why an offer may not be shown for this query, or ``None`` when it may.

    ``today`` is an ISO date.
    """
    if offer.status != "active":
        return f"status is {offer.status}"
    if offer.sample and not samples:
        return "samples are switched off"
    if offer.valid_until and offer.valid_until < today[: len(offer.valid_until)]:
        return f"ended on {offer.valid_until}"
    if offer.id in query.exclude:
        return "already shown"
    if query.municipality and not offer.serves(query.municipality):
        return f"not for {query.municipality}"
    if query.age is not None and offer.ages and not offer.ages.fits(query.age):
        return f"not for age {query.age:g}"
    return None


def rank(
    candidates: Mapping[str, Candidate],
    offers: Mapping[str, Offer],
    reading: NeedReading,
    query: Query,
    settings: RankingWeights,
    today: str,
    samples: bool,
) -> tuple[list[Hit], list[Rejection]]:
    """Return the offers that may be shown, best first, and the ones that may not, with reasons."""
    probability = {score.code: score.probability for score in reading.scores}
    hits: list[Hit] = []
    rejected: list[Rejection] = []
    for candidate in candidates.values():
        offer = offers.get(candidate.offer_id)
        if offer is None:  # the text index may be a moment ahead of the records in memory
            continue
        parts, need = _parts(offer, candidate, probability, query, settings)
        score = sum(parts.values())
        reason = rejection(offer, query, today, samples)
        if reason is None and query.need and query.need not in offer.needs:
            reason = f"not for {query.need}"
        if reason is None and score < settings.least_score:
            reason = f"score {score:.2f} is below {settings.least_score}"
        if reason is None:
            hits.append(Hit(offer, score, parts, need))
        else:
            rejected.append(Rejection(offer.id, reason, score))
    hits.sort(key=lambda hit: (-hit.score, hit.offer.id))
    rejected.sort(key=lambda item: (-item.score, item.offer_id))
    return hits, rejected


def _parts(
    offer: Offer,
    candidate: Candidate,
    probability: Mapping[str, float],
    query: Query,
    settings: RankingWeights,
) -> tuple[dict[str, float], str]:
    """Return the parts of an offer's score and the need it is shown for."""
    factors = (1.0, settings.second_need, settings.third_need)
    weighed = [
        (probability.get(code, 0.0) * factor, code)
        for code, factor in zip(offer.needs, factors, strict=False)
    ]
    if query.need in offer.needs:
        weighed = [(1.0 * factors[offer.needs.index(query.need)], query.need)]
    best, need = max(weighed)
    parts = {
        "need": settings.need * best,
        "dense": settings.dense * max(0.0, candidate.similarity),
        "text": settings.text * candidate.fused,
    }
    if query.municipality and not offer.everywhere and query.municipality in offer.area:
        parts["near"] = settings.near
    if offer.sample:
        parts["sample"] = settings.sample
    if offer.outdated:
        parts["outdated"] = settings.outdated
    return parts, need


def select(
    hits: Iterable[Hit], reading: NeedReading, query: Query, needs: NeedThresholds, shown: int
) -> list[Hit]:
    """Return the offers of one reply.

    When the first need is sure, only offers for it. Otherwise the other likely needs get a place
    too, each with its best offer, so that the right one is among the first three.
    """
    ordered = list(hits)
    best = reading.best
    if query.need or best is None:
        return [hit for hit in ordered if not query.need or query.need in hit.offer.needs][:shown]
    first = [hit for hit in ordered if best.code in hit.offer.needs]
    if best.probability >= needs.sure:
        return first[:shown]
    likely = [
        score.code for score in reading.scores[:shown] if score.probability >= needs.diversify_above
    ]
    chosen: list[Hit] = []
    for code in likely:
        fitting = [hit for hit in ordered if code in hit.offer.needs and hit not in chosen]
        chosen.extend(fitting[:1])
    rest = [hit for hit in first if hit not in chosen]
    return (chosen + rest)[:shown]
