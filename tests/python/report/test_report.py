"""The report says what the marts say, whatever stands in them, and nothing else."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from dashboard.published import Published, PublishedError
from report.figures import QUERIES, gather, marts_of
from report.page import SECTIONS, render
from tests.python.published import published_copy
from tests.python.warehouse import PROJECT, Warehouse

READ = {mart for sql in QUERIES.values() for mart in marts_of(sql)}
# Elements that have no end.
VOID = {"br", "meta"}


@dataclass
class Page(HTMLParser):
    """What a page consists of.

    Attributes
    ----------
    tables
        Cells of every table, row by row, by the name of its region.
    text
        All text outside of styles, with single spaces.
    """

    html: str
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    headings: list[int] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._region = ""
        self.feed(self.html)
        self.text = " ".join(self.text.split())
        self.faults += [f"{tag} is left open" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
        if attributes.get("role") == "region":
            self._region = str(attributes["aria-label"])
            self.tables[self._region] = []
        if tag == "tr":
            self.tables[self._region].append([])
        if tag in {"td", "th"}:
            self.tables[self._region][-1].append("")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"{tag} ends what it did not begin")

    def handle_data(self, data: str) -> None:
        text = data.replace("\u00a0", " ")
        if "style" not in self._open:
            self.text += text
        if self._open and {"td", "th"} & set(self._open):
            self.tables[self._region][-1][-1] += text


@pytest.fixture(scope="module")
def html(published_sample: Path) -> str:
    """The report on the sample."""
    return render(gather(Published(published_sample)))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    """The report on the sample, taken apart."""
    return Page(html)


def cells(page: Page, table: str) -> list[list[str]]:
    """Returns the rows of a table of the page below its head."""
    return [[" ".join(cell.split()) for cell in row] for row in page.tables[table][1:]]


def test_rates_are_those_of_the_marts(sample: Warehouse, page: Page) -> None:
    """Adoption by group and actions, with their intervals and sample sizes."""
    rates = sample.rows(
        "select level, users, matured_users, matured_adopted_users, 100 * matured_rate, 100 * matured_ci_low, 100 * matured_ci_high"
        " from marts.adoption_rates where attribute = 'creation_source' order by level_order"
    )
    digits = [1 if rate < 10 else 0 for *_, rate, _, _ in rates]
    assert len(rates) == 5
    assert cells(page, "Adoption by group") == [
        [level, f"{users:,}", f"{matured:,}", f"{adopted:,}", f"{rate:.{digit}f} % ({low:.{digit}f} to {high:.{digit}f})"]
        for (level, users, matured, adopted, rate, low, high), digit in zip(rates, digits, strict=True)
    ]
    actions = sample.rows(
        "select action, performers, users from marts.action_rates where attribute = '(all)' order by performers desc, action"
    )
    assert [row[:3] for row in cells(page, "Actions")] == [
        [action, f"{performers:,}", f"{users:,}"] for action, performers, users in actions
    ]


def test_retention_is_that_of_the_marts(sample: Warehouse, page: Page) -> None:
    """Every cell of the triangle, the two weeks, and who is at risk."""
    rates = sample.rows(
        "select strftime(cohort_started_on, '%Y-%m'), periods_since, 100 * retention_rate, is_complete from marts.retention_cohorts"
        " where cohort_grain = 'month' and measure = 'on' and attribute = '(all)' and cohort_started_on >= '2025-01-01'"
    )
    triangle = {row[0]: row[2:] for row in cells(page, "Retention of cohorts")}
    assert len(rates) == 78
    for cohort, period, rate, is_complete in rates:
        assert triangle[cohort][period] == (f"{rate:.0f}" if is_complete else f"({rate:.0f})")
    ((recent, previous, trend),) = sample.rows(
        "select recent_7d_average, previous_7d_average, trend from marts.activity_trend where attribute = '(all)'"
    )
    first = cells(page, "Activity of two weeks")[0]
    assert (first[2], first[3]) == (f"{previous:.1f}", f"{recent:.1f}")
    assert first[4].startswith(f"{100 * trend:+.0f} % (")
    for band, users in sample.rows(
        "select churn_risk_band, count(*) from marts.user_churn_scores where churn_risk_band is not null group by all"
    ):
        assert f"{users:,} are at {band} risk" in page.text


def test_what_came_in_and_what_was_fitted_is_counted(sample: Warehouse, page: Page) -> None:
    """Rows by table, rejected rows, and every model."""
    delivered = sample.rows("select table_name, raw_rows, accepted_rows from marts.source_row_counts order by source, table_name")
    assert [row[1:4] for row in cells(page, "Rows that came in")] == [
        [name, f"{raw:,}", f"{accepted:,}"] for name, raw, accepted in delivered
    ]
    rejected = sample.rows("select source || '.' || table_name, count(*) from marts.rejected_rows group by 1 order by 1")
    assert [tuple(row[:2]) for row in cells(page, "Rejected rows")] == [(name, str(rows)) for name, rows in rejected]
    models = sample.rows("select distinct area, replace(model, '_', ' ') from marts.model_runs")
    told = [(area, model) for row in cells(page, "Fitted models") for area, names in [row[0].split(": ")] for model in names.split(", ")]
    assert set(told) == set(models)


def test_differences_and_segments_are_named(sample: Warehouse, page: Page) -> None:
    """Each test that found a difference, and the profile of each segment where there are groups."""
    for action, attribute in sample.rows("select action, replace(attribute, '_', ' ') from marts.action_tests where verdict = 'different'"):
        assert f"Performing {action} is associated with {attribute}" in page.text
    ((finding,),) = sample.rows("select distinct finding from marts.segments where verdict = 'structured'")
    assert finding in page.text
    scores = sample.rows(
        "select z_score from marts.segment_profiles join marts.segments using (segment_id) order by place, segments.users desc"
    )
    shown = [cell for row in cells(page, "Profiles of segments") for cell in row[1:]]
    assert shown == [f"{score:+.2f}" for (score,) in scores]


def test_one_page_needs_nothing_else(html: str, page: Page) -> None:
    """No script, no address, every element closed, every id once, headings in order, every head cell with a scope."""
    names = [name for name, _ in page.tags]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    links = [value for _, attributes in page.tags for name, value in attributes.items() if name in {"href", "src", "xlink:href"}]
    assert page.faults == []
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert links
    assert all(str(link).startswith("#") and str(link)[1:] in ids for link in links)
    assert "http" not in html
    assert len(ids) == len(set(ids))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert all("scope" in attributes for name, attributes in page.tags if name == "th")
    assert names.count("caption") == names.count("table")
    assert names.count("svg") > 5
    assert all(attributes.get("role") == "img" for name, attributes in page.tags if name == "svg")
    assert len(html.encode()) < 1_000_000


def test_no_person_is_named(sample: Warehouse, html: str) -> None:
    """No column of the selects is an id of a user, and no address stands in the page."""
    assert not [sql for sql in QUERIES.values() if re.search(r"\buser_id\b|track_uri|email|org_id", sql)]
    assert "@" not in re.sub(r"@(media|page|bottom-right)", "", html)


def test_the_same_marts_give_the_same_bytes(published_sample: Path, html: str, tmp_path: Path) -> None:
    """Also from another process, which the command is; it says where the page is."""
    output = tmp_path / "folder" / "report.html"
    run = subprocess.run(
        [sys.executable, "-m", "report", "--output", str(output)],
        cwd=PROJECT,
        env={"PUBLISHED_PATH": str(published_sample), "PYTHONHASHSEED": "7", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert output.read_text(encoding="utf-8") == html
    assert str(output) in run.stdout
    assert run.stderr == ""


def test_a_missing_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Not an empty report."""
    with pytest.raises(PublishedError, match="make publish"):
        gather(Published(tmp_path / "none.duckdb"))


