#!/usr/bin/env bash
# Sets idolens up on this machine, starts it, and follows its log; see --help.
# 安装并启动 idolens,并跟随日志；用法见 --help。
set -euo pipefail

here="$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)"
venv="$here/.venv"
python="$venv/bin/python"
lang="${IDOLENS_LANGUAGE:-zh}"

say() { if [ "$lang" = en ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
fail() {
  say "错误：$1" "Error: $2" >&2
  exit "${3:-1}"
}

usage() {
  cat <<'TEXT'
./start.sh [--no-jupyter] [--no-samples]   set up, start the service and JupyterLab, follow the log
                                           安装、启动服务和 JupyterLab,并跟随日志
./start.sh COMMAND …                       one idolens command, e.g. analyze FILE, ask, doctor; no service
                                           运行一条 idolens 命令，不启动服务
Ctrl-C stops everything. 按 Ctrl-C 停止全部。
TEXT
}

# --- set up ---------------------------------------------------------------------

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  fail "需要 Python 3.11 或更高版本。Debian/Ubuntu 请运行：sudo apt install python3 python3-venv" \
    "Python 3.11 or newer is needed. On Debian or Ubuntu: sudo apt install python3 python3-venv"
}

make_venv() {
  local base version
  if [ -x "$python" ] && "$python" -c '' 2>/dev/null; then return; fi
  base="$(find_python)"
  if ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
    version="$("$base" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    fail "Python 缺少 venv 模块。Debian/Ubuntu 请运行：sudo apt install python$version-venv" \
      "This Python lacks venv. On Debian or Ubuntu: sudo apt install python$version-venv"
  fi
  say "正在创建 Python 环境…" "Making the Python environment …"
  rm -rf -- "$venv"
  "$base" -m venv -- "$venv"
}

pip_install() {
  "$python" -m pip install --disable-pip-version-check --no-input --quiet "$@" ||
    fail "安装未完成。请检查网络后再次运行 ./start.sh" \
      "The installation did not finish. Check the network, then run ./start.sh again."
}

# The stamp holds what was installed; while it matches, nothing is installed again.
stamp_of() {
  (cd -- "$here" && sha256sum -- pyproject.toml "$@" && pwd && "$python" -V)
}

install_locked() {
  local stamp="$venv/.installed-$1" wanted
  shift
  wanted="$(stamp_of "$@")"
  if [ -f "$stamp" ] && [ "$(cat -- "$stamp")" = "$wanted" ]; then return; fi
  say "正在安装依赖(首次需要几分钟)…" "Installing (the first time takes some minutes) …"
  local lock
  for lock in "$@"; do
    (cd -- "$here" && pip_install --require-hashes --only-binary=:all: -r "$lock")
  done
  (cd -- "$here" && pip_install --no-deps --no-index --no-build-isolation --editable .)
  printf '%s\n' "$wanted" >"$stamp"
}

set_up() {
  make_venv
  install_locked runtime requirements/build.txt requirements/runtime.txt
}

set_up_jupyter() {
  install_locked jupyter requirements/build.txt requirements/jupyter.txt
  # JupyterLab would ask the internet for news and updates.
  local settings="$venv/share/jupyter/lab/settings"
  mkdir -p -- "$settings"
  printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
    >"$settings/overrides.json"
}

# --- run ------------------------------------------------------------------------

children=()

stop_all() {
  local status=$? pid
  trap '' INT TERM HUP
  trap - EXIT
  if [ "${#children[@]}" -gt 0 ]; then
    say "正在停止…" "Stopping …"
    kill -TERM "${children[@]}" 2>/dev/null || true
    for _ in $(seq 150); do
      kill -0 "${children[@]}" 2>/dev/null || break
      sleep 0.1
    done
    for pid in "${children[@]}"; do
      kill -KILL "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
  fi
  exit "$status"
}

port_is_free() { # host port
  "$python" - "$1" "$2" <<'PY'
import socket, sys
with socket.socket() as door:
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((sys.argv[1], int(sys.argv[2])))
    except OSError:
        sys.exit(1)
PY
}

wait_until_ready() { # pid host port
  "$python" - "$@" <<'PY'
import http.client, os, sys, time
pid, host, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
said, deadline, patience = "", time.monotonic() + 120, 20
while time.monotonic() < deadline and patience:
    try:
        os.kill(pid, 0)
        door = http.client.HTTPConnection(host, port, timeout=60)
        door.request("GET", "/readyz", headers={"Host": "localhost"})
        reply = door.getresponse()
        said = reply.read().decode()
        if reply.status in (200, 401):  # 401: it runs, and asks who we are
            sys.exit(0)
        patience -= 1  # it runs, and says itself what is wrong
        time.sleep(0.5)
    except ProcessLookupError:
        break
    except OSError:
        time.sleep(0.05)
print(said, file=sys.stderr)
sys.exit(1)
PY
}

start_service() {
  # Holds the link that makes the first account: for nobody else on this machine.
  touch -- "$logs/service.out" && chmod 600 -- "$logs/service.out"
  "$python" -m idolens serve >>"$logs/service.out" 2>&1 &
  service=$!
  children+=("$service")
  if ! wait_until_ready "$service" "$host" "$port"; then
    tail -n 5 -- "$logs/service.out" >&2
    fail "服务未能启动，详见 $logs/service.out;也可运行 ./start.sh doctor" \
      "The service did not start; see $logs/service.out, or run ./start.sh doctor"
  fi
}

start_jupyter() {
  token="$("$python" -c 'import secrets; print(secrets.token_urlsafe(24))')"
  local root=()
  if [ "$(id -u)" = 0 ]; then root=(--allow-root); fi
  # The token goes through the environment: a command line is open to all users.
  JUPYTER_TOKEN="$token" "$python" -m jupyterlab --no-browser --ip=127.0.0.1 \
    --port="$jupyter_port" --ServerApp.port_retries=0 \
    --ServerApp.root_dir="$here/notebooks" --LabApp.extension_manager=readonly \
    "${root[@]}" >>"$logs/jupyter.out" 2>&1 &
  children+=("$!")
}

analyse_samples() {
  local report="$here/out/concert/report.html"
  if [ -f "$report" ] || [ ! -f "$here/samples/concert.mp4" ]; then return; fi
  say "首次启动：正在分析示例演唱会…" "First start: analysing the sample concert …"
  "$python" -m idolens analyze "$here/samples/concert.mp4" --every 2s \
    --out "$here/out/concert" ||
    say "示例分析未完成，服务照常运行。" "The sample was not analysed; the service runs all the same."
}

print_addresses() {
  echo
  say "服务    http://$host:$port/  (POST /vlm/infer)" \
    "Service http://$host:$port/  (POST /vlm/infer)"
  if [ -n "${token:-}" ]; then
    echo "Jupyter http://127.0.0.1:$jupyter_port/lab?token=$token"
  fi
  local link
  link="$("$python" -m idolens accounts setup-link 2>>"$logs/service.out")" || link=""
  if [ -n "$link" ]; then
    say "帐号    $link  (创建第一个帐号，30 分钟内有效)" \
      "Account $link  (makes the first one, within 30 minutes)"
  fi
  if [ -f "$here/out/concert/report.html" ]; then
    say "示例报告 $here/out/concert/report.html" "Sample report $here/out/concert/report.html"
  fi
  say "日志    $logs/idolens.log  (Ctrl-C 停止全部)" \
    "Log     $logs/idolens.log  (Ctrl-C stops everything)"
  echo
}

run_everything() {
  local with_jupyter=yes with_samples=yes option
  for option in "$@"; do
    case "$option" in
      --no-jupyter) with_jupyter=no ;;
      --no-samples) with_samples=no ;;
      *) usage >&2; exit 2 ;;
    esac
  done
  local chosen
  chosen="$("$python" -c '
