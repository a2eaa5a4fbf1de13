"""Every broken configuration is refused before anything runs, naming file, key, value and remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ingestion.config.errors import ConfigurationError
from ingestion.config.load import load_configuration
from ingestion.config.scaffold import TEMPLATE, WorkspaceExistsError, create_workspace
from ingestion.config.seeds import SEEDS, read_seeds

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return create_workspace(tmp_path / "acme", ROOT / "dagster.yaml").home


def _edit_settings(home: Path, change: Callable[[dict], None]) -> None:
    file = home / "pilotage.yml"
    content = yaml.safe_load(file.read_text())
    change(content)
    file.write_text(yaml.safe_dump(content))


def _problems(home: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(home)
    return [str(problem) for problem in caught.value.problems]


def _mapping(content: dict) -> dict:
    return content["sources"]["files"]["mappings"][0]


def test_new_workspace_is_valid_and_private(home: Path) -> None:
    configuration = load_configuration(home)
    assert configuration.settings.company_name == "My company"
    assert set(configuration.seeds) == set(SEEDS)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "dagster" / "dagster.yaml").read_text() == (ROOT / "dagster.yaml").read_text()


def test_init_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(WorkspaceExistsError, match="not empty"):
        create_workspace(tmp_path, ROOT / "dagster.yaml")
    assert (tmp_path / "mine.txt").read_text() == "keep me"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.update(colour="red"), "pilotage.yml: colour = 'red': no such setting"),
        (lambda c: c.pop("company_name"), "pilotage.yml: company_name: is required"),
        (lambda c: c.update(timezone="Europe/Pari"), "timezone = 'Europe/Pari'"),
        (lambda c: c.update(currency_code="euro"), "currency_code = 'euro'"),
        (lambda c: c.update(method={"mql_authority": ["seance"]}), "method.mql_authority"),
        (lambda c: c.update(fiscal_year_start_month=13), "fiscal_year_start_month = 13"),
        (lambda c: c.update(warehouse={"restate_days": "many"}), "warehouse.restate_days = 'many'"),
        (lambda c: c.update(method={"business_day_starts": "9h"}), "'9h' is no time of a day; write it as '09:00'"),
        (lambda c: c.update(method={"business_day_ends": "08:00"}), "08:00 must come after business_day_starts 09:00"),
        (lambda c: c["sources"].update(hubspott={}), "sources.hubspott"),
        (lambda c: _mapping(c).update(entity="deal"), "there is no entity 'deal'"),
        (lambda c: _mapping(c).update(delimiter=";;"), "mappings.0.delimiter = ';;'"),
        (lambda c: _mapping(c).update(pattern="../other/*.csv"), "must stay below inbox/"),
        (lambda c: _mapping(c).update(pattern="/etc/passwd"), "must stay below inbox/"),
        (lambda c: _mapping(c)["columns"].update(prix="Prix"), "'prix' is no column of deals"),
        (lambda c: _mapping(c)["columns"].pop("deal_id"), "deals needs deal_id"),
        (lambda c: _mapping(c).update(constants={"amount": "1"}), "amount is mapped and constant"),
        (
            lambda c: _mapping(c)["columns"].update(amount={"column": "Amount", "format": "%d"}),
            "only dates and timestamps have a format",
        ),
        (
            lambda c: c["sources"]["files"]["mappings"].append(_mapping(c)),
            "mapping names must be unique: crm_deals",
        ),
    ],
)
def test_settings_are_refused_with_key_value_and_remedy(
    home: Path, change: Callable[[dict], None], expected: str
) -> None:
    _edit_settings(home, change)
    assert any(expected in problem for problem in _problems(home)), _problems(home)


def test_time_that_yaml_reads_as_a_number_is_a_time_again(home: Path) -> None:
    settings = home / "pilotage.yml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "\nmethod:\n  business_day_starts: 10:30\n  business_day_ends: 18:00\n",
        encoding="utf-8",
    )
    method = load_configuration(home).settings.method
    assert (method.business_day_starts, method.business_day_ends) == ("10:30", "18:00")


def test_broken_yaml_names_its_line(home: Path) -> None:
    (home / "pilotage.yml").write_text("company_name: [1\nsources: {")
    assert "line" in _problems(home)[0]


def test_folder_without_workspace_is_told_how_to_make_one(tmp_path: Path) -> None:
    assert any("pilotage init" in problem for problem in _problems(tmp_path))


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(seeds: Path) -> None:
        file = seeds / f"{name}.csv"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _lines(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def apply(seeds: Path) -> None:
        file = seeds / f"{name}.csv"
        header, *lines = file.read_text(encoding="utf-8").splitlines()
        changed = change(lines)
        assert changed != lines
        file.write_text("\n".join([header, *changed]) + "\n", encoding="utf-8")

    return apply


def _keep_group(name: str, group: str) -> Callable[[Path], None]:
    return _lines(name, lambda lines: [line for line in lines if f",{group}," in line])


def _drop_lines(name: str, text: str) -> Callable[[Path], None]:
    return _lines(name, lambda lines: [line for line in lines if text not in line])


def _each_line(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace the last ``old`` of each line."""
    return _lines(name, lambda lines: [new.join(line.rsplit(old, 1)) for line in lines])