def test_empty_marts_are_explained(published_empty: Path) -> None:
    """Every section says what would fill it, and which source."""
    page = Page(render(gather(Published(published_empty))))
    assert page.faults == []
    assert page.text.count("of which no row came in") == len(SECTIONS)
    for source in ("product", "people", "telemetry", "streaming"):
        assert f"the source {source}," in page.text
    assert "No model was fitted." in page.text
    assert "svg" not in [name for name, _ in page.tags]


def test_missing_marts_are_named(sample: Warehouse, tmp_path: Path) -> None:
    """A file of an older version of the project gives a report nevertheless."""
    path = published_copy(sample.path, tmp_path / "old.duckdb", ())
    with duckdb.connect(str(path)) as connection:
        for mart in ("key_insights", "recommendations", "segments"):
            connection.execute(f"drop table if exists marts.{mart}")
    page = Page(render(gather(Published(path))))
    assert "has no table key_insights" in page.text
    assert "has no table recommendations" in page.text
    assert "has no table segments." in page.text
    assert "The published file lacks key_insights, recommendations, segments." in page.text


def test_a_report_of_plays_alone(sample: Warehouse, tmp_path: Path) -> None:
    """Plays fill their section, and the other sections say what would fill them."""
    filled = {mart for mart in READ if mart.startswith(("skip", "track"))} | {"source_row_counts", "users"}
    path = published_copy(sample.path, tmp_path / "plays.duckdb", filled)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update marts.source_row_counts set raw_rows = 0, accepted_rows = 0, rejected_rows = 0 where source <> 'streaming'"
        )
    page = Page(render(gather(Published(path))))
    ((listeners, plays),) = sample.rows("select listeners, plays from marts.skip_rates where attribute = '(all)'")
    assert f"{listeners:,} listeners, {plays:,} plays" in page.text
    assert page.text.count("of which no row came in") == 3  # adoption, actions, segments
    assert page.text.count("which are not enough here") == 2  # retention and churn, from plays that came in


