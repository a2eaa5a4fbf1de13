"""What the dashboard says, English and French side by side. Names of metrics and stages come from published tables.

French has a no-break space before ``: ; ! ? %`` and ``€``: write it as ``~``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboard.lib.format import Language

Pair = tuple[str, str]

TEXTS: Final[dict[str, Pair]] = {
    "app": ("Pilotage", "Pilotage"),
    "language": ("Language", "Langue"),
    "navigation_board": ("Dashboard", "Tableau de bord"),
    "navigation_funnel": ("Funnel", "Entonnoir"),
    "navigation_process": ("Process", "Processus"),
    "navigation_forecast": ("Forecast", "Prévision"),
    "navigation_prospects": ("Prospects", "Prospects"),
    "navigation_loyalty": ("Loyalty", "Fidélisation"),
    "navigation_quality": ("Data quality", "Qualité des données"),
    # Header and states of the data.
    "as_of": (
        "Figures up to {as_of}. Published {published_at}.",
        "Chiffres arrêtés au {as_of}. Publiés le {published_at}.",
    ),
    "nothing_title": ("Nothing is published yet", "Rien n’est encore publié"),
    "nothing": (
        (
            "The company in `{where}` has no published figures yet. Drop your files into its `inbox/`, run "
            "`pilotage run --home {where}`, and reload this page."
        ),
        (
            "L’entreprise de `{where}` n’a pas encore de chiffres publiés. Déposez vos fichiers dans son `inbox/`, "
            "lancez `pilotage run --home {where}`, puis rechargez cette page."
        ),
    ),
    "unreadable_title": ("The figures cannot be read", "Les chiffres sont illisibles"),
    "run_failed": (
        (
            "The last nightly run failed ({when}). You see the figures of the run before it; they stop at {as_of}, "
            "{age} ago. The log says why: `pilotage doctor`."
        ),
        (
            "La dernière exécution de nuit a échoué ({when}). Vous voyez les chiffres de la précédente~; ils "
            "s’arrêtent au {as_of}, il y a {age}. Le journal dit pourquoi~: `pilotage doctor`."
        ),
    ),
    "data_old": (
        "These figures are old: they stop at {as_of}, {age} ago.",
        "Ces chiffres sont anciens~: ils s’arrêtent au {as_of}, il y a {age}.",
    ),
    "day_one": ("1 day", "1 jour"),
    "days": ("{count} days", "{count} jours"),
    # Filters.
    "month": ("Month", "Mois"),
    "values": ("Values", "Valeurs"),
    "values_latest": ("Latest", "À jour"),
    "values_reported": ("As first reported", "Telles que publiées"),
    "all": ("All", "Total"),
    # Parts of every page.
    "as_table": ("The same as a table", "Les mêmes chiffres en tableau"),
    "csv": ("Download CSV", "Télécharger en CSV"),
    "no_rows": ("There is nothing to show for this choice.", "Rien à montrer pour ce choix."),
    "origin_title": ("Where does this figure come from?", "D’où vient ce chiffre~?"),
    "origin_choose": ("Figure", "Chiffre"),
    "origin_definition": ("What it is", "Définition"),
    "origin_formula": ("Formula", "Formule"),
    "origin_useful": ("Useful for", "Utile pour"),
    "origin_objective": ("Objective", "Objectif visé"),
    "origin_owner": ("Answers for it", "Responsable"),
    "origin_numerator": ("Numerator", "Numérateur"),
    "origin_denominator": ("Denominator", "Dénominateur"),
    "origin_basis": ("Basis", "Base"),
    "origin_window": ("Window", "Fenêtre"),
    "origin_window_days": ("{days} days", "{days} jours"),
    "origin_interval": ("95% interval", "Intervalle à 95~%"),
    "origin_interval_80": ("80% prediction interval", "Intervalle de prévision à 80~%"),
    "origin_period": ("Period", "Période"),
    "origin_table": ("Published table", "Table publiée"),
    "origin_sql": ("SQL that gives exactly these values", "SQL qui redonne exactement ces valeurs"),
    "origin_column": ("Column", "Colonne"),
    "basis_period": (
        "Period: events of the month over events of the month",
        "Période~: événements du mois rapportés aux événements du mois",
    ),
    "basis_cohort_window": (
        "Cohort, plain ratio: once everybody has had the whole window",
        "Cohorte, rapport simple~: une fois que chacun a eu toute la fenêtre",
    ),
    "basis_cohort_aj": (
        "Cohort, Aalen-Johansen: right although recent cohorts are unfinished",
        "Cohorte, Aalen-Johansen~: juste même quand les cohortes récentes sont inachevées",
    ),
    "value": ("Value", "Valeur"),
    "interval_95": ("95% interval {interval}", "intervalle à 95~% {interval}"),
    "signal": ("signal", "signal"),
    "noise": ("noise", "bruit"),
    "low_n": ("few cases", "peu de cas"),
    "cases": ("Cases", "Cas"),
    "step": ("Step", "Étape"),
    "basis": ("Basis", "Base"),
    "interval": ("95% interval", "Intervalle à 95~%"),
    "target": ("Target", "Objectif"),
    "gap": ("Gap", "Écart"),
    "none": ("none", "aucune"),
    "not_known": ("not known", "non renseigné"),
    "too_early": ("too early", "trop tôt"),
    "stage_unknown": ("Stage not known", "Étape inconnue"),
}

MODELS: Final[dict[str, Pair]] = {
    "naive_mean_3m": ("mean of the last three months", "moyenne des trois derniers mois"),
    "naive_year_ago": ("the same month last year", "même mois l’an dernier"),
    "crm_weighted": ("amounts weighted by the CRM", "montants pondérés par le CRM"),
    "stage_history": ("history of the stages", "historique des étapes"),
    "semi_markov": (
        "path of each lead and deal, from the past of each step",
        "parcours de chaque lead et affaire, d’après le passé de chaque étape",
    ),
}
"""What a model of the forecast does, in words."""

WHY: Final[dict[str, Pair]] = {
    "semi_markov": ("each step has the rates of its own past", "chaque étape a les taux de son propre passé"),
    "pooled": (
        "a step with too little past has the rates of all of them",
        "une étape au passé trop mince prend les taux de toutes",
    ),
    "naive_short_history": (
        "the history is too short for the path of leads and deals",
        "l’historique est trop court pour le parcours des leads et affaires",
    ),
    "naive_few_closed_deals": (
        "too few deals have closed for the path of leads and deals",
        "trop peu d’affaires sont fermées pour le parcours des leads et affaires",
    ),
    "naive_not_better_than_naive": (
        "the path of leads and deals has not been nearer so far",
        "le parcours des leads et affaires n’a pas été plus juste jusqu’ici",
    ),
}
"""Why a model of the forecast is shown, and no better one."""

AUDIENCES: Final[dict[str, Pair]] = {
    "email": ("E-mail", "E-mail"),
    "web_site": ("Web site", "Site web"),
    "trade_show": ("Trade shows", "Salons"),
    "footfall": ("Footfall", "Passage"),
    "named_account": ("Named accounts", "Comptes nommés"),
    "other": ("Other", "Autres"),
    "all": ("All", "Total"),
}
"""Kinds of audience, and what is not divided."""


def in_language(pair: Pair, language: Language) -> str:
    """Return the text of a language, ``~`` as a no-break space."""
    return pair[language == "fr"].replace("~", "\u00a0")


@dataclass(frozen=True, slots=True)
class Say:
    """Texts in one language: ``say("days", count=3)``. A page with texts of its own adds its table with ``also``."""

    language: Language
    table: Mapping[str, Pair]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of ``key`` with ``values`` set in. Raises ``KeyError`` where there is none."""
        return in_language(self.table[key], self.language).format(**values)

    def also(self, more: Mapping[str, Pair]) -> Say:
        """Return the same with the texts of ``more``."""
        return Say(self.language, {**self.table, **more})

    def name(self, names: Mapping[str, Pair], code: str) -> str:
        """Return the name of ``code``; the code itself where it has none."""
        return in_language(names[code], self.language) if code in names else code


def say_in(language: Language) -> Say:
    """Return the texts of the dashboard in ``language``."""
    return Say(language, TEXTS)
