# Migrations from one QEMU to another on the same machine, watched over QMP, with both sides' traces.
migration_events=('migrate_set_state' 'migration_*' 'savevm_*' 'loadvm_*' 'vmstate_downtime_*' 'qemu_loadvm_*' 'postcopy_*'
  'source_return_path_*' 'global_dirty_changed' '-migration_transferred_bytes')

start_pair() {
  local side extra options
  printf '%s\n' "${migration_events[@]}" >"$work/events"
  rm -f "$work"/*.sock "$work"/*.trace "$work"/console-*
  mapfile -t options < <(guest_options "$@")
  for side in source target; do
    extra=()
    [[ $side == source ]] || extra=(-incoming defer)
    "$QEMU" "${options[@]}" -serial "file:$work/console-$side" -qmp "unix:$work/$side.sock,server=on,wait=off" \
      -qmp "unix:$work/$side-2.sock,server=on,wait=off" -msg timestamp=on -trace "events=$work/events" \
      -D "$work/$side.trace" "${extra[@]}" </dev/null 2>"$work/$side.stderr" &
    jobs+=($!)
    if [[ $side == source ]]; then wait_for "$work/console-source" running 60; fi
  done
  until [[ -S $work/target-2.sock ]]; do sleep 0.1; done
}

# Steps of a plan, each with a comma at its end.
step() { printf '{"execute":"%s"%s},' "$1" "${2:+,\"arguments\":$2}"; }
poll() { printf '{"poll":"%s","every_ms":%d,"until":["completed","failed","cancelled","measured"],"at_most":%d},' "$@"; }
pause() { printf '{"sleep_ms":%d},' "$1"; }
set_parameters() { step migrate-set-parameters "{$1}"; }
set_capabilities() {
  local name list=
  for name in "$@"; do list+="{\"capability\":\"$name\",\"state\":true},"; done
  step migrate-set-capabilities "{\"capabilities\":[${list%,}]}"
}

# record SOCKET NAME STEPS
record() { python3 "$here/qmp-record.py" "$work/$1.sock" "$work/$2" "[${3%,}]"; }

# Our own folder in paths of sockets is not worth keeping.
clean() { sed "s|$work/|/run/|g" "$work/$1" >"$out/$2"; }

# migration NAME BOTH SOURCE: BOTH are steps on both sides before it, SOURCE the source's from its start.
migration() {
  local uri="{\"uri\":\"unix:$work/link.sock\"}" watcher
  record target incoming "$2$(step migrate-incoming "$uri")$(pause 200)"
  record target-2 "$1-target" "$(poll query-migrate 100 200)$(pause 300)$(step query-status)" &
  watcher=$!
  record source "$1" "$2$(step query-status)$(step migrate "$uri")$3$(pause 300)$(step query-status)$(step query-migrate)"
  sleep 0.5
  stop_jobs 2>"$work/stopped"
  wait "$watcher" || true
  clean "$1.conversation.jsonl" "$1.conversation.jsonl"
  clean "$1.replies.json" "$1.replies.json"
  clean "$1-target.conversation.jsonl" "$1-target.conversation.jsonl"
}

make_qmp() {
  local version out drive
  version=$("$QEMU" --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')
  out=$samples/qemu/$version
  mkdir -p "$out"
  make_guest '
head -c 24000000 /dev/urandom >/tmp/a
echo running >/dev/ttyS0
while :; do cp /tmp/a /tmp/b; usleep 200000; cat /proc/uptime >/tmp/c; done'
  mapfile -t drive < <(disks | head -n 4)

  start_pair "${drive[@]}"
  migration precopy "$(set_capabilities events)$(set_parameters '"max-bandwidth":50000000,"downtime-limit":20')" \
    "$(poll query-migrate 100 30)$(set_parameters '"downtime-limit":3000')$(poll query-migrate 100 60)"
  clean source.trace precopy.source.log
  clean target.trace precopy.target.log

  dirty_rate page-sampling ',"sample-pages":512'
  # With emulation, 7.2 dies of a fault when asked for this mode.
  if [[ $version == 7.* ]]; then make_more_migrations; else dirty_rate dirty-bitmap; fi
}

make_more_migrations() {
  start_pair "${drive[@]}"
  migration postcopy "$(set_capabilities events postcopy-ram)$(set_parameters '"max-bandwidth":50000000')" \
    "$(poll query-migrate 100 15)$(step migrate-start-postcopy)$(poll query-migrate 100 60)"

  start_pair "${drive[@]}"
  migration multifd "$(set_capabilities events multifd xbzrle auto-converge)$(set_parameters \
    '"max-bandwidth":50000000,"downtime-limit":500,"multifd-channels":2')" "$(poll query-migrate 100 60)"

  start_pair "${drive[@]}"
  migration cancelled "$(set_capabilities events)$(set_parameters '"max-bandwidth":20000000')" \
    "$(poll query-migrate 100 10)$(step migrate_cancel)$(poll query-migrate 100 20)"

  start_pair $(disks)
  migration blocked "$(set_capabilities events)" "$(poll query-migrate 100 2)"
  rm "$out/blocked-target.conversation.jsonl"
}

# dirty_rate MODE [MORE]
dirty_rate() {
  local name=dirty-rate-$1 ask="{\"calc-time\":1,\"mode\":\"$1\"${2:-}}" turn steps
  start_pair "${drive[@]}"
  steps=$(step query-dirty-rate)
  for turn in 1 2 3; do steps+="$(step calc-dirty-rate "$ask")$(poll query-dirty-rate 100 20)$(pause 300)"; done
  record source "$name" "$steps"
  stop_jobs 2>"$work/stopped"
  clean "$name.conversation.jsonl" "$name.conversation.jsonl"
  clean "$name.replies.json" "$name.replies.json"
}
