"""What the columns of the published tables mean. What a metric means stands in ``kpi_catalog``."""

from __future__ import annotations

from typing import Final

from dashboard.lib.texts import Pair

COLUMNS: Final[dict[str, Pair]] = {
    "count_entered": (
        "Who took this step, or first reached this stage or milestone, so far",
        "Ceux qui ont pris cette étape, ou y sont arrivés pour la première fois, à ce jour",
    ),
    "count_reached": (
        "Who took the next step: within the window on the cohort bases",
        "Ceux qui ont pris l’étape suivante~: dans la fenêtre sur les bases de cohorte",
    ),
    "conversion_to_next": (
        "Share of those at this step who take the next one",
        "Part de ceux de cette étape qui prennent la suivante",
    ),
    "conversion_from_start": (
        "Share of those at the first step who take this one, within the window of the funnel",
        "Part de ceux de la première étape qui prennent celle-ci, dans la fenêtre de l’entonnoir",
    ),
    "conversion_cohort_aj": (
        "Conversion within the window by Aalen-Johansen; of a milestone its pass rate",
        "Conversion dans la fenêtre selon Aalen-Johansen~; d’un jalon, son taux de validation",
    ),
    "median_days_when_advanced": (
        "Days until half of those had advanced who do within the window",
        "Jours jusqu’à ce que la moitié de ceux qui avancent dans la fenêtre aient avancé",
    ),
    "p75_days_when_advanced": ("The same for three quarters of them", "De même pour les trois quarts d’entre eux"),
    "days_added": (
        "Mean days to advance of those who do within the window, from the cumulative incidence",
        "Délai moyen de ceux qui avancent dans la fenêtre, d’après l’incidence cumulée",
    ),
    "count_visits_open": ("Visits that go on at the as-of day", "Passages encore en cours à la date d’arrêté"),
    "count_visits_stalled": (
        "Visits that go on for longer than 95% of those that have ended",
        "Passages qui durent plus longtemps que 95~% de ceux qui sont terminés",
    ),
    "order_value_lost": (
        "Amount lost at the stage in the period x share of deals at the next stage that are won in the end",
        "Montant perdu à l’étape dans la période x part des affaires de l’étape suivante gagnées à la fin",
    ),
    "win_rate_difference": (
        "Win rate with the milestone validated minus the one without",
        "Taux de gain avec jalon validé moins celui sans",
    ),
    "win_rate_validated": (
        "Won / closed deals that left the stage with the milestone validated",
        "Gagnées / affaires fermées ayant quitté l’étape jalon validé",
    ),
    "win_rate_not_validated": (
        "Won / closed deals that left the stage with the milestone refused or pending",
        "Gagnées / affaires fermées ayant quitté l’étape jalon refusé ou en attente",
    ),
    "expected": ("What is expected to come", "Ce qui est attendu"),
    "actual_to_date": ("What the month has already at the origin", "Ce que le mois a déjà à l’origine"),
    "noise_level": (
        "Relative standard deviation that chance alone gives to what is still to come",
        "Écart-type relatif que le seul hasard donne à ce qui est encore à venir",
    ),
    "value_as_reported": ("The value as it was first published", "La valeur telle que publiée la première fois"),
    "gap_abs": ("Value minus target", "Valeur moins objectif"),
    "gap_paced": (
        "Value minus the target times the share of working days elapsed",
        "Valeur moins l’objectif multiplié par la part de jours ouvrés écoulés",
    ),
    "gap_projected": (
        "Value, plus what the forecast expects of the rest, minus target",
        "Valeur, plus ce que la prévision attend du reste, moins objectif",
    ),
    "evolution_rel_previous": (
        "Against the period before, as a share of it",
        "Par rapport à la période précédente, en proportion",
    ),
    "evolution_rel_year_ago": (
        "Against the same period last year, as a share of it",
        "Par rapport à la même période de l’an dernier, en proportion",
    ),
    "evolution_rel_elapsed": (
        "Against the same elapsed working days of the period before, as a share of it",
        "Par rapport aux mêmes jours ouvrés écoulés de la période précédente, en proportion",
    ),
}
"""What a column holds, where it is not the value of a metric."""
