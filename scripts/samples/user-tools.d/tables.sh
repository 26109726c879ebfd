# Tables for the importer that takes any table. Needs node_modules.
make_tables() {
  local out=$samples/tables/duckdb-arrow
  rm -rf "$out"
  mkdir -p "$out"
  "$root/node_modules/.bin/node" "$here/user-tools-tables.mjs" "$out"
}
