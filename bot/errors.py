"""The exception tree. Every error that reaches a user or the command line is one of these."""

from __future__ import annotations

from dataclasses import dataclass


class LotseError(Exception):
    """Base of all errors raised on purpose; its text is fit for a person to read."""


class ConfigurationError(LotseError):
    """A setting has a value that cannot be used."""


class MissingArtefactError(LotseError):
    """An encoder, model or database is not there; the text names the command that builds it."""


class OutdatedArtefactError(LotseError):
    """An index was built with another encoder or another format than the one in use."""


@dataclass(frozen=True)
class Problem:
    """One fault in an input file: where it is and what was expected there."""

    file: str
    row: int | None
    field: str
    expected: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}:{self.row}"
        return f"{place}: {self.field}: {self.expected}"


class InvalidInputError(LotseError):
    """An input file has faults; all of them are listed, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class DeliveryError(LotseError):
    """A callback or another message did not reach its receiver; the text names no person."""


class TemporaryFailure(DeliveryError):
    """It may work later; ``retry_after`` (seconds) is what the receiver asked for, if it did."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(text)


class PermanentFailure(DeliveryError):
    """Trying again does not help; a person has to look at it."""


class SignatureError(LotseError):
    """What claims to come from the helpdesk is not signed by it, or was signed too long ago."""
