"""The product's channel rules: every rule decides a case as GA4's published list, or the method, has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.config.seeds import DEFAULT_SEEDS, read_seeds
from ingestion.contracts import ENTITIES
from tests.dbt.support import LOAD_ID, create_warehouse, dbt_ok, raw_tables

# Rule that decides, source, medium, campaign, referring address, ad click id, channel.
VISITS = (
    (10, "salon", "qr", None, None, None, "Trade Show"),
    (20, "lyon", "shop", None, None, None, "Shop"),
    (30, "carte", "phone", None, None, None, "Phone"),
    (40, "(direct)", "(none)", None, None, None, "Direct"),
    (50, "google", "cpc", "Cross-network | Q1", None, None, "Cross-network"),
    (60, "amazon.fr", "cpc", None, None, None, "Paid Shopping"),
    (70, "criteo", "cpc", "google shopping", None, None, "Paid Shopping"),
    (80, "Google", "CPC", "workshop", "https://www.google.com/", "gclid", "Paid Search"),
    (80, "google_ads", "ppc", None, None, None, "Paid Search"),
    (90, "linkedin", "paid_social", None, None, None, "Paid Social"),
    (90, "m.facebook.com", "cpm", None, None, None, "Paid Social"),
    (100, "youtube", "cpv_cpc", None, None, None, "Paid Video"),
    (110, "regie", "display", None, None, None, "Display"),
    (110, "regie", "cpm", None, None, "gclid", "Display"),
    (120, None, None, None, "https://www.google.com/", "gclid", "Paid Search"),
    (130, "regie", "paid-content", None, None, None, "Paid Other"),
    (140, "gemini", "ai-assistant", "(ai-assistant)", None, None, "AI Assistant"),
    (150, "chatgpt.com", None, None, None, None, "AI Assistant"),
    (160, "etsy", "referral", None, None, None, "Organic Shopping"),
    (170, "annuaire", "fiche", "e-shop", None, None, "Organic Shopping"),
    (180, "linkedin", "post", None, None, None, "Organic Social"),
    (190, "equipe", "social-media", None, None, None, "Organic Social"),
    (200, "vimeo", None, None, None, None, "Organic Video"),
    (210, "equipe", "video-clip", None, None, None, "Organic Video"),
    (220, "bing", "fiche", None, None, None, "Organic Search"),
    (230, "moteur", "organic", None, None, None, "Organic Search"),
    (240, "partenaire", "referral", None, None, None, "Referral"),
    (250, "Newsletter", None, None, None, None, "Email"),
    (250, "newsletter_linkedin", "mailing", None, None, None, "Email"),
    (260, "crm", "e-mail", None, "https://mail.google.com/", None, "Email"),
    (270, "partenaire", "affiliate", None, None, None, "Affiliates"),
    (280, "podcast", "audio", None, None, None, "Audio"),
    (290, "sms", None, None, None, None, "SMS"),
    (300, "crm", "sms", None, None, None, "SMS"),
    (310, "firebase", None, None, None, None, "Mobile Push Notifications"),
    (320, "crm", "web_push", None, None, None, "Mobile Push Notifications"),
    (400, None, None, None, "https://gemini.google.com/app", None, "AI Assistant"),
    (400, None, None, None, "https://www.perplexity.ai/", None, "AI Assistant"),
    (410, None, None, None, "https://mail.google.com/", None, "Referral"),
    (420, None, None, None, "https://www.amazon.de/dp/1", None, "Organic Shopping"),
    (430, None, None, None, "https://t.co/xyz", None, "Organic Social"),
    (430, None, None, None, "https://l.facebook.com/", None, "Organic Social"),
    (440, None, None, None, "https://www.youtube.com/watch", None, "Organic Video"),
    (450, None, None, None, "https://www.google.fr/", None, "Organic Search"),
    (450, None, None, None, "https://search.brave.com/", None, "Organic Search"),
    (460, None, None, None, "https://produit.company.com/", None, "Referral"),  # once a Twitter visit: "t.co" is in it
    (460, None, None, None, "https://www.notgoogle.com/", None, "Referral"),
    (0, None, None, None, None, None, "Direct"),
    (0, "inconnu", "divers", None, None, None, "Unassigned"),
)
# Rule that decides, stated source, channel.
STATEMENTS = (
    (500, "AI_REFERRALS", "AI Assistant"),
    (510, "Salon", "Trade Show"),
    (510, "Trade Show", "Trade Show"),
    (510, "Événement", "Trade Show"),
    (520, "Téléphone", "Phone"),
    (520, "Phone Inquiry", "Phone"),
    (520, "Appel entrant", "Phone"),
    (530, "Boutique", "Shop"),
    (540, "EMAIL_MARKETING", "Email"),
    (550, "PAID_SOCIAL", "Paid Social"),
    (550, "LinkedIn Ads", "Paid Social"),
    (560, "PAID_SEARCH", "Paid Search"),
    (560, "Google Ads", "Paid Search"),
    (570, "Réseaux sociaux", "Organic Social"),
    (580, "ORGANIC_SEARCH", "Organic Search"),
    (580, "Référencement naturel", "Organic Search"),
    (590, "Recommandation", "Referral"),
    (590, "Bouche à oreille", "Referral"),
    (600, "Site web", "Direct"),
    (600, "DIRECT_TRAFFIC", "Direct"),
    (0, "Import", None),
    (0, "Inconnue", None),
)
AT = datetime(2026, 3, 1, 10)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with one visit and one contact for each case, and the rules applied to them."""

    def rows(entity: str, records: list[Mapping[str, object]]) -> pa.Table:
        schema = ENTITIES[entity].arrow_schema().append(LOAD_ID)
        defaults = dict.fromkeys(schema.names) | {
            "_dlt_load_id": "1",
            "source_name": "s",
            "references_source_name": "s",
        }
        return pa.Table.from_pylist([defaults | dict(record) for record in records], schema=schema)

    visits = [
        {
            "event_id": str(number),
            "visitor_id": str(number),
            "occurred_at": AT,
            "event_name": "page_view",
            "page_url": "https://www.own.fr/",
            "utm_source": source,
            "utm_medium": medium,
            "utm_campaign": campaign,
            "referrer_url": referrer,
            "click_id": click,
        }
        for number, (_, source, medium, campaign, referrer, click, _) in enumerate(VISITS)
    ]
    contacts = [
        {"person_id": str(number), "created_at": AT, "lead_source": source}
        for number, (_, source, _) in enumerate(STATEMENTS)
    ]
    loads = pa.table({"load_id": ["1"], "schema_name": ["files"], "status": pa.array([0], pa.int64())})
    path = tmp_path_factory.mktemp("channels") / "warehouse.duckdb"
    create_warehouse(
        path,
        raw_tables()
        | {
            ("raw_files", "web_events"): rows("web_events", visits),
            ("raw_files", "persons"): rows("persons", contacts),
            ("raw_files", "_dlt_loads"): loads,
        },
    )
    selected = ("+int_web__origins", "+int_lifecycle__stated_channels")
    dbt_ok("run", "--select", *selected, warehouse=path, variables={"as_of": "2026-03-31"})
    return path


