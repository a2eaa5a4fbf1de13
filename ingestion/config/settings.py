"""The typed model of ``pilotage.yml``. Unknown keys and wrong types are refused; nothing has a hidden default."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from ingestion.contracts import ENTITIES, ColumnType

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name that becomes part of an identifier: lower case letters, digits and underscores."""

Share = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    """Base of every settings model: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=False)


class FileFormat(StrEnum):
    """File formats that the files source reads. ``.gz`` is allowed for CSV and JSON lines."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XLSX = "xlsx"


class ColumnMapping(Strict):
    """How one column of an entity is read from a file."""

    column: str = Field(min_length=1, description="Name of the column (or JSON key) in the file.")
    format: str | None = Field(
        default=None, description="strptime format of a date or timestamp; overrides that of the mapping."
    )
    missing: tuple[str, ...] | None = Field(
        default=None, description="Texts that mean missing in this column; overrides those of the mapping."
    )
    values: dict[str, str] = Field(default_factory=dict, description="Replacements of whole values.")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is no time zone; write an IANA name such as Europe/Paris") from error
    return value


Zone = Annotated[str, Field(min_length=1)]
Character = Annotated[str, StringConstraints(min_length=1, max_length=1)]


class FileMapping(Strict):
    """How files of one kind become rows of one entity. Nothing is sniffed: what is not written here is the default."""

    name: Name = Field(description="Name of the mapping, unique in the workspace.")
    entity: str = Field(description="Entity that the rows become: " + ", ".join(ENTITIES) + ".")
    source_name: Name = Field(description="System of record, for example crm, web or newsletter.")
    references: Name | None = Field(
        default=None,
        description="System of record whose ids this file refers to (deal_id of an order, ...); default source_name.",
    )
    pattern: str = Field(min_length=1, description="Glob below inbox/, for example crm/deals_*.csv.")
    format: FileFormat = Field(description="CSV and JSON lines may be gzipped (.gz).")
    encoding: str = Field(default="utf-8", description="Name of a Python codec: utf-8, cp1252, utf-16, ...")
    delimiter: Character = Field(default=",", description="Between the fields of a CSV line.")
    quote: Character = Field(default='"', description="Around a CSV field; doubled inside one.")
    sheet: str | None = Field(default=None, description="Sheet of a workbook; the first when empty.")
    decimal_separator: Literal[".", ","] = Field(default=".", description="Of numbers.")
    thousands_separator: Literal["", " ", ",", ".", "'"] = Field(
        default="", description="Of numbers; a space stands for no-break spaces too."
    )
    date_format: str = Field(default="%Y-%m-%d", description="strptime format of dates.")
    timestamp_format: str = Field(
        default="iso", description="strptime format, or iso (ISO 8601, with or without an offset)."
    )
    timezone: Zone = Field(default="UTC", description="Zone of timestamps that carry no offset.")
    missing: tuple[str, ...] = Field(default=("",), description="Texts that mean missing, in every column.")
    true_values: tuple[str, ...] = Field(
        default=("true", "True", "TRUE", "1", "yes", "oui", "Oui", "OUI"), description="Texts that mean true."
    )
    false_values: tuple[str, ...] = Field(
        default=("false", "False", "FALSE", "0", "no", "non", "Non", "NON"), description="Texts that mean false."
    )
    columns: dict[str, ColumnMapping] = Field(min_length=1, description="Entity column -> file column.")
    constants: dict[str, str] = Field(
        default_factory=dict, description="Entity column -> the value that every row gets, written as in the file."
    )
    where: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="File column -> values that are kept; other rows are counted as filtered.",
    )
    ignored_columns: tuple[str, ...] = Field(
        default=(), description="File columns that are known and deliberately not loaded."
    )
    history: Literal["snapshots"] | None = Field(
        default=None,
        description="snapshots: each file is the state of its day, and what changed is kept in <entity>_history; for "
        "a source without a change log.",
    )
    max_quarantine_share: Share = Field(
        default=0.05, description="Share of a file's records in quarantine above which nothing is published."
    )

    _check_zone = field_validator("timezone")(_zone)

    @field_validator("columns", mode="before")
    @classmethod
    def _allow_short_form(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: {"column": item} if isinstance(item, str) else item for key, item in value.items()}
        return value

    @field_validator("entity")
    @classmethod
    def _entity_exists(cls, value: str) -> str:
        if value not in ENTITIES:
            raise ValueError(f"there is no entity {value!r}; choose one of {', '.join(ENTITIES)}")
        return value

    @field_validator("pattern")
    @classmethod
    def _pattern_stays_inside(cls, value: str) -> str:
        if value.startswith(("/", "\\", "~")) or ".." in re.split(r"[\\/]", value):
            raise ValueError("the pattern must stay below inbox/: no absolute path and no '..'")
        return value

    @model_validator(mode="after")
    def _columns_belong_to_entity(self) -> Self:
        entity = ENTITIES[self.entity]
        for name in (*self.columns, *self.constants):
            if name not in entity.column_names:
                raise ValueError(f"{name!r} is no column of {entity.name}; it has {', '.join(entity.column_names)}")
        if self.history and not entity.keeps_history:
            able = ", ".join(other.name for other in ENTITIES.values() if other.keeps_history)
            raise ValueError(f"history: {entity.name} keep no snapshots, only {able} do; remove it")
        doubled = sorted(set(self.columns) & set(self.constants))
        if doubled:
            raise ValueError(f"{', '.join(doubled)} is mapped and constant; keep one")
        derived = set(entity.key) if entity.derives_key else set()
        lacking = [
            column.name
            for column in entity.columns
            if column.required and column.name not in {*self.columns, *self.constants, *derived}
        ]
        if lacking:
            raise ValueError(f"{entity.name} needs {', '.join(lacking)}; map them or give them as constants")
        for name, mapping in self.columns.items():
            if mapping.format and entity.column(name).type not in (ColumnType.DATE, ColumnType.TIMESTAMP):
                raise ValueError(f"{name} is {entity.column(name).type}: only dates and timestamps have a format")
        return self