def _second_version(valid_from: str) -> Callable[[Path], None]:
    return _lines(
        "scoring_criteria",
        lambda lines: [*lines, *(line.replace("default,1,2000-01-01", f"default,2,{valid_from}") for line in lines)],
    )


def _after_the_fact(question: str) -> Callable[[Path], None]:
    def apply(seeds: Path) -> None:
        file = seeds / "discovery_questions.csv"
        header, *lines = file.read_text(encoding="utf-8").splitlines()
        flagged = [f"{line},{'true' if line.startswith(f'{question},') else ''}" for line in lines]
        file.write_text("\n".join([f"{header},is_after_the_fact", *flagged]) + "\n", encoding="utf-8")

    return apply


def _keep_header(file: Path) -> None:
    header, _ = file.read_text(encoding="utf-8").split("\n", 1)
    file.write_text(f"{header}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            _replace("stages", "stage_rank,stage_type", "place,stage_type"),
            "seeds/stages.csv: stage_rank: the column is missing",
        ),
        (_replace("stages", "label_fr", "label_de"), "label_de: no such column"),
        (_replace("stages", "discovery,1", "discovery,first"), "'first' in line 2: give a whole number"),
        (_replace("stages", "demo,3,open", "demo,2,open"), "number the stages 1 to 6 without gap"),
        (_replace("stages", "won,6,won", "won,6,open"), "give exactly one won stage"),
        (_replace("stages", "lost,,lost", "lost,7,lost"), "a lost stage has no rank"),
        (_replace("stages", "lost,,lost", "lost,7,open"), "has no lost stage"),
        (_replace("stages", "demo,3,open", "demo,3,opened"), "use one of lost, open, won"),
        (_replace("stages", "sales,demo", "sales,proposal"), "stands more than once"),
        (_replace("milestones", "10,timeframe", "10,"), "no milestone covers timeframe"),
        (_replace("milestones", "sales,proposal,5", "sales,won,5"), "is no open stage"),
        (_replace("milestones", "sales,proposal,5", "sales,proposal,0"), "give a weight above 0"),
        (
            lambda seeds: _keep_header(seeds / "milestones.csv"),
            "bant_dimension of pipeline sales: no milestone covers budget",
        ),
        (_replace("milestones", ",expected_roi", ",roi"), "use one of blockers, demo, expected_roi"),
        (
            _replace(
                "stages",
                "sales,discovery,1",
                "leasing,visit,1,open,V,V\nleasing,won,2,won,W,G\nleasing,lost,,lost,L,P\nsales,discovery,1",
            ),
            "bant_dimension of pipeline leasing: no milestone covers need",
        ),
        (lambda seeds: _keep_header(seeds / "scoring_criteria.csv"), "the groups fit and heat are mandatory"),
        (_replace("committee_roles", "80,,,user", "70,,,user"), "rule_order = 70: stands more than once"),
        (_replace("committee_roles", "80,,,user", "80,,,boss"), "use one of blocker, decision_maker"),
        (_replace("discovery_questions", "company_size,profile", "company_size,profil"), "use one of constraints"),
        (_replace("discovery_questions", "volumes,needs,false,1", "volumes,needs,false,0"), "give a weight above 0"),
        (_replace("discovery_questions", "volumes,needs,false", "volumes,needs,maybe"), "give true or false"),
        (_replace("discovery_questions", "past_suppliers,", "main_need,"), "question_code = main_need: stands more"),
        (
            lambda seeds: _keep_header(seeds / "discovery_questions.csv"),
            "section_code = history: no question belongs to it",
        ),
        (lambda seeds: _keep_header(seeds / "discovery_questions.csv"), "the first call follows a script"),
        (_replace("scoring_criteria", "fit,10", "fit,11"), "the maxima must sum to 100"),
        (_replace("scoring_criteria", "heat,15", "fit,15"), "heat must weigh more than fit"),
        (_replace("scoring_bands", "10,50,,6", "10,60,,6"), "overlaps the next band"),
        (_replace("scoring_bands", "10,50,,6", "49,10,,6"), "from < to"),
        (_replace("scoring_bands", "10,50,,6", "10,50,,16"), "must lie between 0 and 10"),
        (_replace("scoring_bands", "10,50,,6", "10,50,x,6"), "has bounds or a match_value"),
        (_replace("ideal_customer", "company_size,120", "company_size,5"), "the ideal customer must reach 10"),
        (_replace("ideal_customer", "company_size,120", "company_siz,120"), "is not in scoring_criteria.csv"),
        (_keep_group("scoring_criteria", "heat"), "the group fit is mandatory (R-25)"),
        (_keep_group("scoring_criteria", "fit"), "the group heat is mandatory (R-26)"),
        (_drop_lines("scoring_bands", "marketing_path"), "model default version 1 has no band for it"),
        (_drop_lines("ideal_customer", "company_size"), "describe the ideal customer first"),
        (_replace("scoring_criteria", "fit,10,", "fit,9.99999,"), "give at most four decimals"),
        (_replace("scoring_bands", "10,50,,6", "10,50,,6.00001"), "give at most four decimals"),
        (
            _replace("scoring_criteria", "companies.sector", "companies.sectors"),
            "evidence_field of activity_sector = 'companies.sectors': is no evidence; did you mean companies.sector?",
        ),
        (
            _replace("scoring_criteria", "companies.sector", "weather"),
            "is no evidence; choose companies.count_employees",
        ),
        (
            _replace("scoring_criteria", "milestones.need_understood", "milestones.need"),
            "did you mean milestones.need_u",
        ),
        (_replace("scoring_criteria", "web_events.count_actions", "web_events.event_name"), "use web_events.count_act"),
        (_replace("discovery_questions", "deadline,", "due,"), "'discovery.deadline': is no evidence"),
        (
            _after_the_fact("deadline"),
            "evidence_field of purchase_imminence = 'discovery.deadline': is recorded after the fact",
        ),
        (
            _replace("scoring_criteria", "heat,10,web_events", "fit,10,web_events"),
            "criterion_group of marketing_path = fit: behaviour belongs to heat",
        ),
        (_replace("scoring_criteria", "count_actions,30", "count_actions,"), "give the days that halve its weight"),
        (_replace("scoring_criteria", "count_actions,30", "count_actions,0"), "give between 0.5 and 3650 days"),
        (_replace("scoring_criteria", "companies.sector,", "companies.sector,30"), "only behaviour fades"),
        (
            _replace("scoring_criteria", "Activité,,false", "Activité,,true"),
            "is_target_date of activity_sector = true: only an answer",
        ),
        (_replace("scoring_criteria", "Activité,,", "Activité,2030-01-01,"), "give all of them the same day"),
        (
            _replace("scoring_criteria", "2000-01-01,activity", "2001-01-01,activity"),
            "valid_from of model default version 1: the criteria of a version hold together",
        ),
        (_each_line("scoring_criteria", ",,", ",1999-12-31,"), "must come after valid_from, 2000-01-01"),
        (_second_version("2000-01-01"), "valid_from of model default version 2 = 2000-01-01: overlaps version 1"),
        (_replace("scoring_bands", ",,Industrie,10", "0,9,,10"), "companies.sector is a text: give match_value"),
        (_replace("scoring_bands", "50,,,10", ",,big,10"), "companies.count_employees is a number here"),
        (_replace("scoring_bands", ",,validated,15", ",,done,15"), "a milestone is refused or validated"),
        (_replace("scoring_bands", "imminence,90,180,,8", "imminence,90,99999,,8"), "keep within 36500"),
        (_replace("scoring_thresholds", "lead_to_mql", "lead_to_gold"), "use one of lead_to_mql, mql_to_sql"),
        (_replace("scoring_thresholds", "lead_to_mql,40", "lead_to_mql,140"), "must lie between 0 and 100"),
        (
            _replace("scoring_thresholds", "lead_to_mql,40,20", "lead_to_mql,40,46"),
            "between 0 and 45, the most that fit",
        ),
        (
            _replace("scoring_thresholds", "default,1", "default,9"),
            "model default version 9: is not in scoring_criteria",
        ),
        (_replace("scoring_grades", "default,1", "other,1"), "model other version 1: is not in scoring_criteria.csv"),
        (_replace("scoring_grades", "D,0", "D,5"), "give the lowest one the bound 0"),
        (_replace("scoring_grades", "C,30", "C,50"), "two grades begin at one score"),
        (_replace("scoring_grades", "A,70", "A,170"), "lower_bound of A = 170: must lie between 0 and 100"),
        (
            _replace("targets", "target_high\n", "target_high\nnew_leads,2026-01-15,all,3,2026-01-01,\n"),
            "give the first day of a month",
        ),
        (
            _replace("targets", "target_high\n", "target_high\nnew_leads,2026-01-01,nowhere,3,2026-01-01,\n"),
            "use 'all' or a stage",
        ),
        (_replace("holidays", "2026-01-01", "01/01/2026"), "'01/01/2026' in line"),
        (_replace("channel_rules", ",cross-network,", ",cross-(network,"), "campaign_pattern of rule 50"),
        (_replace("channel_rules", "Direct,,,,,,(^direct", "Direct,web,,,,,(^direct"), "give it a rule of its own"),
        (lambda seeds: (seeds / "stages.csv").unlink(), "seeds/stages.csv: file: is missing"),
        (lambda seeds: (seeds / "stage.csv").write_text("a\n1\n"), "no seed has this name"),
        (lambda seeds: (seeds / "stages.csv").write_bytes("Découverte".encode("cp1252")), "is not UTF-8"),
        (lambda seeds: (seeds / "stages.csv").write_bytes(b""), "is no CSV with a header"),
    ],
)
def test_seeds_are_refused_with_file_key_value_and_remedy(
    home: Path, change: Callable[[Path], None], expected: str
) -> None:
    change(home / "seeds")
    assert any(expected in problem for problem in _problems(home)), _problems(home)


