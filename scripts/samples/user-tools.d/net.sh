# Two network namespaces with a veth pair: luo-a (va, 10.77.0.1, fd77::1) and luo-b (vb, 10.77.0.2, fd77::2).
a() { ip netns exec luo-a "$@"; }
b() { ip netns exec luo-b "$@"; }

make_namespaces() {
  local name
  for name in a b; do
    ip netns del "luo-$name" 2>/dev/null || true
    ip netns add "luo-$name"
    ip -n "luo-$name" link set lo up
  done
  ip -n luo-a link add va type veth peer name vb netns luo-b
  a sysctl -qw net.ipv6.conf.va.accept_dad=0
  b sysctl -qw net.ipv6.conf.vb.accept_dad=0 net.ipv6.conf.vb.keep_addr_on_down=1
  ip -n luo-a addr add 10.77.0.1/24 dev va
  ip -n luo-b addr add 10.77.0.2/24 dev vb
  ip -n luo-a addr add fd77::1/64 dev va nodad
  ip -n luo-b addr add fd77::2/64 dev vb nodad
  ip -n luo-a link set va up
  ip -n luo-b link set vb up
}

# start NAMESPACE COMMAND...: starts a program that stays until stop_jobs.
start() {
  ip netns exec "$@" &
  jobs+=($!)
}

stop_jobs() {
  kill "${jobs[@]}" || true
  wait "${jobs[@]}" || true
  jobs=()
}

traffic() {
  a ping -q -c 5 -i 0.2 10.77.0.2 >"$work/ping4"
  a ping -q -c 5 -i 0.2 fd77::2 >"$work/ping6"
  a curl -s -o /dev/null http://10.77.0.2:8080/page
  a curl -s -o /dev/null "http://[fd77::2]:8080/page"
  a curl -s -o /dev/null http://10.77.0.2:8080/missing
  a curl -s -o /dev/null http://10.77.0.2:8081/ || true # Nobody listens: a reset.
  a python3 "$here/user-tools-net.py" udp 10.77.0.2 9000 20
  a python3 "$here/user-tools-net.py" udp fd77::2 9000 10
  a python3 "$here/user-tools-net.py" vlan va 10 20
  a ping -q -c 3 -i 0.2 127.0.0.1 >"$work/ping-lo"
}

info() {
  local file
  for file in "$@"; do capinfos -M "$file" | sed "s|^File name: .*|File name:           $(basename "$file")|" >"$file.capinfos.txt"; done
}

fields() {
  tshark -r "$1" -T fields -E header=y -E separator=, -E occurrence=f -e frame.number -e frame.time_epoch -e frame.len \
    -e frame.cap_len -e frame.interface_name -e eth.type -e vlan.id -e ip.proto -e ipv6.nxt -e ip.src -e ip.dst \
    -e ipv6.src -e ipv6.dst -e tcp.srcport -e tcp.dstport -e udp.srcport -e udp.dstport -e tcp.len >"$1.fields.csv" 2>"$work/tshark"
}

