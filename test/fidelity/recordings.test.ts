// The model's times against recordings of real live updates of Linux 7.3.4 and 7.2.13, within stated bounds.
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { bounds, crossValidate, errorRatio, listAccuracy, predictTimes, sortCases } from "../../src/calibrate/index.ts";
import { parseProfile, quantityIds } from "../../src/profile/index.ts";
import { readRecording, readRecordings } from "../../src/recording/index.ts";
import { expectGolden } from "../kit/golden.ts";
import { besideFolder, listLogs } from "../kit/recordings.ts";

const shipped = parseProfile(readFileSync("profiles/qemu-icount-7.3.yaml", "utf8"), "qemu-icount-7.3");
const recordings = readRecordings("recordings");
const { cases, leftOut } = sortCases(recordings);
const validation = crossValidate(cases);

describe("recordings that their own fit has not seen", () => {
  test("as a table that people can read", () => {
    const lines = cases.map(({ recording: { name } }) => {
      const cells = quantityIds.flatMap((id) => {
        const found = validation.quantities.find((residual) => residual.recording === name && residual.id === id);
        if (!found) return ["lost".padStart(11), "".padStart(8)];
        const { recordedNs, predictedNs } = found;
        const percent = (errorRatio({ recordedNs, predictedNs }) * 100).toFixed(1);
        return [(recordedNs / 1e6).toFixed(1).padStart(11), percent.padStart(8)];
      });
      return `${name.padEnd(20)}${cells.join("")}`;
    });
    const head = `${"ms recorded, % off".padEnd(20)}${quantityIds.map((id) => id.padStart(19)).join("")}`;
    expectGolden("fidelity/recordings.txt", `${[head, ...lines].join("\n")}\n`);
  });

  test.each(listAccuracy(validation.quantities, recordings).map((row) => [row.id, row] as const))(
    "[KEXEC-01] [KHO-03] [BOOT-02] [BOOT-03] [MEMFD-13] [MEMFD-14] [MEMFD-15] %s is met",
    (_, row) => {
      expect(row.recordings).toBeGreaterThan(50);
      expect(row, `${row.worstRecording} is off by ${row.worstRatio}`).toMatchObject({ met: true });
    },
  );

  test("a traced one takes no part, and says why", () => {
    expect(leftOut.map(({ name }) => name)).toEqual(["traced-64", "traced-s4-f4"]);
    expect(leftOut[0]!.why).toContain("tracer's cost");
  });
});

/** What the shipped profile makes of recordings that no fit has ever seen. */
function predictAll(logs: readonly string[]) {
  const predictions = logs.map((path) => predictTimes(readRecording(path), shipped));
  return quantityIds.map((id) => {
    const compared = predictions.flatMap(({ name, quantities }) =>
      quantities.flatMap(({ recordedNs, ...quantity }) =>
        quantity.id === id && recordedNs !== null ? [{ name, ...quantity, recordedNs }] : [],
      ),
    );
    const ratios = compared.map((each) => Math.abs(errorRatio(each)));
    const inside = compared.filter(({ lowNs, highNs, recordedNs }) => lowNs <= recordedNs && recordedNs <= highNs);
    const sorted = ratios.toSorted((left, right) => left - right);
    return {
      id,
      compared: compared.length,
      median: sorted[Math.floor(sorted.length / 2)]!,
      worst: sorted.at(-1)!,
      inside: inside.length,
    };
  });
}

describe("recordings that no fit has ever seen", () => {
  const results = predictAll(listLogs("recordings/held-out"));

  test.each(results.map((result) => [result.id, result] as const))("%s", (id, { compared, median, worst }) => {
    expect(compared).toBeGreaterThan(40);
    expect(median).toBeLessThan(bounds[id].medianRatio);
    expect(worst).toBeLessThan(bounds[id].scatteredRatio);
  });

  test("nine in ten lie in their 90 % interval, more or less", () => {
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const share = sum(results.map(({ inside }) => inside)) / sum(results.map(({ compared }) => compared));
    expect(share).toBeGreaterThan(0.8);
    expect(share).toBeLessThan(0.97);
  });
});

describe.skipIf(listLogs(besideFolder).length === 0)(`recordings in ${besideFolder}, where they are`, () => {
  test("are met by a fit to themselves, each left out in turn", () => {
    const beside = listLogs(besideFolder).map(readRecording);
    const found = crossValidate(sortCases(beside).cases);
    const unmet = listAccuracy(found.quantities, beside).filter(({ met }) => met !== true);
    expect(unmet).toEqual([]);
  });
});
