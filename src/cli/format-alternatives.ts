import { type CatalogueRow, displayText, formatBytes, formatCount, formatNs } from "../analysis/index.ts";
import { formatTable } from "./table.ts";

type Row = CatalogueRow<"alternatives">;

function formatRow(row: Row): string[] {
  return [
    row.alternative_name,
    formatNs(row.stopped_ns),
    row.qemu_downtime_ns === null ? "" : formatNs(row.qemu_downtime_ns),
    formatNs(row.degraded_ns),
    formatNs(row.total_ns),
    formatNs(row.host_ns),
    formatBytes(row.moved_bytes),
    formatBytes(row.extra_bytes),
    row.round_count === null ? "" : formatCount(row.round_count),
    row.replaces_kernel ? "new" : "old",
    row.feasible ? "yes" : `no: ${displayText(row.reason, 80)}`,
  ];
}

const heads = [
  "",
  "vCPUs stop",
  "QEMU says",
  "degraded",
  "whole",
  "all copies",
  "moved",
  "extra memory",
  "rounds",
  "kernel",
  "possible",
];

/** One table a kind of VM: what each way costs it, and whether it ends; then what each leaves behind. */
export function formatAlternatives(rows: readonly Row[]): string {
  // By number: two VMs may share a name.
  return [...Map.groupBy(rows, (row) => row.vm_index).values()]
    .map((own) => {
      const copies = own[0]!.vm_count > 1 ? ` and ${formatCount(own[0]!.vm_count - 1)} like it` : "";
      const right = [false, true, true, true, true, true, true, true, true, false, false];
      const lost = own
        .filter((row) => row.lost_state !== "")
        .map((row) => `${row.alternative_name}: ${displayText(row.lost_state, 200)}`);
      return [
        `${displayText(own[0]!.vm_name, 60)}${copies}`,
        formatTable(heads, own.map(formatRow), right),
        "",
        "not taken along:",
        ...lost,
        "",
        "what it rests on:",
        ...own.map((row) => `${row.alternative_name}: ${displayText(row.detail, 200)}`),
      ].join("\n");
    })
    .join("\n\n");
}
