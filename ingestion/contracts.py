"""The entities of the domain: what a source can deliver, column by column.

A source maps what it has onto these entities. Each entity becomes one raw table with exactly these columns, in this
order, plus the load metadata of ``METADATA_COLUMNS``. dbt reads the raw tables by these names, so a change here is a
change of ``dbt_project/models/staging`` too.

Timestamps are UTC. A money column has 18 digits, 4 of them decimals. A column that is not ``required`` may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa


class ColumnType(StrEnum):
    """The types a contract column can have."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"


ARROW_TYPES: Final[dict[ColumnType, pa.DataType]] = {
    ColumnType.STRING: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.DECIMAL: pa.decimal128(18, 4),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    # Naive by intent: always UTC, so that no session time zone can move it.
    ColumnType.TIMESTAMP: pa.timestamp("us"),
}
DUCKDB_TYPES: Final[dict[ColumnType, str]] = {
    ColumnType.STRING: "varchar",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal(18, 4)",
    ColumnType.FLOAT: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamp",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an entity."""

    name: str
    type: ColumnType
    description: str
    required: bool = False
    is_personal: bool = False


class Growth(StrEnum):
    """How the rows of an entity grow, which decides how they are merged into raw."""

    VERSIONS = "versions"
    """Records that change. Merged by source, key and row hash: raw keeps every version that was delivered once, and
    staging takes the latest by ``updated_at``. Files that arrive late, doubled or shuffled give the same result."""

    EVENTS = "events"
    """Facts that never change. Merged by file (``source_file_hash``); deduplicated by key in the intermediate layer."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the domain: one raw table."""

    name: str
    description: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    growth: Growth = Growth.VERSIONS
    derives_key: bool = False
    """True where the key is one id column that is derived from the content when the source has none."""
    keeps_history: bool = False
    """True where a mapping may keep daily snapshots, in ``raw_files.<name>_history``: for records that have no change
    log of their own."""

    def column(self, name: str) -> Column:
        """Return the column called ``name``. Raises ``KeyError`` when the entity has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> pa.Schema:
        """Return the Arrow schema of the raw table, load metadata included (without dlt's own load id)."""
        return pa.schema(
            [pa.field(column.name, ARROW_TYPES[column.type]) for column in (*self.columns, *METADATA_COLUMNS)]
        )


def _s(name: str, description: str, *, required: bool = False, personal: bool = False) -> Column:
    return Column(name, ColumnType.STRING, description, required, personal)


def _t(name: str, description: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.TIMESTAMP, description, required)


def _n(name: str, description: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.DECIMAL, description, required)


def _i(name: str, description: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.INTEGER, description, required)


def _b(name: str, description: str) -> Column:
    return Column(name, ColumnType.BOOLEAN, description)


def _d(name: str, description: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.DATE, description, required)


METADATA_COLUMNS: Final[tuple[Column, ...]] = (
    _s("source_name", "System of record that delivered the row, as named in the mapping.", required=True),
    _s("references_source_name", "System whose ids the row refers to; usually the same.", required=True),
    _s("source_file_name", "Path of the file below inbox/.", required=True),
    _s("source_file_hash", "SHA-256 of the content of the file and of its mapping.", required=True),
    _t("source_file_modified_at", "Modification time of the file, UTC.", required=True),
    _s("row_hash", "MD5 of the mapped values; NULL for event entities."),
)
"""What the files source adds to every row. dlt adds ``_dlt_load_id``."""

_RECORDED = _t("recorded_at", "When the source knew it; empty: taken as the time it happened.")
_UPDATED = _t("updated_at", "Last change at the source; decides which version of a record is current.")
_DELETED = _b("is_deleted", "The source deleted the record.")

OWNERS: Final = Entity(
    "owners",
    "Salespeople and marketers who own records.",
    "One row per owner and delivered version.",
    ("owner_id",),
    (
        _s("owner_id", "Id of the owner.", required=True),
        _s("owner_name", "Name of the owner.", personal=True),
        _s("owner_email", "E-mail of the owner.", personal=True),
        _s("team_name", "Team or manager."),
        _s("region_name", "Region or office."),
        _b("is_active", "The owner still works here."),
        _UPDATED,
        _DELETED,
    ),
)
PRODUCTS: Final = Entity(
    "products",
    "What the company sells.",
    "One row per product and delivered version.",
    ("product_id",),
    (
        _s("product_id", "Id of the product.", required=True),
        _s("product_name", "Name of the product."),
        _s("product_family", "Product family."),
        _n("list_price", "List price without tax, in the company's currency."),
        _UPDATED,
        _DELETED,
    ),
)
COMPANIES: Final = Entity(
    "companies",
    "Firms that are prospects or customers.",
    "One row per company and delivered version.",
    ("company_id",),
    (
        _s("company_id", "Id of the company.", required=True),
        _s("company_name", "Name of the company."),
        _s("domain", "Internet domain."),
        _s("siren", "French company number (9 digits)."),
        _s("vat_number", "VAT number."),
        _s("sector", "Activity."),
        _s("country_code", "Country."),
        _s("region_name", "Region."),
        _s("postal_code", "Postal code, text: leading zeros count."),
        _i("count_employees", "Headcount."),
        _n("revenue_amount", "Yearly revenue as the source states it."),
        _s("owner_id", "Owner of the company."),
        _t("created_at", "Creation at the source."),
        _UPDATED,
        _DELETED,
        _s("merged_into_company_id", "Surviving company after a merge."),
    ),
)
PERSONS: Final = Entity(
    "persons",
    "Contacts and leads of the marketing tool and of the CRM.",
    "One row per contact record and delivered version.",
    ("person_id",),
    (
        _s("person_id", "Id of the contact at the source.", required=True),
        _s("email", "E-mail address.", personal=True),
        _s("phone", "Phone number.", personal=True),
        _s("first_name", "First name.", personal=True),
        _s("last_name", "Last name.", personal=True),
        _s("job_title", "Job title."),
        _s("job_function", "Function."),
        _s("seniority", "Seniority."),
        _s("company_id", "Company of the contact."),
        _s("owner_id", "Owner of the contact."),
        _s("lead_source", "Acquisition source as the system states it."),
        _s("lifecycle_stage", "Lifecycle stage now, as the system states it."),
        _t("became_mql_at", "When the system made the contact an MQL."),
        _s("visitor_id", "Web visitor id that the system holds."),
        _s("consent_status", "Marketing consent: granted, denied or unknown."),
        _t("disqualified_at", "When the contact was disqualified."),
        _s("disqualified_reason", "Why the contact was disqualified."),
        _b("is_test", "A test record."),
        _t("created_at", "Creation at the source.", required=True),
        _UPDATED,
        _RECORDED,
        _DELETED,
        _s("merged_into_person_id", "Surviving contact after a merge."),
    ),
)
WEB_EVENTS: Final = Entity(
    "web_events",
    "Page views and actions on the web site.",
    "One row per delivered web event.",
    ("event_id",),
    (
        _s("event_id", "Id of the event; derived from the content when the source has none.", required=True),
        _s("visitor_id", "Cookie id of the visitor; empty without consent."),
        _t("occurred_at", "When it happened.", required=True),
        _t("recorded_at", "When the collector recorded it; empty: taken as occurred_at."),
        _s("event_name", "page_view, form_submit, download, subscribe, ..."),
        _s("page_url", "Address of the page."),
        _s("referrer_url", "Referring address."),
        _s("utm_source", "Campaign source."),
        _s("utm_medium", "Campaign medium."),
        _s("utm_campaign", "Campaign name."),
        _s("utm_content", "Campaign content."),
        _s("click_id", "Ad click id (gclid, msclkid, ...)."),
        _s("form_name", "Form that was submitted."),
        _s("email", "E-mail that the visitor typed into a form.", personal=True),
        _s("consent_status", "Consent when the event happened: granted, denied or unknown."),
        _s("user_agent", "Browser.", personal=True),
        _s("country_code", "Country of the visitor."),
        _s("device_type", "desktop, mobile or tablet."),
    ),
    growth=Growth.EVENTS,
    derives_key=True,
)
EMAIL_EVENTS: Final = Entity(
    "email_events",
    "What happened to each marketing e-mail.",
    "One row per delivered e-mail event.",
    ("event_id",),
    (
        _s("event_id", "Id of the event; derived from the content when the source has none.", required=True),
        _s("message_id", "Id of one message to one recipient.", required=True),
        _s("campaign_id", "Id of the campaign."),
        _s("campaign_name", "Name of the campaign."),
        _s("person_id", "Recipient, as contact id."),
        _s("email", "Recipient address.", personal=True),
        _s("event_type", "sent, delivered, bounce, open, click, unsubscribe, complaint.", required=True),
        _t("occurred_at", "When it happened.", required=True),
        _t("recorded_at", "When the tool recorded it; empty: taken as occurred_at."),
        _s("link_url", "Link that was clicked."),
        _s("bounce_type", "hard or soft."),
        _s("user_agent", "Client that opened or clicked.", personal=True),
    ),
    growth=Growth.EVENTS,
    derives_key=True,
)
AUDIENCES: Final = Entity(
    "audiences",
    "Audiences outside web and e-mail: trade shows, footfall, named accounts.",
    "One row per exposure record and delivered version: a person, or an anonymous count.",
    ("audience_exposure_id",),
    (
        _s("audience_exposure_id", "Id; derived from the content when the source has none.", required=True),
        _s("audience_type", "trade_show, footfall, named_account or other.", required=True),
        _s("audience_name", "Name of the show, shop or list.", required=True),
        _d("exposure_date", "Day of the exposure in the company's zone.", required=True),
        _i("count_people", "Number of people when they are anonymous."),
        _s("person_id", "Person, when known."),
        _s("email", "E-mail of the person, when known.", personal=True),
        _UPDATED,
        _RECORDED,
        _DELETED,
    ),
    derives_key=True,
)
ACTIVITIES: Final = Entity(
    "activities",
    "Calls, meetings, visits and messages, with the salesperson's verdict.",
    "One row per activity and delivered version.",
    ("activity_id",),
    (
        _s("activity_id", "Id of the activity.", required=True),
        _s("activity_type", "call, meeting, shop_visit, email, demo, task, ...", required=True),
        _s("direction", "inbound or outbound."),
        _s("outcome", "answered, no_answer, held, no_show, cancelled, sent, ..."),
        _s("verdict", "Judgement of the salesperson: valid, refused, or empty."),
        _t("verdict_at", "When the verdict was recorded."),
        _s("refusal_reason", "Why the contact was refused."),
        _t("occurred_at", "When it happened.", required=True),
        _RECORDED,
        _i("duration_seconds", "Length in seconds."),
        _s("person_id", "Contact."),
        _s("company_id", "Company."),
        _s("deal_id", "Deal."),
        _s("owner_id", "Who did it."),
        _UPDATED,
        _DELETED,
    ),
)
DEALS: Final = Entity(
    "deals",
    "Opportunities of the CRM in their state now.",
    "One row per deal and delivered version.",
    ("deal_id",),
    (
        _s("deal_id", "Id of the deal.", required=True),
        _s("deal_name", "Name of the deal."),
        _s("pipeline_name", "Pipeline."),
        _s("stage_name", "Stage now.", required=True),
        _n("amount", "Amount without tax in the deal's currency."),
        _s("currency_code", "Currency; empty: the company's."),
        _s("person_id", "Primary contact."),
        _s("company_id", "Company."),
        _s("owner_id", "Owner."),
        _s("product_id", "Main product."),
        _s("lead_source", "Source as the CRM states it."),
        _t("created_at", "Creation, or the day work on it began; may be unknown."),
        _t("closed_at", "When it was won or lost."),
        _d("expected_close_date", "Day on which the salesperson expects it to close."),
        _s("loss_reason", "Why it was lost."),
        _b("is_test", "A test record."),
        _UPDATED,
        _RECORDED,
        _DELETED,
        _s("merged_into_deal_id", "Surviving deal after a merge."),
    ),
    keeps_history=True,
)
DEAL_HISTORY: Final = Entity(
    "deal_history",
    "Change log of the deals: stage and amount.",
    "One row per change and delivered version.",
    ("change_id",),
    (
        _s("change_id", "Id; derived from the content when the source has none.", required=True),
        _s("deal_id", "Deal.", required=True),
        _s("pipeline_name", "Pipeline after the change."),
        _s("stage_name", "Stage after the change.", required=True),
        _n("amount", "Amount after the change."),
        _t("occurred_at", "When the change happened.", required=True),
        _RECORDED,
        _i("sequence_number", "Order among changes of one instant."),
        _s("owner_id", "Who made it."),
        _UPDATED,
    ),
    derives_key=True,
)
MILESTONES: Final = Entity(
    "milestones",
    "Milestone checks and BANT answers of the deals.",
    "One row per check and delivered version.",
    ("milestone_check_id",),
    (
        _s("milestone_check_id", "Id; derived from the content when the source has none.", required=True),
        _s("deal_id", "Deal.", required=True),
        _s("milestone_code", "Milestone, as in seeds/milestones.csv.", required=True),
        _s("milestone_status", "validated, refused or pending.", required=True),
        _s("answer", "What was answered."),
        _t("occurred_at", "When it was checked.", required=True),
        _RECORDED,
        _s("owner_id", "Who checked it."),
        _UPDATED,
        _DELETED,
    ),
    derives_key=True,
)
DISCOVERY_ANSWERS: Final = Entity(
    "discovery_answers",
    "Answers to the questions of the discovery record, each with its source, method and date.",
    "One row per answer and delivered version.",
    ("discovery_answer_id",),
    (
        _s("discovery_answer_id", "Id; derived from the content when the source has none.", required=True),
        _s("person_id", "Contact who answered, or of whom it is known."),
        _s("company_id", "Company of which it is known."),
        _s("section_code", "profile, history, needs, constraints or expectations; empty: the question's."),
        _s("question_code", "Question, as in seeds/discovery_questions.csv.", required=True),
        _s("answer", "What was answered; empty: the question was asked in vain.", personal=True),
        _s("method", "How it became known: call, form, visit, enrichment, ..."),
        _s("activity_id", "Activity in which it became known."),
        _t("occurred_at", "When it became known.", required=True),
        _RECORDED,
        _s("owner_id", "Who recorded it."),
        _UPDATED,
        _DELETED,
    ),
    derives_key=True,
)
ORDERS: Final = Entity(
    "orders",
    "Orders of the sales system.",
    "One row per order and delivered version.",
    ("order_id",),
    (
        _s("order_id", "Id of the order.", required=True),
        _s("order_number", "Number that people use."),
        _s("order_status", "confirmed, cancelled or draft."),
        _n("amount", "Amount without tax in the order's currency.", required=True),
        _s("currency_code", "Currency; empty: the company's."),
        _s("deal_id", "Deal that led to it."),
        _s("person_id", "Buyer."),
        _s("company_id", "Customer."),
        _s("owner_id", "Salesperson."),
        _t("ordered_at", "Confirmation or signature.", required=True),
        _t("cancelled_at", "Cancellation."),
        _UPDATED,
        _RECORDED,
        _DELETED,
    ),
)
ORDER_LINES: Final = Entity(
    "order_lines",
    "Lines of the orders.",
    "One row per order line and delivered version.",
    ("order_line_id",),
    (
        _s("order_line_id", "Id of the line.", required=True),
        _s("order_id", "Order.", required=True),
        _s("product_id", "Product."),
        _n("quantity", "Quantity."),
        _n("unit_price", "Price of one without tax."),
        _n("amount", "Amount of the line without tax."),
        _UPDATED,
        _DELETED,
    ),
)
RECOMMENDATIONS: Final = Entity(
    "recommendations",
    "Recommendations and referrals by customers.",
    "One row per record and delivered version.",
    ("recommendation_id",),
    (
        _s("recommendation_id", "Id; derived from the content when the source has none.", required=True),
        _t("occurred_at", "When it happened.", required=True),
        _s("network_name", "Social network, review site or referral."),
        _i("count_recommendations", "How many."),
        _s("person_id", "Who recommended."),
        _s("company_id", "Company that recommended."),
        _UPDATED,
        _RECORDED,
        _DELETED,
    ),
    derives_key=True,
)
EXCHANGE_RATES: Final = Entity(
    "exchange_rates",
    "Rates to the company's currency.",
    "One row per currency, day and delivered version.",
    ("currency_code", "rate_date"),
    (
        _s("currency_code", "Currency.", required=True),
        _d("rate_date", "First day the rate holds.", required=True),
        Column("rate_to_base", ColumnType.FLOAT, "One unit of the currency in the company's currency.", True),
        _UPDATED,
    ),
)

ENTITIES: Final[dict[str, Entity]] = {
    entity.name: entity
    for entity in (
        OWNERS,
        PRODUCTS,
        COMPANIES,
        PERSONS,
        WEB_EVENTS,
        EMAIL_EVENTS,
        AUDIENCES,
        ACTIVITIES,
        DEALS,
        DEAL_HISTORY,
        MILESTONES,
        DISCOVERY_ANSWERS,
        ORDERS,
        ORDER_LINES,
        RECOMMENDATIONS,
        EXCHANGE_RATES,
    )
}
