"""The content of the report: a pure function from published rows, month and language to blocks; it computes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from dashboard.lib import charts
from dashboard.lib import format as write
from dashboard.lib.charts import Band, Mark, Point
from dashboard.lib.format import NOTHING, Language
from dashboard.lib.source import Publication
from dashboard.lib.texts import MODELS, WHY, Say, say_in
from dashboard.lib.theme import LIGHT
from dashboard.lib.words import ACTIONS, ENTITIES, MATCHES, OUTCOMES
from dashboard.queries.board import read_conversions, read_forecast, read_last_complete_month, read_lines
from dashboard.queries.catalogue import formula_of
from dashboard.queries.forecast import read_actuals, read_expected
from dashboard.queries.prospects import ALL, read_totals
from dashboard.queries.quality import read_measures, read_reconciliation
from dashboard.queries.reads import Reads
from dashboard.report.blocks import Block, Card, Cards, Cell, Picture, Prose, Report, Section, Table, Tone
from dashboard.report.texts import TEXTS

_HEADLINES: Final = ("new_leads", "orders_count", "orders_amount", "average_basket")
_COUNT_ACTUALS: Final = 12
_CHECKS: Final = "share_checks_passed"

_ACTIONS: Final = """
    select
        action_type,
        count(*) as count_actions,
        count(*) filter (where is_overdue) as count_overdue
    from marts.kpi_next_actions
    group by action_type
"""
_DEFINITIONS: Final = """
    select *
    from marts.kpi_catalog
    where list_contains($metric_ids, metric_id)
    order by list_position($metric_ids, metric_id)