def test_seed_that_a_workspace_leaves_out_is_the_products_own(home: Path) -> None:
    (home / "seeds" / "holidays.csv").unlink()
    assert load_configuration(home).seeds["holidays"] == read_seeds(TEMPLATE / "seeds")["holidays"]


def test_a_model_of_ones_own_needs_no_thresholds_or_grades(home: Path) -> None:
    seeds = home / "seeds"
    for name in ("scoring_criteria", "scoring_bands", "ideal_customer"):
        file = seeds / f"{name}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace("default,1", "pumps,1"), encoding="utf-8")
    for name in ("scoring_thresholds", "scoring_grades"):
        (seeds / f"{name}.csv").unlink()
    tables = load_configuration(home).seeds
    assert (len(tables["scoring_thresholds"]), len(tables["scoring_grades"])) == (0, 0)
    assert tables["scoring_grades"].schema == SEEDS["scoring_grades"].arrow_schema()
    _edit_settings(home, lambda content: content.update(method={"mql_authority": ["score"]}))
    assert any("lead_to_mql of model pumps version 1: method.mql_authority" in problem for problem in _problems(home))


def test_score_can_decide_who_is_an_mql(home: Path) -> None:
    _edit_settings(home, lambda content: content.update(method={"mql_authority": ["score"]}))
    assert load_configuration(home).settings.method.mql_authority == ("score",)


