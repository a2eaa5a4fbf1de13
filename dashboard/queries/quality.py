"""Data quality: what was delivered, checked, quarantined, matched, and reconciled with the sources."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from dashboard.queries.reads import Reads

KEY: Final = ("source_name", "entity_name", "measure_id")
"""Key of kpi_data_quality."""

RECONCILIATION_KEY: Final = ("source_name", "entity_name", "month", "outcome_code")
"""Key of kpi_reconciliation."""

_MEASURES: Final = "select * from marts.kpi_data_quality order by entity_name, source_name, measure_id"
_RECONCILIATION: Final = """
    select *
    from marts.kpi_reconciliation
    where month = $month
    order by entity_name, source_name, is_counted desc, count_records desc, outcome_code
"""
_MATCHES: Final = """
    select kpis.*, catalog.label_en, catalog.label_fr
    from marts.kpi_values as kpis
    inner join marts.kpi_catalog as catalog on kpis.metric_id = catalog.metric_id
    where
        kpis.metric_id in ('identity_match_rate', 'identity_email_match_rate', 'identity_record_match_rate')
        and kpis.period_grain = 'month'
        and kpis.dimension_name = 'total'
    order by kpis.metric_id, kpis.period_start
"""
_QUARANTINED_CONTACTS: Final = """
    select kpis.*, catalog.label_en, catalog.label_fr
    from marts.kpi_values as kpis
    inner join marts.kpi_catalog as catalog on kpis.metric_id = catalog.metric_id
    where
        kpis.metric_id = 'identity_quarantined_records'
        and kpis.period_grain = 'fiscal_year'
        and kpis.period_start = (select max(period_start) from marts.kpi_values where period_grain = 'fiscal_year'
            and metric_id = 'identity_quarantined_records')
    order by kpis.dimension_name desc, kpis.dimension_value
"""


def read_measures(rows: Reads) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Return the rows of kpi_data_quality by entity and source, then by measure."""
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in rows(_MEASURES):
        found.setdefault((row["entity_name"], row["source_name"]), {})[row["measure_id"]] = row
    return found


def read_reconciled_months(rows: Reads) -> list[date]:
    """Return the months that were reconciled, the newest first; that of records without a date last."""
    return [row["month"] for row in rows("select distinct month from marts.kpi_reconciliation order by month desc")]


def read_reconciliation(rows: Reads, month: date) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the outcomes of a month by entity and source, those that count first."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows(_RECONCILIATION, month=month):
        found.setdefault((row["entity_name"], row["source_name"]), []).append(row)
    return found


def read_match_rates(rows: Reads) -> dict[str, list[dict[str, Any]]]:
    """Return the monthly match rates by metric, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(_MATCHES):
        found.setdefault(row["metric_id"], []).append(row)
    return found


def read_quarantined_contacts(rows: Reads) -> list[dict[str, Any]]:
    """Return the contact records in quarantine in the newest fiscal year: in all, and by reason."""
    return rows(_QUARANTINED_CONTACTS)
