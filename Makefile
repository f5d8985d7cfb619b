# The commands of the project: `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
CONFIG ?=
AS_OF ?=
VENV := .venv
BIN := $(VENV)/bin
# what dbt writes is private from its first file on
DBT := umask 077; $(BIN)/dbt
SETTINGS = $(if $(CONFIG)$(AS_OF),--vars "$$($(if $(CONFIG),cat '$(CONFIG)';) $(if $(AS_OF),echo; echo 'as_of: $(AS_OF)'))")
# a build that looks back has a warehouse of its own, so that the history of the other one stays as it is
WAREHOUSE = $${WAREHOUSE_PATH:-warehouse/$(if $(AS_OF),as_of_$(AS_OF),user_analytics).duckdb}
LOOKING_BACK = $(if $(AS_OF),export WAREHOUSE_PATH="$(WAREHOUSE)";)
NAME ?= rows_by_table, adoption_by_source, adoption_over_time, groups_that_differ
QUERY ?= --metrics active_users,signups,matured_adoption_rate,skip_rate --group-by metric_time__month --order metric_time__month
.DEFAULT_GOAL := help

.PHONY: help build publish backup restore reset forget dashboard report query metrics docs test test-all lint audit benchmark clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

build: $(VENV)/core ## build and test the marts; CONFIG=company.yml for your own tables, AS_OF=2025-06-30 to look back
	@test -z '$(CONFIG)' || test -f '$(CONFIG)' || { echo "CONFIG: there is no file $(CONFIG)"; exit 1; }
	@mkdir -p "$$(dirname "$(WAREHOUSE)")"
	@$(LOOKING_BACK) $(DBT) build $(SETTINGS)
	@echo
	@echo "The warehouse is $(WAREHOUSE), its marts are in the schema marts."
	@echo "Start with key_insights (how it goes), recommendations (what to do next), user_overview (who), adoption_rates (which groups), adoption_curves (when), action_tests (what goes with actions), segments (which groups of users there are), source_row_counts (what came in)."
	@echo "'make query$(if $(AS_OF), AS_OF=$(AS_OF))' shows some of it here."

publish: $(VENV)/core $(if $(value PUBLISH_TO),$(VENV)/publishing) ## build, and give readers the new version if every test passed; CONFIG=company.yml
	@$(BIN)/python -m publishing $(if $(CONFIG),--config '$(CONFIG)')

backup: $(VENV)/core ## copy what no build can make again, such as the segment history: warehouse/backups/
	@$(BIN)/python -m upkeep backup

restore: $(VENV)/core ## put a copy back into the warehouse: FROM=warehouse/backups/user_analytics/latest.duckdb
	@test -n "$$FROM" || { echo "Name the backup: make restore FROM=warehouse/backups/user_analytics/latest.duckdb"; exit 1; }
	@$(BIN)/python -m upkeep restore "$$FROM"

reset: $(VENV)/core ## make a backup, then remove the warehouse, so that the next build starts anew
	@$(BIN)/python -m upkeep reset

forget: $(VENV)/core $(if $(value PUBLISH_TO),$(VENV)/publishing) $(if $(wildcard warehouse/report.html),$(VENV)/dashboard) ## remove people from all files whose rows you deleted from the raw tables; CONFIG=... USERS="17 18" TEXTS="jane@example.com|Jane Doe"
	@$(BIN)/python -m upkeep forget $(if $(CONFIG),--config '$(CONFIG)') --users "$$USERS" --texts "$$TEXTS"

dashboard: $(VENV)/dashboard ## show the published marts as web pages on this machine
	@$(BIN)/python -m streamlit run dashboard/app.py

report: $(VENV)/dashboard ## write one page of HTML from the published marts, to print or to send: warehouse/report.html
	@$(BIN)/python -m report

query: $(VENV)/core ## show four small results, or NAME=... one of analyses/
	@$(LOOKING_BACK) $(DBT) --quiet run-operation show_analyses --args '{names: [$(NAME)]}' $(SETTINGS)