from idolens.errors import SettingsError
from idolens.settings import load_settings
try:
    s = load_settings()
except SettingsError as error:
    raise SystemExit(f"{error.words.zh}\n{error.words.en}")
print(s.host, s.port, s.jupyter_port, s.language)')" || exit 2
  read -r host port jupyter_port lang <<<"$chosen"
  mkdir -p -- "$logs"
  port_is_free "$host" "$port" ||
    fail "端口 $port 已被占用。idolens 可能已在运行；否则请换一个端口：IDOLENS_PORT=8090 ./start.sh" \
      "Port $port is taken. idolens may be running already; otherwise: IDOLENS_PORT=8090 ./start.sh"
  if [ "$with_jupyter" = yes ]; then
    set_up_jupyter
    port_is_free 127.0.0.1 "$jupyter_port" ||
      fail "JupyterLab 的端口 $jupyter_port 已被占用。请加 --no-jupyter,或设置 IDOLENS_JUPYTER_PORT" \
        "JupyterLab's port $jupyter_port is taken. Add --no-jupyter, or set IDOLENS_JUPYTER_PORT"
  fi
  trap stop_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  start_service
  if [ "$with_jupyter" = yes ]; then start_jupyter; fi
  if [ "$with_samples" = yes ]; then analyse_samples; fi
  print_addresses
  touch -- "$logs/idolens.log"
  local watched=("${children[@]}")
  tail -n 0 -F -- "$logs/idolens.log" &
  children+=("$!")
  wait -n "${watched[@]}" || true
  fail "服务或 JupyterLab 意外退出，详见 $logs" "The service or JupyterLab has ended; see $logs"
}

export IDOLENS_HOME="${IDOLENS_HOME:-$here/data}"
export IDOLENS_LOGS="${IDOLENS_LOGS:-$here/logs}"
logs="$IDOLENS_LOGS"

case "${1:-}" in
  -h | --help)
    usage
    ;;
  "" | --no-*)
    set_up
    run_everything "$@"
    ;;
  *)
    set_up >&2
    exec "$python" -m idolens "$@"
    ;;
esac
