"""`make audit`: looks the packages of lock files up in the database of known vulnerabilities, which needs the internet.

The exit code is 0 where no package has a vulnerability, 1 where one has, and 2 where they could not be looked up.
"""

import subprocess
import sys

# strict: a package that the database does not know is not a package without a vulnerability
OPTIONS = ["--strict", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]


def main(lock_files: list[str]) -> int:
    """Looks all packages up, says what was found, and returns the exit code.

    Parameters
    ----------
    lock_files
        Paths of the requirements, with versions and hashes.
    """
    command = [sys.executable, "-m", "pip_audit", *OPTIONS, *(text for file in lock_files for text in ("--requirement", file))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        print(f"No package has a known vulnerability: {', '.join(lock_files)}")
        return 0
    # the table of vulnerabilities
    if done.stdout.strip():
        print(done.stdout)
        print('Take a version without it: CONTRIBUTING.md, "Change a package".', file=sys.stderr)
        return 1
    print(f"No package was audited: {reason_of(done.stderr)}. `make audit` needs the internet.", file=sys.stderr)
    return 2


def reason_of(said: str) -> str:
    """Returns why packages could not be looked up, from what pip-audit says."""
    if "requests.exceptions." in said or "your network may be blocking" in said:
        return "the database of known vulnerabilities cannot be reached"
    lines = said.strip().splitlines() or ["pip-audit does not say why"]
    return lines[-1].removeprefix("ERROR:pip_audit._cli:").rstrip(".")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
