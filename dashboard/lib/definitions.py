"""Formulas of the metrics in French, and what the columns of the other published tables mean.

``kpi_catalog`` carries the formula in English; the French one stands here until it carries both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dashboard.lib.format import Language
from dashboard.lib.texts import Pair, in_language

FORMULAS_FR: Final[dict[str, str]] = {
    "new_leads": "Cycles de lead ouverts dans la période",
    "mqls": "Cycles de lead devenus MQL dans la période",
    "sqls": "Cycles de lead devenus SQL dans la période, ventes directes comprises",
    "orders_count": "Commandes confirmées dans la période, annulations ultérieures comprises",
    "orders_amount": (
        "Montant des commandes confirmées dans la période - montant des commandes annulées dans la période"
    ),
    "average_basket": "Montant brut des commandes / nombre de ces mêmes commandes",
    "losses_count": "Affaires perdues dans la période, à la dernière étape ouverte qu’elles ont tenue",
    "losses_rate": (
        "Affaires perdues à l’étape dans la période / affaires arrivées pour la première fois à l’étape dans la période"
    ),
    "losses_amount": "Montant, au moment de la perte, des affaires perdues dans la période",
    "losses_share": (
        "Affaires perdues à l’étape ou pour ce motif dans la période / toutes les affaires perdues dans la période"
    ),
    "orders_forecast_count": (
        "Commandes (orders_count) que le modèle affiché attend du mois, avec celles que le mois en cours a "
        "déjà~; intervalle~: intervalle de prévision à 80~%"
    ),
    "orders_forecast_amount": (
        "Montant (orders_amount) que le modèle affiché attend du mois, avec ce que le mois en cours a déjà~; "
        "intervalle~: intervalle de prévision à 80~%"
    ),
    "customer_lifetime_value": (
        "Montant net commandé dans les 12 mois suivant la première commande / clients, pour les clients dont "
        "la première commande a eu 12 mois dans la période"
    ),
    "customer_ltv": (
        "Montant net commandé dans les 12, 24 ou 36 mois suivant la première commande / clients, pour les "
        "clients dont la première commande date de la période~; cohortes dont les mois sont révolus"
    ),
    "repurchase_rate": (
        "Base période~: clients dont la première commande a eu 12 mois dans la période et qui ont commandé de"
        " nouveau entre-temps / clients dont la première commande a eu 12 mois dans la période. Bases de "
        "cohorte~: selon la période de la première commande, sous 365 jours. Commandes annulées et avoirs "
        "exclus"
    ),
    "cross_sell_rate": (
        "Clients ayant commandé au moins deux familles de produits dans les 12 mois jusqu’à la fin de la "
        "période / clients ayant commandé dans ces 12 mois"
    ),
    "recommendations_count": "Recommandations sur les réseaux sociaux et les sites d’avis dans la période",
    "referrals_count": "Parrainages par des clients dans la période",
    "kpi1_mql_rate": (
        "Audience identifiée~: personnes éligibles exposées dans la période et devenues MQL dans la fenêtre /"
        " personnes éligibles exposées. Audience anonyme (base période, sans total)~: MQL dont le point de "
        "contact d’acquisition est cette audience / personnes comptées, visiteurs distincts sur la période"
    ),
    "kpi1_lead_rate": (
        "Comme kpi1_mql_rate, l’ouverture d’un cycle de lead remplaçant le MQL. Le scan d’un badge ouvre le "
        "lead qu’il compte~: les badges d’un salon sont donc proches de 1~; qui était déjà lead n’en est pas "
        "un nouveau"
    ),
    "kpi2_sql_rate": (
        "MQL de la période devenus SQL dans la fenêtre / MQL de la période~; base période~: SQL de la période"
        " qui ont un MQL / MQL de la période~; SQL issus de la vente directe exclus des deux côtés"
    ),
    "kpi3_stage_conversion": (
        "Affaires arrivées pour la première fois à l’étape dans la période et ayant atteint la suivante dans "
        "la fenêtre / affaires arrivées pour la première fois à l’étape dans la période~; une perte "
        "concurrence le passage"
    ),
    "milestone_pass_rate": (
        "Affaires arrivées pour la première fois à l’étape du jalon dans la période et l’ayant validé dans la"
        " fenêtre / affaires arrivées à l’étape~; la fermeture concurrence la validation"
    ),
    "milestone_compliance": (
        "Passages à l’étape suivante dans la période où tous les jalons dus à l’étape étaient validés / "
        "passages pour lesquels on le sait"
    ),
    "milestone_compliance_unknown": (
        "Passages de la période où aucun jalon dû n’est connu comme non validé et où l’un n’a jamais été "
        "contrôlé / tous les passages depuis des étapes qui ont des jalons"
    ),
    "bant_complete_rate": (
        "Affaires ayant quitté une étape dans la période avec budget, autorité, besoin et échéance tous "
        "connus / affaires ayant quitté une étape"
    ),
    "bant_known_rate": (
        "Affaires ayant quitté une étape dans la période avec la réponse connue, validée ou refusée / "
        "affaires ayant quitté une étape"
    ),
    "bant_validated_rate": (
        "Affaires ayant quitté une étape dans la période avec la réponse validée / affaires ayant quitté une étape"
    ),
    "demo_after_need_and_roi": (
        "Affaires dont la première démonstration de la période a eu lieu besoin et ROI attendu validés / "
        "affaires pour lesquelles on le sait"
    ),
    "demo_succeeded": (
        "Affaires dont la première démonstration de la période a été jugée réussie / affaires dont la "
        "démonstration a été jugée"
    ),
    "demo_with_decision_maker": (
        "Affaires dont la première démonstration de la période a eu lieu, décideur rencontré / affaires pour "
        "lesquelles on le sait"
    ),
    "demo_with_blockers": (
        "Affaires dont la première démonstration de la période a associé ceux qui peuvent bloquer / affaires "
        "pour lesquelles on le sait"
    ),
    "demo_rules_unknown": (
        "Règles des premières démonstrations de la période dont on ignore si elles ont été tenues / toutes "
        "les règles des premières démonstrations"
    ),
    "forecast_wape": (
        "Somme, sur les origines de douze mois, des erreurs absolues sur les commandes prévues / somme du "
        "réalisé, par modèle et horizon"
    ),
    "forecast_wape_amount": (
        "Somme, sur les origines de douze mois, des erreurs absolues sur le montant prévu / somme du réalisé,"
        " par modèle et horizon"
    ),
    "forecast_coverage_80": (
        "Origines de douze mois dont le réalisé est tombé dans l’intervalle à 80~% / origines, par modèle et "
        "horizon~; devrait être de 80~%. Intervalle~: Wilson sur le nombre de mois d’origine"
    ),
    "forecast_coverage_80_amount": (
        "Origines de douze mois dont le montant réalisé est tombé dans l’intervalle à 80~% / origines, par "
        "modèle et horizon~; devrait être de 80~%. Intervalle~: Wilson sur le nombre de mois d’origine"
    ),
}
"""By metric; ``~`` is a no-break space."""

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


def formula_of(definition: Mapping[str, Any], language: Language) -> str:
    """Return the formula of a row of kpi_catalog; in English where no French one is known."""
    english = str(definition["formula"])
    return in_language((english, FORMULAS_FR.get(str(definition["metric_id"]), english)), language)
