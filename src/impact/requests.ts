import { firstAbove } from "./search.ts";
import { Slots } from "./slots.ts";

/**
 * Requests that a guest gave to one device, in the order in which it did: a struct of arrays.
 *
 * Shape    `completeNs` is Infinity where the trace has no completion
 */
export interface Requests {
  readonly count: number;
  readonly submitNs: Float64Array;
  readonly completeNs: Float64Array;
  /** The latest completion of this request and all before it, without those that never complete. */
  readonly latestNs: Float64Array;
  /** The most requests that were in flight at once up to this one, itself included. */
  readonly depthCount: Uint32Array;
}

/** What a gap does to a request; the codes of `RequestGap.fate`. */
export const requestFates = ["untouched", "drained", "kept", "requeued", "waited", "delayed", "open"] as const;
export type RequestFate = (typeof requestFates)[number];
/** What becomes of requests that are in flight when the guest stops. */
export type InFlightFate = Extract<RequestFate, "drained" | "kept" | "requeued">;

const codeOf = (fate: RequestFate): number => requestFates.indexOf(fate);
const [untouched, waited, delayed, open] = (["untouched", "waited", "delayed", "open"] as const).map(codeOf) as [
  number,
  number,
  number,
  number,
];

/** How many requests a device has shown to have in flight at once; requests are told in their order. */
export class DepthMeter {
  readonly #inFlight = new Slots();
  /** The most so far, 1 or more. */
  depthCount = 1;

  add(submitNs: number, completeNs: number): void {
    while (this.#inFlight.peek() <= submitNs) this.#inFlight.pop();
    if (completeNs !== Number.POSITIVE_INFINITY) this.#inFlight.push(completeNs);
    this.depthCount = Math.max(this.depthCount, this.#inFlight.count);
  }
}

/** Adds to requests what the replay of a gap looks up. */
export function indexRequests(submitNs: Float64Array, completeNs: Float64Array, depthCount: Uint32Array): Requests {
  const count = submitNs.length;
  const latestNs = new Float64Array(count);
  let latest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < count; row++) {
    const complete = completeNs[row]!;
    if (complete !== Number.POSITIVE_INFINITY) latest = Math.max(latest, complete);
    latestNs[row] = latest;
  }
  return { count, submitNs, completeNs, latestNs, depthCount };
}

/** A time in which a device does not serve: from the vCPUs' stop until it answers again. */
export interface DeviceGap {
  readonly stopNs: number;
  readonly readyNs: number;
  readonly inFlight: InFlightFate;
  /** Clients wait for their answers: what came later comes later by the gap, and none while it lasts [SVC-10]. */
  readonly isClosed?: boolean;
}

/**
 * Serves a device's requests with a gap in the service, and says when each completes then.
 *
 * Requests from outside keep coming on the host's clock while the guest stands still [SVC-04]: they wait, and are
 * served in their order as soon as the device is ready, each as long as the trace saw it take, and at most as many at
 * once as the trace has shown in flight up to then. What waits is therefore never faster than the device was seen to
 * be, and a longer gap completes no request earlier: the queue is first come, first served.
 *
 * Those in flight at the stop are `drained` (the VMM waits for them before it saves the device; the guest sees them
 * when it runs again) [SVC-01], `kept` (the device goes on and completes them into guest memory) [SVC-02], or
 * `requeued` (the device was reset, and the driver submits them anew) [SVC-03].
 *
 * Cost   the requests from the first one in flight to the one where the backlog is gone, and no others
 */
export class RequestGap {
  readonly requests: Requests;
  /** When each of rows `from` … `to` - 1 completes with the gap; Infinity: never, as without it. */
  readonly completeNs: Float64Array;
  /** What the gap does to each of them. */
  readonly fate: Uint8Array;
  from = 0;
  to = 0;
  /** Requests in flight at the stop. */
  inFlightCount = 0;
  /** Requests that came while the device did not serve: as many wait when it is ready. */
  waitedCount = 0;
  /** What completes latest of all that the gap put off; the stop, if it put off none. */
  caughtUpNs = 0;
  readonly #slots = new Slots();
  #depth = 1;

  constructor(requests: Requests) {
    this.requests = requests;
    this.completeNs = new Float64Array(requests.count);
    this.fate = new Uint8Array(requests.count);
  }

  run(gap: DeviceGap): void {
    const { count, submitNs, latestNs, depthCount } = this.requests;
    this.#slots.clear();
    this.from = firstAbove(latestNs, count, gap.stopNs);
    const firstAfter = firstAbove(submitNs, count, gap.stopNs);
    this.from = Math.min(this.from, firstAfter);
    this.inFlightCount = 0;
    this.waitedCount = 0;
    this.caughtUpNs = gap.stopNs;
    this.#depth = firstAfter > 0 ? depthCount[firstAfter - 1]! : 1;
    for (let row = this.from; row < firstAfter; row++) this.#stop(row, gap);
    let row = firstAfter;
    if (gap.isClosed !== true) while (row < count && this.#serve(row, gap)) row++;
    this.to = row;
  }

  /** A request that was submitted before the stop. */
  #stop(row: number, { stopNs, readyNs, inFlight }: DeviceGap): void {
    const complete = this.requests.completeNs[row]!;
    const isOpen = complete === Number.POSITIVE_INFINITY;
    if (isOpen || complete <= stopNs) {
      this.completeNs[row] = complete;
      this.fate[row] = isOpen ? open : untouched;
      return;
    }
    this.inFlightCount++;
    this.fate[row] = codeOf(inFlight);
    if (inFlight === "requeued") this.#start(row, readyNs);
    else {
      // A guest that stands still sees no completion.
      this.completeNs[row] = Math.max(complete, readyNs);
      if (complete > readyNs) this.#slots.push(complete);
    }
    this.caughtUpNs = Math.max(this.caughtUpNs, this.completeNs[row]!);
  }

  /** A request that came after the stop; false as soon as the gap is of no consequence any more. */
  #serve(row: number, { readyNs }: DeviceGap): boolean {
    const submit = this.requests.submitNs[row]!;
    const complete = this.requests.completeNs[row]!;
    const waits = submit < readyNs;
    if (waits) this.waitedCount++;
    else if (submit >= this.caughtUpNs) return false;
    if (complete === Number.POSITIVE_INFINITY) {
      this.completeNs[row] = complete;
      this.fate[row] = open;
      return true;
    }
    this.#depth = Math.max(this.#depth, this.requests.depthCount[row]!);
    const startNs = this.#start(row, waits ? readyNs : submit);
    this.fate[row] = waits ? waited : startNs > submit ? delayed : untouched;
    if (startNs > submit) this.caughtUpNs = Math.max(this.caughtUpNs, this.completeNs[row]!);
    return true;
  }

  #start(row: number, earliestNs: number): number {
    const { submitNs, completeNs } = this.requests;
    const startNs = this.#slots.count < this.#depth ? earliestNs : Math.max(earliestNs, this.#slots.pop());
    // To the ns what the trace says where nothing is put off: no sum of differences.
    const endNs = startNs === submitNs[row]! ? completeNs[row]! : startNs + (completeNs[row]! - submitNs[row]!);
    this.completeNs[row] = endNs;
    this.#slots.push(endNs);
    return startNs;
  }
}
