#!/usr/bin/env bash
# Sets everything up and tests it: ./test.sh [pytest arguments…]
# Needs a Debian-like machine with Python 3.11 or newer; everything else is installed
# into .venv-test. Says what it skips and why.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
die() { printf 'test.sh: %s\n' "$*" >&2; exit 2; }

python=
for candidate in python3.13 python3.12 python3.11 python3; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || die "no Python 3.11 or newer here; install it: apt-get install python3 python3-venv"

# Libraries and programs of Debian that the tests use: package=what it is looked up by.
debian_needs() {
  ldconfig -p | grep -q 'libEGL\.so\.1' || echo libegl1
  ldconfig -p | grep -q 'libGL\.so\.1' || echo libgl1
}
missing=$(debian_needs | tr '\n' ' ')
if [ -n "${missing// /}" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing Debian packages: $missing"
    # shellcheck disable=SC2086
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing) >/dev/null
  else
    die "these Debian packages are missing: $missing (as root: apt-get install $missing)"
  fi
fi

# What people see the pages with, and what prints reports, with Chinese characters.
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing Debian packages: chromium fonts-noto-cjk"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      chromium fonts-noto-cjk) >/dev/null || say "No Chromium: the tests that need one are skipped."
  else
    say "No Chromium: the tests that need one are skipped (as root: apt-get install chromium fonts-noto-cjk)."
  fi
fi

venv=.venv-test
stamp=$(cat requirements/test.txt "$0" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
  say "Setting up $venv"
  rm -rf "$venv"
  "$python" -m venv "$venv" || die "cannot make a virtual environment; install it: apt-get install python3-venv"
  "$venv/bin/pip" install -q --require-hashes -r requirements/test.txt
  # torch's file differs from place to place, so its hash cannot be locked. Elsewhere
  # than on Linux x86-64 with a CPU build at hand, see training/README.md.
  "$venv/bin/pip" install -q torch==2.13.0
  # `transformers serve`, a peer in tests and benchmarks, wants it; it wants torch.
  # torchao, which rounds weights, as well.
  "$venv/bin/pip" install -q --no-deps accelerate==1.15.0 torchao==0.18.0
  "$venv/bin/pip" install -q --no-deps --no-build-isolation -e .
  echo "$stamp" >"$venv/.stamp"
fi
export PATH="$PWD/$venv/bin:$PATH"

# Prometheus' own tester, taken out of Debian's package: to install that would start a
# server on this machine. Without it the tests that need it say that they are skipped.
fetch_promtool() {
  local folder
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  folder=$(mktemp -d)
  (
    cd "$folder"
    # Only root may refresh the lists; those that are there may do.
    [ "$(id -u)" != 0 ] || { chmod 777 . && apt-get update -qq; }
    apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .
  ) >/dev/null 2>&1 && install -m 755 "$folder/usr/bin/promtool" "$venv/bin/promtool"
  local status=$?
  rm -rf "$folder"
  return $status
}
if ! command -v promtool >/dev/null; then
  say "Fetching promtool"
  fetch_promtool || say "SKIPPED: no promtool here; the alert rules are not played in Prometheus' tester"
fi

say "Layout and style"
ruff format --check .
ruff check .
say "Architecture"
lint-imports --no-cache
say "Types"
pyright
say "Tests"
pytest -n 2 --dist loadgroup "$@"
