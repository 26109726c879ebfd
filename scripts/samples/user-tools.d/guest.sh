# A guest of busybox and Debian's kernel. KERNEL: a folder with an unpacked linux-image package; QEMU: the emulator.
: "${QEMU:=qemu-system-x86_64}"

# make_guest INIT: $work/initramfs with the modules for virtio and NVMe and $MODULES; INIT are commands of busybox sh.
make_guest() {
  local tree=$work/guest release module
  release=$(basename "$KERNEL"/lib/modules/*)
  vmlinuz=$KERNEL/boot/vmlinuz-$release
  rm -rf "$tree"
  mkdir -p "$tree"/{bin,dev,proc,sys,tmp,modules}
  cp /bin/busybox "$tree/bin/busybox"
  depmod -b "$KERNEL" "$release"
  # modprobe names a module after what it needs.
  for module in virtio_pci virtio_blk virtio_net nvme ${MODULES:-}; do
    modprobe -d "$KERNEL" -S "$release" --show-depends "$module" | awk '/^insmod/ { print $2 }'
  done | awk '!seen[$0]++' >"$work/modules"
  xargs -a "$work/modules" cp -t "$tree/modules"
  {
    echo '#!/bin/busybox sh'
    echo '/bin/busybox --install -s /bin; export PATH=/bin'
    echo 'mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /tmp'
    xargs -a "$work/modules" -n1 basename | sed 's|^|insmod /modules/|'
    echo "$1"
  } >"$tree/init"
  chmod +x "$tree/init"
  (cd "$tree" && find . | cpio -o -H newc --quiet) | gzip -1 >"$work/initramfs"
}

# guest OPTION...: arguments of every guest, one a line.
guest_options() {
  printf '%s\n' -machine q35 -accel tcg -cpu max -m 192M -display none -monitor none -no-reboot -nodefaults \
    -kernel "$vmlinuz" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=1 nokaslr random.trust_cpu=on" \
    "$@"
}

disks() {
  head -c $((8 << 20)) /dev/zero >"$work/blk.img"
  head -c $((8 << 20)) /dev/zero >"$work/nvme.img"
  printf '%s\n' -drive "if=none,id=blk,format=raw,cache=none,file=$work/blk.img" -device virtio-blk-pci,drive=blk \
    -drive "if=none,id=nv,format=raw,cache=none,file=$work/nvme.img" -device nvme,drive=nv,serial=luo
}

# wait_for FILE TEXT SECONDS
wait_for() {
  local tries=$(($3 * 10))
  until grep -qa "$2" "$1" 2>/dev/null; do
    ((tries-- > 0)) || { echo "$1 never said $2" >&2; return 1; }
    sleep 0.1
  done
}
