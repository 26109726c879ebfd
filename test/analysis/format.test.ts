import fc from "fast-check";
import { expect, test } from "vitest";

import { confidenceSentence, formatBytes, formatNs, formatRatio, headlineSentence } from "../../src/analysis/index.ts";
import {
  comparisonSentence,
  displayLabel,
  displaySteps,
  displayText,
  formatCount,
  formatSum,
  type HeadlineRow,
  roundParts,
} from "../../src/analysis/format.ts";
import { hostileNames, scratchFolder, tinyComparisonRows, tinyRows } from "./kit.ts";

const folder = scratchFolder();

test.each([
  [0, "0 ns"],
  [3.25, "3.25 ns"],
  [840, "840 ns"],
  [999.6, "1.00 µs"],
  [13_200, "13.2 µs"],
  [190e6, "190 ms"],
  [999.6e6, "1.00 s"],
  [2.84e9, "2.84 s"],
  [99.96e9, "100 s"],
  [12_345e9, "12,345 s"],
  [-2.5e9, "−2.50 s"],
])("%d ns is %s", (ns, text) => expect(formatNs(ns)).toBe(text));

test.each([
  [0, "0 B"],
  [512, "512 B"],
  [12 * 1024, "12 KiB"],
  [41 * 1024 ** 2, "41 MiB"],
  [588 * 1024 ** 2, "588 MiB"],
  [12.5 * 1024 ** 3, "12.5 GiB"],
  [1024 ** 2 - 1, "1 MiB"],
])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test("counts and shares", () => {
  expect([formatCount(1_234_567), formatCount(12.345), formatRatio(0.131), formatRatio(0.00002)]).toEqual([
    "1,234,567",
    "12.35",
    "13.1 %",
    "< 0.01 %",
  ]);
});

test("printed parts add up to the printed total, and none is off by a whole unit", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20_000_000_000 }), { minLength: 1, maxLength: 6 }), (parts) => {
      const sum = formatSum(parts);
      // A part that is there and rounds to nothing is printed as less than the last digit; it adds nothing.
      const printed = sum.parts.map((part) => (part.startsWith("<") ? 0 : Number(part.replaceAll(",", ""))));
      for (const [index, part] of sum.parts.entries())
        expect(part.startsWith("<")).toBe(printed[index] === 0 && parts[index]! > 0);
      const total = Number(sum.total.replaceAll(",", "").split(" ")[0]);
      expect(printed.reduce((all, part) => all + part, 0)).toBeCloseTo(total, 6);
    }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 1e9 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 1e6 }),
      (parts, step) => {
        for (const [index, part] of roundParts(parts, step).entries()) {
          expect(Math.abs(part - parts[index]! / step)).toBeLessThan(1);
        }
      },
    ),
  );
});

test("displayed names hold no control characters, no lone surrogates and not more than they may", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = displayText(text, 20);
      expect(Array.from(shown).length).toBeLessThanOrEqual(20);
      expect(shown.isWellFormed()).toBe(true);
      // oxlint-disable-next-line no-control-regex -- what must not be there
      expect(shown).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/);
    }),
  );
  expect(displayText(hostileNames[3])).toBe("tab␉null␀bell␇\ufffdesrever😀");
});

test("a label keeps both ends of a long name", () => {
  expect(displayLabel("vm-with-a-rather-long-name-number-59", 24)).toBe("vm-with-a-ra…e-number-59");
  expect(displayLabel("short")).toBe("short");
  expect(Array.from(displayLabel(hostileNames[2]))).toHaveLength(24);
});

test("names of joined steps keep the first and the last", () => {
  const names = "start-kernel + restore-luo + initcalls + unpack-initrd";
  expect(displaySteps(names, 40)).toBe("start-kernel + … + unpack-initrd");
  expect(displaySteps(names, 80)).toBe(names);
  expect(displaySteps("reserve-preserved + free-memory", 20)).toBe("reserve-pr…ee-memory");
});

test("a comparison's sentence says how many updates no fit has seen, and nothing of what is not there", async () => {
  const [row] = (await tinyComparisonRows(folder))["comparison-headline"];
  expect(comparisonSentence(row!)).toBe(
    "Cost profile baseline misses the blackout of 7 recorded updates by 4.7 % in the median and 4.7 % at worst (new-64-still); of the 5 that no fit has seen, by 4.7 %",
  );
  expect(comparisonSentence({ ...row!, worst_ratio: null, unseen_blackout_count: 7 })).toBe(
    "Cost profile baseline misses the blackout of 7 recorded updates by 4.7 % in the median",
  );
  expect(comparisonSentence({ ...row!, recording_count: 1, blackout_count: 0 })).toBe(
    "Cost profile baseline is set beside 1 recording, none of which times a whole blackout",
  );
});

test("the headline says what the numbers say", async () => {
  const rows = await tinyRows(folder);
  const headline = rows.headline[0]!;
  expect(headlineSentence(headline)).toBe(
    "This host's VMs would stand still for 2.48 s = freeze 0.16 + serialize 0.61 + kexec 1.48 + restore 0.23; " +
      "preserving them takes 39.5 MiB of metadata and 588 MiB of scratch",
  );
  expect(confidenceSentence(headline)).toBe(
    "With every constant at the low or the high end of its range it is 1.74 s or 3.97 s. " +
      "3 VMs with 24 GiB of memory; db-0 stands still longest, 2.48 s (1.73 s to 3.96 s). " +
      "Of the 16 constants that this run takes from cost profile baseline, 5 are assumed and not measured.",
  );
  const example: HeadlineRow = {
    ...headline,
    vm_count: 1,
    freeze_ns: 0.19e9,
    serialize_ns: 0.61e9,
    kexec_ns: 1.48e9,
    restore_ns: 0.56e9,
    metadata_bytes: 41 * 1024 ** 2,
  };
  expect(headlineSentence(example)).toBe(
    "This host's VM would stand still for 2.84 s = freeze 0.19 + serialize 0.61 + kexec 1.48 + restore 0.56; " +
      "preserving it takes 41 MiB of metadata and 588 MiB of scratch",
  );
});