def test_criteria_of_the_product_may_name_milestones_that_a_workspace_has_not(home: Path) -> None:
    (home / "seeds" / "scoring_criteria.csv").unlink()
    _replace("milestones", "need_understood", "need_written_down")(home / "seeds")
    assert (
        "milestones.need_understood" in load_configuration(home).seeds["scoring_criteria"]["evidence_field"].to_pylist()
    )


def test_versions_of_a_model_follow_each_other(home: Path) -> None:
    for name in ("scoring_bands", "ideal_customer"):
        _lines(name, lambda lines: [*lines, *(line.replace("default,1,", "default,2,") for line in lines)])(
            home / "seeds"
        )
    _second_version("2026-01-01")(home / "seeds")
    versions = load_configuration(home).seeds["scoring_criteria"]["model_version"].to_pylist()
    assert sorted(set(versions)) == [1, 2]


def test_channel_rules_from_before_stated_sources_are_read(home: Path) -> None:
    (home / "seeds" / "channel_rules.csv").write_text(
        "rule_order,channel_name,source_pattern,medium_pattern,campaign_pattern,referrer_pattern,has_click_id\n"
        "10,Email,,mail,,,\n"
    )
    rules = load_configuration(home).seeds["channel_rules"]
    assert rules.to_pylist() == [
        dict.fromkeys(rules.column_names) | {"rule_order": 10, "channel_name": "Email", "medium_pattern": "mail"}
    ]


def test_milestones_without_roles_are_read(home: Path) -> None:
    file = home / "seeds" / "milestones.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("".join(line.rpartition(",")[0] + "\n" for line in lines), encoding="utf-8")
    assert load_configuration(home).seeds["milestones"]["milestone_role"].null_count == len(lines) - 1


def test_seed_with_a_byte_order_mark_is_read(home: Path) -> None:
    file = home / "seeds" / "stages.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert load_configuration(home).seeds["stages"].column_names[0] == "pipeline_name"


def test_all_problems_are_told_at_once(home: Path) -> None:
    _edit_settings(home, lambda content: content.update(colour="red", timezone="Mars/Olympus"))
    (home / "seeds" / "stages.csv").unlink()
    assert len(_problems(home)) == 3


@pytest.mark.parametrize("example", ["maven_crm", "bpi2012"])
def test_examples_are_valid_and_hold_no_data(example: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / example, tmp_path / "home")
    assert load_configuration(tmp_path / "home").settings.sources.files is not None
    assert not list((ROOT / "examples" / example).rglob("inbox"))
