import type { PageAllocator, PageKind, ReadHandover } from "../../src/model/index.ts";

/** Gives out the very pages that a handover was read from, so that writing it again gives the same memory. */
export function replayAllocator({ pages }: Pick<ReadHandover, "pages">): PageAllocator {
  const queues = new Map<PageKind, number[]>();
  for (const [address, kind] of pages) queues.set(kind, [...(queues.get(kind) ?? []), address]);
  return {
    allocate: (_order, kind) => {
      const address = queues.get(kind)?.shift();
      if (address === undefined) throw new Error(`the handover has no page more of kind ${kind}`);
      return address;
    },
  };
}
