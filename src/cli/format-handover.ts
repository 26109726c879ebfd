import { displayText, formatBytes, formatCount, plural } from "../analysis/format.ts";
import { pageBytes } from "../base/index.ts";
import type { FileDescription, HandoverDescription, OrderDescription } from "./describe-handover.ts";
import { formatTable } from "./table.ts";

/** Rows of a list that people are shown; JSON has them all. */
const maxRows = 50;

function bounded<Item>(items: readonly Item[], what: string, show: (shown: readonly Item[]) => string): string[] {
  if (items.length === 0) return [];
  const more = items.length - maxRows;
  return [
    "",
    show(items.slice(0, maxRows)),
    ...(more > 0 ? [`… and ${plural(more, what)} more (--json has all)`] : []),
  ];
}

/** `1,024 of 4 KiB, 2 of 2 MiB` */
function formatOrders(orders: readonly OrderDescription[]): string {
  if (orders.length === 0) return "none";
  return orders.map(({ order, count }) => `${formatCount(count)} of ${formatBytes(pageBytes * 2 ** order)}`).join(", ");
}

function fileRow(session: string, file: FileDescription): string[] {
  return [
    session,
    file.token,
    displayText(file.handler),
    file.size_bytes === undefined ? "–" : formatBytes(file.size_bytes),
    file.position_bytes ?? "–",
    file.seals === undefined ? "–" : file.seals.join(" ") || "none",
    file.folios === undefined ? `data ${file.data ?? "–"}` : formatOrders(file.folios),
  ];
}

function formatSessions({ sessions }: HandoverDescription): string[] {
  const rows = sessions.flatMap(({ name, files }) => {
    const shown = displayText(name, 63);
    if (files.length === 0) return [[shown, "no files", "", "", "", "", ""]];
    return files.map((file, index) => fileRow(index === 0 ? shown : "", file));
  });
  const heads = ["session", "token", "handler", "size", "position", "seals", "folios"];
  const right = [false, true, false, true, true, false, false];
  return bounded(rows, "line", (shown) => formatTable(heads, shown, right));
}

function formatFlbs({ flbs }: HandoverDescription): string[] {
  const rows = flbs.map(({ name, files, data }) => [displayText(name), formatCount(files), data]);
  return bounded(rows, "FLB", (shown) => formatTable(["FLB", "files", "data"], shown, [false, true, true]));
}

function formatPreserved({ preserved, unaccounted }: HandoverDescription): string[] {
  const rows = preserved.map(({ order, count, bytes }) => [
    String(order),
    formatCount(count),
    formatBytes(bytes),
    formatCount(unaccounted.find((other) => other.order === order)?.count ?? 0),
  ]);
  const heads = ["order", "blocks", "preserved", "of unknown use"];
  return ["", formatTable(heads, rows, [true, true, true, true])];
}

function formatPages({ tracker_pages: trackers, metadata_pages: metadata }: HandoverDescription): string[] {
  const kinds = Object.entries(metadata).map(([kind, count]) => `${kind} ${formatCount(count)}`);
  return [
    "",
    `tracker pages by level, leaf first: ${trackers.map(formatCount).join(", ")}`,
    `metadata pages: ${kinds.join(", ")}`,
  ];
}

function formatRuns({ runs }: HandoverDescription): string[] {
  if (!runs) return [];
  const rows = runs.map(({ order, address, count }) => [String(order), address, formatCount(count)]);
  return ["", formatTable(["order", "address", "blocks"], rows, [true, true, true])];
}

/** A handover for people: bounded, but for the runs that they asked for. */
export function formatHandover(path: string, handover: HandoverDescription): string {
  const { previous_release: release, kexec_count: kexecs, liveupdate_number: number } = handover;
  const files = handover.sessions.reduce((sum, session) => sum + session.files.length, 0);
  const subtrees = handover.other_subtrees.map(({ name, bytes }) => `${displayText(name)} (${formatBytes(bytes)})`);
  return [
    `${path}: handover ${handover.layouts.join(", ")}`,
    release === null
      ? "by a kernel that does not say its release"
      : `by Linux ${displayText(release)}, kexec ${kexecs}`,
    number === null
      ? "without the Live Update Orchestrator"
      : `live update ${number}, ${plural(handover.sessions.length, "session")}, ${plural(files, "file")}`,
    ...(subtrees.length > 0 ? [`other subtrees: ${subtrees.join(", ")}`] : []),
    ...formatSessions(handover),
    ...formatFlbs(handover),
    ...formatPreserved(handover),
    ...formatPages(handover),
    ...formatRuns(handover),
    ...handover.notes.map((note) => `note: ${displayText(note, 300)}`),
  ].join("\n");
}
