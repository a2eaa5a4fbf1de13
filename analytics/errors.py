"""Why a model is refused. Each error carries a short code that is published in place of the model's name."""

from __future__ import annotations

from typing import ClassVar


class ModelRefusedError(Exception):
    """A model that would not deserve belief."""

    code: ClassVar[str] = "refused"


class TooFewCustomersError(ModelRefusedError):
    """Too few customers, or too few of them came back."""

    code: ClassVar[str] = "too_few_customers"


class NoFitError(ModelRefusedError):
    """No parameters maximise the likelihood of these data."""

    code: ClassVar[str] = "no_fit"


class TooFewLeadsError(ModelRefusedError):
    """Too few leads, or too few outcomes, to judge a score by."""

    code: ClassVar[str] = "too_few_leads"


class OneOutcomeError(ModelRefusedError):
    """All cases or none have the outcome, so that nothing tells them apart."""

    code: ClassVar[str] = "one_outcome"


class NoLaterLeadsError(ModelRefusedError):
    """All leads were observed on the same days, so that none is later than what a calibration learned from."""

    code: ClassVar[str] = "no_later_leads"


class TooShortError(ModelRefusedError):
    """Nobody was watched to the end of the window."""

    code: ClassVar[str] = "too_short"


class TooFewEventsError(ModelRefusedError):
    """Fewer than ten events for each parameter."""

    code: ClassVar[str] = "too_few_events"
