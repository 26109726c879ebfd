import { formatCount } from "../analysis/format.ts";
import type { HopOutcome, KernelFeatures, PostedSeries } from "../model/index.ts";
import { formatTable } from "./table.ts";

interface Hop extends HopOutcome {
  readonly from: string;
  readonly to: string;
}

export interface KernelList {
  readonly kernels: readonly KernelFeatures[];
  readonly hops: readonly Hop[];
  readonly series: readonly PostedSeries[];
}

function limitOf(store: KernelFeatures["sessions"]): string {
  return formatCount(store.kind === "blocks" ? store.entriesPerBlock * store.maxBlocks : store.maxEntries);
}

function featureRow(features: KernelFeatures): string[] {
  const { tracker, luo } = features;
  return [
    features.version,
    features.kho,
    luo ?? "–",
    features.handlers.join(", ") || "–",
    tracker.kind === "radix" ? "radix tree" : `bitmaps of ${tracker.bitmapBytes} B`,
    luo === undefined ? "–" : limitOf(features.sessions),
    luo === undefined ? "–" : limitOf(features.files),
    features.hashesImage ? "yes" : "no",
    features.allowsDeferredInit ? "yes" : "no",
    features.evidence,
  ];
}

const featureHeads = [
  "kernel",
  "KHO",
  "LUO",
  "files",
  "tracker",
  "sessions",
  "files/session",
  "hashes image",
  "deferred init",
  "known by",
];
const isNumber = [false, false, false, false, false, true, true, false, false, false];

function hopTable({ kernels, hops }: KernelList): string {
  const versions = kernels.filter(({ luo }) => luo !== undefined).map(({ version }) => version);
  const rows = versions.map((from) => [
    from,
    ...versions.map((to) => hops.find((hop) => hop.from === from && hop.to === to)?.kind ?? ""),
  ]);
  return formatTable(["from ↓ into →", ...versions], rows);
}

const legend = [
  ["carried", "VMs come back"],
  ["memory-lost", "the new kernel takes their memory for free RAM, and says so in one line of its log"],
];

/** Versions, hops and posted series, in 120 columns. */
export function formatKernels(list: KernelList): string {
  const series = list.series.flatMap(({ name, carries, posted }) => [
    [name, posted],
    ["", carries],
  ]);
  return [
    formatTable(featureHeads, list.kernels.map(featureRow), isNumber),
    "",
    hopTable(list),
    "",
    formatTable(["outcome", "what it means"], legend),
    "",
    formatTable(["posted series", "as of, and what it carries over"], series),
  ].join("\n");
}
