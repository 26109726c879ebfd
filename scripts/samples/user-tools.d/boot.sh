# A boot of Debian's systemd in a guest. ROOTFS: a folder made by debootstrap (see user-tools.md).
make_boot() {
  local out version tree=$work/root options
  cp -a "$ROOTFS" "$tree"
  version=$(chroot "$tree" systemd-analyze --version | awk 'NR == 1 { print $2 }')
  out=$samples/systemd-analyze/$version
  mkdir -p "$out"

  cat >"$tree/report.sh" <<'J'
#!/bin/sh
until systemd-analyze time >/report/time.txt 2>&1; do sleep 1; done
cd /report
export SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 LC_ALL=C.UTF-8
systemd-analyze blame --no-pager >blame.txt
systemd-analyze critical-chain --no-pager >critical-chain.txt
systemd-analyze plot >plot.svg
# Without --no-legend, 257 writes a line of text after the JSON.
systemd-analyze plot --json=short >plot-short-legend.json || rm plot-short-legend.json
systemd-analyze plot --json=short --no-legend >plot-short.json || rm plot-short.json
systemd-analyze plot --json=pretty --no-legend >plot-pretty.json || rm plot-pretty.json
systemd-analyze plot --table --no-legend >plot-table.txt || rm plot-table.txt
systemctl show -p Version -p FirmwareTimestampMonotonic -p LoaderTimestampMonotonic -p KernelTimestamp \
  -p KernelTimestampMonotonic -p InitRDTimestampMonotonic -p UserspaceTimestamp -p UserspaceTimestampMonotonic \
  -p FinishTimestamp -p FinishTimestampMonotonic -p UnitsLoadStartTimestampMonotonic \
  -p UnitsLoadFinishTimestampMonotonic -p GeneratorsStartTimestampMonotonic -p GeneratorsFinishTimestampMonotonic \
  >show-manager.txt
systemctl show '*' -p Id -p Type -p After -p ActiveState -p InactiveExitTimestampMonotonic \
  -p ActiveEnterTimestampMonotonic -p ActiveExitTimestampMonotonic -p InactiveEnterTimestampMonotonic |
  sed '/^After=/s/ .*//' >show-units.txt
journalctl -b --no-pager -o short-monotonic >journal-short-monotonic.txt
sync
poweroff -f
J
  chmod +x "$tree/report.sh"
  mkdir -p "$tree/report"
  cat >"$tree/etc/systemd/system/report.service" <<'J'
[Unit]
Description=Say how the boot went
[Service]
Type=simple
ExecStart=/report.sh
[Install]
WantedBy=multi-user.target
J
  ln -s /etc/systemd/system/report.service "$tree/etc/systemd/system/multi-user.target.wants/report.service"
  echo luo >"$tree/etc/hostname"
  echo '/dev/vda / ext4 rw 0 1' >"$tree/etc/fstab"
  rm -f "$tree"/var/cache/apt/archives/*.deb
  truncate -s 1500M "$work/root.img"
  mkfs.ext4 -q -d "$tree" "$work/root.img"

  MODULES="ext4" make_guest 'mkdir /new; mount -t ext4 /dev/vda /new; umount /proc /sys /tmp
mount --move /dev /new/dev; exec switch_root /new /lib/systemd/systemd'
  mapfile -t options < <(guest_options -serial "file:$work/console" -m 512M \
    -drive "if=none,id=root,format=raw,cache=unsafe,file=$work/root.img" -device virtio-blk-pci,drive=root \
    -device virtio-rng-pci)
  timeout 400 "$QEMU" "${options[@]}" </dev/null || { tail -n 30 "$work/console"; return 1; }
  debugfs -R "rdump /report $work" "$work/root.img" 2>"$work/debugfs"
  rm -f "$out"/*
  cp "$work"/report/* "$out"
  chmod 644 "$out"/*
  gzip -9n "$out"/plot.svg "$out"/journal-*.txt
}
