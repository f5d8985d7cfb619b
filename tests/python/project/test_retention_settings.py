"""What may be said of retention."""

from typing import Any

import pytest

from tests.python import macros


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"retention_attributes": "invitation"}, "retention_attributes is invitation; it must be a list of different names"),
        ({"retention_attributes": ["invitation", "invitation"]}, "it must be a list of different names"),
        (
            {"retention_attributes": ["mailing_list"]},
            "retention_attributes names 'mailing_list'; known at sign-up are: creation_source, invitation, organisation_size, signup_",
        ),
        ({"retention_horizon_days": 0}, "retention_horizon_days is '0'; it must be a whole number above 0"),
        ({"churn_days": 3.5}, "churn_days is '3.5'; it must be a whole number above 0"),
        ({"churn_risk_high_below": "low"}, "churn_risk_high_below is 'low'"),
        ({"churn_risk_high_below": -0.05}, "churn_risk_high_below is '-0.05' and churn_risk_medium_below '-0.1'; they must be numbers"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    """With what there is."""
    with pytest.raises(ValueError, match=r".") as refusal:
        macros.check_settings(settings)
    assert message in str(refusal.value)


@pytest.mark.parametrize("settings", [{"retention_attributes": []}, {"retention_attributes": ["signup_month"], "churn_days": 1}])
def test_settings_that_can_be_meant_are_taken(settings: dict[str, Any]) -> None:
    """No attribute at all, and one that is no default."""
    macros.check_settings(settings)
