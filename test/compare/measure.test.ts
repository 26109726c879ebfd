// What is taken from runs, sweeps, recordings, tables and benchmarks, and what is refused.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { readText } from "../../src/cli/context.ts";
import { compare, measure, type Measurement, writeStored } from "../../src/compare/index.ts";
import { parseProfile } from "../../src/profile/index.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";

const options = { readProfile: () => parseProfile(readText("profiles/qemu-icount-7.3.yaml"), "profile") };
const take = (path: string): Promise<Measurement> => measure(path, options);

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** Each metric's rows as text: words and values. */
function textOf({ series }: Measurement): string[] {
  return series.flatMap(({ metric, words, offsets, values }) =>
    Array.from({ length: offsets.length - 1 }, (_, row) => {
      const own = words.map((column) => column[row]).join("/");
      return `${metric.id} ${own}: ${[...values.subarray(offsets[row], offsets[row + 1])].join(" ")}`;
    }),
  );
}

describe("runs", () => {
  test("a run has its phases, steps, VMs and memory, and its steps are exactly its blackout", async () => {
    const path = join(tempFolder(), "run");
    writeTinyRun(path);
    const run = await take(path);
    expect(run).toMatchObject({ kind: "run", label: "run" });
    const ids = run.series.map(({ metric }) => metric.id);
    expect(ids).toEqual(expect.arrayContaining(["blackout_ns", "phase_ns", "vm_blackout_ns", "overhead_bytes"]));
    expect(run.series.every(({ metric }) => metric.exact)).toBe(true);
    expect(run.inputs.map(({ kind }) => kind)).toEqual(["trace", "scenario", "profile", "kernel", "luoscope", "seed"]);
  });

  test("a run against itself is the same in everything", async () => {
    const path = join(tempFolder(), "run");
    writeTinyRun(path);
    const { rows, inputs, waterfalls } = await compare([await take(path), await take(path)]);
    expect(new Set(rows.map(({ changes }) => changes[0]!.verdict))).toEqual(new Set(["same"]));
    expect(inputs).toEqual([]);
    expect(waterfalls).toEqual([]);
  });

  test("runs side by side in a folder are told apart by their names", async () => {
    const folder = tempFolder();
    for (const name of ["one", "two"]) writeTinyRun(join(folder, name));
    const runs = await take(folder);
    const blackout = runs.series.find(({ metric }) => metric.id === "blackout_ns")!;
    expect(blackout.dimensions).toEqual(["run"]);
    expect(blackout.words[0]).toEqual(["one", "two"]);
  });
});

describe("sweeps", () => {
  test("each configuration has its draws, and axes as dimensions", async () => {
    const path = join(tempFolder(), "sweep");
    writeTinySweep(path, { repeats: 3 });
    const sweep = await take(path);
    const blackout = sweep.series.find(({ metric }) => metric.id === "blackout_ns")!;
    expect(sweep.kind).toBe("sweep");
    expect(blackout.dimensions[0]).toBe("configuration");
    expect(sweep.composed.get("configuration")).toEqual(blackout.dimensions.slice(1));
    expect(blackout.offsets[1]).toBe(3);
  });

  test("a configuration that was refused has no value, and the new one that has is better", async () => {
    const [good, bad] = ["good", "bad"].map((name) => join(tempFolder(), name));
    writeTinySweep(good!);
    writeTinySweep(bad!, { failing: { 0: "refused" } });
    const row = async (base: string, next: string) => {
      const { rows } = await compare([await take(base), await take(next)], { filter: "metric:blackout_ns" });
      return rows[0]!.changes[0]!.verdict;
    };
    expect(await row(good!, bad!)).toBe("did-not-finish");
    expect(await row(bad!, good!)).toBe("better");
  });
});

describe("recordings", () => {
  test("a folder of recordings is samples of one update", async () => {
    const folder = tempFolder();
    for (const name of ["a.log.gz", "b.log.gz"]) copyFileSync("recordings/size-64.log.gz", join(folder, name));
    const recordings = await take(folder);
    const blackout = recordings.series.find(({ metric }) => metric.id === "recorded_blackout_ns")!;
    expect([...blackout.values]).toHaveLength(2);
    expect(blackout.metric.exact).toBe(false);
    expect(recordings.warnings).toEqual([]);
  });

  test("recordings of several workloads are no repetitions, and that is said", async () => {
    const folder = tempFolder();
    for (const name of ["size-64.log.gz", "size-16.log.gz"]) copyFileSync(`recordings/${name}`, join(folder, name));
    expect((await take(folder)).warnings.join()).toContain("no repetitions of one update");
  });

  test("a bundle of the recorder has the steps of its timeline", async () => {
    const bundle = await take("recordings/bundles/linux-7.3.4-s2-f2.tar.gz");
    const ids = bundle.series.map(({ metric }) => metric.id);
    expect(ids).toContain("recorded_step_ns");
  });
});