class FilesSource(Strict):
    """Files dropped into ``inbox/``."""

    mappings: tuple[FileMapping, ...] = Field(min_length=1)
    settle_seconds: float = Field(
        default=2.0, ge=0, description="A file that changed less than this long ago is still being written."
    )
    max_file_bytes: int = Field(default=20_000_000_000, gt=0, description="Largest file, decompressed.")
    max_compression_ratio: float = Field(default=200.0, gt=1, description="Above this an archive is a bomb.")

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [mapping.name for mapping in self.mappings]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"mapping names must be unique: {', '.join(doubled)}")
        return self


class Sources(Strict):
    """The sources of the company. Each loads into ``raw_<source>``."""

    files: FilesSource | None = None


class Warehouse(Strict):
    """Where and with how much the warehouse is built."""

    memory_limit: Annotated[str, StringConstraints(pattern=r"^\d+(MB|GB)$")] = Field(
        default="4GB", description="Most memory that DuckDB uses; beyond it spills to build/spill."
    )
    threads: Annotated[int, Field(ge=1, le=256)] | None = Field(
        default=None, description="Threads of DuckDB; empty: every core."
    )
    restate_days: int = Field(
        default=35, ge=1, le=400, description="Days that every night rebuilds, for late and corrected events."
    )


class SslMode(StrEnum):
    """How the connection to PostgreSQL is protected, as libpq names it."""

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,62}$")]


class Postgres(Strict):
    """The PostgreSQL database that gets a copy of every published version. The password is never a setting."""

    host: str = Field(
        min_length=1, pattern=r"^[^\s\x00]+$", description="Name or address of the server, or the folder of its socket."
    )
    port: int = Field(default=5432, ge=1, le=65535, description="Port of the server.")
    database: str = Field(
        min_length=1, max_length=63, pattern=r"^[^\x00-\x1f]+$", description="Database that holds the copy."
    )
    user: RoleName = Field(description="Role that publishes: it owns the schema.")
    schema_name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")] = Field(
        default="marts", alias="schema", description="Schema that readers see; it is replaced as a whole."
    )
    reader_role: RoleName = Field(
        default="pilotage_reader",
        description="Role that reads the schema and nothing else; made where it is absent.",
    )
    sslmode: SslMode = Field(
        default=SslMode.REQUIRE, description="Protection of the connection; a socket needs and has none."
    )
    password_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        default=None, description="Environment variable that holds the password."
    )
    password_file: str | None = Field(
        default=None,
        min_length=1,
        description="File below the workspace or absolute; its line is the password; only its owner may read it.",
    )
    policy_file: str | None = Field(
        default=None,
        min_length=1,
        description="SQL file of the workspace that runs in the new schema before readers see it: row policies.",
    )

    @field_validator("schema_name")
    @classmethod
    def _schema_is_its_own(cls, value: str) -> str:
        if value in {"public", "information_schema"} or value.startswith("pg_"):
            raise ValueError("the publication replaces its whole schema: choose one of its own, for example marts")
        if "__" in value:
            raise ValueError("'__' marks schemas that are being made or removed: leave it out")
        return value

    @field_validator("policy_file")
    @classmethod
    def _policy_file_stays_inside(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith(("/", "\\", "~")) or ".." in re.split(r"[\\/]", value)):
            raise ValueError("the file must lie in the workspace: no absolute path and no '..'")
        return value

    @model_validator(mode="after")
    def _roles_and_secrets_are_told_apart(self) -> Self:
        if self.reader_role == self.user:
            raise ValueError(f"reader_role {self.reader_role} is the role that publishes: readers need another one")
        if self.password_env and self.password_file:
            raise ValueError("password_env and password_file are both given: keep one")
        return self


