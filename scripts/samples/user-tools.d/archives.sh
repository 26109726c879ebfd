# Archives of one small recording by GNU tar, Info-ZIP, gzip, xz and zstd, and ones that try to do harm.
make_archives() {
  local out=$samples/archives/good bad=$samples/archives/hostile from=$root/traces/recorded/vm-tcg-boot-redis
  local name=small-recording tree=$work/small-recording
  rm -rf "$out"
  mkdir -p "$out" "$bad" "$tree"
  find "$bad" -type f ! -name README.md -delete
  cp "$from/recording.json" "$tree"
  head -n 13 "$from/ticks.csv" >"$tree/ticks.csv"
  gzip -dc "$from/pages.csv.gz" | awk -F, 'NR == 1 || $1 <= 11' >"$tree/pages.csv"
  touch -d 2026-01-01 "$tree"/* "$tree"
  cd "$work"
  local same=(--owner=0 --group=0 --numeric-owner --mtime=2026-01-01 --sort=name -b 2)
  tar "${same[@]}" -cf "$name.tar" "$name"
  gzip -9nk "$name.tar"
  xz -k "$name.tar"
  zstd -qk "$name.tar"
  bzip2 -k "$name.tar"
  tar "${same[@]}" --format=pax --pax-option=delete=atime,delete=ctime -czf "$name-pax.tar.gz" "$name"
  # Without the folder, and with "./" before each name.
  tar "${same[@]}" -C "$name" -czf "$name-flat.tar.gz" .
  zip -qrX "$name-deflate.zip" "$name"
  zip -qrX0 "$name-stored.zip" "$name"
  # From a pipe: sizes stand behind the data.
  (cd "$name" && zip -qX - pages.csv | cat >../pages-streamed.zip)
  rm "$name.tar"
  xz -k "$name/pages.csv"
  pigz -kn "$name/ticks.csv"
  # Two members one after the other.
  { head -n 100 "$name/pages.csv" | gzip -9n; tail -n +101 "$name/pages.csv" | gzip -9n; } >"$name/pages-two-members.csv.gz"
  { head -n 100 "$name/pages.csv" | zstd -q; tail -n +101 "$name/pages.csv" | zstd -q; } >"$name/pages-two-frames.csv.zst"
  { head -n 100 "$name/pages.csv" | xz; tail -n +101 "$name/pages.csv" | xz; } >"$name/pages-two-streams.csv.xz"
  { zstd -q --no-check --long=27 <"$name/pages.csv"; } >"$name/pages-long-window.csv.zst"
  mv "$name"*.tar.* ./*.zip "$name"/*.gz "$name"/*.xz "$name"/*.zst "$out"

  echo 'tick,t_us' >"$work/escape.csv"
  mkdir inner
  tar -C inner "${same[@]}" -P -cf "$bad/tar-dot-dot.tar" ../escape.csv
  tar "${same[@]}" -P --transform 's|^.*escape|/tmp/escape|' -cf "$bad/tar-absolute.tar" escape.csv
  ln -s /etc/passwd inner/ticks.csv
  tar -C inner "${same[@]}" -cf "$bad/tar-symlink.tar" ticks.csv
  (cd inner && zip -qyX "$bad/zip-symlink.zip" ticks.csv)
  head -c $((10 << 20)) /dev/zero >zeros.csv
  zip -q9X inner.zip zeros.csv
  zip -q9X "$bad/zip-in-zip-bomb.zip" inner.zip
  zip -q9X "$bad/zip-bomb.zip" zeros.csv
  head -c $((64 << 20)) /dev/zero | gzip -9n >"$bad/bomb.csv.gz"
  head -c $((256 << 20)) /dev/zero | zstd -q -19 >"$bad/bomb.csv.zst"
  head -c $((64 << 20)) /dev/zero | xz -9 >"$bad/bomb.csv.xz"
  gzip -9n <"$name/pages.csv" | head -c 500 >"$bad/cut-off.csv.gz"
  zstd -q <"$name/pages.csv" | head -c 500 >"$bad/cut-off.csv.zst"
  xz <"$name/pages.csv" | head -c 500 >"$bad/cut-off.csv.xz"
  truncate -s 10G hole.csv
  tar "${same[@]}" -S -cf "$bad/tar-sparse-10-gib.tar" hole.csv
  { gzip -9n <"$name/ticks.csv"; echo 'not gzip'; } >"$bad/rubbish-after.csv.gz"
  head -c 1000 "$out/$name-deflate.zip" >"$bad/zip-cut-off.zip"
  gzip -dc "$out/$name.tar.gz" | head -c 3000 >"$bad/tar-cut-off.tar"
  python3 "$here/user-tools-hostile.py" "$bad"
}
