import { bytesToPagesCeil, divFloor, orderPages } from "../base/index.ts";
import type { VmConfig } from "./config.ts";

/** A stretch of guest memory that folios of one order back. */
export interface FolioGroup {
  readonly order: number;
  readonly fromFrame: number;
  readonly toFrame: number;
  readonly folioCount: number;
}

/**
 * Splits a VM's memory into groups by folio order, largest order first.
 *
 * What a group's share leaves over of a whole folio goes to the next smaller order, and the rest to 4 KiB folios, so
 * that the groups always cover the memory exactly.
 */
export function splitFolios(vm: VmConfig): readonly FolioGroup[] {
  const frames = bytesToPagesCeil(vm.guestBytes);
  const shares = [...vm.folios].sort((left, right) => right.order - left.order);
  const groups: FolioGroup[] = [];
  let fromFrame = 0;
  let ratioSum = 0;
  for (const { order, ratio } of shares) {
    ratioSum += ratio;
    const wanted = Math.round(frames * Math.min(ratioSum, 1)) - fromFrame;
    const folioCount = divFloor(wanted, orderPages(order));
    if (folioCount === 0) continue;
    const toFrame = fromFrame + folioCount * orderPages(order);
    groups.push({ order, fromFrame, toFrame, folioCount });
    fromFrame = toFrame;
  }
  if (fromFrame < frames) groups.push({ order: 0, fromFrame, toFrame: frames, folioCount: frames - fromFrame });
  return groups;
}