"""


class NoSuchMonthError(Exception):
    """The published figures do not hold the month."""


def report_of(
    rows: Reads, publication: Publication, month: date | None, language: Language, company_name: str
) -> Report:
    """Return the report of ``month`` (its first day; None: the last month that was over).

    Raises ``NoSuchMonthError`` when no figure of that month is published.
    """
    chosen = month or read_last_complete_month(rows, publication.as_of)
    lines = read_lines(rows, chosen) if chosen else []
    if chosen is None or not lines:
        wanted = f"{chosen:%Y-%m}" if chosen else "a month"
        raise NoSuchMonthError(f"no figure of {wanted} is published; the build is of {publication.as_of}")
    maker = _Maker(rows, publication, chosen, say_in(language).also(TEXTS))
    conversions, forecast = read_conversions(rows, chosen), read_forecast(rows)
    shown = [row["metric_id"] for row in (*lines, *conversions, *forecast)]
    sections = (
        maker.board(lines),
        maker.conversions(conversions),
        maker.losses(lines),
        maker.forecast(forecast),
        maker.calls(),
        maker.quality(),
        maker.definitions(list(dict.fromkeys(shown))),
    )
    say = maker.say
    caption = say(
        "as_of",
        as_of=write.full_date(publication.as_of, language),
        published_at=write.instant(publication.published_at, language, None),
    )
    return Report(
        company_name=company_name,
        title=say("report_title", month=write.month(chosen, language)),
        caption=caption,
        language=language,
        month=chosen,
        version=publication.version,
        published_at=publication.published_at,
        sections=sections,
        page_words=say("report_page", page="{page}", count="{count}"),
    )


class _Maker:
    """Makes the sections of one report."""

    def __init__(self, rows: Reads, publication: Publication, month: date, say: Say) -> None:
        self.rows = rows
        self.as_of = publication.as_of
        self.month = month
        self.say = say
        self.language: Language = say.language
        # A month that is not over is not held against whole ones, nor against the whole target.
        self.is_running = month == publication.as_of.replace(day=1) and not _is_last_day(publication.as_of)
        self.previous = "elapsed" if self.is_running else "previous"

    def label(self, row: Mapping[str, Any], prefix: str = "label") -> str:
        return str(row[f"{prefix}_{self.language}"])

    def quantity(self, value: float | None, unit: str, *, is_signed: bool = False) -> str:
        return write.quantity(value, unit, self.language, is_signed=is_signed)

    def board(self, lines: Sequence[Mapping[str, Any]]) -> Section:
        say = self.say
        whole = [row for row in lines if row["line_id"] != "losses_by_stage"]
        blocks: list[Block] = [Prose(say("report_running", as_of=self._origin()))] if self.is_running else []
        cards = [self._card(row) for row in whole if row["metric_id"] in _HEADLINES]
        if cards:
            blocks.append(Cards(tuple(cards)))
        columns = ("line", "value", f"vs_{self.previous}", "vs_year", "target", self._gap_name())
        rows = tuple(
            (
                Cell(self.label(row)),
                Cell(self.quantity(row["value"], row["unit"]), say("low_n") if row["is_low_n"] else ""),
                self._evolution(row, self.previous),
                Cell(NOTHING) if self.is_running else self._evolution(row, "year_ago"),
                Cell(self.quantity(row["target"], row["unit"])),
                self._gap(row),
            )
            for row in whole
        )
        blocks.append(Table(tuple(say(name) for name in columns), rows, note=say("signal_means")))
        return Section(say("dashboard"), tuple(blocks))

    def _card(self, row: Mapping[str, Any]) -> Card:
        lines: list[Cell] = []
        if row["is_on_target"] is not None:
            is_on = bool(row["is_on_target"])
            text = self.say(
                "card_target",
                sign="✓" if is_on else "✗",
                words=self.say("reached" if is_on else "missed"),
                target=self.quantity(row["target"], row["unit"]),
            )
            lines.append(Cell(text, tone="good" if is_on else "bad"))
        evolution = self._evolution(row, self.previous)
        if evolution.text != NOTHING:
            signal = evolution.note or self.say("untested")
            lines.append(Cell(self.say(f"card_{self.previous}", value=evolution.text, signal=signal)))
        return Card(self.label(row), self.quantity(row["value"], row["unit"]), tuple(lines))

    def _evolution(self, row: Mapping[str, Any], against: str) -> Cell:
        if row["unit"] == "ratio":
            change = row[f"evolution_abs_{against}"]
            points = write.number(None if change is None else 100 * change, self.language, digits=1, is_signed=True)
            shown = NOTHING if change is None else self.say("points", value=points)
        else:
            shown = write.percent(row[f"evolution_rel_{against}"], self.language, digits=0, is_signed=True)
        signal = row[f"evolution_signal_{against}"]
        return Cell(shown, self.say(signal) if signal and shown != NOTHING else "")

    def _gap_name(self) -> str:
        return "gap_paced" if self.is_running else "gap"

    def _gap(self, row: Mapping[str, Any]) -> Cell:
        # Rates and means are not paced.
        paced = row.get("gap_paced")
        gap = paced if self.is_running and paced is not None else row.get("gap_abs")
        tone: Tone = (
            "" if gap is None or row.get("is_on_target") is None else ("good" if row["is_on_target"] else "bad")
        )
        note = {"good": self.say("reached"), "bad": self.say("missed"), "": ""}[tone]
        if gap is not None and row["unit"] == "ratio":
            points = write.number(100 * gap, self.language, digits=1, is_signed=True)
            return Cell(self.say("points", value=points), note, tone)
        return Cell(self.quantity(gap, row.get("unit", ""), is_signed=True), note, tone)

    def conversions(self, conversions: Sequence[Mapping[str, Any]]) -> Section:
        say = self.say
        rows: list[tuple[Cell, ...]] = []
        pictures: list[Block] = []
        for metric_id in dict.fromkeys(row["metric_id"] for row in conversions):
            group = [row for row in conversions if row["metric_id"] == metric_id]
            rows.append((Cell(self.label(group[0])),))
            for row in group:
                days = row["window_days"]
                rows.append(
                    (
                        Cell(self.label(row, "dimension_label")),
                        Cell(say("window_days", days=days) if days else say("window_month")),
                        Cell(self._rate(row["value_month"])),
                        Cell(self._rate(row["value_fiscal_year"])),
                        Cell(write.interval(row["ci_low"], row["ci_high"], "ratio", self.language)),
                        Cell(write.number(row["denominator"], self.language)),
                        Cell(self.quantity(row["target"], "ratio")),
                    )
                )
            if len({row["dimension_value"] for row in group}) > 1:
                pictures += self._conversion_picture(self.label(group[0]), group)
        columns = ("kpi", "window", "of_month", "of_year", "interval", "cases", "target")
        table = Table(tuple(say(name) for name in columns), tuple(rows), note=say("conversions_note"))
        return Section(say("conversions"), (table, *pictures))

    def _conversion_picture(self, label: str, group: Sequence[Mapping[str, Any]]) -> list[Block]:
        marks = [
            Mark(
                self.label(row, "dimension_label"),
                row["value_fiscal_year"],
                self._rate(row["value_fiscal_year"]),
                row["ci_low"],
                row["ci_high"],
            )
            for row in group
            if row["value_fiscal_year"] is not None
        ]
        if not marks:
            return []
        chart = charts.dots(marks, theme=LIGHT, language=self.language, is_ratio=True)
        title = self.say("conversions_chart", metric=label)
        return [Picture(title, self.say("conversions_words", values=_listed(marks)), chart)]

    def _rate(self, value: float | None) -> str:
        return self.say("too_early") if value is None else self.quantity(value, "ratio")

    def losses(self, lines: Sequence[Mapping[str, Any]]) -> Section:
        say = self.say
        stages: dict[str, dict[str, Mapping[str, Any]]] = {}
        for row in lines:
            if row["line_id"] == "losses_by_stage":
                stages.setdefault(row["stage_id"], {})[row["metric_id"]] = row
        if not stages:
            return Section(say("losses"), (Prose(say("no_losses")),))
        rows: list[tuple[Cell, ...]] = []
        marks: list[Mark] = []
        for stage_id, metrics in stages.items():
            count, rate, amount = (metrics.get(f"losses_{name}", {}) for name in ("count", "rate", "amount"))
            name = {"all": say("all"), "unknown": say("stage_unknown")}.get(stage_id) or self.label(
                count or amount or rate, "stage_label"
            )
            share = self.quantity(rate.get("value"), "ratio")
            rows.append(
                (
                    Cell(name),
                    Cell(self.quantity(count.get("value"), "deals")),
                    Cell(self.quantity(count.get("target"), "deals")),
                    self._gap(count) if count else Cell(NOTHING),
                    Cell(share),
                    Cell(self.quantity(rate.get("target"), "ratio")),
                    Cell(self.quantity(amount.get("value"), amount.get("unit", ""))),
                )
            )
            if stage_id != "all" and count.get("value"):
                shown = self.quantity(count["value"], "deals")
                marks.append(Mark(name, count["value"], shown if share == NOTHING else f"{shown} ({share})"))
        columns = ("lost_in", "deals", "target", self._gap_name(), "share", "target", "amount")
        blocks: list[Block] = [Table(tuple(say(name) for name in columns), tuple(rows))]
        if marks:
            chart = charts.bars(marks, theme=LIGHT, language=self.language)
            blocks.append(Picture(say("losses_chart"), say("losses_words", values=_listed(marks)), chart))
        return Section(say("losses"), tuple(blocks))

    def forecast(self, forecast: Sequence[Mapping[str, Any]]) -> Section:
        say = self.say
        title = say("forecast", origin=self._origin())
        if not forecast:
            return Section(title, (Prose(say("no_forecast")),))
        blocks: list[Block] = []
        metric_ids = list(dict.fromkeys(row["metric_id"] for row in forecast))
        names = ("to_date", "existing", "future", "expected", "prediction", "target", "gap_projected", "chance")
        for metric_id in metric_ids:
            group = [row for row in forecast if row["metric_id"] == metric_id]
            label, unit = self.label(group[0]), group[0]["unit"]
            measure = metric_id.replace("forecast_", "")
            blocks += self._fan(label, unit, measure, group)
            rows = tuple(
                (
                    Cell(write.month(row["month"], self.language)),
                    *(Cell(self._expected(row[f"value_{part}"], unit)) for part in ("to_date", "existing", "future")),
                    Cell(self._expected(row["value"], unit)),
                    Cell(write.interval(row["ci_low"], row["ci_high"], unit, self.language)),
                    Cell(self._expected(row["target"], unit)),
                    Cell(self._expected(row["gap_projected"], unit, is_signed=True)),
                    Cell(
                        NOTHING
                        if row["noise_level"] is None
                        else f"±\u00a0{write.percent(row['noise_level'], self.language, digits=0)}"
                    ),
                )
                for row in group
            )
            whys = dict.fromkeys((row["model_name"], row["forecast_label"]) for row in group)
            note = " ".join(
                say("model", metric=label, model=say.name(MODELS, model), why=say.name(WHY, why)) for model, why in whys
            )
            if metric_id == metric_ids[-1]:
                note = f"{note} {say('noise_means')}"
            blocks.append(Table((say("month_column"), *(say(name) for name in names)), rows, caption=label, note=note))
        return Section(title, tuple(blocks))

    def _fan(
        self,
        label: str,
        unit: str,
        measure: str,
        forecast: Sequence[Mapping[str, Any]],
    ) -> list[Block]:
        bands = [
            Band(
                row["month_start_date"],
                row["actual_to_date"] + row["expected"],
                self._short(row["actual_to_date"] + row["expected"], unit),
                **{
                    name: None if row[name] is None else row["actual_to_date"] + row[name]
                    for name in ("p025", "p10", "p25", "p75", "p90", "p975")
                },
            )
            for row in read_expected(self.rows, measure)
            if row["expected"] is not None
        ]
        if not bands:
            return []
        actuals = [
            Point(row["period_start"], row["value"], self.quantity(row["value"], unit))
            for row in read_actuals(self.rows, measure, _COUNT_ACTUALS)
        ]
        aims = [
            Point(row["month"], row["target"], self.quantity(row["target"], unit))
            for row in forecast
            if row["target"] is not None
        ]
        words = {"actual": self.say("actual"), "expected": self.say("expected_line"), "target": self.say("target_line")}
        chart = charts.fan(actuals, bands, theme=LIGHT, language=self.language, target=aims, words=words, height=220)
        listed = ", ".join(f"{write.month(band.month, self.language)} {band.shown}" for band in bands)
        return [Picture(self.say("forecast_chart", metric=label), self.say("forecast_words", values=listed), chart)]

    def _expected(self, value: float | None, unit: str, *, is_signed: bool = False) -> str:
        """Return an amount in whole units, and a number of orders with the tenth that an expectation has."""
        if value is None or unit.isupper():
            return self.quantity(value, unit, is_signed=is_signed)
        return write.number(value, self.language, digits=1, is_signed=is_signed)

    def _short(self, value: float, unit: str) -> str:
        """Return an amount that stands above a narrow bar: in thousands from ten thousand on."""
        if not unit.isupper() or value < 10_000:
            return self._expected(value, unit)
        return write.thousands(value, unit, self.language)

    def calls(self) -> Section:
        say = self.say
        title = say("calls", origin=self._origin())
        found = {row["action_type"]: row for row in self.rows(_ACTIONS)}
        if not found:
            return Section(title, (Prose(say("no_calls")),))
        totals = {row["metric_id"]: row["value"] for row in read_totals(self.rows, ALL)}
        summary = say(
            "calls_summary",
            count=write.number(totals.get("next_actions_count"), self.language),
            overdue=write.number(totals.get("next_actions_overdue"), self.language),
            rate=self.quantity(totals.get("next_actions_overdue_rate"), "ratio"),
        )
        rows = tuple(
            (
                Cell(say.name(ACTIONS, code)),
                Cell(write.number(found[code]["count_actions"], self.language)),
                Cell(write.number(found[code]["count_overdue"], self.language)),
            )
            for code in (*ACTIONS, *sorted(set(found) - set(ACTIONS)))
            if code in found
        )
        return Section(title, (Prose(summary), Table((say("action"), say("prospects"), say("overdue")), rows)))

    def quality(self) -> Section:
        say = self.say
        measures = read_measures(self.rows)
        checks = {entity: found[_CHECKS] for (entity, _), found in measures.items() if _CHECKS in found}
        delivered = {
            key: found for key, found in measures.items() if found.keys() & {"count_delivered", "count_quarantined"}
        }
        keys = [*delivered, *((entity, "all") for entity in checks if entity not in {name for name, _ in delivered})]
        rows = []
        for entity, source in keys:
            found = {measure: row["value"] for measure, row in measures[entity, source].items()}
            rows.append(
                (
                    Cell(self._entity(entity, source)),
                    Cell(write.number(found.get("count_delivered"), self.language)),
                    Cell(self._age(found.get("days_since_last_record"))),
                    Cell(write.number(found.get("count_quarantined"), self.language)),
                    self._checks(checks.get(entity)),
                )
            )
        matches = tuple(
            (
                Cell(f"{self._entity(entity)}, {say.name(MATCHES, measure)}"),
                Cell(self.quantity(row["value"], "ratio")),
                Cell(write.number(row["denominator"], self.language)),
            )
            for (entity, _), found in measures.items()
            for measure, row in found.items()
            if measure in MATCHES
        )
        columns = ("entity", "delivered", "newest", "quarantined", "checks")
        blocks: list[Block] = [Table(tuple(say(name) for name in columns), tuple(rows))]
        if matches:
            blocks.append(Table((say("matches"), say("rate"), say("cases")), matches))
        reconciled = self._reconciliation()
        if reconciled:
            names = ("reconciliation", "in_source", "in_warehouse", "difference", "why_difference")
            blocks.append(Table(tuple(say(name) for name in names), reconciled))
        return Section(say("quality"), tuple(blocks))

    def _checks(self, row: Mapping[str, Any] | None) -> Cell:
        if row is None:
            return Cell(NOTHING)
        passed, all_ = (write.number(row[name], self.language) for name in ("numerator", "denominator"))
        return Cell(f"{passed}\u00a0/\u00a0{all_}", tone="" if passed == all_ else "bad")

    def _reconciliation(self) -> tuple[tuple[Cell, ...], ...]:
        found = []
        for (entity, source), outcomes in read_reconciliation(self.rows, self.month).items():
            why = ", ".join(
                f"{self.say.name(OUTCOMES, row['outcome_code'])}\u00a0({row['count_records']})"
                for row in outcomes
                if row["outcome_code"] != "counted"
            )
            counts = (outcomes[0][name] for name in ("count_source", "count_warehouse", "count_difference"))
            found.append(
                (
                    Cell(self._entity(entity, source)),
                    *(Cell(write.number(count, self.language)) for count in counts),
                    Cell(why or NOTHING),
                )
            )
        return tuple(found)

    def _entity(self, code: str, source: str = "all") -> str:
        name = self.say.name(ENTITIES, code)
        return name if source == "all" else f"{name} ({source})"

    def _age(self, days: float | None) -> str:
        if days is None:
            return NOTHING
        count = int(days)
        if count <= 1:
            return self.say("day_ago" if count == 1 else "today")
        return self.say("days_ago", count=write.number(count, self.language))

    def definitions(self, metric_ids: Iterable[str]) -> Section:
        say = self.say
        rows = tuple(
            (
                Cell(self.label(row)),
                Cell(
                    formula_of(row, self.language),
                    say(
                        "definition_useful",
                        objective=self.label(row, "objective"),
                        useful=self.label(row, "useful_for"),
                    ),
                ),
            )
            for row in self.rows(_DEFINITIONS, metric_ids=list(metric_ids))
        )
        table = Table((say("figure"), say("definition")), rows, note=say("definitions_note"), is_prose=True)
        return Section(say("definitions"), (table,))

    def _origin(self) -> str:
        return write.full_date(self.as_of, self.language)


def mail_text(report: Report) -> tuple[str, str]:
    """Return subject and text of the mail that carries the report."""
    say = say_in(report.language).also(TEXTS)
    figures = [
        say(
            "mail_figure",
            label=card.label,
            value=card.value,
            judgement="; ".join(line.text for line in card.lines) or NOTHING,
        )
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Cards)
        for card in block.cards
    ]
    # A line break in the company's name would end the header.
    subject = " ".join(say("mail_subject", title=report.title, company=report.company_name).split())
    return subject, "\n".join(
        [report.title, report.company_name, "", *figures, "", report.caption, say("mail_attached")]
    )


def _is_last_day(day: date) -> bool:
    return (date.fromordinal(day.toordinal() + 1)).day == 1


def _listed(marks: Sequence[Mark]) -> str:
    return ", ".join(f"{mark.label} {mark.shown}" for mark in marks)
