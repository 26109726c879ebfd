// Why rows differ: inputs by hash and field, and lengths by step.
import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { compare, measure, type Breakdown, type Difference, type MeasuredInput } from "../../src/compare/index.ts";
import { parseProfile } from "../../src/profile/index.ts";
import { readText } from "../../src/cli/context.ts";
import { measurementOf } from "../kit/measurements.ts";

function side(
  label: string,
  { steps = {}, inputs = [] }: { steps?: Readonly<Record<string, number>>; inputs?: MeasuredInput[] },
) {
  const totalNs = Object.values(steps).reduce((sum, ns) => sum + ns, 0);
  const breakdown: Breakdown = {
    metric: "blackout_ns",
    words: [],
    totalNs,
    steps: Object.entries(steps).map(([id, ns]) => ({
      phase: "kexec",
      id,
      name: id,
      ns,
      terms: [{ cost: `${id}Ns`, per: "piece", rule: "", ns }],
    })),
  };
  const metrics = { blackout_ns: { metric: { exact: true }, rows: { "": [totalNs] } } };
  return measurementOf(label, metrics, { inputs, breakdowns: [breakdown] });
}

test("steps are exactly the difference, the largest first; what both take alike has none", async () => {
  const base = side("a", { steps: { boot: 100, hash: 900, copy: 50 } });
  const next = side("b", { steps: { boot: 120, copy: 50, walk: 5 } });
  const { waterfalls } = await compare([base, next]);
  expect(waterfalls).toHaveLength(1);
  const { baseNs, newNs, steps, restNs } = waterfalls[0]!;
  expect([baseNs, newNs, restNs]).toEqual([1050, 175, 0]);
  expect(steps.map(({ step, baseNs: from, newNs: to, deltaNs }) => [step, from, to, deltaNs])).toEqual([
    ["hash", 900, 0, -900],
    ["boot", 100, 120, 20],
    ["walk", 0, 5, 5],
  ]);
  expect(steps[0]!.causes).toEqual([{ cost: "hashNs", per: "piece", rule: "", baseNs: 900, newNs: 0 }]);
});

test("inputs differ by hash, by field, by being there; equal ones are not named", async () => {
  const fields = (value: string) =>
    new Map([
      ["vms[0].memory", value],
      ["name", "same"],
    ]);
  const inputs = (memory: string, hash: string): MeasuredInput[] => [
    { kind: "scenario", name: "s", sha256: hash, fields: fields(memory) },
    { kind: "trace", name: "t", sha256: "0".repeat(64) },
    { kind: "kernel", name: memory === "1" ? "7.2 to 7.3" : "7.3 to 7.3" },
  ];
  const base = side("a", { steps: { a: 1 }, inputs: inputs("1", "1".repeat(64)) });
  const next = side("b", { steps: { a: 2 }, inputs: [...inputs("2", "2".repeat(64)), { kind: "seed", name: "7" }] });
  const { inputs: found } = await compare([base, next]);
  expect(found).toEqual([
    { column: 1, kind: "scenario", field: "", base: "s (111111111111)", new: "s (222222222222)" },
    { column: 1, kind: "scenario", field: "vms[0].memory", base: "1", new: "2" },
    { column: 1, kind: "kernel", field: "", base: "7.2 to 7.3", new: "7.3 to 7.3" },
    { column: 1, kind: "seed", field: "", base: null, new: "7" },
  ]);
});

const readProfile = () => parseProfile(readText("profiles/qemu-icount-7.3.yaml"), "profile");

async function compareRecordings(base: string, next: string): Promise<Difference> {
  const sides = [base, next].map((name) => measure(name, { readProfile }));
  return compare(await Promise.all(sides));
}

/** The step that carries most of a length's difference, with its share and main cause. */
function mainStep({ waterfalls }: Difference, metric: string) {
  const { baseNs, newNs, steps } = waterfalls.find((each) => each.metric === metric)!;
  const [most] = steps;
  return { step: most!.step, share: most!.deltaNs / (newNs - baseNs), cause: most!.causes[0]! };
}

describe.each(["recordings", "../shared/recordings"])("recordings of %s", (folder) => {
  const has = existsSync(`${folder}/size-512.log.gz`);

  test.skipIf(!has)("7.2 against 7.3: hashing of the image in load and purgatory is what changed", async () => {
    const difference = await compareRecordings(`${folder}/size-512.log.gz`, `${folder}/v72-size-512.log.gz`);
    const blackout = mainStep(difference, "recorded_blackout_ns");
    expect(blackout.step).toContain("purgatory");
    expect(blackout.cause).toMatchObject({ cost: "hashPurgatoryMibNs" });
    expect(blackout.cause.rule).toContain("verify_sha256_digest()");
    expect(blackout.share).toBeGreaterThan(0.95);
    expect(blackout.share).toBeLessThan(1.05);
    const load = mainStep(difference, "recorded_phase_ns");
    expect(load).toMatchObject({ step: "load-kexec", cause: { cost: "hashLoadMibNs" } });
    expect(load.cause.rule).toContain("kexec_calculate_store_digests()");
    expect(load.share).toBeGreaterThan(0.95);
    // One recording a side: a difference, and no verdict.
    expect(new Set(difference.rows.map(({ changes }) => changes[0]!.verdict))).toEqual(
      new Set(["inconclusive", "only-base"]),
    );
    expect(difference.inputs.map(({ kind }) => kind)).toContain("kernel");
  });

  test.skipIf(!has)("scattered against contiguous memory: memblock is what changed", async () => {
    const difference = await compareRecordings(`${folder}/size-256.log.gz`, `${folder}/frag-1.log.gz`);
    const { step, share, cause } = mainStep(difference, "recorded_blackout_ns");
    expect(step).toContain("reserve-preserved");
    expect(cause.rule).toContain("memblock.c");
    expect(share).toBeGreaterThan(0.95);
    expect((cause.newNs - cause.baseNs) / 18.4e9).toBeCloseTo(1, 1);
    expect(difference.inputs.map(({ field }) => field)).toContain("scattered");
  });
});
