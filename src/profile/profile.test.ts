import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { UsageError } from "../base/index.ts";
import { costIds } from "../model/index.ts";
import { formatProfile, parseProfile, profileFor } from "./index.ts";

const names = ["published-x86", "qemu-icount-7.2", "qemu-icount-7.3"];
const textOf = (name: string): string => readFileSync(`profiles/${name}.yaml`, "utf8");
const parse = (text: string) => parseProfile(text, "p.yaml");
const shipped = textOf("qemu-icount-7.3");

describe("the profiles that ship", () => {
  test.each(names)("%s: every constant, and the same text when written again", (name) => {
    const profile = parse(textOf(name));
    expect(Object.keys(profile.costs)).toEqual([...costIds]);
    expect(formatProfile(profile.data)).toBe(textOf(name));
  });

  test.each(names)("%s: each constant says what it rests on", (name) => {
    const { data } = parse(textOf(name));
    const costs = [data.costs, ...Object.values(data.kernels ?? {})].flatMap((each) => Object.entries(each));
    for (const [id, cost] of costs) {
      const { status, source, rows = [], recordings = 0, fit } = cost!;
      if (status === "assumed") expect(source, id).toMatch(/^assumed: /);
      if (status === "published") expect(rows.length, id).toBeGreaterThan(0);
      if (status === "measured") expect([recordings > 0, fit !== undefined], id).toEqual([true, true]);
    }
  });

  test("as JSON a profile is the same", () => {
    const profile = parse(shipped);
    expect(parse(JSON.stringify(profile.data)).canonical).toBe(profile.canonical);
  });
});

describe("kernels of an update", () => {
  const profile = parse(shipped);
  const own = (from: string, to: string) => profileFor(profile, { from, to }).costs;

  test("each constant is of the kernel that pays it", () => {
    const [same, up, down] = [own("7.3.4", "7.3.4"), own("7.2.13", "7.3.4"), own("7.3.4", "7.2.13")];
    expect(same).toEqual(profile.costs);
    expect(up.startKernelNs).toEqual(same.startKernelNs);
    expect(up.notifyRebootNs).not.toEqual(same.notifyRebootNs);
    expect(down.startKernelNs).not.toEqual(same.startKernelNs);
    expect(down.notifyRebootNs).toEqual(same.notifyRebootNs);
  });

  test("both profiles of recordings say the same of both lines", () => {
    const older = parse(textOf("qemu-icount-7.2"));
    for (const [from, to] of [
      ["7.3", "7.3"],
      ["7.2", "7.2"],
      ["7.2", "7.3"],
    ] as const) {
      expect(profileFor(older, { from, to }).costs.startKernelNs).toEqual(own(from, to).startKernelNs);
    }
  });

  test("a kernel that has none of its own takes the first ones", () => {
    expect(own("6.19", "6.19")).toEqual(profile.costs);
  });
});

describe("what is no profile", () => {
  test.each([
    ["text", "hello", /profile: /],
    ["broken YAML", "a: [", /not YAML/],
    ["a constant that is missing", shipped.replace(/^ {2}openDeviceNs:\n( {4}.*\n)+/m, ""), /costs\.openDeviceNs/],
    ["a constant that nobody knows", shipped.replace("  openDeviceNs:", "  shutDeviceNs:"), /shutDeviceNs/],
    ["a value outside its range", shipped.replace(/low_ns: 1250$/m, "low_ns: 9e9"), /low_ns <= unit_ns/],
    ["a negative value", shipped.replace(/unit_ns: 5000$/m, "unit_ns: -1"), /unit_ns/],
    ["an alias that grows", `a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n`, /alias/i],
    ["something far too large", `x: ${"y".repeat(9e6)}`, /larger than/],
  ])("%s", (_, text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
  });
});
