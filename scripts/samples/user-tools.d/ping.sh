# outage FAIL UNDO: arguments of ip, 3 s and 4.5 s after the start.
outage() {
  sleep 3
  ip $1
  sleep 1.5
  ip $2
}

# The far end has no way back for 1.5 s: answers are missing.
lose() {
  outage "-n luo-b route add blackhole $1" "-n luo-b route del blackhole $1"
}

# The far end's link is down for 1.5 s: the kernel keeps requests, and their answers come late.
hold() {
  outage "-n luo-b link set vb down" "-n luo-b link set vb up"
}

make_ping() {
  local out=$samples/ping/20221126 pcap=$samples/tcpdump/4.99.3/veth-gap-s64.pcap
  mkdir -p "$out" "${pcap%/*}"
  make_namespaces
  start luo-b python3 "$here/user-tools-net.py" echo 9000
  start luo-a tcpdump --immediate-mode -U -Z root -i va -s 64 -w "$pcap" 2>"$work/gap"
  sleep 1
  lose 10.77.0.1/32 &
  a python3 "$here/user-tools-net.py" udp 10.77.0.2 9000 500 &
  a ping -D -n -i 0.05 -W 1 -c 200 10.77.0.2 >"$out/lost-D.txt" || true
  stop_jobs
  wait
  info "$pcap"
  gzip -9nf "$pcap"
  lose 10.77.0.1/32 &
  a ping -D -O -n -i 0.1 -W 1 -c 80 10.77.0.2 >"$out/lost-D-O.txt" || true
  wait
  lose fd77::1/128 &
  a ping -6 -D -n -i 0.1 -W 1 -c 80 fd77::2 >"$out/lost-ipv6-D.txt" || true
  wait
  hold &
  a ping -D -O -n -i 0.05 -W 1 -c 120 10.77.0.2 >"$out/late-D-O.txt" || true
  wait
  a ping -i 0.02 -c 100 -s 1000 10.77.0.2 >"$out/plain.txt"
  a ping -D -q -i 0.02 -c 100 10.77.0.2 >"$out/quiet-D.txt"
  a ping -D -n -i 0.2 -c 30 10.77.0.9 >"$out/unreachable-D.txt" || true
  # Our own end goes down: ping says so on stderr.
  (
    sleep 2
    ip -n luo-a link set va down
    sleep 1.2
    ip -n luo-a link set va up
  ) &
  a ping -D -n -i 0.1 -c 60 10.77.0.2 >"$out/own-link-down-D.txt" 2>&1 || true
  wait $!
  make_tuns
  a ping -D -n -i 0.05 -c 200 -W 1 10.79.0.2 >"$out/duplicates-reordered-D.txt" || true
  stop_jobs
}
