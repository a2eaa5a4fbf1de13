"""Maximum likelihood over positive parameters, from fixed starts, so that the same data give the same parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analytics.errors import NoFitError

Floats = NDArray[np.float64]
LogLikelihood = Callable[[Floats], tuple[float, Floats]]
"""Of parameters: the log-likelihood and its gradient."""

_LOG_BOUND: Final = 12.0
"""Parameters stay within a factor of exp(12) of 1, once the data are scaled to 1: beyond it the likelihood is flat."""


def maximise(log_likelihood: LogLikelihood, starts: Sequence[Sequence[float]], name: str) -> tuple[Floats, float]:
    """Return the positive parameters that maximise ``log_likelihood``, and its maximum.

    The search runs over the logarithms of the parameters from each of ``starts``; the best end counts. Raises
    ``NoFitError`` where no search ends at a stationary point.
    """

    def objective(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        value, gradient = log_likelihood(parameters)
        return -value, -gradient * parameters

    best: tuple[float, Floats] | None = None
    for start in starts:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = minimize(
                objective,
                np.log(np.asarray(start, dtype=np.float64)),
                jac=True,
                method="L-BFGS-B",
                bounds=[(-_LOG_BOUND, _LOG_BOUND)] * len(start),
                options={"maxiter": 2_000, "maxfun": 10_000, "ftol": 1e-14, "gtol": 1e-8},
            )
        value, logs = float(found.fun), np.asarray(found.x, dtype=np.float64)
        # A search that stops since no step improves any more has arrived as well: status 2 beside a flat gradient.
        slope = np.abs(np.where(np.abs(logs) < _LOG_BOUND, objective(logs)[1], 0.0)).max()
        if np.isfinite(value) and slope <= 1e-4 * max(1.0, abs(value)) and (best is None or value < best[0]):
            best = value, logs
    if best is None:
        raise NoFitError(f"{name}: the likelihood of these data has no maximum that a search finds")
    return np.exp(best[1]), -best[0]
