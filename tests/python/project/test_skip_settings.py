"""What may be said of the models of skips, and what stops a model that knows how a play ends."""

from pathlib import Path
from typing import Any

import pytest

from tests.python import macros
from tests.python.warehouse import PROJECT, Warehouse, write

PLATFORM = {"name": "platform", "type": "categorical"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"skip_model_features": []}, "skip_model_features must be a list of at least one feature"),
        ({"skip_model_features": [{"name": "tempo", "type": "numeric"}]}, "skip_model_features names 'tempo'; there are: play_id, user_id"),
        ({"skip_model_features": [{"name": "platform", "type": "numeric"}]}, "platform is varchar, not a number"),
        ({"skip_model_features": [{"name": "is_skip", "type": "categorical"}]}, "names 'is_skip', which says which play it is, or whether"),
        ({"skip_model_features": [{"name": "fold", "type": "numeric"}]}, "names 'fold', which says which play it is, or whether"),
        (
            {"skip_model_features": [PLATFORM | {"step": 2}]},
            "the step of platform is '2'; it must be a number above 0, of a numeric feature",
        ),
        ({"skip_regression_features": []}, "skip_regression_features is []; it must be a list of different names"),
        ({"skip_regression_features": "platform"}, "skip_regression_features is platform; it must be a list of different names"),
        ({"skip_regression_features": ["platform", "platform"]}, "it must be a list of different names"),
        ({"skip_model_features": [PLATFORM]}, "skip_regression_features names 'reason_start', which skip_model_features does not have"),
        ({"fit_sample_plays": 0}, "fit_sample_plays is '0'; it must be a whole number above 0"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    """With the name and what there is."""
    with pytest.raises(ValueError, match=r".") as refusal:
        macros.check_settings(settings)
    assert message in str(refusal.value)


def test_other_features_of_plays_can_be_used() -> None:
    """Columns of plays that are no feature by default, and what int_plays_sampled adds."""
    features = [PLATFORM, {"name": "artist_name", "type": "categorical"}, {"name": "has_earlier_track_length", "type": "categorical"}]
    macros.check_settings({"skip_model_features": features, "skip_regression_features": ["platform"]})


def test_a_model_that_knows_how_a_play_ends_stops_the_build(tmp_path: Path) -> None:
    """Named by the test that fails, although the sample has the feature; the tables that publish the models are not built."""
    lines = (PROJECT / "sample_data" / "plays.csv").read_text().splitlines()[:1_500]
    warehouse = Warehouse(tmp_path, write(tmp_path / "raw", plays="\n".join([*lines, ""])), ("streaming",))
    settings = {
        "skip_model_features": [PLATFORM, {"name": "percent_played", "type": "numeric"}],
        "skip_regression_features": ["platform"],
        "fit_sample_plays": 300,
    }
    published = ["skip_model_scores", "skip_roc_points", "skip_coefficients"]
    options = ["--exclude", "test_type:generic", "--exclude-resource-type", "unit_test"]
    run = warehouse.dbt("build", "--select", *(f"+{mart}" for mart in published), *options, settings=settings)
    assert not run.succeeded
    assert "Failure in test skip_predictions_use_only_what_is_known_at_the_start" in run.output
    assert warehouse.rows("select count(percent_played) > 100 from intermediate.int_plays_sampled") == [(True,)]
    built = {name for (name,) in warehouse.rows("select table_name from duckdb_tables() where schema_name = 'marts'")}
    assert "plays" in built
    assert not built & set(published)
