// Predictions are made of what a log says before the reboot call, and say when that is little.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { predictTimes, type TimePrediction } from "../../src/calibrate/index.ts";
import { parseProfile } from "../../src/profile/index.ts";
import { parseRecording } from "../../src/recording/index.ts";
import { nameOf, ownLogs } from "../kit/recordings.ts";

const profileOf = (name: string) => parseProfile(readFileSync(`profiles/${name}.yaml`, "utf8"), name);
const shipped = profileOf("qemu-icount-7.3");

function textOf(name: string): string {
  const path = ownLogs.find((candidate) => nameOf(candidate) === name)!;
  return gunzipSync(readFileSync(path)).toString("latin1").replaceAll("\r\n", "\n");
}

function predictText(text: string, profile = shipped): TimePrediction {
  return predictTimes(parseRecording("log", Buffer.from(text, "latin1"), "log"), profile);
}

/** What was predicted, without what was recorded. */
function predicted({ quantities, steps, kernelFrom, kernelTo, notes }: TimePrediction) {
  const bare = [...steps, ...quantities].map((each) => ({ ...each, recordedNs: undefined }));
  return { bare, kernelFrom, kernelTo, notes };
}

/** Everything up to the last reading before the reboot call. */
function cutAtReboot(text: string): string {
  const from = text.indexOf('LAB {"ev":"reboot"');
  expect(from).toBeGreaterThan(0);
  return text.slice(0, text.indexOf("\n", from) + 1);
}

const whole = ownLogs.filter((path) => !/hooked|v72-smp-4|hop-72-73-thp-3/.test(path)).map(nameOf);

describe("[REC-06] a prediction does not look behind the reboot call", () => {
  test.each(whole)("%s", (name) => {
    const text = textOf(name);
    const cut = predictText(cutAtReboot(text));
    expect(cut.quantities).toHaveLength(4);
    expect(cut.quantities.filter(({ id }) => id !== "preserve").map(({ recordedNs }) => recordedNs)).toEqual([
      null,
      null,
      null,
    ]);
    expect(predicted(cut)).toEqual(predicted(predictText(text)));
  });

  test("the kernel that comes is known from what is loaded", () => {
    const kernels = (name: string): string => {
      const { kernelFrom, kernelTo } = predictText(cutAtReboot(textOf(name)));
      return `${kernelFrom} to ${kernelTo}`;
    };
    expect(kernels("hop-72-73-size-64")).toBe("7.2.13 to 7.3.4");
    expect(kernels("v72-size-64")).toBe("7.2.13 to 7.2.13");
    expect(kernels("size-64")).toBe("7.3.4 to 7.3.4");
    // With a larger initrd nothing is told of it.
    expect(kernels("initrd-48m")).toBe("7.3.4 to 7.3.4");
  });
});

describe("what a log does not say widens the interval, and is said", () => {
  const text = textOf("size-256");
  const withoutKeys = text.replaceAll(/^KEYS .*\n/gm, "");
  const withoutPlaces = withoutKeys.replaceAll(/^LAB \{"ev":"placement.*\n/gm, "");
  const widthOf = (prediction: TimePrediction, id: string): number => {
    const { lowNs, highNs } = prediction.quantities.find((quantity) => quantity.id === id)!;
    return highNs - lowNs;
  };

  test("all is known", () => {
    expect(predictText(text).notes).toEqual([]);
  });

  test("where the folios lie is not", () => {
    const prediction = predictText(withoutKeys);
    expect(prediction.notes).toEqual(["where the folios lie is not known: from one piece to every one alone"]);
    expect(widthOf(prediction, "reboot_to_userspace")).toBeGreaterThan(
      10 * widthOf(predictText(text), "reboot_to_userspace"),
    );
    for (const { lowNs, highNs, recordedNs } of prediction.quantities) {
      expect(recordedNs).toBeGreaterThan(lowNs);
      expect(recordedNs).toBeLessThan(highNs);
    }
  });

  test("nor how many of them must be moved", () => {
    const prediction = predictText(withoutPlaces);
    expect(prediction.notes[0]).toContain("how many pages lie in scratch");
    expect(widthOf(prediction, "preserve")).toBeGreaterThan(5 * widthOf(predictText(text), "preserve"));
    const preserve = prediction.quantities.find(({ id }) => id === "preserve")!;
    expect(preserve.recordedNs).toBeGreaterThan(preserve.lowNs);
    expect(preserve.recordedNs).toBeLessThan(preserve.highNs);
  });

  test("a traced one's recorded times are not comparable", () => {
    expect(predictText(textOf("traced-64")).notes[0]).toContain("the tracer's cost");
  });
});

test("steps and quantities add up", () => {
  const { steps, quantities } = predictText(textOf("size-64"));
  const sum = (phases: readonly string[]): number =>
    steps.filter(({ phase }) => phases.includes(phase)).reduce((total, { predictedNs }) => total + predictedNs, 0);
  const of = (id: string): number => quantities.find((quantity) => quantity.id === id)!.predictedNs;
  expect(Math.abs(sum(["serialize", "kexec"]) - of("reboot_to_userspace"))).toBeLessThan(20);
  expect(Math.abs(sum(["serialize", "kexec", "restore"]) - of("blackout"))).toBeLessThan(20);
});

test("a profile that was not fitted gives bounds instead of an interval", () => {
  const { quantities } = predictText(textOf("size-64"), profileOf("published-x86"));
  for (const { predictedNs, lowNs, highNs } of quantities) {
    expect(lowNs).toBeLessThan(predictedNs / 1.2);
    expect(highNs).toBeGreaterThan(predictedNs * 1.2);
  }
});

test.each([
  ["no Memory: line", /^.*Memory: .*\n/gm, "lacks the first kernel's Memory: line"],
  ["no workload", /^.*Command line: .*\n/gm, "lacks the first kernel's boot or the workload's arguments"],
  ["a kernel of another kind", /Linux version 7\.3\.4/g, "Linux 9.9.9 is not modelled"],
  ["more files than there can be", /lab\.files=1/g, "lacks the first kernel's boot or the workload's arguments"],
])("%s: no prediction, and the reason", (_, pattern, reason) => {
  const replacement = reason.includes("9.9.9")
    ? "Linux version 9.9.9"
    : reason.includes("workload's")
      ? "lab.files=99999999"
      : "";
  const { quantities, steps, notes } = predictText(textOf("size-64").replaceAll(pattern, replacement));
  expect([quantities, steps]).toEqual([[], []]);
  expect(notes.join()).toContain(reason);
});
