"""Names of the codes that the published tables hold: actions, entities, measures, outcomes. English and French."""

from __future__ import annotations

from typing import Final

from dashboard.lib.texts import Pair

ACTIONS: Final[dict[str, Pair]] = {
    "call_first": ("First call", "Premier appel"),
    "call_again": ("Call again", "Rappeler"),
    "follow_up": ("Follow up", "Relancer"),
    "nurture": ("Keep warm", "Entretenir"),
    "next_milestone": ("Next milestone", "Jalon suivant"),
    "advance": ("Move to the next stage", "Passer à l’étape suivante"),
    "revive": ("Revive a stalled deal", "Relancer une affaire enlisée"),
    "do_not_call": ("Do not call", "Ne pas appeler"),
    "give_up": ("Give up", "Renoncer"),
}
"""What to do with a prospect, in the order of a salesperson's day."""

MILESTONE_STATES: Final[dict[str, Pair]] = {
    "validated": ("validated", "validé"),
    "pending": ("to validate", "à valider"),
    "refused": ("refused", "refusé"),
    "unknown": ("not known", "non renseigné"),
}

SECTIONS: Final[dict[str, Pair]] = {
    "profile": ("Profile", "Profil"),
    "history": ("History", "Historique"),
    "needs": ("Needs", "Besoins"),
    "constraints": ("Constraints", "Contraintes"),
    "expectations": ("Expectations", "Attentes"),
}
"""Sections of the discovery record."""

CRITERION_GROUPS: Final[dict[str, Pair]] = {"fit": ("Fit", "Adéquation"), "heat": ("Heat", "Chaleur")}

ENTITIES: Final[dict[str, Pair]] = {
    "activities": ("Activities", "Activités"),
    "audiences": ("Audiences", "Audiences"),
    "companies": ("Companies", "Entreprises"),
    "deal_history": ("History of deals", "Historique des affaires"),
    "deals": ("Deals", "Affaires"),
    "discovery_answers": ("Discovery answers", "Réponses de découverte"),
    "email_events": ("E-mail events", "Événements e-mail"),
    "email_sends": ("E-mails sent", "E-mails envoyés"),
    "exchange_rates": ("Exchange rates", "Taux de change"),
    "loaded_files": ("Loaded files", "Fichiers chargés"),
    "milestones": ("Milestones", "Jalons"),
    "order_lines": ("Order lines", "Lignes de commande"),
    "orders": ("Orders", "Commandes"),
    "owners": ("Owners", "Commerciaux"),
    "persons": ("Contacts", "Contacts"),
    "products": ("Products", "Produits"),
    "quarantined_rows": ("Rows in quarantine", "Lignes en quarantaine"),
    "recommendations": ("Recommendations", "Recommandations"),
    "web_events": ("Web events", "Événements web"),
    "web_sessions": ("Web visits", "Visites web"),
    "web_visitors": ("Web visitors", "Visiteurs web"),
}

MATCHES: Final[dict[str, Pair]] = {
    "share_with_person": ("with a known contact", "avec un contact connu"),
    "share_with_company": ("with a company", "avec une entreprise"),
    "share_with_deal": ("with a deal", "avec une affaire"),
    "share_with_lead_cycle": ("with a lead", "avec un lead"),
}
"""Match rates of kpi_data_quality, to follow the name of an entity."""

OUTCOMES: Final[dict[str, Pair]] = {
    "counted": ("Counted", "Comptées"),
    "without_stage": ("Counted, without a stage", "Comptées, sans étape"),
    "cancelled": ("Counted, later cancelled", "Comptées, puis annulées"),
    "deleted": ("Deleted at the source", "Supprimées à la source"),
    "merged": ("Merged into another record", "Fusionnées dans une autre"),
    "test": ("Test", "Test"),
    "internal": ("Own staff", "Personnel interne"),
    "draft": ("Draft", "Brouillon"),
    "not_visible": ("Recorded later than the figures", "Enregistrées après l’arrêté des chiffres"),
}
"""What became of a record of a source (une fiche)."""

REFUSALS: Final[dict[str, Pair]] = {
    "broken_quote": ("a quote is not closed", "un guillemet n’est pas fermé"),
    "broken_record": ("the record cannot be read", "l’enregistrement est illisible"),
    "not_a_integer": ("not a whole number", "pas un nombre entier"),
    "not_a_boolean": ("neither true nor false", "ni vrai ni faux"),
    "not_a_date": ("not a date", "pas une date"),
    "not_a_decimal": ("not a number", "pas un nombre"),
    "not_a_float": ("not a number", "pas un nombre"),
    "not_a_timestamp": ("not a date with a time", "pas une date avec heure"),
    "required_value_missing": ("a required value is missing", "une valeur obligatoire manque"),
    "too_few_values": ("fewer values than columns", "moins de valeurs que de colonnes"),
    "too_long": ("too long", "trop long"),
    "too_many_values": ("more values than columns", "plus de valeurs que de colonnes"),
}
"""Why a row is in quarantine."""
