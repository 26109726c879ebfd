# QEMU's log trace backend: what Debian's build writes with -trace and -D.

# traced NAME on|off EVENT...: -msg timestamp=on|off. Boots with the events; the guest does its I/O and powers off.
traced() {
  local name=$1 msg=$2 options
  shift 2
  printf '%s\n' "$@" >"$work/events"
  mapfile -t options < <(guest_options $(disks) -netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net \
    -serial "file:$work/console")
  timeout 120 "$QEMU" "${options[@]}" -msg "timestamp=$msg" -trace "events=$work/events" -D "$work/log" </dev/null
  cp "$work/log" "$out/$name"
}

make_qemu_log() {
  local version out
  version=$("$QEMU" --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')
  out=$samples/qemu/$version
  mkdir -p "$out"
  make_guest '
ifconfig eth0 10.0.2.15 up
dd if=/dev/urandom of=/tmp/data bs=4k count=32 2>/dev/null
for disk in vda nvme0n1; do
  dd if=/tmp/data of=/dev/$disk bs=4k seek=16 count=24 oflag=direct conv=fsync 2>/dev/null
  dd if=/dev/$disk of=/dev/null bs=4k skip=512 count=24 iflag=direct 2>/dev/null
done
ping -c 3 10.0.2.2 >/dev/null
echo done >/dev/ttyS0
poweroff -f'
  traced virtio-nvme-timestamps.log on 'virtio_blk_handle_*' 'virtio_blk_req_complete' 'virtio_set_status' \
    'virtio_queue_notify' 'virtio_notify*' 'virtqueue_pop' 'virtqueue_fill' 'pci_nvme_io_cmd' 'pci_nvme_read' \
    'pci_nvme_write' 'pci_nvme_rw_complete_cb' 'pci_nvme_irq_msix'
  traced virtio-nvme.log off 'virtio_blk_*' 'virtio_set_status' 'pci_nvme_io_cmd' 'pci_nvme_read' 'pci_nvme_write'
  # What the drive reads and writes of the guest's memory, from the driver's first command on.
  traced nvme-dma.log on 'pci_nvme_io_cmd' 'pci_nvme_admin_cmd' 'pci_nvme_read' 'pci_nvme_write' 'pci_nvme_map_*' \
    'pci_nvme_rw_complete_cb' 'pci_nvme_aio_flush_cb' 'pci_nvme_enqueue_req_completion' 'pci_nvme_irq_msix'
  gzip -9nf "$out/nvme-dma.log"
  # Firmware alone, stopped before the kernel: its first accesses of devices.
  printf '%s\n' 'memory_region_ops_*' 'apic_*' 'pci_cfg_*' >"$work/events"
  timeout 3 "$QEMU" -machine pc -accel tcg -m 64 -display none -monitor none -nodefaults -msg timestamp=on \
    -trace "events=$work/events" -D "$work/firmware.log" </dev/null || true
  head -n 1500 "$work/firmware.log" | gzip -9n >"$out/firmware-mmio-timestamps.log.gz"
}
