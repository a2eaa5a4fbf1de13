"""The order forecast: what is recorded at an origin, pushed through the whole customer journey.

``history`` hides what was recorded later, ``sojourns`` cuts it into stays in states, ``hazards`` estimates how stays
end, ``chain`` propagates, ``arrivals`` and ``amounts`` supply what comes new and what it is worth, ``semi_markov``
draws the paths, ``ladder`` holds the simpler models beside, ``backtest`` judges them all.
"""
