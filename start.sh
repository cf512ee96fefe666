#!/usr/bin/env bash
# Sets everything up and starts idolens: ./start.sh [--no-jupyter]
# Any other word is a command of idolens: ./start.sh analyze FILE, ./start.sh --help
# 安装并启动 idolens;其他参数会作为 idolens 的命令执行。
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$root/.venv
jupyter=yes
first_run=$root/data/.sample-analysed

say() { printf '%s\n' "$*"; }
die() { printf 'start.sh: %s\n' "$*" >&2; exit 2; }

find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  die "no Python 3.11 or newer; install it: sudo apt-get install python3 python3-venv" \
    "· 未找到 Python 3.11 或更新版本,请先安装"
}

# install NAME LOCK…: puts hash-locked packages into the environment, once per lock.
install() {
  local name=$1 stamp wanted
  shift
  stamp=$venv/.installed-$name
  wanted=$(cat "$@" "$root/pyproject.toml" | sha256sum | cut -d' ' -f1)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  say "Installing $name (once; takes a minute) · 正在安装(仅一次,约一分钟)…"
  local lock
  for lock in "$@"; do
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
  done
  if [ "$name" = idolens ]; then
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
      --no-build-isolation -e "$root"
  fi
  printf '%s\n' "$wanted" >"$stamp"
}

set_up() {
  if [ ! -x "$venv/bin/python" ]; then
    local python
    python=$(find_python)
    "$python" -m venv "$venv" 2>/dev/null || {
      rm -rf "$venv"
      die "cannot make a virtual environment; install it: sudo apt-get install python3-venv" \
        "· 无法创建虚拟环境,请先安装 python3-venv"
    }
  fi
  install idolens "$root/requirements/runtime.txt" "$root/requirements/build.txt"
}

# setting NAME: what idolens would use, from the environment or its default.
setting() {
  "$venv/bin/python" -c 'import sys; from idolens.settings import load_settings
print(getattr(load_settings(), sys.argv[1]))' "$1"
}

port_is_free() {
  "$venv/bin/python" -c 'import socket, sys
with socket.socket() as door:
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null
}

wait_until_ready() {
  local tries
  for tries in $(seq 300); do
    kill -0 "$service" 2>/dev/null || return 1
    if "$venv/bin/python" -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=5)' "$1/readyz" 2>/dev/null; then
      return 0
    fi
    sleep 0.2
  done
  say "Still not ready after $tries tries · 服务长时间未就绪" >&2
  return 1
}

stop_all() {
  trap - EXIT INT TERM
  local process
  for process in ${follower:-} ${notebook:-} ${service:-}; do
    kill -TERM "$process" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  say "Stopped · 已停止"
}

start_service() {
  local port
  port=$(setting port)
  port_is_free "$port" || die "port $port is in use: stop what uses it, or set IDOLENS_PORT" \
    "· 端口 $port 已被占用,请停止占用程序或设置 IDOLENS_PORT"
  "$venv/bin/python" -m idolens serve >>logs/service.log 2>&1 &
  service=$!
  address=http://127.0.0.1:$port
  wait_until_ready "$address" || {
    tail -n 5 logs/service.log >&2
    die "the service did not start; see logs/service.log · 服务未能启动,请查看 logs/service.log"
  }
}

start_jupyter() {
  local port token
  port=$(setting jupyter_port)
  install jupyter "$root/requirements/jupyter.txt"
  if ! port_is_free "$port"; then
    say "Port $port is in use, so JupyterLab is not started; set IDOLENS_JUPYTER_PORT" \
      "· 端口 $port 已被占用,未启动 JupyterLab"
    return
  fi
  token=$("$venv/bin/python" -c 'import secrets; print(secrets.token_urlsafe(24))')
  JUPYTER_TOKEN=$token "$venv/bin/python" -m jupyterlab --no-browser --ip=127.0.0.1 \
    --port="$port" --ServerApp.port_retries=0 --ServerApp.root_dir="$root/notebooks" \
    --allow-root >>logs/jupyter.log 2>&1 &
  notebook=$!
  lab="http://127.0.0.1:$port/lab?token=$token"
}

analyse_sample() {
  [ -e "$first_run" ] && return
  say "Analysing the sample concert · 正在分析样片…"
  "$venv/bin/python" -m idolens analyze samples/concert.mp4 --every 2s --out out/concert
  mkdir -p "$(dirname "$first_run")"
  touch "$first_run"
}

while [ "${1:-}" = --no-jupyter ]; do
  jupyter=no
  shift
done
set_up
if [ $# -gt 0 ]; then
  exec "$venv/bin/python" -m idolens "$@"
fi

cd "$root"
mkdir -p logs
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
start_service
[ "$jupyter" = no ] || start_jupyter
analyse_sample
say ""
say "idolens     $address"
[ -z "${lab:-}" ] || say "JupyterLab  $lab"
say "Report · 报告  $root/out/concert/report.html"
say "Log · 日志     $root/logs/service.log   (Ctrl-C stops all · 按 Ctrl-C 停止)"
say ""
tail -n 0 -F logs/service.log &
follower=$!
wait "$service"
