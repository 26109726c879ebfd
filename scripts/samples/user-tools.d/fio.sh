# OLD_FIO: a fio before 3.31, which writes version 2 of its iolog. fio on a loop device of 32 MiB, which takes trims; one record per I/O.
make_fio() {
  local out=$samples/fio/3.33 disk
  rm -rf "$out"
  mkdir -p "$out"
  head -c $((32 << 20)) /dev/zero >"$work/data"
  disk=$(losetup -f --show "$work/data")
  sed "s|DISK|$disk|" >"$out/mix.fio" <<'J'
[global]
filename=DISK
ioengine=libaio
direct=1
iodepth=4
randrepeat=1
write_lat_log=${LOG}
write_bw_log=${LOG}
write_iops_log=${LOG}
log_avg_msec=0
log_offset=${OFFSET}
log_prio=${PRIO}
disable_slat=${OFFSET}

[mixed]
rw=randrw
rwmixread=60
bssplit=4k/70:16k/30
numjobs=2
number_ios=150
thinktime=200

[trimmed]
stonewall
rw=randtrimwrite
bs=64k
number_ios=60
J
  sed "s|DISK|$disk|" >"$out/prio.fio" <<'J'
[global]
filename=DISK
ioengine=libaio
direct=1
iodepth=2
bs=8k
number_ios=150
randrepeat=1
write_lat_log=${LOG}
log_avg_msec=0
log_offset=1
log_prio=1
disable_slat=1

[high]
rw=randread
prioclass=1
prio=1

[percentage]
rw=randread
cmdprio_percentage=30
cmdprio_class=1
cmdprio=0
J
  (
    cd "$work"
    LOG=mix OFFSET=0 PRIO=0 fio --output=mix.json --output-format=json "$out/mix.fio"
    LOG=offset OFFSET=1 PRIO=0 fio --output=offset.json --output-format=json "$out/mix.fio"
    LOG=prio fio --output=prio.json --output-format=json "$out/prio.fio"
    fio --output=average.terse.txt --output-format=terse --terse-version=5 --name=steady --filename="$disk" --rw=randread \
      --bs=4k --iodepth=1 --ioengine=libaio --direct=1 --rate_iops=2000 --runtime=2 --time_based \
      --write_lat_log=average --write_bw_log=average --write_iops_log=average --log_avg_msec=20
    fio --output=iolog.json --output-format=json --name=mixed --filename="$disk" --rw=randrw --bs=4k --ioengine=libaio \
      --direct=1 --number_ios=150 --thinktime=100 --write_iolog=mixed.iolog
    fio --output=replay.json --output-format=json --name=replay --ioengine=libaio --direct=1 \
      --read_iolog=mixed.iolog --write_lat_log=replay --log_offset=1 --disable_slat=1 --log_avg_msec=0
    fio --output=mix.txt --name=normal --filename="$disk" --rw=randrw --bs=4k --number_ios=100 --direct=1
    if [[ -n ${OLD_FIO:-} ]]; then
      "$OLD_FIO" --name=mixed --filename="$disk" --rw=randrw --bs=4k --direct=1 --number_ios=150 --write_iolog=old.iolog \
        --output=old-fio
    fi
  ) || { losetup -d "$disk"; return 1; }
  losetup -d "$disk"
  if [[ -n ${OLD_FIO:-} ]]; then
    mkdir -p "$samples/fio/$("$OLD_FIO" --version | sed 's/fio-//')"
    mv "$work/old.iolog" "$samples/fio/$("$OLD_FIO" --version | sed 's/fio-//')/mixed.iolog"
  fi
  cp "$work"/{mix,offset,prio,average,replay}*.log "$work"/*.json "$work"/*.txt "$work"/*.iolog "$out"
}
