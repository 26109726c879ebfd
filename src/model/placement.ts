import { assert, createPrng, divCeil, divFloor, gibBytes, orderPages, pageBytes, UsageError } from "../base/index.ts";
import type { PlacementConfig, UpdateConfig } from "./config.ts";
import type { FolioGroup } from "./folios.ts";
import type { KeyRun } from "./kho/radix-tree.ts";

/** Where guest memory starts on a host whose RAM reaches beyond 4 GiB, and on a smaller one [PLACE-01, assumed]. */
const highBasePages = (4 * gibBytes) / pageBytes;
const lowBasePages = gibBytes / 4 / pageBytes;

/** Hands out host frames from low to high, as a freshly booted host's allocator mostly does. */
class FrameCursor {
  #frame: number;

  constructor(firstFrame: number) {
    this.#frame = firstFrame;
  }

  take(order: number, folios: number): KeyRun {
    const size = orderPages(order);
    const first = divCeil(this.#frame, size);
    this.#frame = (first + folios) * size;
    return { order, first, count: folios };
  }

  skip(order: number, folios: number): void {
    this.#frame += folios * orderPages(order);
  }
}

/** Lengths 1 … 2 * mean - 1, so that their mean is `mean`. */
function drawLength(random: () => number, mean: number): number {
  return mean <= 1 ? mean : 1 + (random() % (2 * mean - 1));
}

function* placeGroup(
  group: FolioGroup,
  placement: PlacementConfig,
  cursor: FrameCursor,
  random: () => number,
): Generator<KeyRun> {
  if (placement.kind === "contiguous") {
    yield cursor.take(group.order, group.folioCount);
    return;
  }
  for (let left = group.folioCount; left > 0;) {
    const count = Math.min(left, drawLength(random, placement.runFolios));
    yield cursor.take(group.order, count);
    cursor.skip(group.order, drawLength(random, placement.gapFolios));
    left -= count;
  }
}

/**
 * Most pieces of preserved memory that are placed, so that a scenario cannot fill this process's memory. A kernel with
 * so many would take days to reserve them.
 */
const maxPieces = 2_000_000;

/** Two runs that touch are one: the tracker and memblock see no border between them. */
function appendRun(runs: KeyRun[], run: KeyRun): void {
  const last = runs.at(-1);
  if (last && last.order === run.order && last.first + last.count === run.first) {
    runs[runs.length - 1] = { ...last, count: last.count + run.count };
  } else {
    if (runs.length === maxPieces) {
      throw new UsageError(`the VMs' memory lies in more than ${maxPieces} pieces`, {
        hint: "raise vms[].placement.fragmented.run_folios, use larger folios, or fewer VMs",
      });
    }
    runs.push(run);
  }
}

/** What is placed. */
export interface Placeable {
  /** Folio groups of each VM. */
  readonly groups: readonly (readonly FolioGroup[])[];
  /** Single pages of metadata. */
  readonly metadataPages: number;
  /** Orders of larger blocks of metadata. */
  readonly blockOrders: readonly number[];
}

/**
 * Where every preserved folio and metadata page lies in host memory, as runs of keys.
 *
 * VMs lie one after the other; metadata pages follow them in one piece. A recording's own KEYS lines replace this
 * where placement is known.
 *
 * Source   assumed [PLACE-01]; the seed fixes what is drawn
 */
export function placeFolios(
  config: UpdateConfig,
  { groups: groupsOfVms, metadataPages, blockOrders }: Placeable,
): readonly KeyRun[] {
  const random = createPrng(config.seed);
  const guestPages = divFloor(
    config.vms.reduce((sum, vm) => sum + vm.guestBytes, 0),
    pageBytes,
  );
  const fitsHigh = guestPages <= config.host.ramBytes / pageBytes - highBasePages;
  const cursor = new FrameCursor(fitsHigh ? highBasePages : lowBasePages);
  const runs: KeyRun[] = [];
  for (const [vm, groups] of groupsOfVms.entries()) {
    const { placement } = config.vms[vm]!;
    for (const group of groups) {
      for (const run of placeGroup(group, placement, cursor, random)) appendRun(runs, run);
    }
  }
  assert(metadataPages > 0, "a live update preserves at least its own pages");
  appendRun(runs, cursor.take(0, metadataPages));
  for (const order of blockOrders) appendRun(runs, cursor.take(order, 1));
  return runs;
}
