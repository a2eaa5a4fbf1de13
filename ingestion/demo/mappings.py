"""How each file of the demo company becomes rows of an entity: the mappings of its ``pilotage.yml``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ingestion.demo.crm import CONSENTS
from ingestion.demo.crm_sales import (
    ACTIVITY_LABELS,
    DIRECTION_LABELS,
    OUTCOME_LABELS,
    STAGE_LABELS,
    STATUS_LABELS,
    VERDICT_LABELS,
)
from ingestion.demo.discovery import METHOD_LABELS, SECTION_LABELS, SECTIONS
from ingestion.demo.parameters import PIPELINE, STAGES
from ingestion.demo.vocabulary import CONSENTS as CONSENT_CODES

Mapped = dict[str, Any]

_FRENCH: Final[Mapped] = {
    "format": "csv",
    "encoding": "cp1252",
    "delimiter": ";",
    "decimal_separator": ",",
    "date_format": "%d/%m/%Y",
    "timestamp_format": "%d/%m/%Y %H:%M:%S",
    "timezone": "Europe/Paris",
}
_CRM: Final[Mapped] = {**_FRENCH, "source_name": "crm"}


def _labels(column: str, labels: Sequence[str], codes: Sequence[str]) -> Mapped:
    return {"column": column, "values": dict(zip(labels, codes, strict=True))}


def _crm_records() -> list[Mapped]:
    return [
        {
            "name": "crm_owners",
            "entity": "owners",
            "pattern": "crm/proprietaires*.csv",
            **_CRM,
            "columns": {
                "owner_id": "Id",
                "owner_name": "Nom",
                "owner_email": "E-mail",
                "team_name": "Équipe",
                "region_name": "Agence",
                "is_active": "Actif",
            },
        },
        {
            "name": "crm_products",
            "entity": "products",
            "pattern": "crm/produits*.csv",
            **_CRM,
            "columns": {
                "product_id": "Id produit",
                "product_name": "Produit",
                "product_family": "Famille",
                "list_price": "Prix HT",
            },
        },
        {
            "name": "crm_companies",
            "entity": "companies",
            "pattern": "crm/societes*.csv",
            **_CRM,
            "columns": {
                "company_id": "Id société",
                "company_name": "Raison sociale",
                "domain": "Domaine",
                "siren": "SIREN",
                "sector": "Secteur",
                "country_code": "Pays",
                "region_name": "Région",
                "postal_code": "Code postal",
                "count_employees": "Effectif",
                "revenue_amount": "Chiffre d'affaires",
                "owner_id": "Propriétaire",
                "created_at": "Créée le",
                "updated_at": "Modifiée le",
            },
        },
        {
            "name": "crm_contacts",
            "entity": "persons",
            "pattern": "crm/contacts*.csv",
            **_CRM,
            "columns": {
                "person_id": "Id contact",
                "first_name": "Prénom",
                # Null is a surname here: only an empty field is missing.
                "last_name": {"column": "Nom", "missing": [""]},
                "email": "E-mail",
                "phone": "Téléphone",
                "job_title": "Fonction",
                "job_function": "Service",
                "seniority": "Niveau",
                "company_id": "Id société",
                "owner_id": "Propriétaire",
                "lead_source": "Origine",
                "lifecycle_stage": "Cycle de vie",
                "became_mql_at": "Devenu MQL le",
                "visitor_id": "Id visiteur",
                "consent_status": _labels("Consentement", CONSENTS, CONSENT_CODES),
                "disqualified_at": "Disqualifié le",
                "disqualified_reason": "Motif de disqualification",
                "is_test": "Test",
                "created_at": "Créé le",
                "updated_at": "Modifié le",
                "is_deleted": "Supprimé",
                "merged_into_person_id": "Fusionné dans",
            },
        },
        {
            "name": "crm_recommendations",
            "entity": "recommendations",
            "pattern": "crm/recommandations*.csv",
            **_CRM,
            "columns": {
                "recommendation_id": "Id",
                "occurred_at": "Date",
                "network_name": "Réseau",
                "count_recommendations": "Nombre",
                "person_id": "Id contact",
                "company_id": "Id société",
            },
        },
    ]


def _crm_sales() -> list[Mapped]:
    stage = _labels("Étape", STAGE_LABELS, STAGES)
    pipeline = {"column": "Pipeline", "values": {"Ventes": PIPELINE}}
    return [
        {
            "name": "crm_deals",
            "entity": "deals",
            "pattern": "crm/affaires*.csv",
            **_CRM,
            "columns": {
                "deal_id": "Id affaire",
                "deal_name": "Nom de l'affaire",
                "pipeline_name": pipeline,
                "stage_name": stage,
                "amount": "Montant HT",
                "currency_code": "Devise",
                "person_id": "Id contact",
                "company_id": "Id société",
                "owner_id": "Propriétaire",
                "product_id": "Produit",
                "lead_source": "Origine",
                "created_at": "Créée le",
                "closed_at": "Fermée le",
                "expected_close_date": "Clôture prévue",
                "loss_reason": "Motif de perte",
                "is_test": "Test",
                "updated_at": "Modifiée le",
                "is_deleted": "Supprimée",
                "merged_into_deal_id": "Fusionnée dans",
            },
        },
        {
            "name": "crm_deal_history",
            "entity": "deal_history",
            "pattern": "crm/historique_affaires*.csv",
            **_CRM,
            "columns": {
                "change_id": "Id changement",
                "deal_id": "Id affaire",
                "pipeline_name": pipeline,
                "stage_name": stage,
                "amount": "Montant HT",
                "occurred_at": "Date",
                "recorded_at": "Enregistré le",
                "sequence_number": "Ordre",
            },
        },
        {
            "name": "crm_activities",
            "entity": "activities",
            "pattern": "crm/activites*.csv",
            **_CRM,
            "columns": {
                "activity_id": "Id activité",
                "activity_type": _labels(
                    "Type", ACTIVITY_LABELS, ("call", "meeting", "shop_visit", "demo", "email", "task")
                ),
                "direction": _labels("Sens", DIRECTION_LABELS, ("outbound", "inbound")),
                "outcome": _labels("Résultat", OUTCOME_LABELS, ("no_answer", "answered", "held", "no_show", "sent")),
                "verdict": _labels("Avis", VERDICT_LABELS, ("valid", "refused")),
                "verdict_at": "Avis rendu le",
                "refusal_reason": "Motif de refus",
                "occurred_at": "Date",
                "recorded_at": "Enregistrée le",
                "duration_seconds": "Durée (s)",
                "person_id": "Id contact",
                "company_id": "Id société",
                "deal_id": "Id affaire",
                "owner_id": "Propriétaire",
                "updated_at": "Modifiée le",
            },
        },
        {
            "name": "crm_milestones",
            "entity": "milestones",
            "pattern": "crm/jalons*.csv",
            **_CRM,
            "columns": {
                "milestone_check_id": "Id contrôle",
                "deal_id": "Id affaire",
                "milestone_code": "Jalon",
                "milestone_status": _labels("Statut", STATUS_LABELS, ("validated", "refused", "pending")),
                "answer": "Réponse",
                "occurred_at": "Date",
                "owner_id": "Propriétaire",
            },
        },
        {
            "name": "crm_discovery_answers",
            "entity": "discovery_answers",
            "pattern": "crm/decouverte*.csv",
            **_CRM,
            "columns": {
                "discovery_answer_id": "Id réponse",
                "person_id": "Id contact",
                "company_id": "Id société",
                "section_code": _labels("Rubrique", SECTION_LABELS, SECTIONS),
                "question_code": "Question",
                "answer": "Réponse",
                "method": _labels("Méthode", METHOD_LABELS, ("form", "call", "enrichment")),
                "activity_id": "Id activité",
                "occurred_at": "Date",
                "recorded_at": "Enregistrée le",
                "owner_id": "Propriétaire",
            },
        },
    ]


def _erp() -> list[Mapped]:
    common = {"format": "csv", "source_name": "erp"}
    return [
        {
            "name": "erp_orders",
            "entity": "orders",
            "pattern": "erp/orders_*.csv",
            **common,
            "references": "crm",
            "columns": {
                "order_id": "order_id",
                "order_number": "order_number",
                "order_status": "status",
                "amount": "net_amount",
                "currency_code": "currency",
                "deal_id": "crm_deal",
                "person_id": "crm_contact",
                "company_id": "crm_account",
                "owner_id": "sales_rep",
                "ordered_at": "ordered_at",
                "cancelled_at": "cancelled_at",
                "updated_at": "updated_at",
            },
        },
        {
            "name": "erp_order_lines",
            "entity": "order_lines",
            "pattern": "erp/order_lines_*.csv",
            **common,
            "columns": {
                "order_line_id": "order_line_id",
                "order_id": "order_id",
                "product_id": "product_id",
                "quantity": "quantity",
                "unit_price": "unit_price",
                "amount": "net_amount",
                "updated_at": "updated_at",
            },
        },
        {
            "name": "erp_products",
            "entity": "products",
            "pattern": "erp/products*.csv",
            **common,
            "columns": {
                "product_id": "product_id",
                "product_name": "name",
                "product_family": "family",
                "list_price": "list_price",
            },
        },
        {
            "name": "erp_exchange_rates",
            "entity": "exchange_rates",
            "pattern": "erp/exchange_rates*.csv",
            **common,
            "columns": {
                "currency_code": "currency",
                "rate_date": "valid_from",
                "rate_to_base": "rate_to_eur",
            },
        },
    ]


def _streams() -> list[Mapped]:
    web = {
        "entity": "web_events",
        "source_name": "web",
        "format": "jsonl",
        "columns": {
            "event_id": "id",
            "visitor_id": "cookie_id",
            "occurred_at": "ts",
            "recorded_at": "received_at",
            "event_name": "event",
            "page_url": "url",
            "referrer_url": "referrer",
            "utm_source": "utm_source",
            "utm_medium": "utm_medium",
            "utm_campaign": "utm_campaign",
            "utm_content": "utm_content",
            "click_id": "click_id",
            "form_name": "form",
            "email": "email",
            "consent_status": "consent",
            "user_agent": "user_agent",
            "country_code": "country",
            "device_type": "device",
        },
    }
    mail = {
        "name": "newsletter_events",
        "entity": "email_events",
        "pattern": "newsletter/*.jsonl",
        "source_name": "newsletter",
        "references": "crm",
        "format": "jsonl",
        "columns": {
            "event_id": "event_id",
            "message_id": "message_id",
            "campaign_id": "campaign_id",
            "campaign_name": "campaign_name",
            "person_id": "contact_id",
            "email": "email",
            "event_type": "type",
            "occurred_at": "at",
            "recorded_at": "recorded_at",
            "link_url": "link",
            "bounce_type": "bounce_type",
            "user_agent": "client",
        },
    }
    return [
        {"name": "web_events", "pattern": "web/*.jsonl", **web},
        {"name": "web_events_compressed", "pattern": "web/*.jsonl.gz", **web},
        mail,
    ]


def _events() -> list[Mapped]:
    common: Mapped = {**_FRENCH, "source_name": "events", "references": "crm", "entity": "audiences"}
    return [
        {
            "name": "events_badges",
            "pattern": "events/salons_badges*.csv",
            **common,
            "columns": {"audience_name": "Salon", "exposure_date": "Jour", "email": "E-mail"},
            "constants": {"audience_type": "trade_show"},
        },
        {
            "name": "events_stand_counters",
            "pattern": "events/salons_compteur*.csv",
            **common,
            "columns": {"audience_name": "Salon", "exposure_date": "Jour", "count_people": "Passages"},
            "constants": {"audience_type": "trade_show"},
        },
        {
            "name": "events_footfall",
            "pattern": "events/passage*.csv",
            **common,
            "columns": {"audience_name": "Lieu", "exposure_date": "Jour", "count_people": "Entrées"},
            "constants": {"audience_type": "footfall"},
        },
    ]


def all_mappings() -> list[Mapped]:
    """Return every mapping, as plain data."""
    return [*_crm_records(), *_crm_sales(), *_erp(), *_streams(), *_events()]
