#!/bin/bash
# user-tools.sh PART...: makes traces/samples again with the real tools; traces/samples/user-tools.md says what each part
# needs. Parts: net ping fio qemu-log qmp simpletrace boot chrome tables archives. Must run as root on Linux.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
samples=$root/traces/samples
work=$(mktemp -d)
jobs=()
finish() {
  ((${#jobs[@]} == 0)) || kill "${jobs[@]}" 2>/dev/null || true
  ip netns del luo-a 2>/dev/null || true
  ip netns del luo-b 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

for file in "$here"/user-tools.d/*.sh; do
  # shellcheck source=/dev/null
  . "$file"
done
for part in "$@"; do "make_${part//-/_}"; done
