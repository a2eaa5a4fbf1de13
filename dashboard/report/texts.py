"""What the report says, English and French side by side; ``~`` is a no-break space, as in ``dashboard.lib.texts``."""

from __future__ import annotations

from typing import Final

from dashboard.lib.texts import Pair

TEXTS: Final[dict[str, Pair]] = {
    "report_title": ("Commercial report, {month}", "Rapport commercial, {month}"),
    "report_page": ("Page {page} of {count}", "Page {page} sur {count}"),
    "report_running": (
        (
            "The month is still running: its figures stop at {as_of}, evolutions compare the same working days, and "
            "gaps are against the share of the target that is due by then."
        ),
        (
            "Le mois est en cours~: ses chiffres s’arrêtent au {as_of}, les évolutions comparent les mêmes jours "
            "ouvrés et les écarts portent sur la part de l’objectif due à cette date."
        ),
    ),
    "dashboard": ("Dashboard of the month", "Tableau de bord du mois"),
    "line": ("Line", "Ligne"),
    "vs_previous": ("vs month before", "/ mois précédent"),
    "vs_elapsed": ("vs month before, same working days", "/ mois précédent, mêmes jours ouvrés"),
    "vs_year": ("vs last year", "/ an dernier"),
    "target": ("Target", "Objectif"),
    "gap": ("Gap", "Écart"),
    "gap_paced": ("Gap so far", "Écart à date"),
    "reached": ("on target", "objectif tenu"),
    "missed": ("target missed", "objectif manqué"),
    "points": ("{value}\u00a0pt", "{value}~pt"),
    "signal_means": (
        (
            "Signal: an evolution that chance alone explains less than one time in twenty. Noise: one that it does "
            "explain; nothing has to be done about it. Evolutions of rates are in points."
        ),
        (
            "Signal~: une évolution que le seul hasard explique moins d’une fois sur vingt. Bruit~: une évolution "
            "qu’il explique~; rien à corriger. Les évolutions des taux sont en points."
        ),
    ),
    "card_target": ("{sign} {words} ({target})", "{sign} {words} ({target})"),
    "card_previous": ("{value} vs month before ({signal})", "{value} / mois précédent ({signal})"),
    "card_elapsed": ("{value} vs same working days ({signal})", "{value} / mêmes jours ouvrés ({signal})"),
    "untested": ("not tested", "non testé"),
    "conversions": ("The three conversions", "Les trois conversions"),
    "kpi": ("KPI", "KPI"),
    "window": ("Within", "Sous"),
    "window_days": ("{days} days", "{days} jours"),
    "window_month": ("the month", "le mois"),
    "of_month": ("Month", "Mois"),
    "of_year": ("Fiscal year", "Exercice"),
    "interval": ("95% interval", "Intervalle à 95~%"),
    "cases": ("Cases", "Cas"),
    "conversions_chart": ("{metric}, fiscal year", "{metric}, exercice"),
    "conversions_words": (
        "Each point is the rate of the fiscal year, the line its 95% interval: {values}.",
        "Chaque point est le taux de l’exercice, le trait son intervalle à 95~%~: {values}.",
    ),
    "conversions_note": (
        "Interval and cases are those of the fiscal year. “Too early”: too few cases have had the whole window.",
        "Intervalle et cas sont ceux de l’exercice. «~Trop tôt~»~: trop peu de cas ont eu toute la fenêtre.",
    ),
    "losses": ("Losses, stage by stage", "Pertes, étape par étape"),
    "losses_chart": ("Deals lost in the month, by stage", "Affaires perdues dans le mois, par étape"),
    "losses_words": ("Deals lost, by stage: {values}.", "Affaires perdues, par étape~: {values}."),
    "lost_in": ("Lost in", "Perdues à"),
    "deals": ("Deals", "Affaires"),
    "share": ("Of those that reached it", "De celles qui l’ont atteinte"),
    "amount": ("Amount", "Montant"),
    "no_losses": ("No deal was lost in the month.", "Aucune affaire n’a été perdue dans le mois."),
    "forecast": ("Order forecast as of {origin}", "Prévision des commandes au {origin}"),
    "no_forecast": ("There is no order forecast yet.", "Il n’y a pas encore de prévision de commandes."),
    "forecast_chart": ("{metric} by month", "{metric} par mois"),
    "forecast_words": (
        "What came in the last months, then what is expected with 50, 80 and 95% intervals: {values}.",
        "Le réalisé des derniers mois, puis l’attendu avec ses intervalles à 50, 80 et 95~%~: {values}.",
    ),
    "actual": ("actual", "réalisé"),
    "expected_line": ("expected", "attendu"),
    "target_line": ("target", "objectif"),
    "month_column": ("Month", "Mois"),
    "to_date": ("So far", "Acquis"),
    "existing": ("Open now", "Ouvert à ce jour"),
    "future": ("Leads to come", "Leads à venir"),
    "expected": ("Expected", "Attendu"),
    "prediction": ("80% interval", "Intervalle à 80~%"),
    "gap_projected": ("Projected gap", "Écart projeté"),
    "chance": ("Noise", "Bruit"),
    "model": ("{metric}: {model}; {why}.", "{metric}~: {model}~; {why}."),
    "noise_means": (
        "Noise: what chance alone does to what is still to come (standard deviation). No forecast can be nearer.",
        (
            "Bruit~: l’effet du seul hasard sur ce qui est encore à venir (écart-type). Aucune prévision ne peut être "
            "plus juste."
        ),
    ),
    "calls": ("Call list as of {origin}", "Liste d’appels au {origin}"),
    "calls_summary": (
        "{count} actions to take, {overdue} of them overdue ({rate}). Names are in the dashboard only.",
        "{count} actions à mener, dont {overdue} en retard ({rate}). Les noms ne figurent que dans le tableau de bord.",
    ),
    "no_calls": ("The call list is empty.", "La liste d’appels est vide."),
    "action": ("Action", "Action"),
    "prospects": ("Prospects", "Prospects"),
    "overdue": ("Overdue", "En retard"),
    "quality": ("Data quality", "Qualité des données"),
    "entity": ("Data", "Données"),
    "delivered": ("Delivered", "Livrés"),
    "newest": ("Last record", "Dernier enregistrement"),
    "quarantined": ("In quarantine", "En quarantaine"),
    "checks": ("Checks passed", "Contrôles réussis"),
    "today": ("same day", "le jour même"),
    "day_ago": ("1 day before", "1 jour avant"),
    "days_ago": ("{count} days before", "{count} jours avant"),
    "matches": ("What could be matched", "Ce qui a pu être rattaché"),
    "rate": ("Rate", "Taux"),
    "reconciliation": ("Records of the month, source against warehouse", "Fiches du mois, source contre entrepôt"),
    "in_source": ("In the source", "Dans la source"),
    "in_warehouse": ("Counted", "Comptées"),
    "difference": ("Difference", "Écart"),
    "why_difference": ("Why", "Pourquoi"),
    "definitions": ("How the figures are defined", "Définition des chiffres"),
    "figure": ("Figure", "Chiffre"),
    "definition": ("Definition and use", "Définition et usage"),
    "definition_useful": ("{objective}. Useful to: {useful}.", "{objective}. Utile pour~: {useful}."),
    "definitions_note": (
        "The catalogue of metrics (docs/metrics.md) is authoritative.",
        "Le catalogue des indicateurs (docs/metrics.md) fait foi.",
    ),
    "mail_subject": ("{title} – {company}", "{title} – {company}"),
    "mail_figure": ("{label}: {value} – {judgement}", "{label}~: {value} – {judgement}"),
    "mail_attached": ("The whole report is attached.", "Le rapport complet est en pièce jointe."),
}