make_net() {
  local out=$samples/tcpdump/4.99.3 ng=$samples/wireshark/4.0.17
  mkdir -p "$out" "$ng" "$work/www"
  make_namespaces
  seq -f "line %g of a page" 1 1000 | head -c 9000 >"$work/www/page"
  start luo-b python3 -m http.server -d "$work/www" --bind :: 8080 >"$work/http" 2>&1
  start luo-b python3 "$here/user-tools-net.py" echo 9000
  until a curl -s -o "$work/first" http://10.77.0.2:8080/page; do sleep 0.1; done
  local quiet=(--immediate-mode -U -Z root)
  start luo-a tcpdump "${quiet[@]}" -i va -w "$out/veth-micro.pcap" 2>"$out/veth-micro.pcap.stderr.txt"
  start luo-a tcpdump "${quiet[@]}" -i va -s 192 --time-stamp-precision=nano -w "$out/veth-nano.pcap" 2>"$work/nano"
  start luo-a tcpdump "${quiet[@]}" -i va -s 96 -w "$out/veth-s96.pcap" 2>"$work/s96"
  start luo-a tcpdump "${quiet[@]}" -i any -s 96 -w "$out/any-sll2.pcap" 2>"$work/sll2"
  start luo-a tcpdump "${quiet[@]}" -i any -y LINUX_SLL -s 96 -w "$out/any-sll.pcap" 2>"$work/sll"
  start luo-a tcpdump -l --immediate-mode -Z root -tt -n -i va >"$out/veth-text.txt" 2>"$work/text"
  start luo-a dumpcap -q -s 120 -i va -f "not port 9001" -i lo -i any -w "$work/multi.pcapng" \
    --capture-comment "veth, loopback and any" 2>"$work/dumpcap"
  start luo-a tshark -q -s 120 -i va -w "$work/tshark.pcapng" 2>"$work/tshark"
  sleep 2
  traffic
  sleep 1
  stop_jobs
  cat "$work/multi.pcapng" >"$ng/dumpcap-multi.pcapng"
  cat "$work/tshark.pcapng" >"$ng/tshark-veth.pcapng"
  editcap -r "$work/multi.pcapng" "$work/part.pcapng" 1-120
  editcap -a "5:first remark" -a "9:second remark, with ü" "$work/part.pcapng" "$ng/editcap-comments.pcapng"
  editcap -F pcapng "$out/veth-s96.pcap" "$ng/editcap-micro.pcapng"
  # Two captures with different link types in one file, one after the other: times run back in the middle.
  editcap -r "$out/any-sll.pcap" "$work/sll.pcap" 1-100
  mergecap -a -w "$ng/mergecap-unordered.pcapng" "$out/veth-s96.pcap" "$work/sll.pcap"
  make_raw_ip "$out"
  if [[ -n ${S390X:-} ]]; then make_big_endian "$out" "$ng"; fi
  info "$out"/*.pcap "$ng"/*.pcapng
  fields "$out/veth-nano.pcap"
  fields "$ng/dumpcap-multi.pcapng"
}

# Tools of a big-endian machine write big-endian files. S390X: a folder with qemu-s390x-static and, in root/, the s390x
# packages tcpdump and wireshark-common with what they depend on.
make_big_endian() {
  local run=("$S390X/qemu-s390x-static" -L "$S390X/root")
  "${run[@]}" "$S390X/root/usr/bin/tcpdump" -r "$1/veth-s96.pcap" -w - >"$1/veth-s96-big-endian.pcap" 2>"$work/big"
  "${run[@]}" "$S390X/root/usr/bin/tcpdump" -r "$1/veth-nano.pcap" --time-stamp-precision=nano -c 100 -w - \
    >"$1/veth-nano-big-endian.pcap" 2>"$work/big"
  "${run[@]}" "$S390X/root/usr/bin/editcap" -r "$2/dumpcap-multi.pcapng" "$2/editcap-big-endian.pcapng" 1-120
}

# A tun device carries IP packets without a link header.
make_raw_ip() {
  make_tuns
  start luo-a tcpdump --immediate-mode -U -Z root -i ta -w "$1/tun-raw.pcap" 2>"$work/raw"
  sleep 1
  a ping -q -c 20 -i 0.05 -W 1 10.79.0.2 >"$work/ping-raw" || true
  a python3 "$here/user-tools-net.py" udp 10.79.0.2 9000 40
  a ping -q -c 10 -i 0.05 -W 1 fd79::2 >"$work/ping-raw6" || true
  sleep 1
  stop_jobs
}

make_tuns() {
  start luo-a python3 "$here/user-tools-net.py" wire luo-a ta luo-b tb
  sleep 1
  local end
  for end in "a 1" "b 2"; do
    set -- $end
    ip -n "luo-$1" addr add "10.79.0.$2/24" dev "t$1"
    ip -n "luo-$1" addr add "fd79::$2/64" dev "t$1" nodad
    ip -n "luo-$1" link set "t$1" up
  done
  start luo-b python3 "$here/user-tools-net.py" echo 9000
}
