#!/bin/sh
# PID 1 of the guest: loads the modules, runs the jobs named on the kernel's command line, writes /out as a tar to the
# second disk. Words for people go to the second serial port, so that the first holds the kernel's log alone.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/null >/dev/ttyS1 2>&1
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
mount -t tmpfs tmp /tmp
mkdir -p /dev/shm /out
hostname guest
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp TZ=UTC LANG=C PERF_BUILDID_DIR=/tmp/buildid
while read -r module; do insmod "$module"; done </modules.order
sleep 1
for disk in /sys/block/vd?; do
  case $(cat "$disk/serial") in load) load=/dev/${disk##*/} ;; out) out=/dev/${disk##*/} ;; esac
done
export load
uname -a
jobs=$(sed -n 's/.*samples\.jobs=\([^ ]*\).*/\1/p' /proc/cmdline)
for job in $(echo "$jobs" | tr , ' '); do
  echo "== $job"
  (. /guest-jobs.sh; "job_$job")
done
tar cf "$out" -C /out .
sync
echo "== done"
[ -x /tmp/last ] && /tmp/last
poweroff -f
