"""Reports of skips are scikit-learn's, and their intervals allow for users."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.calibration import calibration_curve
from sklearn.metrics import classification_report
from statsmodels.stats.proportion import proportion_confint

from python_models.methods.skip_reports import calibration_table, report_table

CLASSES = ["played", "skipped"]


def predictions(seed: int, plays: int = 500, shift: float = 0.0, share: int | None = None, digits: int = 2) -> pd.DataFrame:
    """Predictions of one model, one user a play, with ties."""
    rng = np.random.default_rng(seed)
    probabilities = np.round(expit(rng.normal(-0.3, 1, plays)), digits)
    return pd.DataFrame(
        {
            "model": "m",
            "evaluation": "future",
            "probability": (probabilities + shift).clip(0, 1),
            "baseline": 0.4,
            "is_skip": rng.random(plays) < probabilities if share is None else np.full(plays, bool(share)),
            "user_number": np.arange(plays) + 1,
            "part": 0,
        }
    )


@pytest.mark.parametrize("shift", [-1, -0.3, 0, 1])
@pytest.mark.parametrize("share", [0, 1, None])
def test_the_report_is_scikit_learns(shift: float, share: int | None) -> None:
    """From never to always called a skip; what is undefined is missing, and left out of averages, as those of one class alone are."""
    rows = predictions(1, shift=shift, share=share)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = report_table(rows).set_index("class")
        called = (rows["probability"] >= 0.5).astype(int)
        expected = classification_report(
            rows["is_skip"].astype(int), called, labels=[0, 1], target_names=CLASSES, output_dict=True, zero_division=np.nan
        )
    assert found.index.tolist() == [*CLASSES, "macro avg", "weighted avg"]
    for name, row in (found if share is None else found.loc[CLASSES]).iterrows():
        figures = expected[str(name)]
        assert row["plays"] == figures["support"]
        for column, figure in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert row[column] == pytest.approx(figures[figure], abs=1e-12, nan_ok=True), (name, column)


def test_shares_have_wilsons_interval() -> None:
    """Of those called so, and of those that were so, where each play has a user of its own."""
    rows = predictions(2)
    found = report_table(rows).set_index("class")
    called = rows["probability"] >= 0.5
    for name, is_so, is_called in (("skipped", rows["is_skip"], called), ("played", ~rows["is_skip"], ~called)):
        for column, among, right in (("precision", is_called, is_so), ("recall", is_so, is_called)):
            expected = proportion_confint(int((among & right).sum()), int(among.sum()), method="wilson")
            # N - 1 instead of N in the variance
            assert tuple(found.loc[name, [f"{column}_ci_low", f"{column}_ci_high"]]) == pytest.approx(expected, abs=2e-3)
    assert found.loc[["macro avg", "weighted avg"], ["precision_ci_low", "recall_ci_high"]].isna().all(axis=None)


def test_users_that_differ_widen_the_interval() -> None:
    """Ten users who skip everything or nothing tell less than five hundred plays."""
    rows = predictions(3)
    shared = rows.assign(user_number=(~rows["is_skip"]) * 5 + rows.index % 5)
    width = [table["precision_ci_high"] - table["precision_ci_low"] for table in (report_table(rows), report_table(shared))]
    assert (width[1][:2] > 2 * width[0][:2]).all()


def test_bins_are_those_of_scikit_learn() -> None:
    """Where no two predictions are equal, by quantiles."""
    rows = predictions(4, digits=12)
    found = calibration_table(rows)
    observed, mean = calibration_curve(rows["is_skip"], rows["probability"], n_bins=10, strategy="quantile")
    assert found["plays"].tolist() == [50] * 10
    np.testing.assert_allclose(found["observed_share"].astype(float), observed, atol=0.021)  # a play on an edge may be in either bin
    np.testing.assert_allclose(found["mean_predicted"].astype(float), mean, atol=0.01)
    assert ((found["ci_low"] <= found["observed_share"]) & (found["observed_share"] <= found["ci_high"])).all()
