import { orderPages, pageBytes } from "../base/index.ts";
import type { FoundHandover } from "../image/index.ts";
import {
  formatAddress,
  type HandoverFile,
  type KeyRun,
  khoCompatible,
  luoCompatible,
  type LuoState,
  memfdCompatible,
} from "../model/index.ts";

/** Seals of a memfd, by bit. Source: linux-7.3 include/uapi/linux/fcntl.h F_SEAL_* */
const sealNames = ["seal", "shrink", "grow", "write", "future-write", "exec"] as const;

/** Blocks of one order. */
export interface OrderDescription {
  readonly order: number;
  readonly count: number;
  readonly bytes: number;
}

export interface FileDescription {
  readonly handler: string;
  /** 64 bits, in hexadecimal: more than a JSON number holds. */
  readonly token: string;
  /** What an unknown handler keeps, in hexadecimal. */
  readonly data?: string;
  readonly size_bytes?: number;
  /** Decimal digits: 63 bits. */
  readonly position_bytes?: string;
  readonly seals?: readonly string[];
  readonly folios?: readonly OrderDescription[];
}

export interface SessionDescription {
  readonly name: string;
  readonly files: readonly FileDescription[];
}

/** What `inspect kho` shows. */
export interface HandoverDescription {
  readonly layouts: readonly string[];
  readonly fdt_address: string | null;
  readonly previous_release: string | null;
  readonly kexec_count: number | null;
  readonly liveupdate_number: number | null;
  readonly sessions: readonly SessionDescription[];
  readonly flbs: readonly { readonly name: string; readonly files: number; readonly data: string }[];
  readonly other_subtrees: readonly { readonly name: string; readonly bytes: number }[];
  readonly preserved: readonly OrderDescription[];
  /** Preserved blocks that nothing in this list accounts for. */
  readonly unaccounted: readonly OrderDescription[];
  /** Leaf first, root last. */
  readonly tracker_pages: readonly number[];
  readonly metadata_pages: Readonly<Record<string, number>>;
  readonly runs?: readonly { readonly order: number; readonly address: string; readonly count: number }[];
  readonly notes: readonly string[];
}

function describeSeals(seals: number): string[] {
  const known = sealNames.filter((_, bit) => ((seals >>> bit) & 1) === 1);
  const unknown = seals >>> sealNames.length;
  return unknown === 0 ? known : [...known, `unknown 0x${(unknown << sealNames.length).toString(16)}`];
}

/** Sums of blocks by order, small orders first. */
function sumOrders(runs: readonly { readonly order: number; readonly count: number }[]): OrderDescription[] {
  const counts = new Map<number, number>();
  for (const { order, count } of runs) counts.set(order, (counts.get(order) ?? 0) + count);
  return [...counts]
    .sort(([left], [right]) => left - right)
    .map(([order, count]) => ({ order, count, bytes: count * orderPages(order) * pageBytes }));
}

function hex(word: bigint): string {
  return `0x${word.toString(16)}`;
}

function describeFile(file: HandoverFile): FileDescription {
  const token = hex(file.token);
  if (!("memfd" in file)) return { handler: file.compatible, token, data: hex(file.data) };
  const { sizeBytes, positionBytes, seals, folios } = file.memfd;
  return {
    handler: memfdCompatible,
    token,
    size_bytes: sizeBytes,
    position_bytes: positionBytes.toString(),
    seals: describeSeals(seals),
    folios: sumOrders(folios),
  };
}

/** What the next kernel will not take, though the bytes can be read. */
function warn(luo: LuoState | undefined): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name } of luo?.sessions ?? []) (seen.has(name) ? twice : seen).add(name);
  return [...twice].map(
    (name) => `session "${name}" is there twice: every open of /dev/liveupdate gives EIO in the next kernel`,
  );
}

function describeLuo(luo: LuoState | undefined): Pick<HandoverDescription, "liveupdate_number" | "sessions" | "flbs"> {
  return {
    liveupdate_number: luo?.liveupdateNumber ?? null,
    sessions: (luo?.sessions ?? []).map(({ name, files }) => ({ name, files: files.map(describeFile) })),
    flbs: (luo?.flbs ?? []).map(({ compatible, count, data }) => ({ name: compatible, files: count, data: hex(data) })),
  };
}

function countPages(pages: FoundHandover["pages"]): Pick<HandoverDescription, "tracker_pages" | "metadata_pages"> {
  const counts = new Map<string, number>();
  for (const kind of pages.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const trackers = Array.from({ length: 6 }, (_, level) => counts.get(`tracker-${level}`) ?? 0);
  const others = [...counts].filter(([kind]) => !kind.startsWith("tracker-"));
  return { tracker_pages: trackers, metadata_pages: Object.fromEntries(others) };
}

function describeRun({ order, first, count }: KeyRun) {
  return { order, address: formatAddress(first * orderPages(order) * pageBytes), count };
}

/** The same facts for JSON and for people. */
export function describeHandover(found: FoundHandover, { withRuns }: { withRuns: boolean }): HandoverDescription {
  const { handover, keys, pages, fdtAddress, notes } = found;
  const { kexec, luo, otherSubtrees, otherKeys } = handover;
  return {
    layouts: [khoCompatible, ...(luo ? [luoCompatible] : [])],
    fdt_address: fdtAddress === undefined ? null : formatAddress(fdtAddress),
    previous_release: kexec?.previousRelease ?? null,
    kexec_count: kexec?.kexecCount ?? null,
    ...describeLuo(luo),
    other_subtrees: otherSubtrees.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    preserved: sumOrders(keys),
    unaccounted: sumOrders(otherKeys),
    ...countPages(pages),
    ...(withRuns ? { runs: keys.map(describeRun) } : {}),
    notes: [...notes, ...warn(handover.luo)],
  };
}
