# Traces in Chrome's JSON by Node and Chromium, and Chromium's Perfetto traces. Needs node_modules and chromium.
make_chrome() {
  local node=$root/node_modules/.bin/node out version
  version=$("$node" --version)
  out=$samples/node/${version#v}
  mkdir -p "$out"
  cat >"$work/load.cjs" <<'J'
const { readFile } = require("node:fs");
const { performance } = require("node:perf_hooks");
let left = 6;
function again() {
  performance.mark(`turn ${left}`);
  let text = "";
  for (let n = 0; n < 20000; n++) text += n;
  readFile(__filename, () => {
    performance.measure("read", `turn ${left}`);
    if (--left > 0) setTimeout(again, 5);
  });
}
again();
J
  (cd "$work" && PATH=${node%/*}:$PATH node --trace-event-categories v8,node,node.async_hooks,node.perf \
    --trace-event-file-pattern 'trace.${rotation}.log' load.cjs)
  cp "$work/trace.1.log" "$out/node_trace.1.log"

  version=$(chromium --version 2>"$work/stderr" | awk '{ print $2 }')
  out=$samples/chromium/$version
  mkdir -p "$out"
  "$node" "$here/user-tools-chrome.mjs" "$out"
  # An independent count: packets, and how many of them have which field of TracePacket.
  local file
  for file in "$out"/*.pftrace.gz; do
    gzip -dc "$file" | protoc --decode_raw >"$work/decoded"
    {
      echo "packets $(grep -c '^1 {' "$work/decoded")"
      sed -n 's/^  \([0-9][0-9]*\)[: ].*/\1/p' "$work/decoded" | sort -n | uniq -c | awk '{ print "field", $2, $1 }'
    } >"${file%.gz}.fields.txt"
  done
}
