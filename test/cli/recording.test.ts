// luoscope recording as a user meets it: the tree that it prints, how it ends, and what it makes of files that are none.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import type { Timeline } from "../../src/recording/index.ts";
import { luoscope } from "../kit/cli.ts";
import { expectGolden } from "../kit/golden.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { bundleMembers, makeBundle } from "../recording/make-bundle.ts";
import { samples } from "../recording/samples.ts";

function write(content: string | Buffer, name: string): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, content, "latin1");
  return path;
}

describe("goldens", () => {
  test.each([
    ["size-64", ["recordings/size-64.log.gz"]],
    ["smp-8-depth-3", ["recordings/smp-8.log.gz", "--depth", "3"]],
    ["v72-smp-4-without-bridge", ["recordings/v72-smp-4.log.gz"]],
    ["traced-s4-f4-depth-3", ["recordings/traced-s4-f4.log.gz", "--depth", "3"]],
    ["updates-2-phases", ["recordings/hooked/updates-2-scratch.log.gz", "--depth", "1"]],
  ])("%s", (name, args) => {
    const { status, stdout, stderr } = luoscope(["recording", ...args]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expectGolden(`cli/recording-${name}.txt`, stdout);
  });
});

test("--json is an array, one timeline an update", () => {
  const { status, stdout } = luoscope(["recording", "recordings/size-64.log.gz", "recordings/smp-2.log.gz", "--json"]);
  const [first, second] = JSON.parse(stdout) as Timeline[];
  expect(status).toBe(0);
  expect(first).toMatchObject({
    name: "size-64.log.gz",
    kind: "update",
    oldKernel: "7.3.4",
    inputs: [{ path: "recordings/size-64.log.gz", format: "console log of the lab", damagedLines: 0 }],
    bridge: { kind: "tsc" },
    window: { startNs: 0 },
    unattributed: { ns: 0, ratio: 0, intervals: [] },
  });
  expect(first!.inputs[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(second!.name).toBe("smp-2.log.gz");
});

test("a bundle, packed or not, is read by its content", () => {
  const bundle = makeBundle(bundleMembers());
  const plain = luoscope(["recording", write(bundle, "a.txt")]);
  const packed = luoscope(["recording", write(gzipSync(bundle), "a.txt")]);
  expect(plain.status).toBe(0);
  expect(packed.stdout).toBe(plain.stdout);
  expect(plain.stdout).toContain("595 ms from the reboot call to the new userspace; 0 % of it unattributed");
  expect(plain.stdout).toContain("marks: preserve-start −80.0 ms");
});

test("dmesg of both kernels, and an offset between them", () => {
  const files = [write(samples.oldDmesg, "old.txt"), write(samples.newDmesg, "new.txt")];
  expect(luoscope(["recording", ...files]).stdout).toContain("the board's clock");
  const { stdout } = luoscope(["recording", ...files, "--offset-ns", "100500000000"]);
  expect(stdout).toContain("880 ms from the reboot call to the new userspace");
});

test("names in files are shown without their control characters", () => {
  const evil = samples.oldDmesg.replace("pci 0000", "p\u001b[31m\u0007ci 0000");
  const { stdout } = luoscope(["recording", write(evil, "old.txt"), "--depth", "3"]);
  expect(stdout).toContain("p␛[31m␇ci 0000:00:02.0");
});

test("--help says what belongs together", () => {
  const { status, stdout } = luoscope(["recording", "--help"]);
  expect(stdout).toContain("Files that are parts of one update");
  expect(stdout).toContain("--json");
  expect(status).toBe(0);
});

describe("what is no recording", () => {
  test.each([
    ["a file that is not there", () => "nowhere.log", "nowhere.log: no such file", 2],
    ["a folder", () => "recordings", "recordings: not a file", 2],
    ["text", () => write("hello\n", "a.txt"), "no recording", 3],
    ["nothing", () => write("", "a.txt"), "no recording", 3],
    ["half a gzip file", () => write(gzipSync(samples.graph).subarray(0, 90), "a.gz"), "not a whole gzip file", 3],
    ["a bundle of a version to come", () => write(makeBundle({}, { version: 9 }), "a.tar"), "bundle of version 9", 3],
    ["an index of recordings", () => "recordings/index.csv", "no recording", 3],
  ])("%s", (_, make, message, exitCode) => {
    const { status, stdout, stderr } = luoscope(["recording", make()]);
    expect(stderr).toContain(message);
    expect(stderr).toContain("hint: ");
    expect(stdout).toBe("");
    expect(status).toBe(exitCode);
  });

  test.each([
    [["--depth", "0"], "levels of the tree"],
    [["--offset-ns", "1.5"], "a whole number of ns"],
    [["--offset-ns", "99999999999999999999"], "a whole number of ns"],
  ])("%j", (args, message) => {
    const { status, stderr } = luoscope(["recording", "recordings/size-64.log.gz", ...args]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

test("two seconds of broken inputs", () => {
  const { status, stdout } = spawnSync(process.execPath, ["scripts/fuzz-recordings.ts", "--seconds", "2"], {
    encoding: "utf8",
  });
  expect(stdout).toMatch(/no crash, every invariant holds\n$/);
  expect(status).toBe(0);
});
