#!/usr/bin/env bash
# Installs the lake on a machine with Docker and systemd, as root: unit, environment, configuration, and the
# script for upgrades, all taken from the image. Starts nothing. Run again after an upgrade it renews the
# unit and the script, and leaves environment and configuration as they are.
#
#   install.sh europe-west3-docker.pkg.dev/my-project/lake/crypto-lake:1.4.0
#
# The image has to be there already (docker pull, docker load), and so has the disk at /data.
set -euo pipefail

if (($# != 1)); then
  sed -n '2,8s/^# \?//p' "$0" >&2
  exit 2
fi
image=$1
# Where the machine's root is; empty but in a test.
machine=${DESTDIR:-}

# Exits where the image lacks the file, before anything is overwritten.
read_image() {
  docker run --rm --pull never --network none --log-driver none --entrypoint cat "$image" "/app/$1"
}

# write_file SOURCE TARGET MODE: whole, or not at all.
write_file() {
  local staged
  staged=$(mktemp "$2.XXXXXX")
  if ! read_image "$1" >"$staged"; then
    rm -f "$staged"
    echo "install: read $1 of $image: see above; nothing was changed at $2" >&2
    exit 1
  fi
  chmod "$3" "$staged"
  mv "$staged" "$2"
}

install -d -m 0755 "$machine/etc/crypto-lake"
# The user of the image.
install -d -o 10001 -g 10001 -m 0750 "$machine/data"
write_file deploy/crypto-lake.service "$machine/etc/systemd/system/crypto-lake.service" 0644
write_file deploy/upgrade.sh "$machine/usr/local/sbin/crypto-lake-upgrade" 0755
if [ ! -e "$machine/etc/default/crypto-lake" ]; then
  write_file deploy/crypto-lake.env.example "$machine/etc/default/crypto-lake" 0600
fi
if [ ! -e "$machine/etc/crypto-lake/config.yml" ]; then
  write_file config.yml "$machine/etc/crypto-lake/config.yml" 0644
fi
docker tag "$image" crypto-lake:current
systemctl daemon-reload
echo 'installed; next: systemctl enable --now crypto-lake'
