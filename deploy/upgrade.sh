#!/usr/bin/env bash
# Upgrades a running lake without a gap: while the old version stops and the new one starts, a bridge (a
# second collector, of the new version, on a root of its own) hears everything, and its parts are imported.
# Where the new version does not collect or is not healthy in time, the old one is put back by itself; what
# the bridge heard is imported all the same. Never deletes anything that was not imported.
#
#   deploy/upgrade.sh registry.example/crypto-lake:1.4.0     pulls that image
#   deploy/upgrade.sh crypto-lake-1.4.0.tar                  loads it from a file
#   deploy/upgrade.sh crypto-lake:previous                   rolls back: a name without / is one that is here
#
# The unit runs the image with the tag LAKE_IMAGE. Exit codes: 0 upgraded; 1 not upgraded, the old version
# runs; 2 wrong usage; 3 a person must act: what the bridge heard is kept, and the last lines say what to do.
set -euo pipefail

unit=${LAKE_UNIT:-crypto-lake}
container=${LAKE_CONTAINER:-crypto-lake}
env_file=${LAKE_ENV_FILE:-/etc/default/crypto-lake}
previous=${LAKE_PREVIOUS_IMAGE:-crypto-lake:previous}
# In the container.
root=${LAKE_ROOT:-/data}
program=${LAKE_PROGRAM:-/app/main.ts}
# Seconds, for each thing that is waited for.
within=${LAKE_UPGRADE_SECONDS:-600}

bridge=$container-bridge
bridge_root=$root/bridge

say() { echo "upgrade: $*" >&2; }

# The id of the image that is named: tags move.
obtain_image() {
  local name=$1
  if [[ -f $1 ]]; then
    name=$(docker load --quiet --input "$1" | sed -n 's/^Loaded image\( ID\)\?: //p' | tail -1) ||
      return 1
  elif [[ $1 == */* ]]; then
    docker pull --quiet "$1" >&2 || return 1
  fi
  docker image inspect --format '{{.Id}}' "$name"
}

container_exists() { docker container inspect "$1" >/dev/null 2>&1; }

confinement=(--pull never --network host --read-only --tmpfs /tmp --cap-drop ALL
  --security-opt no-new-privileges --env-file "$env_file")

# Runs a mode of the new image on the volumes of the bridge.
run_beside_bridge() {
  docker run --rm "${confinement[@]}" --volumes-from "$bridge" "$@"
}

start_bridge() {
  docker run --detach --name "$bridge" --restart on-failure "${confinement[@]}" \
    --volumes-from "$container" "$1" --mode collect --root "$bridge_root" >/dev/null
}

# Whether the collector of a container hears every stream before the time is up. The container may only be
# starting.
await_listening() {
  local name=$1 at=$2 deadline=$((SECONDS + within))
  while ((SECONDS < deadline)); do
    if docker exec "$name" node "$program" --mode health --listening \
      --within "$((deadline - SECONDS))" --root "$at" >&2; then return 0; fi
    sleep 1
  done
  return 1
}

is_healthy() { docker exec "$container" node "$program" --mode health >&2; }

await_healthy() {
  local deadline=$((SECONDS + within))
  until is_healthy; do
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 2
  done
}

# Stops the bridge, takes what it heard into the lake, and only then removes it. One that an earlier run
# left before it heard anything, or after its parts were removed, has none.
finish_bridge() {
  local status=0
  docker stop --time 60 "$bridge" >/dev/null || return 1
  run_beside_bridge --entrypoint test "$1" -d "$bridge_root/raw" || status=$?
  case $status in
    0) run_beside_bridge "$1" --mode import --other "$bridge_root" >&2 || return 1 ;;
    1) ;;
    *) return 1 ;;
  esac
  run_beside_bridge --entrypoint rm "$1" -rf "$bridge_root" || return 1
  docker rm "$bridge" >/dev/null
}

leave_to_a_person() {
  say "$1"
  say "what the bridge has heard is in $bridge_root of the volume of container $bridge; nothing is lost."
  say "when the lake collects again, run this script once more: it imports what the bridge has first."
  exit 3
}

# A unit that names another image than the one that is tagged would go on with that.
runs_image() {
  local wanted running
  wanted=$(docker image inspect --format '{{.Id}}' "$1") || return 1
  running=$(docker container inspect --format '{{.Image}}' "$container") || return 1
  if [[ $wanted == "$running" ]]; then return 0; fi
  say "$unit does not run $image: see LAKE_IMAGE in $env_file"
  return 1
}

# The unit with an image, listening and as healthy as before.
run_unit_with() {
  docker tag "$1" "$image" || return 1
  systemctl restart "$unit" || return 1
  await_listening "$container" "$root" || return 1
  runs_image "$1" || return 1
  if [[ $was_healthy == yes ]]; then await_healthy || return 1; fi
}

if (($# != 1)); then
  sed -n '2,13s/^# \?//p' "$0" >&2
  exit 2
fi
# Of two at once, one would take the other's bridge for one that was left.
exec 9<"$env_file"
if ! flock --nonblock 9; then
  say 'another upgrade is under way: nothing was changed'
  exit 1
fi
# What the unit runs, by its own file.
image=$(sed -n 's/^LAKE_IMAGE=//p' "$env_file" | tail -1)
image=${image:-crypto-lake:current}
if ! container_exists "$container"; then
  say "container $container is not running: start it first (systemctl start $unit)"
  exit 1
fi

new=$(obtain_image "$1") || {
  say "no image $1, see above: nothing was changed"
  exit 1
}
if container_exists "$bridge"; then
  say 'an earlier upgrade has left its bridge: its parts are imported first'
  finish_bridge "$new" || leave_to_a_person 'they could not be imported, see above'
fi

was_healthy=no
if is_healthy; then was_healthy=yes; fi
before=$(docker container inspect --format '{{.Image}}' "$container")
# Run again with what runs already, the way back stays.
if [[ $before != "$new" ]]; then docker tag "$before" "$previous"; fi

say "start the bridge, $new"
if ! start_bridge "$new" || ! await_listening "$bridge" "$bridge_root"; then
  say "the bridge hears nothing within $within s: nothing was changed; its last lines:"
  docker logs --tail 20 "$bridge" >&2 || true
  # The lake itself has collected all the time.
  finish_bridge "$new" || docker rm --force "$bridge" >/dev/null || true
  exit 1
fi

say "restart $unit with $new"
outcome=0
if ! run_unit_with "$new"; then
  say "$new does not run as it should within $within s: back to the version before"
  outcome=1
  run_unit_with "$before" ||
    leave_to_a_person "the version before does not run either, see journalctl --unit $unit"
fi

say 'stop the bridge and import what it has heard'
finish_bridge "$new" || leave_to_a_person 'its parts could not be imported, see above'
if ((outcome == 0)); then say "done: $unit runs $new"; else say "not upgraded: $unit runs as before"; fi
exit "$outcome"
