#!/usr/bin/env bash
# Builds the image and holds it to what it promises: its size, a demo that proves every trade, health, check,
# a stop that seals the parts, a health that turns, and that it needs no root, no capability and no writable root file
# system. With Docker where an engine answers, else with buildah (see there). Ends with 1 at the first
# promise that does not hold. Takes about three minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

max_bytes=180000000
# Stopping may take 30 s by the orchestrator's own limits, see deploy/crypto-lake.service.
stop_within_seconds=40
interval_seconds=2

work=$(mktemp -d)
lake=(node /app/main.ts)
if docker version >/dev/null 2>&1; then
  # shellcheck source=tests/container/docker.sh
  source tests/container/docker.sh
else
  # shellcheck source=tests/container/buildah.sh
  source tests/container/buildah.sh
fi

finish() {
  local status=$?
  trap - EXIT
  set +e
  remove_containers
  wait
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

say() {
  echo "container: $SECONDS s: $*"
}

fail() {
  say "FAILED: $*"
  exit 1
}

# ended_with CODE COMMAND...: what a command printed, where it ended with that code; fails where not.
ended_with() {
  local expected=$1 status=0 output
  shift
  output=$("$@" 2>&1) || status=$?
  [ "$status" -eq "$expected" ] || fail "$* ended with $status instead of $expected: $output"
  echo "$output"
}

# await SECONDS COMMAND...: until it succeeds.
await() {
  local seconds=$1 until output
  until=$((SECONDS + seconds))
  shift
  until output=$("$@" 2>&1); do
    [ "$SECONDS" -lt "$until" ] || fail "$* did not succeed within $seconds s: $output"
    sleep 0.2
  done
  say "$*: $output"
}

make_data() {
  mkdir "$work/$1"
  chown 10001:10001 "$work/$1"
}

has_files() {
  [ -n "$(find "$1" -name "$2" -print -quit)" ]
}

# In a part that is being written.
has_trade() {
  grep --recursive --quiet --include='part_*.jsonl.open' '"e":"trade"' "$1"
}

judge_size() {
  local bytes
  bytes=$(($(count_bytes "$image") - $(count_bytes "$base")))
  say "$((bytes / 1000000)) MB above the base"
  [ "$bytes" -lt "$max_bytes" ] || fail "more than $((max_bytes / 1000000)) MB above the base"
}

# The demo, and beside it what an operator would ask while it runs.
run_demo() {
  make_data demo
  run_container demo "$work/demo" --mode demo --seconds 60 --root /data/demo >"$work/demo.log" 2>&1 &
  local demo=$! status=0
  await 40 exec_in demo "${lake[@]}" --mode health --root /data/demo
  ended_with 0 exec_in demo "${lake[@]}" --mode check --config /data/demo/config.yml
  wait "$demo" || status=$?
  cat "$work/demo.log"
  [ "$status" -eq 0 ] || fail "the demo ended with $status"
}

# The image as it comes, fed by the embedded exchange in the same container.
start_lake() {
  container_environment=(
    CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS=BTCUSDT
    CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS=3600
    CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL=ws://127.0.0.1:9443
    CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL=http://127.0.0.1:9443
    "CRYPTO_LAKE_HEALTH__INTERVAL_SECONDS=$interval_seconds")
  run_container lake "$work/lake" &
  lake_job=$!
  await 20 exec_in lake true
  exec_in lake "${lake[@]}" --mode simulate --port 9443 >"$work/exchange.log" 2>&1 &
  await 40 exec_in lake "${lake[@]}" --mode health --listening
  await 20 exec_in lake "${lake[@]}" --mode health
  await 20 has_trade "$work/lake/raw"
}

stop_lake() {
  local status=0 started=$SECONDS
  signal_container lake TERM
  wait "$lake_job" || status=$?
  say "stopped with $status after $((SECONDS - started)) s"
  [ "$status" -eq 0 ] || fail "SIGTERM ended the lake with $status"
  [ "$((SECONDS - started))" -le "$stop_within_seconds" ] || fail 'the stop took too long'
  if has_files "$work/lake/raw" '*.open'; then fail 'a part is left open'; fi
}

stop_and_seal() {
  make_data lake
  start_lake
  stop_lake
  ended_with 1 run_container judge "$work/lake" --mode health
  ended_with 0 run_container transform "$work/lake" --mode transform
  has_files "$work/lake/parquet" bars_1s.parquet || fail 'there are no bars'
  ended_with 0 run_container query "$work/lake" --mode query 'SELECT symbol, count(*) FROM bars_1s GROUP BY ALL'
  local mode
  for mode in verify cleanup plan; do ended_with 0 run_container job "$work/lake" --mode "$mode"; done
}

# Killed as by a lack of memory: health says so within three intervals, and the next start seals.
kill_and_recover() {
  start_lake
  signal_container lake KILL
  wait "$lake_job" || true
  has_files "$work/lake/raw" '*.open' || fail 'the kill left no part open'
  sleep "$((3 * interval_seconds))"
  ended_with 1 run_container judge "$work/lake" --mode health
  start_lake
  stop_lake
}

# The collector is there and does nothing: health says so within three intervals, though its container runs.
hang_collector() {
  local pid interval_seconds=10
  start_lake
  pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$work/lake/state/status/collect.json")
  exec_in lake sh -c "kill -STOP $pid"
  sleep "$((3 * interval_seconds))"
  ended_with 1 exec_in lake "${lake[@]}" --mode health
  exec_in lake sh -c "kill -CONT $pid"
  stop_lake
}

refuse_configuration() {
  container_environment=(CRYPTO_LAKE_COLECTOR__ROTATE_SECONDS=5)
  ended_with 78 run_container refuse "$work/lake"
}

say 'build'
build_image
judge_size
run_demo >"$work/demo.out" 2>&1 &
demo_job=$!
stop_and_seal
kill_and_recover
hang_collector
refuse_configuration
say 'demo'
demo_status=0
wait "$demo_job" || demo_status=$?
cat "$work/demo.out"
[ "$demo_status" -eq 0 ] || fail 'the demo'
say 'holds'
