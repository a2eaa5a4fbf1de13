"""The files are what such systems write, hostile as life; the counts of ``truth.json`` are taken from the files."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from ingestion.config.settings import Settings
from ingestion.demo import simulate

END = date(2025, 10, 31)


def hashes(home: Path) -> dict[str, str]:
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def times(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, format="%d/%m/%Y %H:%M:%S")


# The workspace


def test_two_runs_write_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        simulate(tmp_path / name, seed=seed, scale=0.05, end=END, months=14)
    one = hashes(tmp_path / "one")
    assert one == hashes(tmp_path / "two")
    assert one != hashes(tmp_path / "other")
    assert any(name.endswith(".gz") for name in one)


def test_settings_are_valid_and_describe_every_file(company) -> None:
    content = yaml.safe_load((company.home / "pilotage.yml").read_text(encoding="utf-8"))
    settings = Settings.model_validate(content)
    assert settings.as_of == END
    assert settings.sources.files is not None
    found = [
        sum(path.match(f"inbox/{mapping.pattern}") for mapping in settings.sources.files.mappings)
        for path in (company.home / "inbox").rglob("*.*")
    ]
    assert set(found) == {1}
    assert len(found) == company.report.count_files


def test_every_mapped_column_is_in_its_file_and_no_column_is_left_out(company) -> None:
    content = yaml.safe_load((company.home / "pilotage.yml").read_text(encoding="utf-8"))
    settings = Settings.model_validate(content)
    assert settings.sources.files is not None
    for mapping in settings.sources.files.mappings:
        path = min((company.home / "inbox").glob(mapping.pattern))
        mapped = {column.column for column in mapping.columns.values()}
        if mapping.format == "csv":
            header = path.read_bytes().splitlines()[0].decode(mapping.encoding)
            assert set(header.split(mapping.delimiter)) == mapped, path
        else:
            lines = company.lines(path.parent.name, path.name)
            assert set(lines.columns) - {"file"} == mapped, path


def test_targets_cover_every_metric_stage_and_month_and_are_versioned(company) -> None:
    with (company.home / "seeds" / "targets.csv").open(encoding="utf-8") as file:
        targets = pd.DataFrame(csv.DictReader(file))
    by_stage = {"kpi3_stage_conversion", "losses_count", "losses_rate"}
    total = {"new_leads", "orders_count", "orders_amount", "average_basket", "kpi1_mql_rate", "kpi2_sql_rate"}
    assert set(targets.metric_id) == by_stage | total
    assert set(targets[targets.metric_id.isin(total)].stage_name) == {"all"}
    assert targets[targets.metric_id.isin(by_stage)].stage_name.nunique() == 5
    assert targets.target_month.min() == "2022-11-01"
    assert targets.target_month.max() == "2026-10-01"
    versions = targets.groupby(["metric_id", "target_month", "stage_name"]).valid_from.nunique()
    assert versions.max() == 2
    assert not targets.duplicated(["metric_id", "target_month", "stage_name", "valid_from"]).any()
    assert (company.home / "seeds" / "internal_domains.csv").read_text().split() == ["domain_name", "mecatech-demo.fr"]


def test_volumes_are_those_of_scale_one(tmp_path: Path) -> None:
    report = simulate(tmp_path / "home", scale=1.0, end=END)
    assert 235_000 <= report.count_web_events <= 265_000
    assert 34_000 <= report.count_visitors <= 44_000
    assert report.count_persons == 3_000
    assert 900 <= report.count_mqls <= 1_150
    assert 350 <= report.count_deals <= 460
    # 150 a year.
    assert 380 <= report.count_orders <= 560
    shutil.rmtree(tmp_path / "home")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0}, "scale"),
        ({"months": 2}, "months"),
        ({"hold_back_days": 29}, "hold_back_days"),
    ],
)
def test_senseless_arguments_are_refused(tmp_path: Path, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(tmp_path / "home", end=END, **options)
    assert not (tmp_path / "home").exists()


def test_folder_with_files_is_refused(company) -> None:
    with pytest.raises(ValueError, match="already holds a company"):
        simulate(company.home, scale=0.05, end=END)


# Dialects


def test_crm_is_written_as_a_french_system_writes(company) -> None:
    deals = company.crm("affaires_2024.csv")
    amounts = deals["Montant HT"]
    assert amounts[amounts != ""].str.fullmatch(r"\d+,\d\d").all()
    assert (amounts == "").any()
    created = times(deals["Créée le"])
    assert set(created.dt.year) == {2024}
    assert set(deals["Étape"]) <= {
        "Découverte", "Besoin validé", "Démonstration", "Proposition", "Négociation", "Gagné", "Perdu",
    }  # fmt: skip
    body = (company.home / "inbox" / "crm" / "contacts_2024.csv").read_bytes()
    assert b"\r\n" in body
    assert "Hélène".encode("cp1252") in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_erp_is_written_as_an_international_system_writes(company) -> None:
    lines = (company.home / "inbox" / "erp" / "orders_before_cancellation.csv").read_text(encoding="utf-8")
    rows = pd.DataFrame(csv.DictReader(lines.splitlines()))
    assert rows.net_amount.str.fullmatch(r"\d+\.\d\d").all()
    assert pd.to_datetime(rows.ordered_at, format="%Y-%m-%dT%H:%M:%SZ").notna().all()


# What is hostile


def test_web_events_come_twice_late_and_out_of_order_as_counted(company, web: pd.DataFrame) -> None:
    hostile, counts = company.truth["hostile"], company.truth["counts"]
    assert web.id.nunique() == counts["web_events"] == company.report.count_web_events
    files = web.groupby("id").file.nunique()
    assert (files == 2).sum() == hostile["web_events_redelivered_in_next_file"] > 0
    twice_in_one = web.groupby(["id", "file"]).size()
    assert (twice_in_one == 2).sum() == hostile["web_lines_doubled"] > 0
    late = web[web.file.str.startswith("late_")]
    assert len(late) == hostile["web_events_in_late_files"] > 0
    lag = pd.to_datetime(late.received_at) - pd.to_datetime(late.ts)
    assert (lag == pd.Timedelta(days=25)).all()
    one_file = web[web.file == "events_2024-06.jsonl"]
    assert not pd.to_datetime(one_file.ts).is_monotonic_increasing
    versions = web.drop(columns="file").drop_duplicates()
    assert versions.id.is_unique


def test_visitors_without_consent_have_no_id(web: pd.DataFrame, company) -> None:
    events = web.drop_duplicates("id")
    assert events[events.consent == "granted"].cookie_id.notna().all()
    refused = events[events.consent != "granted"]
    assert refused.cookie_id.isna().all()
    assert len(refused) == company.truth["hostile"]["web_events_without_visitor"]


def test_bots_and_staff_visit_the_site(web: pd.DataFrame, company) -> None:
    events = web.drop_duplicates("id")
    bots = events.user_agent.str.lower().str.contains("bot|headless|python-requests")
    assert bots.sum() == company.truth["hostile"]["web_bot_events"] > 1000
    staff = events[events.email.str.lower().str.strip().str.endswith("@mecatech-demo.fr", na=False)]
    assert len(staff) == 12
    assert set(staff.cookie_id) == set(staff.cookie_id.dropna())


def test_channels_leave_their_marks_on_the_landing_page(web: pd.DataFrame) -> None:
    assert web.click_id.dropna().str.startswith("gclid-").all()
    assert set(web.utm_medium.dropna()) >= {"cpc", "email", "paid_social", "display", "qr"}
    assert web.referrer.str.contains("google").any()
    assert web.utm_campaign.str.contains("é").any()
    assert web.url.str.contains("prédictive").any()


def test_events_fall_in_the_repeated_hour_and_around_midnight(web: pd.DataFrame, company) -> None:
    moments = pd.to_datetime(web.drop_duplicates("id").ts)
    local = moments.dt.tz_convert("Europe/Paris")
    night = local[(local.dt.strftime("%Y-%m-%d") == "2024-10-27") & (local.dt.hour == 2)]
    assert night.map(lambda moment: moment.utcoffset()).nunique() == 2
    assert company.truth["hostile"]["web_events_in_repeated_hour"] >= len(night) > 0
    midnight = local[(local.dt.strftime("%m-%d %H:%M").isin(["05-31 23:59", "06-01 00:00", "06-01 00:01"]))]
    assert len(midnight) >= 3


def test_forms_carry_addresses_as_people_type_them(web: pd.DataFrame) -> None:
    forms = web[web.event == "form_submit"]
    assert forms.form.notna().all()
    assert forms.email.notna().all()
    assert forms.email.str.isupper().any()
    assert forms.email.str.endswith(" ").any()
    assert web[web.event != "form_submit"].email.isna().all()


def test_contacts_are_doubled_merged_deleted_and_tests_as_counted(company) -> None:
    hostile = company.truth["hostile"]
    contacts = company.crm("contacts_2*.csv")
    unique = contacts.drop_duplicates("Id contact")
    assert len(contacts) - len(unique) == hostile["contact_lines_doubled"]
    merged = unique[unique["Fusionné dans"] != ""]
    assert len(merged) == hostile["merged_contacts"] > 0
    assert merged["Fusionné dans"].isin(unique["Id contact"]).all()
    assert (unique["Supprimé"] == "Oui").sum() == hostile["deleted_contacts"] > 0
    assert (unique["Test"] == "Oui").sum() == hostile["test_contacts"] > 0
    shared = unique[unique["E-mail"].str.lower().str.startswith("contact@")]
    assert len(shared) == hostile["shared_mailbox_contacts"] > 0
    clean = unique[~unique["Id contact"].str[1:].astype(int).ge(700_000)]
    assert len(clean) == company.truth["counts"]["true_persons"] == company.report.count_persons
    twice = unique[unique["Id contact"].str[1:].astype(int).ge(900_000) & (unique["Fusionné dans"] == "")]
    assert len(twice) == hostile["unmerged_second_contacts"] > 0
    address = clean["E-mail"].str.lower().str.strip()
    assert twice["E-mail"].str.lower().isin(address).all()
    assert set(unique["Nom"]) >= {"Null", "D'Angelo", "Bœuf"}


def test_contact_in_two_files_has_the_newer_version_by_its_change_date(company) -> None:
    old = company.crm("contacts_ancien_export.csv").set_index("Id contact")
    now = company.crm("contacts_2*.csv").drop_duplicates("Id contact").set_index("Id contact")
    assert len(old) == company.truth["hostile"]["contacts_in_two_versions"] > 0
    assert (times(old["Modifié le"]) < times(now.loc[old.index, "Modifié le"])).all()
    assert (old["Origine"] != now.loc[old.index, "Origine"]).all()


def test_deal_log_has_skips_back_moves_re_entries_and_reopenings(company) -> None:
    hostile = company.truth["hostile"]
    log = company.crm("historique_affaires_*.csv").drop_duplicates("Id changement")
    log["sequence"] = log["Ordre"].astype(int)
    ranks = ["Découverte", "Besoin validé", "Démonstration", "Proposition", "Négociation", "Gagné", "Perdu"]
    log["rank"] = log["Étape"].map({label: rank for rank, label in enumerate(ranks, start=1)})
    log = log.sort_values(["Id affaire", "sequence"])
    assert (times(log["Date"]).groupby(log["Id affaire"]).diff().dropna() >= pd.Timedelta(0)).all()
    before = log.groupby("Id affaire")["rank"].shift()
    skips = (before < 6) & (log["rank"] < 7) & (log["rank"] - before > 1)
    assert skips.sum() == hostile["skipped_stages"] > 0
    assert ((before < 7) & (log["rank"] < before)).sum() == hostile["back_moves"] > 0
    assert ((before == 7) & (log["rank"] < 6)).sum() == hostile["reopened_deals"] > 0
    moves = log[log["rank"] != before]
    entries = moves[moves["rank"] < 6].groupby(["Id affaire", "rank"]).size()
    assert (entries - 1).sum() == hostile["stage_re_entries"] > 0
    late = times(log["Enregistré le"]) - times(log["Date"]) > pd.Timedelta(days=1)
    assert late.sum() > 0


def test_deals_are_deleted_merged_tests_and_closed_at_once(company) -> None:
    hostile = company.truth["hostile"]
    deals = company.crm("affaires_2*.csv").drop_duplicates("Id affaire")
    assert (deals["Supprimée"] == "Oui").sum() == hostile["deleted_deals"] > 0
    assert (deals["Fusionnée dans"] != "").sum() == hostile["merged_deals"] > 0
    assert (deals["Test"] == "Oui").sum() == hostile["test_deals"] > 0
    closed = deals[deals["Fermée le"] != ""]
    same_day = closed["Fermée le"].str[:10] == closed["Créée le"].str[:10]
    assert same_day.sum() == hostile["created_and_closed_same_day"] > 0
    assert (deals["Étape"] == "Perdu").sum() == company.truth["counts"]["deals_lost"]
    assert (deals["Étape"] == "Gagné").sum() == company.truth["counts"]["deals_won"]
    old = company.crm("affaires_ancien_export.csv")
    assert len(old) == hostile["deals_in_two_versions"] > 0


def test_activities_have_a_cut_row_doubles_and_the_repeated_hour(company) -> None:
    body = (company.home / "inbox" / "crm" / "activites_reprise.csv").read_bytes().decode("cp1252")
    assert body.endswith("T999999;Appel;Sortant;Répo\r\n")
    activities = company.crm("activites_*.csv")
    assert activities["Id activité"].duplicated().sum() == company.truth["hostile"]["activity_lines_doubled"]
    assert (activities["Date"] == "27/10/2024 02:30:00").any()
    judged = activities[activities["Avis"] != ""]
    assert set(judged["Résultat"]) == {"Répondu", "Tenu"}
    assert (times(judged["Avis rendu le"]) > times(judged["Date"])).all()
    assert activities["Id contact"].str[1:].astype(int).ge(900_000).any()


def test_some_who_did_not_write_came_to_the_showroom(company) -> None:
    people = company.crm("contacts_2*.csv").drop_duplicates("Id contact")
    walk_ins = set(people.loc[people["Origine"] == "Showroom", "Id contact"])
    callers = set(people.loc[people["Origine"] == "Téléphone", "Id contact"])
    assert len(callers) > len(walk_ins) > 0
    inbound = company.crm("activites_*.csv").query("Sens == 'Entrant'")
    for ids, kind in ((walk_ins, "Visite showroom"), (callers, "Appel")):
        assert set(inbound.loc[inbound["Id contact"].isin(ids), "Type"]) == {kind}


def test_machines_click_within_seconds_and_proxies_open(company) -> None:
    events = company.lines("newsletter").drop_duplicates("event_id")
    counts, hostile = company.truth["counts"], company.truth["hostile"]
    assert len(events) == counts["email_events"]
    delivered = events[events.type == "delivered"].set_index("message_id")
    assert delivered.index.is_unique
    assert len(delivered) == counts["email_deliveries"]
    clicks = events[events.type == "click"]
    after = pd.to_datetime(clicks["at"]).set_axis(clicks.message_id)
    after = after - pd.to_datetime(delivered["at"]).reindex(after.index)
    assert (after <= pd.Timedelta(seconds=10)).sum() == hostile["email_scanner_clicks"] > 0
    assert (after > pd.Timedelta(seconds=10)).sum() == counts["email_human_clicks"]
    assert events.client.str.contains("GoogleImageProxy", na=False).sum() == hostile["email_proxy_opens"] > 0
    assert set(events.type) == {"sent", "delivered", "bounce", "open", "click", "unsubscribe"}
    assert events.contact_id.isna().any()


def test_nobody_gets_an_email_after_a_hard_bounce_or_an_unsubscription(company) -> None:
    events = company.lines("newsletter").drop_duplicates("event_id")
    events["moment"] = pd.to_datetime(events["at"])
    gone = events[(events.type == "unsubscribe") | (events.bounce_type == "hard")].groupby("email").moment.min()
    sent = events[events.type == "sent"].groupby("email").moment.max()
    both = pd.concat([gone.rename("gone"), sent.rename("sent")], axis=1, join="inner")
    assert len(both) > 10
    assert (both.sent < both.gone).all()


def test_rows_that_do_not_parse_stay_far_below_the_share_that_stops_a_run(company) -> None:
    totals = 0
    for path in (company.home / "inbox" / "erp").glob("orders_2*.csv"):
        rows = path.read_text(encoding="utf-8").splitlines()[1:]
        bad = sum(row.startswith("TOTAL") for row in rows)
        totals += bad
        assert bad <= 0.05 * len(rows) / 2
    assert totals == company.truth["hostile"]["total_lines"]
    footfall = company.crm("../events/passage_*.csv")
    assert footfall["Jour"].str.startswith("31/02/").sum() == company.truth["hostile"]["impossible_dates"] == 1
    cut = [line for line in _plain_lines(company.home / "inbox" / "web") if not line.endswith("}")]
    assert len(cut) == company.truth["hostile"]["web_cut_lines"] == 1


def _plain_lines(folder: Path) -> list[str]:
    return [line for path in folder.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]


# Expected counts


def test_expected_counts_are_those_of_the_files(company) -> None:
    expected = company.truth["expected"]
    deals = company.crm("affaires_2*.csv").drop_duplicates("Id affaire")
    clean = deals[deals["Id affaire"].str[1:].astype(int) < 900_000]
    created = times(clean["Créée le"]).dt.strftime("%Y-%m").value_counts()
    assert {month: count for month, count in expected["deals_created"].items() if count} == created.to_dict()
    won = clean[clean["Étape"] == "Gagné"]
    closed = times(won["Fermée le"]).dt.strftime("%Y-%m").value_counts()
    assert {month: count for month, count in expected["deals_won"].items() if count} == closed.to_dict()
    rows = []
    for path in (company.home / "inbox" / "erp").glob("orders_2*.csv"):
        rows += list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    orders = pd.DataFrame(rows)
    orders = orders[orders.ordered_at != ""].drop_duplicates("order_id")
    local = pd.to_datetime(orders.ordered_at).dt.tz_convert("Europe/Paris").dt.strftime("%Y-%m")
    assert {month: count for month, count in expected["orders_count"].items() if count} == (
        local.value_counts().to_dict()
    )
    assert sum(expected["new_leads_first_cycle"].values()) == company.report.count_persons
    assert (
        sum(sum(by_month.values()) for by_month in expected["deals_lost"].values())
        == (company.truth["counts"]["deals_lost"])
    )


# One night


def test_held_back_day_completes_the_inbox(tmp_path: Path, build: Callable) -> None:
    whole = build(tmp_path / "whole", scale=0.1)
    held = build(tmp_path / "held", scale=0.1, hold_back_days=1)
    settings = yaml.safe_load((held.home / "pilotage.yml").read_text(encoding="utf-8"))
    assert settings["as_of"] == date(2025, 10, 30)
    assert {**held.truth, "hold_back_days": 0}["expected"] == whole.truth["expected"]
    cutoff = pd.Timestamp("2025-10-31", tz="Europe/Paris")
    before = held.lines("web")
    assert (pd.to_datetime(before.received_at) < cutoff).all()
    assert not (held.home / "inbox" / "web" / "held_events_2025-10.jsonl").exists()

    night = held.home / "held_back"
    names = [path.relative_to(night) for path in night.rglob("*") if path.is_file()]
    assert {str(name.parent) for name in names} >= {"web", "crm", "events"}
    for name in names:
        assert not (held.home / "inbox" / name).exists()
        (night / name).rename(held.home / "inbox" / name)

    columns = ["id", "ts", "received_at"]
    after = held.lines("web").sort_values(columns)[columns]
    assert (after.to_numpy() == whole.lines("web").sort_values(columns)[columns].to_numpy()).all()
    assert len(after) > len(before)
    for pattern, key, changed in (
        ("affaires_2*.csv", "Id affaire", "Modifiée le"),
        ("contacts_2*.csv", "Id contact", "Modifié le"),
        ("activites_2*.csv", "Id activité", "Modifiée le"),
        ("historique_affaires_*.csv", "Id changement", "Enregistré le"),
    ):
        states = []
        for company in (held, whole):
            rows = company.crm(pattern)
            rows["moment"] = times(rows[changed])
            newest = rows.sort_values("moment").drop_duplicates(key, keep="last").set_index(key).sort_index()
            states.append(newest.drop(columns=["file", "moment"]))
        pd.testing.assert_frame_equal(*states)
