"""Real exports reach the warehouse with the figures that are known of them."""

from __future__ import annotations

import shutil
from decimal import Decimal

import pytest

pytestmark = pytest.mark.realdata


@pytest.mark.parametrize(
    ("file", "date_format"), [("sales_pipeline.csv", "%d-%m-%y"), ("sales_pipeline_mdy.csv", "%m/%d/%Y")]
)
def test_maven_deals_have_their_known_counts_and_values_in_both_date_orders(company, real_data, file, date_format):
    company.map_deals(
        columns={
            "deal_id": "opportunity_id",
            "stage_name": "deal_stage",
            "amount": "close_value",
            "company_id": "account",
            "owner_id": "sales_agent",
            "product_id": {"column": "product", "values": {"GTXPro": "GTX Pro"}},
            "created_at": "engage_date",
            "closed_at": "close_date",
        },
        timestamp_format=date_format,
    )
    company.drop(file, (real_data("maven_crm") / file).read_bytes())
    batch = company.load().batch
    assert (batch.count_loaded, batch.count_quarantined) == (8800, 0)
    assert company.query("select stage_name, count(*), sum(amount) from raw_files.deals group by 1 order by 1") == [
        ("Engaging", 1589, None),
        ("Lost", 2473, Decimal(0)),
        ("Prospecting", 500, None),
        ("Won", 4238, Decimal("10005534.0000")),
    ]
    assert company.query(
        "select quarter(closed_at), count(*) filter (stage_name = 'Won'), "
        "count(*) filter (stage_name = 'Lost'), sum(amount) "
        "from raw_files.deals where closed_at is not null group by 1 order by 1"
    ) == [
        (1, 531, 116, Decimal(1134672)),
        (2, 1254, 778, Decimal(3086111)),
        (3, 1257, 790, Decimal(2982255)),
        (4, 1196, 789, Decimal(2802496)),
    ]
    assert company.query(
        "select avg(closed_at::date - created_at::date)::decimal(9, 3), median(closed_at::date - created_at::date) "
        "from raw_files.deals where stage_name = 'Won'"
    ) == [(Decimal("51.782"), 57)]
    assert company.query("select count(*) from raw_files.deals where product_id = 'GTX Pro'") == [(1480,)]


def test_bpi_history_has_its_known_counts(company, real_data):
    target = company.workspace.inbox / "events.csv.gz"
    shutil.copyfile(real_data("bpi2012") / "events.csv.gz", target)
    company.map(
        "deal_history",
        {
            "deal_id": "case_id",
            "stage_name": "activity",
            "occurred_at": "ts",
            "sequence_number": "seq",
            "amount": "amount_req",
            "owner_id": "resource",
        },
        pattern="*.csv.gz",
        where={"lifecycle": ("COMPLETE",)},
        ignored_columns=["reg_date"],
    )
    company.limits["settle_seconds"] = 0
    batch = company.load().batch
    (report,) = batch.files
    assert report.count_records == 262_200
    assert report.count_quarantined == 0
    assert company.query(
        "select count(distinct deal_id) filter (stage_name = 'A_SUBMITTED'), "
        "count(distinct deal_id) filter (stage_name = 'A_APPROVED'), "
        "count(*) filter (stage_name = 'O_SENT'), count(distinct deal_id) filter (stage_name = 'O_SENT') "
        "from raw_files.deal_history"
    ) == [(13_087, 2_246, 7_030, 5_015)]
    assert company.query(
        "select round(median(days), 4), round(avg(days), 4) from (select (epoch(min(occurred_at) filter "
        "(stage_name = 'A_APPROVED')) - epoch(min(occurred_at) filter (stage_name = 'A_SUBMITTED'))) / 86400 as days "
        "from raw_files.deal_history group by deal_id)"
    ) == [(14.4366, 16.6589)]
