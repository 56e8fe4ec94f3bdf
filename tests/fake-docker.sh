#!/usr/bin/env bash
# Stands for docker and systemctl in tests of deploy/upgrade.sh, by the name it is called by. Images and
# containers are files in FAKE_FOLDER: images/<name> holds an id, containers/<name> the id it runs. An id in
# `deaf` never listens, one in `sick` is never healthy; imports fail where `no-import` or `no-parts` is, and
# the bridge has heard nothing where the latter is. Notes every call.
set -euo pipefail
cd "$FAKE_FOLDER"
called="${0##*/} $*"
echo "$called" >>calls

find_id() { if [ -e "images/${1//[:\/]/_}" ]; then cat "images/${1//[:\/]/_}"; else grep -x "$1" ids; fi; }

case $called in
  'systemctl restart '*) find_id "$(sed -n 's/^LAKE_IMAGE=//p' env)" >containers/crypto-lake ;;
  'docker pull '*) find_id "${!#}" ;;
  'docker load '*) echo "Loaded image: $(cat "${!#}")" ;;
  'docker image inspect '*) find_id "${!#}" ;;
  'docker tag '*) find_id "$2" >image && mv image "images/${3//[:\/]/_}" ;;
  'docker container inspect '*) cat "containers/${!#}" ;;
  'docker exec '*--listening*) ! grep -qx "$(cat "containers/$2")" deaf ;;
  'docker exec '*health*) ! grep -qx "$(cat "containers/$2")" sick ;;
  'docker run --detach '*)
    [[ $called =~ --name\ ([^ ]+).*\ ([^ ]+)\ --mode ]]
    echo "${BASH_REMATCH[2]}" >"containers/${BASH_REMATCH[1]}"
    ;;
  'docker run '*import*) [ ! -e no-import ] && [ ! -e no-parts ] ;;
  'docker run '*'--entrypoint test '*) [ ! -e no-parts ] ;;
  'docker rm '*) rm "containers/${!#}" ;;
esac
