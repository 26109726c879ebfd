// luoscope predict as a user meets it: what it prints, how it ends, and what it makes of logs that are damaged.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { ownLogs } from "../kit/recordings.ts";
import { tempFolder } from "../kit/temp-folder.ts";

interface Prediction {
  readonly name: string;
  readonly keysPerOrder: { expected: Record<string, number> | null; found: Record<string, number> | null };
  readonly nodesPerLevel: { expected: number[] | null; found: number[] | null };
  readonly scratchBytes: {
    expected: number | null;
    found: number | null;
    rule: string | null;
    expectedAreas: number[] | null;
    foundAreas: number[] | null;
  };
  readonly metadataKeys: { expected: number | null; found: number | null };
  readonly exact: boolean;
  readonly reasons: string[];
  readonly damagedLines: number;
}

const whole = gunzipSync(readFileSync("recordings/size-16.log.gz")).toString("latin1").replaceAll("\r\n", "\n");

function write(text: string | Buffer, name = "cut.log"): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, text, "latin1");
  return path;
}

/** The same log with one change, predicted. */
function predictText(text: string): { status: number | null; found: Prediction } {
  const { status, stdout } = luoscope(["predict", write(text), "--only", "memory", "--json"]);
  return { status, found: (JSON.parse(stdout) as Prediction[])[0]! };
}

test("--help shows an example", () => {
  const { status, stdout } = luoscope(["predict", "--help"]);
  expect(stdout).toContain("luoscope predict recordings/*.log.gz --profile qemu-icount-7.3");
  expect(stdout).toContain("--json");
  expect(status).toBe(0);
});

describe("the recordings of this repository", () => {
  test("--json is an array, one object each, and every one is exact", () => {
    const { status, stdout } = luoscope(["predict", ...ownLogs, "--only", "memory", "--json"]);
    const found = JSON.parse(stdout) as Prediction[];
    expect(found).toHaveLength(ownLogs.length);
    expect(found.filter(({ exact }) => !exact)).toEqual([]);
    expect(status).toBe(0);
    expect(found.find(({ name }) => name === "size-64")).toMatchObject({
      keysPerOrder: { expected: { "0": 16_456 }, found: { "0": 16_456 } },
      nodesPerLevel: { expected: [2, 1, 1, 1, 1, 1], found: [2, 1, 1, 1, 1, 1] },
      scratchBytes: { expected: 612_368_384, found: 612_368_384, rule: "percent" },
      metadataKeys: { expected: 72, found: 72 },
      exact: true,
    });
  });

  test("as text: a table and a closing line", () => {
    const { status, stdout } = luoscope([
      "predict",
      "--only",
      "memory",
      "recordings/scratch-small.log.gz",
      "recordings/thp-64.log.gz",
    ]);
    expect(stdout).toMatch(/^recording +kernel +keys +tracker pages +metadata keys +scratch +areas, MiB +exact\n/);
    expect(stdout).toMatch(/scratch-small +7\.3\.4 +65,800 +8 +264 +explicit +32\+64\+32 +yes/);
    expect(stdout).toMatch(/\n2 recordings, 2 exact\n$/);
    expect(status).toBe(0);
  });

  test("a log that is not compressed says the same", () => {
    const { status, found } = predictText(whole);
    const packed = luoscope(["predict", "recordings/size-16.log.gz", "--only", "memory", "--json"]);
    expect({ ...found, name: "size-16" }).toEqual((JSON.parse(packed.stdout) as Prediction[])[0]);
    expect(status).toBe(0);
  });
});

