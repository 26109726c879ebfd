/** What happens to a request on its way through the block layer, as far as requests are made of it. */
export const steps = { queue: 0, issue: 1, complete: 2, requeue: 3 } as const;

/** Codes of column `direction`. */
export const ioDirections = { read: 0, write: 1, flush: 2, other: 3 } as const;

/** The operation of a request, as its letter in blkparse's RWBS: R, W, D (discard), N (none of these). */
export const operations = { read: 0, write: 1, discard: 2, none: 3 } as const;

export const sectorBytes = 512;
/** The first sector that lies beyond 2^53 bytes. */
export const maxSector = 2 ** 44;

/**
 * One event of the block layer, filled anew for each.
 *
 * Shape    ends are found by `device` and `lane`: lane 0 is for data at a place, told apart by `sector`; what has no place
 *          (flushes, commands that pass through) goes by kind, first come, first served
 */
export class BlockEvent {
  timeNs = 0;
  step = 0;
  device = 0;
  lane = 0;
  sector = 0;
  bytes = 0;
  direction = 0;

  /** Sets what is read from the operation. */
  setKind(operation: number, isFlush: boolean, isPassThrough: boolean): void {
    const hasPlace = this.bytes > 0 && !isPassThrough && this.sector < maxSector;
    if (!hasPlace) this.sector = 0;
    this.lane = hasPlace ? 0 : 1 + operation + (isPassThrough ? 4 : 0);
    if (this.bytes === 0 && isFlush) this.direction = ioDirections.flush;
    else if (operation === operations.read) this.direction = ioDirections.read;
    else this.direction = operation === operations.write ? ioDirections.write : ioDirections.other;
  }
}
