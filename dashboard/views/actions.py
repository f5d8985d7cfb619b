"""Which groups of users perform which action, and whether the difference is real."""

import pandas as pd
import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import rows

ACTIONS = """
select action, users, performers, action_rate, ci_low, ci_high
from marts.action_rates
where attribute = '(all)'
order by action_rate desc, action
"""

RATES = "select * from marts.action_rates where action = $action and attribute <> '(all)' order by attribute, level_order, level"
TESTS = "select * from marts.action_tests order by action, p_value nulls last, attribute"
PAIRS = "select * from marts.action_pairs where action = $action and attribute = $attribute order by p_value nulls last, level, other_level"

COEFFICIENTS = """
select *
from marts.action_coefficients
where action = $action and term <> '(intercept)'
order by model desc, attribute, level
"""

INTERACTIONS = "select * from marts.action_interactions where action = $action order by p_value nulls last, interaction"
SCORES = "select * from marts.action_model_scores where action = $action order by model desc, evaluation, metric"

NO_ACTIONS = "There are no actions. They come from the table `user_actions` (the source `people` in `raw_sources`)."


def finding(test: dict[str, object]) -> str:
    """Returns what a test found, in words."""
    text = words.effect(str(test["effect_size_name"]), test["effect_size"], test["effect_ci_low"], test["effect_ci_high"])
    if text and not words.is_missing(test["level"]):
        text += f", {words.label(test['level'])} against {words.label(test['reference_level'])}"
    elif text and not words.is_missing(test["performers_mean"]):
        text += f", mean {words.number(test['performers_mean'])} of performers against {words.number(test['others_mean'])} of others"
    q_value = "" if words.is_missing(test["q_value"]) else f"q-value {words.p_value(test['q_value'])}"
    rest = f"{words.count(test['users'])} users, {words.count(test['performers'])} of them performed it"
    return "; ".join(part for part in (text, q_value, rest) if part) + "."


def all_actions(actions: pd.DataFrame, tests: pd.DataFrame) -> None:
    """Shows the rates of all actions, and where tests found differences."""
    st.header("All actions")
    parts.chart(
        charts.intervals(
            actions, value="action_rate", low="ci_low", high="ci_high", label="action", size="users", title="Users who performed the action"
        ),
        key="actions",
    )
    if tests.empty:
        parts.explain_empty("Nothing was tested: no attribute is listed in `profile_attributes` or `action_attributes`.")
        return
    shown = tests.assign(
        found=[{"different": 1.0, "no_evidence": 0.0}.get(code) for code in tests["verdict"]],
        mark=[{"different": "differs", "no_evidence": "", "not_yet": "not yet"}.get(str(code), "-") for code in tests["verdict"]],
        words=[
            f"{words.label(row['action'])}, {words.label(row['attribute'])}\n{words.verdict(row['verdict']).words}\n{finding(row)}"
            for row in tests.to_dict("records")
        ],
    )
    different = tests[tests["verdict"] == "different"]
    # what had too few users, or is not read out yet, was not tested
    made = tests[tests["p_value"].notna()]
    parts.chart(
        charts.heatmap(
            shown, x="action", y="attribute", value="found", texts="words", unit="number", written="mark",
            title=f"Where groups differ: {len(different)} of {words.counted(len(made), 'test')} found a difference (dark)",
        ),
        key="tests",
    )  # fmt: skip
    parts.table(tests, "Action tests")
    parts.source(
        "action_rates",
        "action_tests",
        note="Light: tested, no evidence of a difference. Empty: not compared. q-values and the intervals of effects, "
        "which are wider than at 95 %, allow for all attributes of an action at once.",
    )


