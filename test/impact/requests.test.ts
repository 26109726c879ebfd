// Requests around a gap: small cases that can be checked by hand, a slow twin, and what must always hold.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  DepthMeter,
  type DeviceGap,
  indexRequests,
  type InFlightFate,
  requestFates,
  RequestGap,
} from "../../src/impact/index.ts";
import { codeOf, runSchema } from "../../src/trace/index.ts";
import { serveSimply, type SimpleRequest } from "../reference/requests-simple.ts";

function serve(requests: readonly SimpleRequest[], gap: DeviceGap) {
  const submitNs = Float64Array.from(requests, (request) => request.submitNs);
  const completeNs = Float64Array.from(requests, (request) => request.completeNs);
  const meter = new DepthMeter();
  const depthCount = Uint32Array.from(requests, (request) => {
    meter.add(request.submitNs, request.completeNs);
    return meter.depthCount;
  });
  const served = new RequestGap(indexRequests(submitNs, completeNs, depthCount));
  served.run(gap);
  const rows = requests.map((request, row) =>
    row >= served.from && row < served.to
      ? { completeNs: served.completeNs[row]!, fate: requestFates[served.fate[row]!]! }
      : { completeNs: request.completeNs, fate: request.completeNs === Infinity ? "open" : "untouched" },
  );
  return { rows, served };
}

const pairs = (...times: readonly (readonly [number, number])[]): SimpleRequest[] =>
  times.map(([submitNs, completeNs]) => ({ submitNs, completeNs }));

