"""When an office can be reached, and how that is said in the languages of the people who read it.

All moments are aware; times of the catalogue are those of Europe/Berlin. On public holidays of
North Rhine-Westphalia offices are taken to be closed, except those that never close.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from bot.offers.models import Contact
from bot.offers.opening_times import MIDNIGHT, Week, parse_hours
from bot.texts import Texts

BERLIN = ZoneInfo("Europe/Berlin")
# How far ahead the next opening is looked for; Christmas closes an office for less.
_HORIZON_DAYS = 21
# Offices whose hours nobody told us are named as stand-ins only at times when most are at work.
_USUAL_HOURS = (time(8, 30), time(15, 30))

_DAYS = {
    "de": dict(Mo="Mo", Tu="Di", We="Mi", Th="Do", Fr="Fr", Sa="Sa", Su="So"),
    "en": dict(Mo="Mon", Tu="Tue", We="Wed", Th="Thu", Fr="Fri", Sa="Sat", Su="Sun"),
    "tr": dict(Mo="Pzt", Tu="Sal", We="Çar", Th="Per", Fr="Cum", Sa="Cmt", Su="Paz"),
    "ar": dict(
        Mo="الاثنين",
        Tu="الثلاثاء",
        We="الأربعاء",
        Th="الخميس",
        Fr="الجمعة",
        Sa="السبت",
        Su="الأحد",
    ),
}
_DAY = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)\b")


def hours_text(hours: str, language: str) -> str:
    """Return hours such as ``Mo-Fr 08:30-12:00; Tu 14:00-16:00`` with the days' names translated.

    Times stay as they are; ranges get an en dash.
    """
    days = _DAYS.get(language, _DAYS["de"])
    text = _DAY.sub(lambda match: days[match.group(1)], hours)
    comma = "، " if language == "ar" else ", "
    return text.replace("-", "–").replace(",", comma).replace(comma + " ", comma)


@dataclass(frozen=True)
class Schedule:
    """Opening hours of a week; ``by_appointment`` says that nobody is seen without one."""

    week: Week
    by_appointment: bool = False

    @classmethod
    def parse(cls, hours: str, by_appointment: bool = False) -> Schedule:
        """Read the catalogue's form; raises ``ValueError`` with what was expected."""
        return cls(parse_hours(hours), by_appointment)

    @property
    def always(self) -> bool:
        """Return whether it never closes, holidays included."""
        return all(self.week.get(day) == ((0, MIDNIGHT),) for day in range(7))


@dataclass(frozen=True)
class OpenNow:
    """Open until ``until`` (Europe/Berlin); ``None`` where it never closes."""

    until: datetime | None


@dataclass(frozen=True)
class Closed:
    """Closed, with the next opening and, if that is why, today's holiday (its German name)."""

    next_opening: datetime | None
    holiday: str | None = None


@dataclass(frozen=True)
class ByAppointment:
    """Seen by appointment only: neither open to walk in nor closed."""


@dataclass(frozen=True)
class Unknown:
    """The hours are not known."""


Status = OpenNow | Closed | ByAppointment | Unknown


def berlin_now() -> datetime:
    """Return the present moment in Europe/Berlin."""
    return datetime.now(BERLIN)


def status(schedule: Schedule | None, moment: datetime) -> Status:
    """Return whether an office is open at an aware moment; ``None`` stands for unknown hours.

    Raises ``ValueError`` for a moment without time zone.
    """
    local = _local(moment)
    if schedule is None or not schedule.week:
        return Unknown()
    if schedule.by_appointment:
        return ByAppointment()
    if schedule.always:
        return OpenNow(None)
    for start, end in _openings(schedule, local):
        # Two moments of one zone compare by the clock on the wall; in the hour that comes twice
        # in October that is wrong, so they are compared in UTC.
        if _utc(start) <= _utc(local) < _utc(end):
            return OpenNow(end)
        if _utc(start) > _utc(local):
            holiday = holiday_on(local.date())
            would_open = any(
                end > local.hour * 60 + local.minute
                for _, end in schedule.week.get(local.weekday(), ())
            )
            return Closed(start, holiday if would_open else None)
    return Closed(None, holiday_on(local.date()))


def contact_status(contact: Contact, moment: datetime) -> Status:
    """Return whether a contact can be reached at an aware moment.

    Telephone hours count although visits need an appointment: the appointment is made by phone.
    """
    if contact.outdated:
        return Unknown()
    if contact.hours is None:
        return ByAppointment() if contact.by_appointment else Unknown()
    visits = bool(contact.by_appointment) and contact.hours_for != "phone"
    return status(_schedule(contact.hours, visits), moment)


