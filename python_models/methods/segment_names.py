"""Names of segments, by rules."""

from dataclasses import dataclass

import pandas as pd

SIGNS = {"high": 1.0, "low": -1.0}


@dataclass(frozen=True)
class Named:
    """A name, and the rule that gave it in words; None where none did."""

    name: str
    named_by: str | None


@dataclass(frozen=True)
class Condition:
    """A feature whose mean in a segment is at least so many standard deviations above (sign 1) or below (sign -1) the mean of all."""

    feature: str
    sign: float
    threshold: float

    def surplus(self, centroid: dict[str, float]) -> float:
        """Returns by how much a segment's centroid meets the condition; negative where it does not."""
        return self.sign * centroid[self.feature] - self.threshold

    @property
    def words(self) -> str:
        """For example 'engagement_score at least 0.5 sd above the mean'."""
        is_above = (self.sign > 0) == (self.threshold >= 0)
        bound = "at least" if self.threshold >= 0 else "at most"
        return f"{self.feature} {bound} {abs(self.threshold):g} sd {'above' if is_above else 'below'} the mean"


@dataclass(frozen=True)
class Rule:
    """A name and the conditions for it, which must all hold."""

    name: str
    conditions: tuple[Condition, ...]

    def surplus(self, centroid: dict[str, float]) -> float:
        """Returns the smallest surplus of a condition."""
        return min(condition.surplus(centroid) for condition in self.conditions)

    @property
    def words(self) -> str:
        """The conditions, joined by 'and'."""
        return " and ".join(condition.words for condition in self.conditions)


def named(
    centroids: dict[int, dict[str, float]],
    previous: pd.DataFrame,
    rules: pd.DataFrame,
    *,
    features: list[str],
    name_margin: float,
    counted: str = "users",
) -> dict[int, Named]:
    """Names segments, so that no two have one name and a name is not lost for a trifle.

    1. A segment keeps the name that it had before as long as a rule of that name holds with its thresholds lowered by the margin.
    2. Each rule in turn gives its name, unless a segment has it, to the segment without a name that fulfils it with the largest surplus in
       its weakest condition; among equals to the lowest id.
    3. A segment that fulfils rules whose names others have takes the name of the first of them followed by its id, "Power users 4", which
       it keeps like any other, and the rest are called by their ids, "Segment 4".

    Parameters
    ----------
    centroids
        Of each segment id, the centroid in standard deviations from the mean of all users by feature. The only segment is "All users".
    previous
        Result of `segment_fits.segment_table`; empty where there was no fit before.
    rules
        One row per condition: rule (the lowest comes first), segment_name, feature, direction (high or low), threshold.
    features
        Names of the features; a rule about another one does not apply.
    name_margin
        In standard deviations.
    counted
        What there are segments of.
    """
    if len(centroids) == 1:
        return {segment: Named(f"All {counted}", None) for segment in centroids}
    applicable = _rules(rules, features)
    before = dict(zip(previous["segment_id"], previous["segment_name"], strict=True))
    names: dict[int, Named] = {}
    for segment, centroid in centroids.items():
        for rule in applicable:
            if before.get(segment) in (rule.name, _numbered(rule, segment)) and rule.surplus(centroid) >= -name_margin:
                names[segment] = Named(before[segment], rule.words)
                break
    for rule in applicable:
        surplus = {segment: rule.surplus(centroid) for segment, centroid in centroids.items() if segment not in names}
        strongest = max(sorted(surplus), key=lambda segment: surplus[segment], default=None)
        if strongest is not None and surplus[strongest] >= 0 and rule.name not in {given.name for given in names.values()}:
            names[strongest] = Named(rule.name, rule.words)
    for segment in centroids.keys() - names.keys():
        fulfilled = next((rule for rule in applicable if rule.surplus(centroids[segment]) >= 0), None)
        names[segment] = Named(_numbered(fulfilled, segment), fulfilled.words) if fulfilled else Named(f"Segment {segment}", None)
    return names


def _numbered(rule: Rule, segment: int) -> str:
    """The name of a rule for a segment that does not have the name alone."""
    return f"{rule.name} {segment}"


def _rules(rules: pd.DataFrame, features: list[str]) -> list[Rule]:
    """The rules that apply, in order."""
    found = []
    for _, conditions in rules.sort_values(["rule", "feature", "direction", "threshold"]).groupby("rule"):
        if conditions["feature"].isin(features).all():
            parts = zip(conditions["feature"], conditions["direction"].map(SIGNS), conditions["threshold"], strict=True)
            found.append(Rule(str(conditions["segment_name"].iloc[0]), tuple(Condition(*part) for part in parts)))
    return found
