#!/usr/bin/env bash
# Installs what the tests start and pip does not have: a browser, PostgreSQL and MariaDB. Where that cannot be done it says what is missing;
# the tests that need it are then skipped, visibly.
set -euo pipefail

packages=()
# Debian keeps the server's programs of each version in a folder of their own
compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null || command -v initdb > /dev/null || packages+=(postgresql)
PATH="$PATH:/usr/sbin" command -v mariadbd > /dev/null || packages+=(mariadb-server)
command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null || packages+=(chromium)
[ ${#packages[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
if ! command -v apt-get > /dev/null || ! "${as_root[@]}" true 2> /dev/null; then
    echo "Not installed, so that tests which need it are skipped: ${packages[*]}. Install it with your package manager."
    exit 0
fi

echo "Installing what tests need of the system: ${packages[*]} ..."
# The tests start servers of their own, so none is started here.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" > /dev/null
    "${as_root[@]}" chmod +x "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "$1" > /dev/null 2>&1
}
updated=
for package in "${packages[@]}"; do
    if ! install "$package"; then
        # lists of packages may be old, or not there
        [ -n "$updated" ] || "${as_root[@]}" apt-get update --quiet --quiet || true
        updated=yes
        install "$package" || echo "$package could not be installed; tests that need it are skipped."
    fi
done
