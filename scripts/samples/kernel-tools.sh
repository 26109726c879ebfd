#!/bin/bash
# kernel-tools.sh [-o OUT] [-t TEMP] [-p PERF_DIR] [-x EXTRA_DIR] KERNEL_DIR CPUS JOB[,JOB...] [KERNEL ARGS]
# Makes the samples of kernel tracing tools: boots a Debian kernel in QEMU (emulated CPU), runs the jobs of guest-jobs.sh
# there with the real tools, and unpacks what they wrote into OUT (default: traces/samples).
#   KERNEL_DIR  a linux-image package, unpacked with `dpkg -x`
#   PERF_DIR    a linux-perf package, unpacked the same way (default: the perf of this machine)
#   EXTRA_DIR   more files for the guest's root; for the job damo: /damo (github.com/damonitor/damo), and from Debian's
#               python3.11-minimal, libpython3.11-minimal, libpython3.11-stdlib and file what it needs to run
# Jobs: ftrace or its first half ftrace_basic, tracecmd, perf, kvm or its part kvm_ftrace, blktrace, dmesg, kexec, and
# for kernels with CONFIG_DAMON damon and damo.
# Needs (Debian): qemu-system-x86 busybox-static cpio kmod gcc fdisk trace-cmd blktrace linux-perf kexec-tools
# procps.
# The samples of the repository: `kernel-tools.sh all` downloads the packages and makes every one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../traces/samples temp=${TMPDIR:-/tmp}/kernel-tools perf= extra=
while getopts o:t:p:x: letter; do
  case $letter in o) out=$OPTARG ;; t) temp=$OPTARG ;; p) perf=$OPTARG ;; x) extra=$OPTARG ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
mkdir -p "$out" "$temp"

if [[ ${1:-} == all ]]; then
  old=linux-image-6.1.0-56-amd64 new=linux-image-6.12.117+deb12-amd64
  (cd "$temp" && for package in $old $new linux-perf; do
    [[ -d $package ]] || { apt-get download "$package" && dpkg -x "$package"_*.deb "$package"; }
  done)
  again=("$0" -o "$out" -t "$temp" -p "$temp/linux-perf")
  "${again[@]}" "$temp/$old" 1 ftrace,tracecmd,perf,kvm,dmesg
  "${again[@]}" "$temp/$old" 2 blktrace
  "${again[@]}" "$temp/$new" 1 damon,ftrace_basic,kvm_ftrace
  [[ -z $extra ]] || "${again[@]}" -x "$extra" "$temp/$new" 1 damo
  "${again[@]}" "$temp/$old" 1 kexec
  "${again[@]}" "$temp/$old" 1 kexec initcall_debug ignore_loglevel
  exit
fi

kernel=$1 cpus=$2 jobs=$3
shift 3
version=$(basename "$(echo "$kernel"/lib/modules/*)")
root=$temp/root
rm -rf "$root"
mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,etc,out,modules,kexec,lib64}
gcc -O2 -Wall -static -pthread -o "$root/usr/bin/load" "$here/load.c"
gcc -O2 -Wall -static -pthread -o "$root/usr/bin/vm" "$here/vm.c"
busybox=$(command -v busybox)
cp "$busybox" "$root/bin/busybox"
"$busybox" --list-full | while read -r name; do
  [[ $name == bin/busybox ]] || { mkdir -p "$root/$(dirname "$name")"; ln -sf /bin/busybox "$root/$name"; }
done
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"

# Real tools take the place of busybox's of the same name; their libraries come along.
tools=(trace-cmd blktrace blkparse btt kexec dmesg dd mount umount stat chrt ps)
for tool in "${tools[@]}"; do
  path=$(command -v "$tool") && find "$root" -name "$tool" -type l -delete && cp -L "$path" "$root/usr/bin/$tool"
