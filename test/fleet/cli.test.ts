// `luoscope fleet` as a user calls it, its files' errors, and the shipped examples.
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { defaultVmRatio, presetNames, sloPresets } from "../../src/slo/index.ts";
import { fleetOf, host, tinyFleetText } from "../kit/tiny-fleet.ts";
import { interrupt, luoscope } from "../kit/cli.ts";
import { expectGolden } from "../kit/golden.ts";
import { sharedFolder } from "../kit/temp-folder.ts";

const folder = sharedFolder();

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("luoscope fleet", () => {
  const path = fileOf("tiny.yaml", tinyFleetText);

  test("says what a rollout takes and costs, and draws it", () => {
    const charts = join(folder, "charts");
    const args = ["fleet", path, "-o", join(folder, "out"), "--chart", join(folder, "fleet.svg"), "--svg", charts];
    const { status, stdout, stderr } = luoscope(args);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expectGolden("fleet/answer.txt", stdout);
    expect(globSync("*.svg", { cwd: charts }).sort()).toEqual([
      "fleet-blackouts.svg",
      "fleet-pauses.svg",
      "fleet-rollout.svg",
    ]);
    expect(readFileSync(join(folder, "fleet.svg"), "utf8")).toBe(
      readFileSync(join(charts, "fleet-rollout.svg"), "utf8"),
    );
  });

  test("its folder can be inspected, asked and exported, reported, and is no timeline", () => {
    const out = join(folder, "out");
    expect(luoscope(["inspect", out]).stdout).toContain("fleet tiny");
    expect(luoscope(["query", out, "fleet-refusals"]).stdout).toContain("Failed to reserve scratch area");
    expect(luoscope(["export", out, "--to", "csv", "-o", join(folder, "csv")]).status).toBe(0);
    expect(existsSync(join(folder, "csv", "batch.csv"))).toBe(true);
    const timeline = luoscope(["export", out, "--to", "perfetto", "-o", join(folder, "no.pftrace")]);
    expect([timeline.status, timeline.stderr]).toEqual([2, expect.stringContaining("a fleet is no timeline")]);
    const report = luoscope(["report", out, "-o", join(folder, "report.html")]);
    expect([report.status, report.stderr]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain('<figure id="fleet-rollout">');
  });

  test("gives the same as JSON, without a folder where none is asked for", () => {
    const { status, stdout } = luoscope(["fleet", path, "--json"]);
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as { headline: { host_count: number }[]; pauses: unknown[] };
    expect(answer.headline[0]!.host_count).toBe(8);
    expect(answer.pauses.length).toBeGreaterThan(3);
  });

  test("--slo takes a preset or a file instead of the fleet's", () => {
    const slos = fileOf("slos.yaml", "version: 1\nslos: [pause-30s, {name: mine, pause: 2 min, vm_ratio: 0.5}]\n");
    const namesOf = (slo: string): string[] => {
      const { stdout } = luoscope(["fleet", path, "--slo", slo, "--json"]);
      return (JSON.parse(stdout) as { slos: { slo_name: string }[] }).slos.map((row) => row.slo_name);
    };
    expect(namesOf("pause-10s")).toEqual(["pause-10s"]);
    expect(namesOf(slos)).toEqual(["pause-30s", "mine"]);
    const { status, stderr } = luoscope(["fleet", path, "--slo", "pause-3s"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("presets are pause-1s")]);
  });

  test("--dry-run only checks", () => {
    const { status, stdout } = luoscope(["fleet", path, "--dry-run"]);
    expect(status).toBe(0);
    expect(stdout).toContain("8 hosts of 2 kinds, 17 VMs of 5 sizes");
  });

  test("names every problem with its line and path, and ends with 2", () => {
    const text = `version: 1
name: wrong
${host}
hosts:
  - {name: a, count: 2}
  - {name: b, ram: 64 GB, cpus: 8}
vms:
  - {name: x, memory: 1 GiB, vcpus: 1, folio: 1 GiB}
  - {name: y, memroy: 1 GiB, vcpus: 1}
rollout: {batch: 0, concurrency: none}
slo: [pause-2s]
`;
    const { status, stderr } = luoscope(["fleet", fileOf("wrong.yaml", text), "--dry-run"]);
    expect(status).toBe(2);
    for (const problem of [
      /wrong\.yaml:8: hosts\[1\]\.ram: "64 GB" is no size/,
      /wrong\.yaml:11: vms\[1\]\.memroy: unknown key/,
      /wrong\.yaml:12: rollout\.batch: Too small/,
      /wrong\.yaml:12: rollout\.concurrency: /,
      /wrong\.yaml:13: slo\[0\]: one of pause-1s/,
    ]) {
      expect(stderr).toMatch(problem);
    }
    const second = text
      .replace("64 GB", "64 GiB")
      .replace("memroy", "memory")
      .replace("batch: 0, concurrency: none", "")
      .replace("pause-2s", "");
    const { stderr: later } = luoscope(["fleet", fileOf("wrong.yaml", second), "--dry-run"]);
    expect(later).toMatch(/wrong\.yaml:7: hosts\[0\]\.ram: neither here nor in host/);
    expect(later).toMatch(/wrong\.yaml:10: vms\[0\]\.folio: 1 GiB folios are hugetlb's/);
  });

  test.each([
    ["no such file", ["fleet", join(folder, "absent.yaml")], 2],
    ["no such chart format", ["fleet", "fleets/demo.yaml", "--chart", "x.pdf"], 2],
    ["no such profile", ["fleet", "fleets/demo.yaml", "--profile", "absent", "--dry-run"], 2],
    [
      "no inventory there",
      [
        "fleet",
        fileOf(
          "none.yaml",
          `version: 1\nname: n\n${host}hosts: [{name: h, ram: 8 GiB, cpus: 2}]\nvms: {inventory: {trace: ${folder}}}\n`,
        ),
      ],
      2,
    ],
  ])("%s", (_, args, exitCode) => {
    const { status, stderr } = luoscope(args);
    expect(status).toBe(exitCode);
    expect(stderr).toContain("error: ");
    expect(stderr).toMatch(/hint: |expected a name that ends/);
  });
});

test("the README shows the demo fleet's own chart", () => {
  const chart = join(folder, "demo.svg");
  expect(luoscope(["fleet", "fleets/demo.yaml", "--chart", chart]).status).toBe(0);
  // A boolean: nobody reads the difference of two pictures' texts.
  expect(readFileSync(chart, "utf8") === readFileSync("docs/images/fleet-rollout.svg", "utf8")).toBe(true);
});

test("Ctrl-C ends a large fleet at once and leaves nothing behind", async () => {
  const sizes = Array.from({ length: 400 }, (_, index) => {
    return `  - {name: v${index}, count: 1000, memory: ${1 + ((index * 37) % 97)} GiB, vcpus: ${1 + (index % 13)}, folio: 4 KiB}`;
  });
  const text = `version: 1\nname: large\n${host}hosts: [{name: h, count: 50000, ram: 1 TiB, cpus: 128}]\nvms:\n${sizes.join("\n")}\n`;
  const out = join(folder, "interrupted");
  const { status, stderr } = await interrupt(["fleet", fileOf("large.yaml", text), "-o", out], 4000);
  expect([status, stderr]).toEqual([130, "error: interrupted\n"]);
  expect(existsSync(out)).toBe(false);
});

describe("limits", () => {
  const head = `version: 1\nname: n\n${host}`;
  test.each([
    [
      "more VMs than are taken",
      "hosts: [{name: h, ram: 8 GiB, cpus: 2}]\nvms: [{name: a, count: 900000, memory: 1 GiB, vcpus: 1}, {name: b, count: 900000, memory: 1 GiB, vcpus: 1}]",
      "1800000 VMs",
    ],
    [
      "more hosts than are taken",
      "hosts: [{name: a, count: 90000, ram: 8 GiB, cpus: 2}, {name: b, count: 90000, ram: 8 GiB, cpus: 2}]\nvms: [{name: a, memory: 1 GiB, vcpus: 1}]",
      "180000 hosts",
    ],
    [
      "two SLOs of one name",
      "hosts: [{name: h, ram: 8 GiB, cpus: 2}]\nvms: [{name: a, memory: 1 GiB, vcpus: 1}]\nslo: [pause-1s, pause-1s]",
      "two are named pause-1s",
    ],
    [
      "count and copies",
      "hosts: [{name: h, ram: 8 GiB, cpus: 2}]\nvms: {inventory: {trace: t, count: 3, copies: 2}}",
      "give one of them",
    ],
  ])("%s", (_, text, problem) => {
    expect(() => fleetOf(`${head}${text}\n`)).toThrow(problem);
  });
});

test("include takes a fleet apart", () => {
  fileOf("base.yaml", tinyFleetText);
  const { status, stdout } = luoscope([
    "fleet",
    fileOf("over.yaml", "include: base.yaml\nname: over\nhosts: [{name: h, count: 3, ram: 64 GiB, cpus: 16}]\n"),
    "--dry-run",
  ]);
  expect(status).toBe(0);
  expect(stdout).toContain("3 hosts of 1 kind");
});

test("docs/fleet.md describes every key and every preset of SLOs", () => {
  const page = readFileSync("docs/fleet.md", "utf8");
  for (const name of presetNames) expect(page).toContain(`\`${name}\``);
  for (const { vmRatio } of sloPresets) expect(vmRatio).toBe(defaultVmRatio);
  expect(page).toContain(`\`vm_ratio\` is ${defaultVmRatio}`);
  const keys = [...readFileSync("src/fleet/schema.ts", "utf8").matchAll(/^ +([a-z_]+): /gm)].map(([, key]) => key!);
  const known = new Set(
    keys.filter((key) => !["error", "code", "message", "path", "list", "map", "kind"].includes(key)),
  );
  expect(known.size).toBeGreaterThan(30);
  for (const key of known) expect(page, key).toMatch(new RegExp(`[\`.]${key}[\`\\[.]`));
});
