#!/bin/bash
# record.sh OUT.jsonl KERNEL_A KERNEL_B STAGES SEED CALLS [chain.panic=N chain.forge=N ...]
# Boots bzImage KERNEL_A in QEMU and records random calls over STAGES kernels in turn (a letter each, "aba"): see README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1 kernel_a=$2 kernel_b=$3 stages=$4 seed=$5 calls=$6
shift 6
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/root/dev"
gcc -O2 -Wall -Wextra -static -o "$folder/root/init" "$here"/*.c
cp "$kernel_a" "$folder/root/kernel-a"
cp "$kernel_b" "$folder/root/kernel-b"
(cd "$folder/root" && find . | cpio -o -H newc --quiet) >"$folder/initramfs"
declare -n first="kernel_${stages:0:1}"
# One CPU counts instructions, so that a seed gives the same recording each time; several really run at once.
clock=(-accel tcg,thread=single -icount shift=0,align=off,sleep=off -rtc clock=vm)
if ((${CPUS:-1} > 1)); then clock=(-accel tcg,thread=multi); fi
timeout "${TIMEOUT_S:-900}" qemu-system-x86_64 "${clock[@]}" -cpu max -m "${MEMORY:-1G}" -smp "${CPUS:-1}" \
  -display none -monitor none -no-reboot -net none \
  -serial "file:$folder/console" -serial "file:$folder/calls" -kernel "$first" -initrd "$folder/initramfs" \
  -append "console=ttyS0 panic=1 kho=on liveupdate=on loglevel=4 chain.seed=$seed chain.calls=$calls \
chain.stages=${#stages} chain.kernels=$stages $*" </dev/null || true
# A kernel that panics cannot say so itself.
if grep -q 'Kernel panic' "$folder/console"; then
  grep -a 'Kernel panic' "$folder/console" >&2
  stage=$(tail -n 1 "$folder/calls" | sed 's/^{"stage":\([0-9]*\).*/\1/')
  letter=${stages:stage:1}
  declare -n panicked="kernel_$letter"
  release=$(file -bL "$panicked" | sed 's/.*version \([0-9.]*\).*/\1/')
  echo "{\"stage\":$((stage + 1)),\"op\":\"boot\",\"release\":\"$release\",\"outcome\":\"panic\",\"ret\":0}" >>"$folder/calls"
fi
# What a stage found out about the one before belongs to that one.
sort -s -t: -k2,2n "$folder/calls" >"$out"
[[ -z ${CONSOLE:-} ]] || cp "$folder/console" "$CONSOLE"
