#!/bin/sh
# Gives the interpreter $1 its ensurepip, without which it makes no virtual environment: Debian ships that apart.
set -eu
package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
if [ "$(id -u)" = 0 ] && grep -qx 'ID=debian' /etc/os-release 2>/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install --yes --no-install-recommends "$package" </dev/null
else
    echo "$1 lacks its venv module. On Debian or Ubuntu: sudo apt-get install $package; then run make again." >&2
    exit 1
fi
