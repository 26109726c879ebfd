// luoscope calibrate and the times of luoscope predict, as a user meets them.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseProfile } from "../../src/profile/index.ts";
import { luoscope } from "../kit/cli.ts";
import { listLogs } from "../kit/recordings.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const logs = listLogs("recordings");
const few = ["size-16", "size-64", "size-256", "thp-64", "host-8g"].map((name) => `recordings/${name}.log.gz`);

interface Prediction {
  readonly name: string;
  readonly quantities: readonly {
    id: string;
    predictedNs: number;
    recordedNs: number;
    lowNs: number;
    highNs: number;
  }[];
  readonly steps: readonly { name: string; predictedNs: number; recordedNs: number | null }[];
  readonly notes: readonly string[];
}

describe("calibrate", () => {
  const path = "out/test-calibrate.yaml";
  let text = "";
  beforeAll(() => {
    mkdirSync("out", { recursive: true });
    const { status, stdout, stderr } = luoscope(["calibrate", ...logs, "-o", path, "--name", "mine"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    text = stdout;
  });
  afterAll(() => rmSync(path, { force: true }));

  test("writes a profile with intervals and the recordings behind it", () => {
    const profile = parseProfile(readFileSync(path, "utf8"), path);
    expect(profile.name).toBe("mine");
    expect(profile.data.costs["retrieveFolioNs"]).toMatchObject({ status: "measured", fit: "retrieve-memory" });
    expect(profile.data.recordings!.length).toBeGreaterThan(50);
    expect(profile.data.recordings![0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test("says what was measured, what was left out, and how good it is", () => {
    expect(text).toMatch(/^constant +value +90 % interval +varies +status +recordings\n/);
    expect(text).toMatch(/initStructPageNs +20\.\d ns +20\.\d ns – 2[01](\.\d)? ns/);
    expect(text).toContain("left out: traced-64: traced: its times carry the tracer's cost");
    expect(text).toMatch(
      /\d+ constants measured here, \d+ assumed; left-out recordings are off by \(median\): preserve 0\./,
    );
    expect(text).toContain(`wrote ${path}`);
  });

  test("the profile predicts", () => {
    const { status, stdout } = luoscope(["predict", "recordings/held-out/size-128.log.gz", "-p", path]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/= +blackout +88\d ms +882 ms/);
  });

  test("of few and similar recordings it says what it cannot tell apart, and what to record", () => {
    const { status, stdout } = luoscope(["calibrate", ...few]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /7\.3: initcallsGibNs cannot be told apart|7\.3: unpackMibNs cannot be told apart from initcallsNs/,
    );
    expect(stdout).toMatch(/to settle it, record an update whose initrd is some MiB larger/);
  });

  test("the same log twice counts once", () => {
    const twin = join(tempFolder(), "twin.log.gz");
    copyFileSync(few[0]!, twin);
    const { stdout } = luoscope(["calibrate", ...few, twin, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      recordings: 5,
      leftOut: [{ name: "twin", why: "the same log as size-16" }],
    });
  });

  test("--cross-validate prints quantities, steps and bounds, and writes nothing unasked", () => {
    const { status, stdout } = luoscope(["calibrate", "--cross-validate", ...logs]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/preserve +\d+ +0\.\d\d % +−?\d\.\d\d % +scratch-400 +5 % \/ 10 % +yes +\d\d(\.\d)? %/);
    expect(stdout).toMatch(/reboot_to_userspace .* 3 % \/ 6 %, scattered 10 % +yes/);
    expect(stdout).toMatch(/\nreserve +\d+ /);
  });

  test("a bundle gives the machine's own steps, beside another profile", () => {
    const bundle = "recordings/bundles/linux-7.3.4-s2-f2.tar.gz";
    const out = "out/test-host.yaml";
    const { status, stdout, stderr } = luoscope(["calibrate", bundle, "--base", "published-x86", "-o", out]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const profile = parseProfile(readFileSync(out, "utf8"), out);
    rmSync(out);
    const { data, costs } = profile;
    const base = parseProfile(readFileSync("profiles/published-x86.yaml", "utf8"), "base");
    // As all the lab's consoles show them.
    expect(costs.initStructPageNs.unitNs).toBeCloseTo(20.6, 1);
    expect(data.costs["initStructPageNs"]).toMatchObject({ status: "measured", recordings: 1 });
    // Folios are not counted in a bundle.
    expect(costs.retrieveFolioNs.unitNs).toBe(base.costs.retrieveFolioNs.unitNs);
    expect(costs.retrieveFolioNs.source).toMatch(/^profile published-x86: /);
    expect(data.prediction).toBeUndefined();
    expect(stdout).toContain("initcallsGibNs cannot be told apart from initcallsNs; to settle it, record a host with");
    expect(luoscope(["calibrate", bundle]).stderr).toContain("a fit takes 2 at least");
  });

  test.each([
    ["one recording", [few[0]!], /1 of 1 recordings can be fitted/],
    ["traced ones alone", ["recordings/traced-64.log.gz", "recordings/traced-s4-f4.log.gz"], /0 of 2 .*\n.*tracer/],
    ["a file that is not there", ["nowhere.log"], /nowhere\.log: no such file/],
  ])("%s: no fit, and why", (_, files, message) => {
    const { status, stderr, stdout } = luoscope(["calibrate", ...files]);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test("a path through a file is said, and nothing is left behind", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "file"), "");
    const { status, stderr } = luoscope(["calibrate", ...few, "-o", join(folder, "file", "p.yaml")]);
    expect(stderr).toMatch(/ENOTDIR|EEXIST/);
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

describe("predict", () => {
  test("--json: one object a recording, with quantities and steps", () => {
    const { status, stdout } = luoscope(["predict", ...few, "--profile", "qemu-icount-7.3", "--json"]);
    expect(status).toBe(0);
    const found = JSON.parse(stdout) as Prediction[];
    expect(found.map(({ name }) => name)).toEqual(["size-16", "size-64", "size-256", "thp-64", "host-8g"]);
    const { quantities, steps } = found[1]!;
    expect(quantities.map(({ id }) => id)).toEqual(["preserve", "retrieve", "reboot_to_userspace", "blackout"]);
    expect(quantities[2]).toMatchObject({ recordedNs: 805_937_205 });
    for (const { predictedNs, lowNs, highNs } of quantities) {
      expect(lowNs).toBeLessThanOrEqual(predictedNs);
      expect(highNs).toBeGreaterThanOrEqual(predictedNs);
    }
    expect(steps.map(({ name }) => name)).toContain("copy-image + decompress");
  });

  test("of many: a row a quantity, and how many lie inside", () => {
    const { stdout } = luoscope(["predict", ...few]);
    expect(stdout).toMatch(/^recording +quantity +predicted +recorded +error +90 % interval\n/);
    expect(stdout).toMatch(/\n5 recordings, \d+(\.\d)? % of 20 quantities inside their 90 % interval\n$/);
  });

  test("a log that says too little has no prediction, and the exit code tells", () => {
    const path = join(tempFolder(), "short.log");
    writeFileSync(path, "[    0.000000] Linux version 7.3.4 (x)\n");
    const { status, stdout } = luoscope(["predict", path]);
    expect(stdout).toContain("lacks the first kernel's boot or the workload's arguments");
    expect(status).toBe(3);
  });
});
