# shellcheck shell=bash
# Builds and runs the image with Docker. Sourced by run.sh, like buildah.sh, which has the same functions.
# Containers get no network, no capabilities, a read-only root file system and a tmpfs at /tmp.

container_environment=()
base=${LAKE_TEST_BASE:-node:24-bookworm-slim}
image=crypto-lake-test:$$

build_image() {
  docker build --quiet --build-arg BASE="$base" --tag "$image" .
}

# Bytes of an image, as an archive.
count_bytes() {
  docker save "$1" | wc -c
}

# run_container NAME DATA_FOLDER [ARGUMENT...]: to its end, with its exit code.
run_container() {
  local name=$1 data=$2
  shift 2
  docker run --rm --name "crypto-lake-test-$$-$name" --network none --read-only \
    --tmpfs /tmp:noexec,nosuid,size=256m --cap-drop ALL --security-opt no-new-privileges \
    --volume "$data:/data" "${container_environment[@]/#/--env=}" "$image" "$@"
}

# exec_in NAME COMMAND [ARGUMENT...]: beside what runs there.
exec_in() {
  local name=$1
  shift
  docker exec "crypto-lake-test-$$-$name" "$@"
}

# signal_container NAME SIGNAL: to its first process.
signal_container() {
  docker kill --signal "$2" "crypto-lake-test-$$-$1" >/dev/null
}

remove_containers() {
  docker ps --all --quiet --filter "name=crypto-lake-test-$$-" | xargs --no-run-if-empty docker rm --force
  docker image rm --force "$image"
}