describe("what a log lacks is said, not invented", () => {
  test("a KEYS line that a message cut for good", () => {
    const { status, found } = predictText(whole.replace(/^(KEYS 0 \d\d)\d+ \d+$/m, "$1[    0.700000] random: x"));
    expect(found.damagedLines).toBe(1);
    expect(found.keysPerOrder).toEqual({ expected: { "0": 4120 }, found: null });
    expect(found.nodesPerLevel.found).toBeNull();
    expect(found.metadataKeys).toEqual({ expected: 24, found: 24 });
    expect(found.exact).toBe(false);
    expect(found.reasons.join("\n")).toContain("1 KEYS lines are damaged");
    expect(status).toBe(1);
  });

  test("a KEYS line whose rest stands behind the messages is whole again", () => {
    const cut = "[    0.700000] random: x\r\n[    0.700001] clocksource: y\r\n";
    const { status, found } = predictText(whole.replace(/^(KEYS 0 \d+ \d)/m, `$1${cut}`));
    expect(found).toMatchObject({ damagedLines: 0, exact: true });
    expect(status).toBe(0);
  });

  test("a KEYS line too few", () => {
    const { status, found } = predictText(whole.replace(/^KEYS .*\n/m, ""));
    expect(found.exact).toBe(false);
    expect(found.keysPerOrder.found).not.toEqual(found.keysPerOrder.expected);
    expect(status).toBe(1);
  });

  test.each([
    ["radix line after preserving", /^LAB \{"ev":"radix".*"0":4120.*\n/m, "keysPerOrder", "expected"],
    ["scratch_len line", /^LAB \{"ev":"scratch_len".*\n/m, "scratchBytes", "expected"],
    ["Memory: line", /^\[.*\] Memory: .*\n/m, "scratchBytes", "found"],
    ["command line", /^\[.*\] Command line: .*\n/m, "metadataKeys", "found"],
  ] as const)("no %s", (_, line, part, side) => {
    expect(whole).toMatch(line);
    const { status, found } = predictText(whole.replace(line, ""));
    expect(found[part][side]).toBeNull();
    expect(found.exact).toBe(false);
    expect(found.reasons).not.toEqual([]);
    expect(status).toBe(1);
  });

  test("a radix line that a message cut is counted", () => {
    const { found } = predictText(whole.replace(/^(LAB \{"ev":"radix".*"0":4120).*$/m, "$1[    0.70] x"));
    expect(found.damagedLines).toBe(1);
    expect(found.keysPerOrder.expected).toBeNull();
    expect(found.keysPerOrder.found).toEqual({ "0": 4120 });
  });

  test("a log that ends early", () => {
    const { status, found } = predictText(whole.slice(0, whole.indexOf("KEYS ")));
    expect(found).toMatchObject({ exact: false, keysPerOrder: { expected: null, found: null } });
    expect(status).toBe(1);
  });

  test("a program that stopped is quoted", () => {
    const failed = `${whole.slice(0, whole.indexOf("LAB {"))}LAB {"ev":"fail","what":"memfd_create","errno":24}\n`;
    expect(predictText(failed).found.reasons.join("\n")).toContain("stopped at memfd_create, errno 24");
  });

  test("words that are none", () => {
    const nested = `LAB {"ev":"fail","what":{"toString":1},"errno":${"[".repeat(9000)}${"]".repeat(9000)}}`;
    const { status, found } = predictText(`${whole.slice(0, whole.indexOf("LAB {"))}${nested}\n`);
    expect(found.reasons.join("\n")).toContain("stopped at ?, errno ?");
    expect(status).toBe(1);
  });

  test("scratch that is not the model's is an error of the model", () => {
    const { status, found } = predictText(whole.replace(/("ev":"scratch_len","v":"0x)9/, "$1d"));
    expect(found.scratchBytes.expected).not.toBeNull();
    // Counts stay exact: `exact` promises given sizes only.
    expect(found.exact).toBe(true);
    expect(found.reasons[0]).toMatch(/^scratch: the log says/);
    expect(status).toBe(1);
  });

  test.each([
    ["more CPUs than there are", /Brought up 1 node, 1 CPU/, "Brought up 1 node, 99999999999 CPU"],
    ["more nodes", /Brought up 1 node, 1 CPU/, "Brought up 99999999999 nodes, 1 CPU"],
    ["RAM without end", /(node {3}0: \[mem 0x0000000100000000-0x)0000/, "$1ffff"],
    ["ranges that overlap", /(node {3}0: \[mem 0x000000)01/, "$100"],
    ["pages that fit nowhere", /lab\.mb=16/, "lab.mb=16 hugepagesz=1G hugepages=99999999"],
    ["a region that fits nowhere", /lab\.mb=16/, "lab.mb=16 reserve_mem=9999G:4096:x"],
    ["RAM that the kernel does not fit into", /^.* {3}node {3}0: \[mem 0x0000000[01]00100000.*\n/gm, ""],
    ["an initrd where the kernel is", /(RAMDISK: \[mem 0x)[0-9a-f]+(?=.*)/, "$101000000"],
  ])("a machine that cannot be: %s", (_, line, text) => {
    expect(whole).toMatch(line);
    const { status, found } = predictText(whole.replace(line, text));
    expect(found.scratchBytes.expected).toBe(612_368_384);
    // Counts stay exact; a percentage that is far off is said, and ends with 1.
    expect(found.exact).toBe(found.scratchBytes.found !== null);
    expect(found.reasons.join("\n")).toMatch(/no machine boots|speaks of 9|the log says/);
    expect(status).toBe(1);
  });

  test("a kernel that is not modelled", () => {
    const { found } = predictText(whole.replaceAll("Linux version 7.3.4", "Linux version 9.1.0"));
    expect(found.reasons.join("\n")).toContain("Linux 9.1.0 is not modelled");
    expect(found.scratchBytes.found).toBeNull();
  });
});

describe("what is no recording", () => {
  test.each([
    ["a file that is not there", () => "nowhere.log.gz", "nowhere.log.gz: no such file", 2],
    ["a folder", () => "recordings", "recordings: not a file", 2],
    ["text", () => write("hello\n"), "no recording of a live update", 3],
    ["nothing", () => write(""), "no recording of a live update", 3],
    ["half a gzip file", () => write(gzipSync(whole).subarray(0, 9000), "half.log.gz"), "not a whole gzip file", 3],
    ["a recorder's bundle", () => "recordings/bundles/linux-7.3.4-s2-f2.tar.gz", "a bundle, which does not say", 3],
    ["an index of recordings", () => "recordings/index.csv", "no recording of a live update", 3],
  ])("%s", (_, make, message, exitCode) => {
    const { status, stdout, stderr } = luoscope(["predict", make(), "recordings/size-16.log.gz"]);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(status).toBe(exitCode);
  });

  test("a part that predict does not have", () => {
    const { status, stderr } = luoscope(["predict", "recordings/size-16.log.gz", "--only", "space"]);
    expect(stderr).toContain("Allowed choices are time, memory");
    expect(status).toBe(2);
  });
});