def test_segments_without_structure_have_no_profiles(sample: Warehouse, tmp_path: Path) -> None:
    """The verdict comes first, and no table invents groups."""
    path = published_copy(sample.path, tmp_path / "crowd.duckdb", {"segments", "segment_profiles", "segment_kpis"})
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from marts.segments where segment_id > 1")
        connection.execute("update marts.segments set verdict = 'no_structure', finding = 'One crowd.', share = 1")
    page = Page(render(gather(Published(path))))
    assert "One crowd." in page.text
    assert "There is therefore no table of segments here" in page.text
    assert not {"Segments", "Profiles of segments", "Key figures of segments"} & set(page.tables)


def test_texts_of_the_data_are_escaped(sample: Warehouse, tmp_path: Path) -> None:
    """In tables, in sentences and in charts."""
    path = published_copy(
        sample.path, tmp_path / "hostile.duckdb", {"action_rates", "action_tests", "adoption_rates", "rejected_rows", "segments"}
    )
    evil = "<script>alert(1)</script>$x^2$"
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.adoption_rates set level = $evil where level = 'SIGNUP'", {"evil": evil})
        connection.execute("update marts.segments set segment_name = $evil, named_by = $evil, finding = $evil", {"evil": evil})
        connection.execute("update marts.rejected_rows set reason = $evil", {"evil": evil})
        connection.execute("update marts.action_rates set level = $evil where level = 'TownA'", {"evil": evil})
    page = Page(render(gather(Published(path))))
    assert page.faults == []
    assert "script" not in [name for name, _ in page.tags]
    assert cells(page, "Adoption by group")[3][0] == evil
    assert evil[:10] in page.text


def test_every_mart_that_is_read_exists(published_sample: Path) -> None:
    """Under the name that the report knows."""
    file = Published(published_sample)
    assert [mart for mart in READ if not file.has_mart(mart)] == []


