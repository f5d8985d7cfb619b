"""Which libraries a fit was made with."""

from importlib.metadata import version

LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "scikit-learn", "firthmodels")


def library_versions() -> str:
    """Returns names and versions, for example 'numpy 2.4.6, scipy 1.17.1'."""
    return ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