metrics: $(VENV)/metrics ## ask the metrics, QUERY="--metrics ... --group-by ..."
	@test -f "$(WAREHOUSE)" || { echo "There is no warehouse $(WAREHOUSE) yet: 'make build' makes it"; exit 1; }
	@$(DBT) --quiet parse $(SETTINGS)
	@$(BIN)/mf query --quiet $(QUERY)

test: $(VENV)/test ## run all checks: lint, a build of the sample data, tests
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadscope --no-loadscope-reorder --durations 20

test-all: $(VENV)/test ## run the slow tests, which `make test` leaves out: fuzz, histories, kills
	@$(BIN)/python -m pytest -m slow -n 2 --dist loadscope --no-loadscope-reorder --durations 20

lint: $(VENV)/test ## check layout, style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar models analyses tests/singular

audit: $(VENV)/audit ## look the packages of all lock files up in the database of known vulnerabilities; needs the internet
	@$(BIN)/python -m tests.known_vulnerabilities $(sort $(wildcard requirements*.txt))

docs: $(VENV)/core ## write the documentation of all models as one page
	@$(DBT) --quiet docs generate --static $(SETTINGS)
	@# where the project lies is nobody's business who gets the page
	@sed -i.bak 's|$(CURDIR)|.|g' target/static_index.html && rm target/static_index.html.bak
	@echo "Open target/static_index.html: one page, which needs no server and no network."

benchmark: $(VENV)/benchmark $(VENV)/test ## time adoption, actions, regressions, segments, plays and retention on a million users and more against the same questions by hand, and the dashboard
	@$(BIN)/python -m tests.benchmarks.adoption
	@$(BIN)/python -m tests.benchmarks.adoption_model
	@$(BIN)/python -m tests.benchmarks.actions
	@$(BIN)/python -m tests.benchmarks.segments
	@$(BIN)/python -m tests.benchmarks.plays
	@$(BIN)/python -m tests.benchmarks.dashboard

clean: ## remove what was built, the environment included; the segment history stays in warehouse/backups
	@test ! -x $(BIN)/python || test ! -f warehouse/user_analytics.duckdb || env -u WAREHOUSE_PATH $(BIN)/python -m upkeep backup
	@rm -rf $(VENV) target logs warehouse/*.duckdb warehouse/*.duckdb.* warehouse/report.html
	@test ! -d warehouse/backups || echo "The backups in warehouse/backups stay: 'make restore' puts one back. Remove the folder by hand if you do not want them."

# The environments are what the locked requirements say; a changed lock is installed anew. Python compiles what is used, when it is used.
$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed; name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/core: requirements.txt $(VENV)/python
	@echo "Installing the pinned packages of requirements.txt (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements.txt
	@touch $@

$(VENV)/test: requirements-test.txt $(VENV)/core
	@echo "Installing the pinned packages of requirements-test.txt ..."
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --requirement requirements-test.txt
	@tests/system_packages.sh
	@touch $@

$(VENV)/dashboard: requirements-dashboard.txt $(VENV)/core
	@echo "Installing the pinned packages of requirements-dashboard.txt ..."
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements-dashboard.txt
	@touch $@

$(VENV)/metrics: requirements-metrics.txt $(VENV)/core
	@echo "Installing the pinned packages of requirements-metrics.txt ..."
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --requirement requirements-metrics.txt
	@touch $@

$(VENV)/publishing: requirements-publishing.txt $(VENV)/core
	@echo "Installing the pinned packages of requirements-publishing.txt ..."
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements-publishing.txt
	@touch $@

$(VENV)/audit: requirements-audit.txt $(VENV)/core
	@echo "Installing the pinned packages of requirements-audit.txt ..."
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements-audit.txt
	@touch $@

$(VENV)/benchmark: requirements-benchmark.txt $(VENV)/core
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --requirement requirements-benchmark.txt
	@touch $@