def reachable_now(contacts: Sequence[Contact], moment: datetime) -> Contact | None:
    """Return the first contact with a number that answers now, as far as is known.

    An open one comes before one whose hours are unknown; the latter counts only on working days
    at usual hours, so that nobody is sent to a telephone that rings in an empty office.
    """
    local = _local(moment)
    usual = is_working_day(local.date()) and (
        _USUAL_HOURS[0] <= local.time().replace(tzinfo=None) < _USUAL_HOURS[1]
    )
    maybe: Contact | None = None
    for contact in contacts:
        if not contact.phone or contact.outdated:
            continue
        state = contact_status(contact, moment)
        if isinstance(state, OpenNow):
            return contact
        if maybe is None and usual and isinstance(state, Unknown):
            maybe = contact
    return maybe


def next_contact_time(contact: Contact, moment: datetime) -> datetime | None:
    """Return by when somebody who asks now may expect to be called back.

    That is the end of the working day after the office next opens (or after today, while it is
    open). ``None`` where the hours are not known: then no time can be promised honestly; see
    :func:`working_day_after` for the days alone.
    """
    if contact.hours is None or contact.outdated:
        return None
    schedule = _schedule(contact.hours, False)
    state = status(schedule, moment)
    if isinstance(state, OpenNow):
        seen = _local(moment)
    elif isinstance(state, Closed) and state.next_opening is not None:
        seen = state.next_opening
    else:
        return None
    day = working_day_after(seen.date())
    slots = schedule.week.get(day.weekday(), ())
    if not slots or schedule.always:
        return datetime.combine(day, seen.time().replace(second=0, microsecond=0), tzinfo=BERLIN)
    return _at(day, slots[-1][1])


def working_day_after(day: date) -> date:
    """Return the next day from Monday to Friday that is neither a holiday nor a year's end day."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def is_working_day(day: date) -> bool:
    """Return whether offices are usually at work.

    24 and 31 December are no public holidays, but no answer can be promised for them.
    """
    year_end = day.month == 12 and day.day in (24, 31)
    return day.weekday() < 5 and holiday_on(day) is None and not year_end


def holiday_on(day: date) -> str | None:
    """Return the German name of a public holiday in North Rhine-Westphalia, or ``None``."""
    return _holidays(day.year).get(day)


def status_text(state: Status, moment: datetime, language: str, texts: Texts) -> str | None:
    """Return a status in words ("geschlossen, öffnet wieder Di, 24.11., 8:30").

    ``None`` where the hours are unknown: silence is better than a guess.
    """
    if isinstance(state, Unknown):
        return None
    if isinstance(state, ByAppointment):
        return texts.say("contact.open_by_appointment", language)
    if isinstance(state, OpenNow):
        if state.until is None:
            return texts.say("contact.open_always", language)
        return texts.say("contact.open_until", language, time=_clock(state.until))
    if state.next_opening is None:
        return texts.say("contact.closed", language)
    if state.next_opening.date() == _local(moment).date():
        return texts.say("contact.opens_today", language, time=_clock(state.next_opening))
    when = moment_text(state.next_opening, language)
    if state.holiday is not None:
        return texts.say("contact.closed_holiday", language, holiday=state.holiday, when=when)
    return texts.say("contact.opens_on", language, when=when)


def moment_text(moment: datetime, language: str) -> str:
    """Return weekday, date and time as people in Germany write them: ``Di, 24.11., 8:30``."""
    local = _local(moment)
    day = _DAYS.get(language, _DAYS["de"])[tuple(_DAYS["de"])[local.weekday()]]
    comma = "، " if language == "ar" else ", "
    return comma.join((day, f"{local.day}.{local.month}.", _clock(local)))


def _clock(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02d}"


@lru_cache(maxsize=256)
def _schedule(hours: str, by_appointment: bool) -> Schedule:
    return Schedule.parse(hours, by_appointment)


@lru_cache(maxsize=8)
def _holidays(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("DE", subdiv="NW", years=year, language="de").items())


def _openings(schedule: Schedule, local: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield openings from the day before on; those that meet at midnight are one."""
    pending: tuple[datetime, datetime] | None = None
    for offset in range(-1, _HORIZON_DAYS):
        day = local.date() + timedelta(days=offset)
        if holiday_on(day) is not None:
            continue
        for start, end in schedule.week.get(day.weekday(), ()):
            opening = (_at(day, start), _at(day, end))
            if pending is not None and pending[1] == opening[0]:
                pending = (pending[0], opening[1])
                continue
            if pending is not None:
                yield pending
            pending = opening
    if pending is not None:
        yield pending


def _at(day: date, minutes: int) -> datetime:
    """Return the moment of a day by the clock on the wall; 24:00 is the next day's 0:00."""
    if minutes == MIDNIGHT:
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=BERLIN)
    return datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=BERLIN)


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("expected a moment with a time zone")
    return moment.astimezone(BERLIN)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)
