# shellcheck shell=bash
# Builds the image with buildah, where there is no Docker engine: on a base made here of Debian, the Node
# that npm has installed for this repository, and this machine's npm. No image registry is asked.
# Sourced by run.sh, like docker.sh, which has the same functions. Runs the image as an engine would, see
# enter.sh, with process, mount and network namespaces of its own. Needs root.

container_environment=()
base=localhost/lake-base
image=localhost/crypto-lake
storage=(--root "$work/storage" --runroot "$work/runroot" --storage-driver vfs)

build_image() {
  build_base
  # A machine whose npm trusts certificates of its own hands them on.
  local certificates=()
  if [ "$(npm config get cafile)" != null ]; then
    certificates=(--volume /etc/ssl/certs:/etc/ssl/certs:ro
      --volume "$(npm config get globalconfig):/usr/local/etc/npmrc:ro")
  fi
  buildah "${storage[@]}" bud --isolation chroot --pull-never --format docker \
    --build-arg BASE="$base" "${certificates[@]}" --tag "$image" .
  local container
  container=$(buildah "${storage[@]}" from --pull-never "$image")
  rootfs=$(buildah "${storage[@]}" mount "$container")
}

build_base() {
  debootstrap --variant=minbase bookworm "$work/base" >"$work/debootstrap.log"
  mkdir -p "$work/base/usr/local/lib/node_modules" "$work/context"
  cp node_modules/node/bin/node "$work/base/usr/local/bin/node"
  cp -r "$(dirname "$(readlink --canonicalize "$(command -v npm)")")/.." \
    "$work/base/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/base/usr/local/bin/npm"
  tar -C "$work/base" -cf "$work/context/base.tar" .
  base_bytes=$(stat --format %s "$work/context/base.tar")
  printf 'FROM scratch\nADD base.tar /\n' >"$work/context/Dockerfile"
  buildah "${storage[@]}" bud --isolation chroot --quiet --tag "$base" "$work/context"
  rm -rf "$work/base" "$work/context"
}

# Bytes of an image, as an archive.
count_bytes() {
  if [ "$1" = "$base" ]; then echo "$base_bytes"; else tar -C "$rootfs" -c . | wc -c; fi
}

# inspect_image KEY: one value of the image's configuration; a list with one item per line.
inspect_image() {
  buildah "${storage[@]}" inspect --type image --format "{{$1}}" "$image"
}

list_image() {
  inspect_image "range .Docker.Config.$1}}{{println .}}{{end" | sed '/^$/d'
}

# What a command of the image is started with: its user, folder and environment.
read_entering() {
  local user folder environment
  user=$(inspect_image .Docker.Config.User)
  folder=$(inspect_image .Docker.Config.WorkingDir)
  mapfile -t environment < <(list_image Env)
  entering=(setpriv "--reuid=${user%:*}" "--regid=${user#*:}" --clear-groups --no-new-privs
    --bounding-set=-all --inh-caps=-all
    env -i "--chdir=$folder" "${environment[@]}" "${container_environment[@]}")
}

# run_container NAME DATA_FOLDER [ARGUMENT...]: to its end, with its exit code.
run_container() {
  local name=$1 data=$2 entrypoint arguments entering
  shift 2
  rm -f "$work/$name.pid"
  mapfile -t entrypoint < <(list_image Entrypoint)
  arguments=("$@")
  if [ "$#" -eq 0 ]; then mapfile -t arguments < <(list_image Cmd); fi
  read_entering
  unshare --mount --pid --net --fork --kill-child tests/container/enter.sh "$work/$name.pid" \
    "$rootfs" "$data" "${entering[@]}" "${entrypoint[@]}" "${arguments[@]}"
}

# exec_in NAME COMMAND [ARGUMENT...]: beside what runs there.
exec_in() {
  local name=$1 entering
  shift
  read_entering
  nsenter --target "$(cat "$work/$name.pid")" --mount --pid --net --root "${entering[@]}" "$@"
}

# signal_container NAME SIGNAL: to its first process.
signal_container() {
  kill -s "$2" "$(cat "$work/$1.pid")"
}

remove_containers() {
  local pid_file
  for pid_file in "$work"/*.pid; do kill -KILL "$(cat "$pid_file")" 2>/dev/null; done
  buildah "${storage[@]}" rm --all >/dev/null
}