done
cp -L "${perf:-}/usr/bin/perf" "$root/usr/bin/perf"
plugins=/usr/lib/x86_64-linux-gnu/traceevent
mkdir -p "$root$plugins"
cp -rL "$plugins/." "$root$plugins"
[[ -z $extra ]] || cp -r "$extra/." "$root/"
for binary in "${tools[@]/#/$root/usr/bin/}" "$root/usr/bin/perf" ${extra:+$(find "$root/usr" -name '*.so' -o -name file -type f -o -name 'python3*' -type f)}; do
  { ldd "$binary" 2>/dev/null || true; } | sed -n 's/.*[ \t]\(\/[^ ]*\) (0x.*/\1/p'
done | sort -u | while read -r library; do mkdir -p "$root/$(dirname "$library")" && cp -L "$library" "$root/$library"; done

# Modules in the order in which they can be loaded.
depmod -b "$kernel" "$version"
for module in virtio_pci virtio_blk virtio_net nvme ext4 kvm-amd; do
  modprobe -S "$version" -d "$kernel" --show-depends "$module" | sed -n 's/^insmod //p'
done | awk '!seen[$1]++ { print $1 }' | while read -r module; do
  name=$(basename "$module")
  case $name in
  *.xz) xz -dc "$module" >"$root/modules/${name%.xz}" && name=${name%.xz} ;;
  *) cp "$module" "$root/modules/" ;;
  esac
  echo "/modules/$name" >>"$root/modules.order"
done
install -m 755 "$here/guest-init.sh" "$root/init"
cp "$here/guest-jobs.sh" "$root/"

if [[ $jobs == *kexec* ]]; then
  small=$temp/small
  rm -rf "$small"
  mkdir -p "$small"/{bin,proc,sys,dev}
  cp "$busybox" "$small/bin/busybox"
  ln -s busybox "$small/bin/sh"
  printf '#!/bin/sh\nbusybox sleep 1\nbusybox poweroff -f\n' >"$small/init"
  chmod +x "$small/init"
  (cd "$small" && find . | cpio -o -H newc --quiet | gzip -9) >"$root/kexec/initrd"
  cp "$kernel"/boot/vmlinuz-* "$root/kexec/vmlinuz"
fi
(cd "$root" && find . | cpio -o -H newc --quiet) >"$temp/initrd"

truncate -s 0 "$temp"/{load,nvme,out}.img
truncate -s 64M "$temp"/{load,nvme,out}.img
echo 'start=2048, size=65536, type=83' | sfdisk -q "$temp/load.img"
timeout 1500 qemu-system-x86_64 -accel tcg,thread=single -cpu max,+svm -m 1G -smp "$cpus" -no-reboot \
  -display none -vga none -monitor none -serial "file:$temp/console.log" -serial "file:$temp/jobs.log" \
  -kernel "$kernel"/boot/vmlinuz-* -initrd "$temp/initrd" \
  -drive "file=$temp/load.img,if=none,id=load,format=raw,discard=unmap" -device virtio-blk-pci,drive=load,serial=load \
  -drive "file=$temp/nvme.img,if=none,id=nvme,format=raw,discard=unmap" -device nvme,drive=nvme,serial=nvme \
  -drive "file=$temp/out.img,if=none,id=out,format=raw" -device virtio-blk-pci,drive=out,serial=out \
  -netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net \
  -append "console=ttyS0,115200 samples.jobs=$jobs $*" </dev/null
cat "$temp/jobs.log"

# What is too large for a sample is packed; the guest's serial port is kept as it was, with its carriage returns.
rm -rf "$temp/new"
mkdir "$temp/new"
tar xf "$temp/out.img" -C "$temp/new" --no-same-owner
if [[ $jobs == *kexec* ]]; then
  name=kexec
  [[ $* != *initcall_debug* ]] || name=initcall-debug-kexec
  cp "$temp/console.log" "$(echo "$temp"/new/dmesg/*)/$name.console.txt"
fi
find "$temp/new" -type d -empty -delete
find "$temp/new" -type f -size +128k -exec gzip -9n {} +
chmod -R a+rX,u+w "$temp/new"
cp -r "$temp/new/." "$out"
