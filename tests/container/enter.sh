#!/usr/bin/env bash
# enter.sh PID_FILE ROOTFS DATA_FOLDER COMMAND [ARGUMENT...]: becomes a command in an image, as its first
# process. Called by buildah.sh in mount, process and network namespaces of its own. The root file system is
# read-only; what can be written is /data and a tmpfs at /tmp. Writes the process's id, as the machine sees it.
set -euo pipefail
pid_file=$1 rootfs=$2 data=$3
shift 3

# Still the machine's /proc; a child of this shell would find its own id there.
read -r pid _ </proc/self/stat
echo "$pid" >"$pid_file"
ip link set lo up
mount --bind "$rootfs" "$rootfs"
mount --bind "$data" "$rootfs/data"
mount --rbind /dev "$rootfs/dev"
mount -t tmpfs -o mode=1777,noexec,nosuid,size=256m tmpfs "$rootfs/tmp"
mount -t proc proc "$rootfs/proc"
mount -o remount,bind,ro "$rootfs"
exec chroot "$rootfs" "$@"