def one_action(action: str, tests: pd.DataFrame) -> None:
    """Shows rates, test and pairs of one action and attribute."""
    rates = rows(RATES, action=action)
    attributes = list(dict.fromkeys(rates["attribute"]))
    tested = tests[tests["action"] == action]
    names = list(dict.fromkeys([*attributes, *tested["attribute"]]))
    if not names:
        parts.explain_empty("No attribute is listed in `profile_attributes` or `action_attributes`.")
        return
    # what differs comes first
    different = [name for name in tested.loc[tested["verdict"] == "different", "attribute"] if name in attributes]
    attribute = parts.choose("Attribute", names, key=f"attribute_{action}", default=different[0] if different else names[0])
    for test in tested[tested["attribute"] == attribute].to_dict("records"):
        parts.verdict(test["verdict"], finding({str(name): value for name, value in test.items()}))
        st.caption(f"Why this test: {words.escaped(test['reason'])}.")
    part = rates[rates["attribute"] == attribute]
    if part.empty:
        parts.explain_empty("This attribute is a number and has no levels; the test compares means.")
    else:
        parts.chart(
            charts.intervals(
                part, value="action_rate", low="ci_low", high="ci_high", label="level", size="users",
                title=f"Users who performed {words.label(action)}, by {words.label(attribute)}",
            ),
            key="rates",
        )  # fmt: skip
        parts.table(part, f"Action rates, {words.label(action)} by {words.label(attribute)}")
    pairs = rows(PAIRS, action=action, attribute=attribute)
    if pairs.empty:
        st.caption("No two levels are compared: the test found no difference, or there are too few users.")
    else:
        named = pairs.assign(pair=pairs["level"].map(words.label) + " less " + pairs["other_level"].map(words.label))
        parts.chart(
            charts.intervals(
                named, value="difference", low="ci_low", high="ci_high", label="pair", unit="difference",
                title="Differences between two levels, in points, with intervals adjusted for the number of pairs",
            ),
            key="pairs",
        )  # fmt: skip
        parts.table(pairs, f"Action pairs, {words.label(action)} by {words.label(attribute)}")
    parts.source("action_rates", "action_tests", "action_pairs")


def models(action: str) -> None:
    """Shows what goes with the action, all else in the model equal."""
    st.header(f"What goes with it, all else in the model equal: {words.escaped(words.label(action))}")
    found = rows(COEFFICIENTS, action=action)
    if found.empty:
        parts.explain_empty("No model was fitted: too few users performed it, or `action_models` names none.")
        return
    model = parts.choose("Model", list(dict.fromkeys(found["model"])), key=f"model_{action}", default="main_effects")
    part = found[found["model"] == model]
    parts.chart(
        charts.intervals(
            part, value="odds_ratio", low="ci_low", high="ci_high", label="term", unit="odds", marked="leaks_outcome",
            title=f"Odds of performing {words.label(action)}: {words.label(model)}",
        ),
        key="odds",
    )  # fmt: skip
    if part["leaks_outcome"].any():
        parts.verdict("leaks_outcome", "Hollow terms are of today, not of the time before the action.")
    interactions = rows(INTERACTIONS, action=action)
    for row in interactions[interactions["model"] == model].to_dict("records"):
        if row["verdict"] == "tested":
            evidence = "is evidence" if row["q_value"] < 0.05 else "is no evidence"
            st.write(
                f"There {evidence} that one effect depends on the other ({words.escaped(row['interaction'])}): "
                f"q-value {words.p_value(row['q_value'])}."
            )
        else:
            st.write(words.escaped(f"{row['interaction']}: {words.verdict(row['verdict']).words}"))
    scores = rows(SCORES, action=action)
    scores = scores[scores["model"] == model]
    for row in scores[scores["metric"] == "auc"].to_dict("records"):
        ends = words.interval(row["ci_low"], row["ci_high"], "auc")
        detail = f"Evaluation {words.label(row['evaluation'])}: AUC {words.number(row['value'])}{f' ({ends})' if ends else ''}"
        parts.verdict(row["verdict"], f"{detail}, {words.count(row['users'])} users.", is_score=True)
    parts.table(part, f"Action coefficients, {words.label(action)}, {words.label(model)}")
    parts.table(scores, f"Action model scores, {words.label(action)}, {words.label(model)}")
    parts.source(
        "action_coefficients",
        "action_interactions",
        "action_model_scores",
        note="Odds are associations among the users of the fit; scores are of users whom the fit did not see.",
    )


def page() -> None:
    """Shows the page."""
    st.title("Actions")
    st.write("Which groups of users perform which action. A user without a row of an action has not performed it.")
    actions = rows(ACTIONS)
    if actions.empty:
        parts.explain_empty(NO_ACTIONS)
        return
    tests = rows(TESTS)
    all_actions(actions, tests)
    st.header("One action")
    action = parts.choose("Action", list(actions["action"]), key="action")
    one_action(action, tests)
    models(action)