class Publication(Strict):
    """What readers get."""

    keep_versions: int = Field(default=7, ge=1, le=1000, description="Published versions that are kept.")
    postgres: Postgres | None = Field(default=None, description="Copy in PostgreSQL; empty: none.")


class MqlAuthority(StrEnum):
    """Who decides that a lead is an MQL; several may, the first instant counts."""

    HAND_RAISE = "hand_raise"
    LIFECYCLE = "lifecycle"
    SCORE = "score"


class OrderBasis(StrEnum):
    """Where orders come from."""

    ORDERS = "orders"
    WON_DEALS = "won_deals"


def _clock_time(value: object) -> object:
    # YAML reads 18:00 without quotes as a number to the base 60.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1440:
        return f"{value // 60:02d}:{value % 60:02d}"
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", value):
        raise ValueError(f"{value!r} is no time of a day; write it as '09:00'")
    return value


ClockTime = Annotated[str, BeforeValidator(_clock_time)]
"""A time of the day as HH:MM; texts of this form sort as the times do."""


class Method(Strict):
    """The choices that the metric definitions leave to the company."""

    mql_authority: tuple[MqlAuthority, ...] = Field(
        default=(MqlAuthority.HAND_RAISE, MqlAuthority.LIFECYCLE),
        min_length=1,
        description="What makes a lead an MQL; the first instant counts. score: the threshold lead_to_mql of "
        "seeds/scoring_thresholds.csv.",
    )
    mql_lifecycle_sources: tuple[Name, ...] = Field(
        default=(),
        description="Systems whose lifecycle stage has the authority, for example crm; empty: every one of them.",
    )
    hand_raise_forms: tuple[str, ...] = Field(
        default=("demo_request", "quote_request", "contact_request"), description="Forms that are a hand-raise."
    )
    human_contact_activities: tuple[str, ...] = Field(
        default=("call", "meeting", "shop_visit"), description="Activity types that can be a human contact (R-51)."
    )
    human_contact_outcomes: tuple[str, ...] = Field(
        default=("answered", "held"), description="Outcomes that make such an activity a human contact."
    )
    lead_window_days: int = Field(default=30, ge=1, le=730, description="W of KPI 1.")
    sql_window_days: tuple[Annotated[int, Field(ge=1, le=730)], ...] = Field(
        default=(30, 60, 90), min_length=1, description="W of KPI 2, one or more."
    )
    stage_window_days: int = Field(default=90, ge=1, le=1830, description="W of KPI 3.")
    funnel_window_days: int = Field(
        default=365, ge=1, le=1830, description="W of a funnel from its first step on; a single step has W of KPI 3."
    )
    win_window_days: int = Field(
        default=180, ge=1, le=1830, description="W of the win rate and of the velocity, from the creation of a deal."
    )
    lead_inactivity_days: int = Field(
        default=180, ge=1, le=1830, description="Days without an inbound signal that close a lead cycle."
    )
    referral_networks: tuple[Annotated[str, StringConstraints(pattern=r"^[^A-Z]+$")], ...] = Field(
        default=("referral", "parrainage"),
        description="Networks of the recommendations, in lower case, that are referrals and no social network.",
    )
    session_gap_minutes: int = Field(default=30, ge=1, le=720, description="Silence that ends a web session.")
    identity_max_records: int = Field(
        default=25,
        ge=2,
        le=10_000,
        description="Contact or company records that one shared key may join; more are in quarantine.",
    )
    attribution_lookback_days: int = Field(
        default=365, ge=1, le=1830, description="Days before a conversion in which a touch can have credit."
    )
    attribution_half_life_days: float = Field(
        default=7, gt=0, le=365, description="Days that halve the credit of a touch (model time_decay)."
    )
    orders_from: OrderBasis = Field(
        default=OrderBasis.ORDERS, description="won_deals: for a company whose orders are its won deals."
    )
    demo_activities: tuple[str, ...] = Field(
        default=("demo",), description="Activity types that are a demonstration once held (R-40)."
    )
    appointment_activities: tuple[str, ...] = Field(
        default=("meeting",), description="Activity types that are an appointment (R-17)."
    )
    business_day_starts: ClockTime = Field(
        default="09:00", description="Start of the business hours of a working day, in the company's zone."
    )
    business_day_ends: ClockTime = Field(
        default="18:00", description="End of the business hours; 24:00 is midnight. Write times in quotes."
    )
    wanted_profile_share: float = Field(
        default=0.6, gt=0, le=1, description="Share of the known fit points from which a profile is wanted (R-11)."
    )
    content_window_days: int = Field(
        default=90, ge=1, le=730, description="Days in which a content may lead to an MQL, SQL or order (R-11)."
    )

    @model_validator(mode="after")
    def _business_day_has_hours(self) -> Self:
        if self.business_day_ends <= self.business_day_starts:
            raise ValueError(
                f"business_day_ends {self.business_day_ends} must come after business_day_starts "
                f"{self.business_day_starts}"
            )
        return self


