import { describe, expect, test } from "vitest";

import { createPrng } from "../base/index.ts";
import type { CostId } from "../model/index.ts";
import { assumptionsOf } from "./assumptions.ts";
import { bootstrapIntervals } from "./bootstrap.ts";
import { fitLine } from "./fit.ts";
import { fitLines } from "./fit-lines.ts";
import type { Observation } from "./observe.ts";

const made: Partial<Record<CostId, number>> = {
  retrieveFileNs: 8000,
  retrieveFolioNs: 1500,
  retrievePageNs: 12,
  retrieveNodeNs: 330,
};

/** A retrieve that takes what `made` says, off by `ratio`. */
function retrieve(name: string, counts: Partial<Record<CostId, number>>, ratio = 0, line = "7.3"): Observation {
  const terms = new Map(Object.entries(counts) as [CostId, number][]);
  const ns = [...terms].reduce((sum, [id, count]) => sum + made[id]! * count, 0) * (1 + ratio);
  return { recording: name, span: "retrieve", from: line, to: line, terms, ns, weight: 1 };
}

const assumptions = assumptionsOf();
const random = createPrng(7);
const noise = (): number => (random() / 2 ** 32 - 0.5) / 100;

/** Files in small and in huge folios, on one node and on several. */
function manyRetrieves(): Observation[] {
  return Array.from({ length: 24 }, (_, index) => {
    const folios = 2000 + 997 * index;
    const pages = index % 3 === 0 ? folios * 512 : folios;
    const counts = { retrieveFileNs: 1 + (index % 5), retrieveFolioNs: folios, retrievePageNs: pages };
    const nodes = index % 4 === 1 ? { retrieveNodeNs: folios } : {};
    return retrieve(`r${index}`, { ...counts, ...nodes }, noise());
  });
}

describe("a fit", () => {
  test("finds the constants that made the times, within their noise", () => {
    const [group] = fitLine({ line: "7.3", observations: manyRetrieves(), known: new Map(), assumptions });
    for (const id of ["retrieveFolioNs", "retrievePageNs", "retrieveNodeNs"] as const) {
      expect(group!.units.get(id)! / made[id]!, id).toBeCloseTo(1, 1);
    }
    expect(group!.rmsRatio).toBeLessThan(0.01);
  });

  test("a stray recording moves nothing", () => {
    const observations = manyRetrieves();
    const [clean] = fitLine({ line: "7.3", observations, known: new Map(), assumptions });
    const stray = retrieve("stray", { retrieveFileNs: 1, retrieveFolioNs: 9000, retrievePageNs: 9000 }, 2);
    const [group] = fitLine({ line: "7.3", observations: [...observations, stray], known: new Map(), assumptions });
    expect(group!.strayCount).toBe(1);
    expect(group!.units.get("retrieveFolioNs")! / clean!.units.get("retrieveFolioNs")!).toBeCloseTo(1, 2);
  });

  test("the order of recordings changes nothing", () => {
    const observations = manyRetrieves();
    const [one] = fitLine({ line: "7.3", observations, known: new Map(), assumptions });
    const [other] = fitLine({ line: "7.3", observations: observations.toReversed(), known: new Map(), assumptions });
    for (const [id, ns] of one!.units) expect(other!.units.get(id)! / ns).toBeCloseTo(1, 6);
  });

  test("constants that always go together cannot be told apart, and it says what to record", () => {
    const observations = [3000, 5000, 9000].map((folios, index) =>
      retrieve(`r${index}`, { retrieveFolioNs: folios, retrievePageNs: folios }),
    );
    const [group] = fitLine({ line: "7.3", observations, known: new Map(), assumptions });
    expect(group!.inseparable).toEqual([
      {
        id: "retrievePageNs",
        from: ["retrieveFolioNs"],
        heldNs: 0,
        record: "files in 4 KiB and in 2 MiB folios",
      },
    ]);
    // The one that stays pays for both.
    expect(group!.units.get("retrieveFolioNs")).toBeCloseTo(1512, 0);
  });

  test("an interval holds the constant, and is no point", () => {
    const [group] = fitLine({ line: "7.3", observations: manyRetrieves(), known: new Map(), assumptions });
    const intervals = bootstrapIntervals(group!);
    for (const id of ["retrieveFolioNs", "retrievePageNs"] as const) {
      const { lowNs, highNs } = intervals.get(id)!;
      expect(lowNs).toBeLessThan(made[id]!);
      expect(highNs).toBeGreaterThan(made[id]!);
    }
    expect(bootstrapIntervals(group!)).toEqual(intervals);
  });
});

describe("lines of kernels", () => {
  const recordingsOf = (observations: readonly Observation[]) =>
    observations.map((observation) => ({
      name: observation.recording,
      from: observation.from,
      to: observation.to,
      observations: [observation],
    }));

  test("one with few recordings takes from the other what it does not show", () => {
    const older = Array.from({ length: 20 }, (_, index) =>
      retrieve(`o${index}`, { retrieveFolioNs: 4000 + index, retrievePageNs: 4000 + index }, 0.2, "7.2"),
    );
    const [first, second] = fitLines(recordingsOf([...manyRetrieves(), ...older]));
    expect([first!.line, second!.line]).toEqual(["7.3", "7.2"]);
    // What it shows: a fifth more.
    const olderNs = second!.units.get("retrieveFolioNs")! + second!.units.get("retrievePageNs")!;
    expect(olderNs / (1.2 * 1512)).toBeCloseTo(1, 1);
    // What it does not show.
    expect(second!.units.get("retrieveNodeNs")).toBe(first!.units.get("retrieveNodeNs"));
  });
});
