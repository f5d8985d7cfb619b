"""What a search for groups found, as one sentence."""

from dataclasses import dataclass

# simulated, as parts of the rule of `cluster_counts.count_table`, in 8 kinds of data with groups and 8 without
LEAST_EXCESS, LEAST_VALLEY = 0.03, 0.10


@dataclass(frozen=True)
class Evidence:
    """The figures that decide whether there are groups.

    Attributes
    ----------
    gap_k
        Number of segments by the gap statistic.
    best_k
        Number of segments at which the silhouette exceeds that of data without groups most.
    excess, needed_excess
        By how much it does there, and has to.
    valley
        By which share the density of users falls between these segments.
    """

    gap_k: int
    best_k: int
    excess: float
    needed_excess: float
    valley: float

    @property
    def criteria(self) -> tuple[bool, bool, bool]:
        """Whether the gap statistic, the silhouette and the density say that there are groups."""
        return self.gap_k > 1, self.excess >= self.needed_excess, self.valley >= LEAST_VALLEY

    @property
    def is_structured(self) -> bool:
        """Whether all three do."""
        return all(self.criteria)


def finding(evidence: Evidence, counted: str = "users") -> str:
    """Returns the verdict as a sentence that says which of the criteria hold, with their figures; `counted` is what the rows are."""
    clauses = _clauses(evidence, counted)
    if evidence.is_structured:
        return f"{evidence.best_k} groups: {_joined(clauses)}."
    against = [clause for clause, holds in zip(clauses, evidence.criteria, strict=True) if not holds]
    speaking_for = [clause for clause, holds in zip(clauses, evidence.criteria, strict=True) if holds]
    reasons = f"No groups: {_joined(against)}"
    return f"{reasons}; yet {_joined(speaking_for)}." if speaking_for else f"{reasons}."


def too_few(users: int, min_users: int, counted: str = "users") -> str:
    """Returns the sentence for a sample too small to tell."""
    found = f"1 {counted.removesuffix('s')} is" if users == 1 else f"{users:,} {counted} are"
    return f"Too few {counted}: {found} not enough to tell whether there are groups ({min_users:,} are needed)."


def too_alike(rows: int, counted: str = "users") -> str:
    """Returns the sentence for users who differ too little to be divided."""
    return f"No groups: all {counted} are alike." if rows == 1 else f"No groups: there are only {rows} different {counted}."


def _clauses(evidence: Evidence, counted: str) -> list[str]:
    """One clause for each criterion."""
    chosen = "1 segment" if evidence.gap_k == 1 else f"{evidence.gap_k} segments"
    excess, needed = _told_apart(evidence.excess, evidence.needed_excess, decimals=3)
    valley, least = _told_apart(100 * evidence.valley, 100 * LEAST_VALLEY, decimals=0)
    side = "below" if excess.startswith("-") else "above"
    density = "does not fall between segments" if valley == "0" else f"falls by {valley} % between segments"
    return [
        f"the gap statistic chooses {chosen}",
        f"the silhouette of {evidence.best_k} segments is {excess.removeprefix('-')} {side} that of data without groups"
        f" ({needed} above it is needed)",
        f"the density of {counted} {density} ({least} % is needed)",
    ]


def _told_apart(value: float, needed: float, *, decimals: int) -> tuple[str, str]:
    """A figure and the one that is needed with as many decimals as it takes to see which is larger, but no fewer than given."""
    while (round(value, decimals) < round(needed, decimals)) != (value < needed):
        decimals += 1
    return f"{round(value, decimals) + 0.0:.{decimals}f}", f"{needed:.{decimals}f}"


def _joined(clauses: list[str]) -> str:
    """Clauses as one."""
    if len(clauses) < 3:
        return " and ".join(clauses)
    return f"{', '.join(clauses[:-1])}, and {clauses[-1]}"