def test_visits_have_the_channel_that_the_published_list_gives_them(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select cast(web_visitor_id as integer), channel_name from intermediate.int_web__sessions"
            " inner join intermediate.int_web__origins using (origin_id)"
        ).fetchall()
    channels = dict(found)
    expected = {VISITS[number][1:6]: (channel, VISITS[number][6]) for number, channel in channels.items()}
    assert len(found) == len(VISITS)
    assert {case: pair for case, pair in expected.items() if pair[0] != pair[1]} == {}


def test_stated_sources_have_the_channel_of_the_rules_and_others_have_none(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select lead_source, channel_name from intermediate.int_lifecycle__stated_channels"
        ).fetchall()
    assert dict(found) == {source: channel for _, source, channel in STATEMENTS if channel is not None}


def test_every_rule_of_the_product_decides_a_case() -> None:
    rules = sorted(read_seeds(DEFAULT_SEEDS)["channel_rules"].to_pylist(), key=lambda rule: rule["rule_order"])

    def deciding(values: Mapping[str, str | None], *, has_click_id: bool, is_visit: bool) -> int:
        for rule in rules:
            patterns = {name: rule[name] for name in values if rule[name] is not None}
            if (rule["lead_source_pattern"] is None) is is_visit and (
                rule["has_click_id"] in (None, has_click_id)
                and all(re.search(pattern, values[name] or "\n") for name, pattern in patterns.items())
            ):
                return int(rule["rule_order"])
        return 0

    visits = [
        deciding(
            {
                "source_pattern": source and source.lower(),
                "medium_pattern": medium and medium.lower(),
                "campaign_pattern": campaign and campaign.lower(),
                "referrer_pattern": referrer and referrer.split("/")[2].removeprefix("www."),
            },
            has_click_id=click is not None,
            is_visit=True,
        )
        for _, source, medium, campaign, referrer, click, _ in VISITS
    ]
    statements = [
        deciding({"lead_source_pattern": source.lower()}, has_click_id=False, is_visit=False)
        for _, source, _ in STATEMENTS
    ]
    assert visits == [case[0] for case in VISITS]
    assert statements == [case[0] for case in STATEMENTS]
    assert {0, *(rule["rule_order"] for rule in rules)} == {*visits, *statements}
