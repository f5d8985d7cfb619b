"""Why a user has no score or no segment, in words."""

from dashboard import words

REASONS = {
    "no_account": "there is no account, so the time since the sign-up is not known",
    "signed_up_before_log": "signed up before the log begins",
    "first_week_incomplete": "the first week after the sign-up is not over",
    "adopted_in_first_week": "adopted in the first week already, so nothing is left to predict",
    "model_not_fitted": "the model could not be fitted",
    "level_unknown_to_model": "has a level that the model did not see when it was fitted",
    "not_at_risk": "without activity for so long that there is nothing left to predict",
    "signed_up_after_as_of": "signed up after the day up to which everything is judged",
    "log_too_short": "the log does not cover the days that the score needs",
    "no_features": "nothing is known of which segments are made",
    "no_fit": "there was nobody to make segments of",
    "few_plays": "too few plays",
}


def reason(code: str) -> str:
    """Returns the words of a reason; one that is not known is given as it stands."""
    return REASONS.get(code) or words.escaped(words.label(code))
