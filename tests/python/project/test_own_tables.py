"""A company's own tables meet the contract through one file of settings: the one that the README shows."""

import random
import re
import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.python.warehouse import LOGIN_AREAS, PROJECT, Warehouse

NEW_YORK = ZoneInfo("America/New_York")


def settings_in_readme(heading: str) -> tuple[str, dict[str, Any]]:
    """Returns the first YAML block below a heading of the README, as text and parsed."""
    readme = (PROJECT / "README.md").read_text()
    found = re.search(rf"^#+ {re.escape(heading)}$.*?^```yaml\n(.*?)^```$", readme, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1], yaml.safe_load(found[1])


def first_adopted_on(days: set[date]) -> date | None:
    """Returns the first day that ends three distinct days within seven, day by day."""
    for day in sorted(days):
        if sum(timedelta(0) <= day - other < timedelta(days=7) for other in days) >= 3:
            return day
    return None


@pytest.fixture
def company(tmp_path: Path) -> tuple[Path, dict[str, date | None]]:
    """A company's files, and for each user of them who is no employee the adoption day in New York time."""
    rng = random.Random(5)
    folder = tmp_path / "exports"
    (folder / "events").mkdir(parents=True)
    users = [str(uuid.UUID(int=rng.getrandbits(128))) for _ in range(120)]
    customers = ["customer_uuid,signed_up_at,channel,workspace,email"]
    events: dict[int, list[str]] = {month: ["customer_uuid,event_name,happened_at,properties"] for month in (2, 3)}
    days: dict[str, set[date]] = defaultdict(set)
    for number, user in enumerate(users):
        domain = "ourcompany.example" if number % 10 == 0 else "example.com"
        customers.append(f"{user},2025-02-01T00:00:00Z,{rng.choice(['ads', 'search'])},ws-{number % 9},{number}@{domain}")
        for _ in range(rng.randint(0, 14)):
            # around midnight in New York, where the day is another one than in UTC; clocks change on 9 March
            moment = datetime(2025, 2, 10, tzinfo=UTC) + timedelta(days=rng.randint(0, 40), hours=rng.choice([3, 4, 5, 6]), minutes=30)
            events[moment.month].append(f'{user},login,{moment:%Y-%m-%dT%H:%M:%SZ},"{{""a"": 1, ""b"": 2}}"')
            events[moment.month].append(f"{user},page_view,{moment + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ},")
            days[user].add(moment.astimezone(NEW_YORK).date())
    (folder / "customers.csv").write_text("\n".join(customers) + "\n")
    for month, lines in events.items():
        (folder / "events" / f"2025-{month:02}.csv").write_text("\n".join(lines) + "\n")
    return folder, {user: first_adopted_on(days[user]) for number, user in enumerate(users) if number % 10}


def test_the_readmes_company_builds(company: tuple[Path, dict[str, date | None]], tmp_path: Path) -> None:
    """UUIDs, other names, one table of events, employees left out, days of New York: at most 15 lines, the whole build green."""
    folder, adopted_on = company
    text, settings = settings_in_readme("Your own tables")
    assert len(text.splitlines()) <= 15
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    run = warehouse.dbt("build", settings=settings)
    assert run.succeeded, run.output

    assert any(adopted_on.values())
    assert dict(warehouse.rows("select user_id, adopted_on from marts.user_adoption")) == adopted_on
    assert warehouse.rows("select distinct creation_source from marts.users order by 1") == [("ads",), ("search",)]
    assert warehouse.rows("select count(*) from marts.organisations where org_id like 'ws-%'") == [(9,)]
    counts = "select table_name, raw_rows, rejected_rows, excluded_rows > 0 from marts.source_row_counts order by 1"
    logins = sum(path.read_text().count(",login,") for path in (folder / "events").iterdir())
    assert warehouse.rows(counts) == [("user_engagement", logins, 0, True), ("users", 120, 0, True)]


def test_an_event_log_alone_is_enough(company: tuple[Path, dict[str, date | None]], tmp_path: Path) -> None:
    """The README's recipe derives the accounts from the events: the first one is the sign-up."""
    folder, _ = company
    _, settings = settings_in_readme("Only an event log?")
    text = re.sub(r"/data/events", str(folder / "events"), yaml.safe_dump(settings, width=10_000))
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    warehouse.build(areas=LOGIN_AREAS, settings=yaml.safe_load(text))
    assert warehouse.rows("select count(*) filter (where created_on <> first_active_on) from marts.user_adoption") == [(0,)]
    assert warehouse.rows("select count(*) > 100, bool_and(has_account) from marts.users") == [(True, True)]