/** Submitted in their order; some never complete. */
const someRequests = fc
  .array(
    fc.record({
      pause: fc.integer({ min: 0, max: 30 }),
      service: fc.oneof({ arbitrary: fc.integer({ min: 0, max: 80 }), weight: 9 }, fc.constant(Infinity)),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let submitNs = 0;
    return steps.map(({ pause, service }) => {
      submitNs += pause;
      return { submitNs, completeNs: submitNs + service };
    });
  });
const fates: readonly InFlightFate[] = ["drained", "kept", "requeued"];
const someGap = fc.record({
  stopNs: fc.integer({ min: 0, max: 600 }),
  lengthNs: fc.integer({ min: 0, max: 400 }),
  inFlight: fc.constantFrom(...fates),
});
const gapOf = ({ stopNs, lengthNs, inFlight }: { stopNs: number; lengthNs: number; inFlight: InFlightFate }) => ({
  stopNs,
  readyNs: stopNs + lengthNs,
  inFlight,
});

describe("requests around a gap", () => {
  // One at a time before the stop at 100; the device answers again at 200.
  const requests = pairs([0, 10], [95, 105], [120, 130], [150, 155], [205, 209], [230, 235]);

  test.each([
    ["[SVC-01] drained", "drained", [10, 200, 210, 215, 219, 235]],
    ["[SVC-02] kept", "kept", [10, 200, 210, 215, 219, 235]],
    ["[SVC-03] requeued", "requeued", [10, 210, 220, 225, 229, 235]],
  ] as const)("%s: the one in flight, then those that waited, one after the other", (_, inFlight, expected) => {
    const { rows, served } = serve(requests, { stopNs: 100, readyNs: 200, inFlight });
    expect(rows.map(({ completeNs }) => completeNs)).toEqual(expected);
    expect(rows.map(({ fate }) => fate)).toEqual(["untouched", inFlight, "waited", "waited", "delayed", "untouched"]);
    expect(served).toMatchObject({ inFlightCount: 1, waitedCount: 2, caughtUpNs: expected[4] });
  });

  test.each(["kept", "drained"] as const)(
    "one that is %s and takes longer than the gap is done when it is done",
    (inFlight) => {
      const long = pairs([90, 260], [150, 160], [155, 165]);
      const { rows } = serve(long, { stopNs: 100, readyNs: 200, inFlight });
      // The trace has shown three in flight: nobody stands behind it.
      expect(rows.map(({ completeNs }) => completeNs)).toEqual([260, 210, 210]);
    },
  );

  test("[SVC-04] as many are served at once as the trace has shown in flight", () => {
    const two = pairs([0, 10], [5, 15], [120, 130], [140, 150], [160, 170]);
    const { rows } = serve(two, { stopNs: 100, readyNs: 200, inFlight: "drained" });
    expect(rows.map(({ completeNs }) => completeNs)).toEqual([10, 15, 210, 210, 220]);
  });

  test("[SVC-10] clients that wait for their answers ask nothing meanwhile", () => {
    const { rows, served } = serve(requests, { stopNs: 100, readyNs: 200, inFlight: "drained", isClosed: true });
    expect(rows.map(({ fate }) => fate)).toEqual([
      "untouched",
      "drained",
      "untouched",
      "untouched",
      "untouched",
      "untouched",
    ]);
    expect(served.waitedCount).toBe(0);
  });

  test("no requests, no stall", () => {
    const { served } = serve([], { stopNs: 1, readyNs: 2, inFlight: "drained" });
    expect(served).toMatchObject({ from: 0, to: 0, inFlightCount: 0, waitedCount: 0, caughtUpNs: 1 });
  });

  test("a run's tables have the same names for what becomes of a request", () => {
    const column = runSchema.requestTable.columns.find(({ name }) => name === "fate")!;
    expect(requestFates.map((fate) => codeOf(column, fate))).toEqual(requestFates.map((_, index) => index));
  });
});

describe("any requests and any gap", () => {
  test("are served as the slow twin serves them", () => {
    fc.assert(
      fc.property(someRequests, someGap, (requests, some) => {
        const gap = gapOf(some);
        expect(serve(requests, gap).rows).toEqual(serveSimply(requests, gap));
      }),
      { numRuns: 2000 },
    );
  });

  test("complete no earlier than without the gap, and no earlier with a longer one", () => {
    fc.assert(
      fc.property(someRequests, someGap, fc.integer({ min: 0, max: 300 }), (requests, some, moreNs) => {
        const short = serve(requests, gapOf(some)).rows;
        const long = serve(requests, gapOf({ ...some, lengthNs: some.lengthNs + moreNs })).rows;
        for (const [row, { completeNs }] of short.entries()) {
          expect(completeNs).toBeGreaterThanOrEqual(requests[row]!.completeNs);
          expect(long[row]!.completeNs).toBeGreaterThanOrEqual(completeNs);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("are conserved: completed, failed and open are those submitted, and each has one fate", () => {
    fc.assert(
      fc.property(someRequests, someGap, fc.integer({ min: 1, max: 500 }), (requests, some, timeoutNs) => {
        const gap = gapOf(some);
        const { rows, served } = serve(requests, gap);
        const latencies = rows.map(({ completeNs }, row) => completeNs - requests[row]!.submitNs);
        const completed = latencies.filter((ns) => ns < timeoutNs).length;
        const failed = latencies.filter((ns) => ns >= timeoutNs && ns !== Infinity).length;
        const open = requests.filter(({ completeNs }) => completeNs === Infinity).length;
        expect(completed + failed + open).toBe(requests.length);
        const inFlight = requests.filter(
          ({ submitNs, completeNs }) => submitNs <= gap.stopNs && completeNs > gap.stopNs && completeNs !== Infinity,
        );
        expect(served.inFlightCount).toBe(inFlight.length);
        expect(rows.filter(({ fate }) => fate === gap.inFlight).length).toBe(inFlight.length);
        const came = requests.filter(({ submitNs }) => submitNs > gap.stopNs && submitNs < gap.readyNs);
        expect(served.waitedCount).toBe(came.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("a gap of no length changes nothing but what is put into the queue anew", () => {
    fc.assert(
      fc.property(someRequests, fc.integer({ min: 0, max: 600 }), (requests, stopNs) => {
        const { rows } = serve(requests, { stopNs, readyNs: stopNs, inFlight: "kept" });
        expect(rows.map(({ completeNs }) => completeNs)).toEqual(requests.map(({ completeNs }) => completeNs));
      }),
    );
  });
});
