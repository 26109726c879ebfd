import type { DeviceGap, RequestFate } from "../../src/impact/index.ts";

/** A request of a device, as an object. */
export interface SimpleRequest {
  readonly submitNs: number;
  /** Infinity: never. */
  readonly completeNs: number;
}

export interface SimpleServed {
  readonly completeNs: number;
  readonly fate: RequestFate;
}

/** How many requests were in flight when this one was submitted, itself included. */
function inFlight(requests: readonly SimpleRequest[], index: number): number {
  const { submitNs } = requests[index]!;
  const others = requests.slice(0, index).filter(({ completeNs }) => completeNs !== Infinity && completeNs > submitNs);
  return others.length + 1;
}

/** The slow and obvious twin of `RequestGap`: every request is looked at, and every count is counted anew. */
export function serveSimply(requests: readonly SimpleRequest[], gap: DeviceGap): SimpleServed[] {
  /** When each place of the queue that is taken gets free. */
  let taken: number[] = [];
  const serve = (index: number, { submitNs, completeNs }: SimpleRequest): SimpleServed => {
    const isBefore = submitNs <= gap.stopNs;
    if (completeNs === Infinity) return { completeNs, fate: "open" };
    if (isBefore && completeNs <= gap.stopNs) return { completeNs, fate: "untouched" };
    if (isBefore && gap.inFlight !== "requeued") {
      if (completeNs > gap.readyNs) taken.push(completeNs);
      return { completeNs: Math.max(completeNs, gap.readyNs), fate: gap.inFlight };
    }
    // What is put into the queue anew stands there with all that the trace has shown up to the stop.
    const seen = requests.filter((other, each) => (isBefore ? other.submitNs <= gap.stopNs : each <= index));
    const depth = Math.max(...seen.map((_, each) => (seen[each]!.completeNs === Infinity ? 1 : inFlight(seen, each))));
    let startNs = Math.max(submitNs, gap.readyNs);
    if (taken.length >= depth) {
      taken = taken.toSorted((left, right) => left - right);
      startNs = Math.max(startNs, taken.shift()!);
    }
    const endNs = startNs + completeNs - submitNs;
    taken.push(endNs);
    if (isBefore) return { completeNs: endNs, fate: "requeued" };
    if (submitNs < gap.readyNs) return { completeNs: endNs, fate: "waited" };
    return { completeNs: endNs, fate: startNs > submitNs ? "delayed" : "untouched" };
  };
  return requests.map((request, index) => serve(index, request));
}