describe("tables of samples", () => {
  test("rows are samples; other columns are dimensions; empty cells did not finish", async () => {
    const path = fileOf(
      "x.csv",
      "metric,value,phase,sample\nboot_ns,100,a,1\nboot_ns,110,a,2\nboot_ns,,b,1\nboot_ns,NaN,b,2\n",
    );
    const table = await take(path);
    expect(textOf(table)).toEqual(["boot_ns a: 100 110", "boot_ns b: NaN NaN"]);
    expect(table.series[0]!.metric).toMatchObject({ unit: "ns", polarity: "lower", exact: false });
  });

  test("packed ones too, and names with * and [ are no patterns", async () => {
    const folder = join(tempFolder(), "a[b]*");
    mkdirSync(folder);
    writeFileSync(join(folder, "x*.csv.gz"), gzipSync("metric,value\nsize_bytes,5\n"));
    expect(textOf(await take(join(folder, "x*.csv.gz")))).toEqual(["size_bytes : 5"]);
  });

  test("unit, polarity and exact may be said", async () => {
    const path = fileOf("x.csv", "metric,value,unit,polarity,exact\nspeed,5,per_sec,higher,true\n");
    expect((await take(path)).series[0]!.metric).toMatchObject({ unit: "per_sec", polarity: "higher", exact: true });
  });

  test.each([
    ["a,b\n1,2\n", "no column metric"],
    ["metric,b\n1,2\n", "no column value"],
    ["metric,value\nboot_ns,many\n", 'row 2: "many" is no number'],
    ["metric,value\n9x,1\n", 'row 2: "9x" is no metric\'s name'],
    ["metric,value,unit\nm,1,ns\nm,1,bytes\n", "row 3: m is said here in another way"],
    ["metric,value,unit\nm,1,furlong\n", '"furlong" is none of'],
    ["metric,value,unit\nblackout_ns,1,bytes\n", "blackout_ns is in ns, and this row says bytes"],
    ["metric,value\nboot_ns,1e999\n", "is no number"],
  ])("%j is refused", async (text, message) => {
    await expect(take(fileOf("x.csv", text))).rejects.toThrow(message);
  });

  test("what is no table is refused as such", async () => {
    await expect(take(fileOf("x.parquet", "PAR1 and more"))).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("Go's benchmarks", () => {
  const text = `goos: linux
pkg: example.com/x
Unit hits/op better=higher
BenchmarkEncode/size=1-8 \t 100 \t 1200 ns/op \t 64 B/op \t 3 allocs/op
BenchmarkEncode/size=1-8 \t 100 \t 1300 ns/op \t 64 B/op \t 3 allocs/op
BenchmarkDecode-8 10 2.5 hits/op
PASS
`;
  test("a line is a sample, a unit a metric", async () => {
    const measurement = await take(fileOf("old.txt", text));
    expect(textOf(measurement)).toEqual([
      "op_ns Encode/size=1-8/example.com/x: 1200 1300",
      "op_bytes Encode/size=1-8/example.com/x: 64 64",
      "allocations_per_op Encode/size=1-8/example.com/x: 3 3",
      "hits_op Decode-8/example.com/x: 2.5",
    ]);
    expect(measurement.series[3]!.metric.polarity).toBe("higher");
  });

  test("what is no number is refused with its line", async () => {
    await expect(take(fileOf("old.txt", text.replace("1300", "x1300")))).rejects.toThrow(
      'line 5: "x1300" is no number',
    );
  });
});

describe("stored measurements", () => {
  test("give the same comparison, steps and inputs included, and the same bytes again", async () => {
    const path = join(tempFolder(), "run");
    writeTinyRun(path);
    const run = await take(path);
    const stored = await writeStored(run, "0.1.0");
    const read = await take(fileOf("main.json", stored));
    expect(read).toMatchObject({ kind: "baseline", label: "run", sha256: run.sha256 });
    expect(textOf(read)).toEqual(textOf(run));
    expect(read.inputs).toEqual(run.inputs);
    expect(await read.readBreakdowns("blackout_ns", [[]])).toEqual(await run.readBreakdowns("blackout_ns", [[]]));
    const { rows } = await compare([read, run]);
    expect(rows.every(({ changes }) => changes[0]!.verdict === "same")).toBe(true);
    expect(await writeStored(run, "0.1.0")).toBe(stored);
    expect(stored).not.toContain(path);
  });

  test("what was changed, cut, of another version or of another shape is refused", async () => {
    const path = join(tempFolder(), "run");
    writeTinyRun(path);
    const stored = await writeStored(await take(path), "0.1.0");
    const changed = stored.replace('"polarity": "lower"', '"polarity": "higher"');
    await expect(take(fileOf("x.json", changed))).rejects.toThrow("does not fit its sha256");
    await expect(take(fileOf("x.json", stored.slice(0, -40)))).rejects.toThrow("no JSON");
    await expect(take(fileOf("x.json", stored.replace('"version": 1', '"version": 2')))).rejects.toThrow("version");
    await expect(take(fileOf("x.json", "{}"))).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("what cannot be compared", () => {
  test("a path that is not there, an empty folder, a trace, a file of noise", async () => {
    await expect(take("nowhere")).rejects.toThrow("nowhere: no such file or folder");
    await expect(take(tempFolder())).rejects.toThrow("nothing in it that can be compared");
    await expect(take("traces/vm-tcg-redis-nvme-net")).rejects.toThrow("is a trace");
    await expect(take(fileOf("x.log", "nothing that anybody knows\n"))).rejects.toMatchObject({ exitCode: 3 });
  });

  test("a run and a recording have nothing in common", async () => {
    const path = join(tempFolder(), "run");
    writeTinyRun(path);
    const sides = [await take(path), await take("recordings/size-64.log.gz")];
    await expect(compare(sides)).rejects.toThrow("nothing in common");
  });
});
