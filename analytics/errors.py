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