class OptionalLine(StrEnum):
    """Metrics of the commercial dashboard that only some companies have a use for."""

    CUSTOMER_LIFETIME_VALUE = "customer_lifetime_value"
    REPURCHASE_RATE = "repurchase_rate"
    RECOMMENDATIONS_COUNT = "recommendations_count"


class Dashboard(Strict):
    """What the commercial dashboard shows."""

    optional_lines: tuple[OptionalLine, ...] = Field(
        default=tuple(OptionalLine), description="Optional lines (loyalty) that are switched on; [] for none."
    )


Address = Annotated[
    str,
    StringConstraints(
        # No line break and no comma: the address stands in the header of a mail.
        pattern=r"^[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+$",
        max_length=254,
    ),
]
"""An e-mail address without a name."""


class MailSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailServer(Strict):
    """The server that sends mail. Its password never stands here, only where it is found."""

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")] = Field(
        description="Name of the SMTP server."
    )
    port: int = Field(default=587, ge=1, le=65535, description="587 for starttls, 465 for tls.")
    security: MailSecurity = Field(
        default=MailSecurity.STARTTLS,
        description="starttls, tls (from the first byte on) or none, which no password may go through.",
    )
    sender: Address = Field(description="Address that the mail comes from.")
    user: str | None = Field(default=None, min_length=1, description="Name to log in with; empty: no login.")
    password_variable: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")] = Field(
        default="PILOTAGE_SMTP_PASSWORD", description="Environment variable that holds the password."
    )
    password_file: str | None = Field(
        default=None,
        min_length=1,
        description="File that holds the password and that only its owner can read (0600), in place of the variable; "
        "relative to the workspace.",
    )
    timeout_seconds: int = Field(default=30, ge=1, le=300, description="Longest silence of the server.")

    @model_validator(mode="after")
    def _password_is_encrypted(self) -> Self:
        if self.user is not None and self.security is MailSecurity.NONE:
            raise ValueError("user: a password must not go over an open connection; set security to starttls or tls")
        if self.password_file is not None and self.user is None:
            raise ValueError("password_file: there is no user to log in; add user or remove it")
        return self


class ReportFormat(StrEnum):
    """Formats of the monthly report."""

    HTML = "html"
    PDF = "pdf"


class Report(Strict):
    """The monthly report that the nightly job mails."""

    recipients: tuple[Address, ...] = Field(default=(), description="Who gets the report; empty: it is not mailed.")
    language: Literal["en", "fr"] = Field(default="en", description="Language of the report.")
    formats: tuple[ReportFormat, ...] = Field(
        default=(ReportFormat.PDF,), min_length=1, description="Attachments: pdf, html or both."
    )
    day_of_month: int = Field(
        default=1,
        ge=1,
        le=28,
        description="The first night on this day or after it mails the report of the month before, once.",
    )
    smtp: MailServer | None = Field(default=None, description="The mail server; needed where there are recipients.")

    @model_validator(mode="after")
    def _recipients_have_a_server(self) -> Self:
        if self.recipients and self.smtp is None:
            raise ValueError("recipients: there is no mail server; add smtp with host and sender")
        return self


class Schedule(Strict):
    """When the nightly job runs."""

    cron: str = Field(default="30 3 * * *", description="In the company's zone; 03:30 or later is safe on DST nights.")
    max_runtime_minutes: int = Field(default=240, ge=1, le=1440, description="A longer run is stopped.")


class Settings(Strict):
    """Everything in ``pilotage.yml``."""

    company_name: str = Field(min_length=1, max_length=200, description="Name shown to people.")
    timezone: Zone = Field(default="Europe/Paris", description="Zone of every business date.")
    currency_code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        default="EUR", description="Currency in which amounts are added."
    )
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12, description="Month in which the fiscal year starts.")
    as_of: date | None = Field(default=None, description="Fixed day of the build; empty: the last complete day.")
    sources: Sources
    warehouse: Warehouse = Warehouse()
    publication: Publication = Publication()
    method: Method = Method()
    dashboard: Dashboard = Dashboard()
    report: Report = Report()
    schedule: Schedule = Schedule()

    _check_zone = field_validator("timezone")(_zone)
