# Binary traces of QEMU built with the simple backend, which Debian's is not. QEMU_SOURCE: QEMU's source; QEMU_BUILD: a
# build of it with --enable-trace-backends=simple,log. user-tools.md says how it was configured.
make_simpletrace() {
  local out options
  out=$samples/qemu-simpletrace/$(cat "$QEMU_SOURCE/VERSION")
  mkdir -p "$out"

  head -c $((4 << 20)) /dev/zero >"$work/io.img"
  "$QEMU_BUILD/qemu-img" create -q -f qcow2 "$work/io.qcow2" 4M
  local commands=() index
  for ((index = 0; index < 40; index++)); do
    commands+=(-c "write -P $index $((index * 65536)) $((4096 << index % 3))" -c "read $((index * 32768)) 4096")
  done
  (cd "$work" && "$QEMU_BUILD/qemu-io" -f qcow2 -T "enable=bdrv_co_*,file=$out/qemu-io.simpletrace" "${commands[@]}" \
    -c "discard 0 131072" -c flush io.qcow2 >"$work/io.txt" 2>&1)

  make_guest '
for disk in vda nvme0n1; do
  dd if=/dev/zero of=/dev/$disk bs=4k seek=16 count=60 oflag=direct 2>/dev/null
  dd if=/dev/$disk of=/dev/null bs=8k skip=100 count=60 iflag=direct 2>/dev/null
done
poweroff -f'
  mapfile -t options < <(guest_options $(disks) -serial "file:$work/console" -L /usr/share/seabios -L /usr/share/qemu)
  printf '%s\n' 'virtio_blk_handle_*' virtio_blk_req_complete virtio_set_status virtio_queue_notify 'virtio_notify*' \
    virtqueue_pop virtqueue_fill pci_nvme_io_cmd pci_nvme_read pci_nvme_write pci_nvme_rw_complete_cb pci_nvme_irq_msix \
    >"$work/events"
  timeout 120 "$QEMU_BUILD/qemu-system-x86_64" "${options[@]}" \
    -trace "events=$work/events,file=$out/virtio-nvme.simpletrace" </dev/null 2>"$work/log"

  local all=$QEMU_BUILD/trace/trace-events-all name base
  for name in qemu-io virtio-nvme; do
    base=$out/$name
    python3 "$QEMU_SOURCE/scripts/simpletrace.py" "$all" "$base.simpletrace" >"$base.printed.txt"
    # Name and arguments of the events in it; the texts that QEMU prints are left out.
    awk '{ print $1 }' "$base.printed.txt" | sort -u | while read -r event; do
      sed -n "s/^\(disable \)\?\(vcpu \)\?\($event(.*)\) *\".*/\3 \"\"/p" "$all" | head -n 1
    done >"$base.trace-events"
    python3 "$QEMU_SOURCE/scripts/simpletrace.py" "$base.trace-events" "$base.simpletrace" | cmp - "$base.printed.txt"
    gzip -9nf "$base.simpletrace" "$base.printed.txt"
  done
}