def test_key_insights_and_recommendations_are_told(sample: Warehouse, tmp_path: Path) -> None:
    """With value, interval, sample and the row that they rest on; what is not known is said to be so."""
    insights = [
        "(1, 'adoption', 'a', 'Accounts that adopted', 0.2512, 0.2287, 0.2750, 'share', 2150, null, null, null)",
        "(2, 'quality', 'b', 'Rows set aside', 0.0001, null, null, 'share', null, 118798, null, null)",
        "(3, 'plays', 'c', 'Plays that are skipped', null, null, null, 'share', null, null, null, 'the source streaming is not in use')",
    ]
    columns = "place, area, metric, label, value, ci_low, ci_high, unit, users, rows, verdict, note"
    step = {
        "place": "1",
        "area": "'adoption'",
        "severity": "'high'",
        "finding": "'Few of them adopt.'",
        "recommendation": "'Try another start.'",
        "evidence_table": "'adoption_rates'",
        "evidence_key": "'level = ''A'''",
        "evidence_column": "'matured_rate'",
        "evidence_value": "0.0954",
        "ci_low": "0.0673",
        "ci_high": "0.1334",
        "users": "346",
        "rows": "null",
    }
    path = published_copy(sample.path, tmp_path / "told.duckdb", ())
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create or replace table marts.key_insights as select * from (values {', '.join(insights)}) as t ({columns})")
        selected = ", ".join(f"{value} as {name}" for name, value in step.items())
        connection.execute(f"create or replace table marts.recommendations as select {selected}")
    page = Page(render(gather(Published(path))))
    assert "Accounts that adopted25 %23 to 28 %; n = 2,150" in page.text
    assert "Rows set asidebelow 0.1 %n = 118,798" in page.text
    assert "Not known: Plays that are skipped (the source streaming is not in use)." in page.text
    assert "Few of them adopt. Try another start. Evidence: matured rate 9.5 % (6.7 to 13.3), 346 users." in page.text
    assert "select matured_rate from marts.adoption_rates where level = 'A'" in page.text


def test_verdicts_say_what_they_judge(sample: Warehouse, page: Page) -> None:
    """An AUC is called one, and a model that does not beat the mean is not said to be a guess."""
    ((verdict,),) = sample.rows(
        "select distinct verdict from marts.adoption_model_scores where model = 'landmark' and evaluation = 'future'"
    )
    assert verdict == "no_evidence"
    told = "no evidence that its probabilities are better than giving everybody the mean"
    assert [row[-1] for row in cells(page, "How well adoption is predicted")] == [told, "says more than a guess"]
    assert re.search(rf"How well adoption is foretold[^A]*AUC, 0.5 is a guess{told}", page.text)
    plays, listeners = sample.rows("select plays, listeners from marts.skip_rates where attribute = '(all)'")[0]
    assert f"n = {plays:,} plays of {listeners:,} listeners" in page.text


def test_no_complete_cell_is_less_certain_than_the_table_says(sample: Warehouse, page: Page) -> None:
    ((widest,),) = sample.rows(
        "select max(greatest(ci_high - retention_rate, retention_rate - ci_low)) from marts.retention_cohorts where cohort_grain = 'month'"
        " and measure = 'on' and attribute = '(all)' and is_complete and periods_since < 12 and cohort_started_on >= '2025-01-01'"
    )
    points = re.search(r"no complete cell is wider than (\d+) points either way", page.text)
    assert points
    assert int(points[1]) - 1 < 100 * widest <= int(points[1])


def test_observations_are_not_called_users(sample: Warehouse, tmp_path: Path) -> None:
    """A user stands in the model of churn once for every cutoff."""
    path = published_copy(sample.path, tmp_path / "churn.duckdb", {"churn_coefficients", "recommendations", "user_churn_scores"})
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.recommendations set users = null, rows = 4126 where evidence_table = 'churn_coefficients'")
    page = Page(render(gather(Published(path))))
    assert page.tables["Terms of the churn model"][0][-1] == "Observations (users at the cutoffs)"
    assert re.search(r"Evidence: odds ratio [\d.]+ \([\d.]+ to [\d.]+\), 4,126 observations\.", page.text)
