// Sweeps as people run them: what is there is not made again, and nothing is lost however they end.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ParquetParts } from "../../src/analysis/index.ts";
import { runColumns } from "../../src/sweep/row.ts";
import { listRuns, mergeSweep, openRun, readSweep } from "../../src/sweep/index.ts";
import { openFolder, readRows, sweepSchema } from "../../src/trace/index.ts";
import { luoscope } from "../kit/cli.ts";
import { planHead, writePlanFiles } from "../kit/plans.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const planFile = (body: string): string => writePlanFiles({ "plan.yaml": `${planHead}${body}` });

const small = `axes:
  vms[*].folio: [2 MiB, 64 KiB]
  host.cpus: [16, 32]
uncertain: {profile: off, boot_ms: [900, 1400]}
repeats: 20
slo: {name: ours, pause: 2500 ms, vm_ratio: 0.9}
`;

function sweep(plan: string, folder: string, ...flags: string[]) {
  const result = luoscope(["sweep", plan, "-o", folder, "--json", ...flags]);
  const json = result.stdout === "" ? undefined : (JSON.parse(result.stdout) as SweepJson);
  return { ...result, json };
}

interface SweepJson {
  readonly outcome: { readonly newCount: number; readonly keptCount: number };
  readonly headline: Record<string, number | string | null>;
  readonly configurations: readonly Record<string, number | string | boolean | null>[];
}

/** What a sweep came to, byte by byte. */
function resultsOf(folder: string): Record<string, string> {
  const results = join(folder, "results");
  const names = readdirSync(results).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(results, name)))
        .digest("hex"),
    ]),
  );
}

const runRows = (folder: string) => {
  const table = sweepSchema.sweepRunTable;
  return readRows(table, openFolder("sweep", join(folder, "results")).sources.get(table.name)!);
};

/** A sweep of `small` that several tests look at, and copy before they change it. */
const shared = mkdtempSync(join(tmpdir(), "luoscope-sweep-"));
const made = join(shared, "out");
let first: ReturnType<typeof sweep>;
beforeAll(() => {
  writeFileSync(join(shared, "plan.yaml"), `${planHead}${small}`);
  first = sweep(join(shared, "plan.yaml"), made);
});
afterAll(() => rmSync(shared, { recursive: true, force: true }));

function copyOfMade(): string {
  const out = join(tempFolder(), "out");
  cpSync(made, out, { recursive: true });
  return out;
}

describe("a sweep", () => {
  test("makes every run once; again it makes none, and after a change only what is new", () => {
    const out = copyOfMade();
    expect(first.stderr).toBe("");
    expect(first.status).toBe(0);
    // 4 configurations with 21 runs each, and 3 of the tornado.
    expect(first.json!.outcome).toMatchObject({ newCount: 87, keptCount: 0 });
    expect(first.json!.headline).toMatchObject({ run_count: 87, done_count: 87, configuration_count: 4 });
    const before = resultsOf(out);
    expect(sweep(planFile(small), out, "--resume").json!.outcome).toMatchObject({ newCount: 0, keptCount: 87 });
    expect(resultsOf(out)).toEqual(before);
    const more = small.replace("[16, 32]", "[16, 24, 32]").replace("repeats: 20", "repeats: 25");
    const second = sweep(planFile(more), out);
    expect(second.json!.outcome).toMatchObject({ newCount: 6 * 26 - 4 * 21, keptCount: 87 });
    const fresh = join(tempFolder(), "fresh");
    sweep(planFile(more), fresh);
    expect(resultsOf(out)).toEqual(resultsOf(fresh));
  });

  test("is the same on two threads and three, in one piece and in shards", async () => {
    const plan = planFile(small);
    const [three, cut] = ["thr[e]e, *", "cut"].map((name) => join(tempFolder(), name));
    sweep(plan, three!, "--jobs", "3", "--shard-runs", "7");
    for (const index of [2, 0, 1]) {
      const { status } = luoscope(["sweep", "shard", plan, "-o", cut!, "--index", String(index), "--of", "3"]);
      expect(status).toBe(0);
      if (index !== 1) await expect(mergeSweep(cut!)).rejects.toThrow(/\d+ of 87 runs are missing/);
    }
    expect(luoscope(["sweep", "merge", cut!]).status).toBe(0);
    expect(resultsOf(three!)).toEqual(resultsOf(made));
    expect(resultsOf(cut!)).toEqual(resultsOf(made));
  });

  test("survives kill -9: what was made is kept, nothing is made twice, and the result is that of an undisturbed one", async () => {
    const plan = planFile(small.replace("repeats: 20", "repeats: 700"));
    const total = 4 * 701 + 3;
    const out = join(tempFolder(), "out");
    const args = ["bin/luoscope.js", "sweep", plan, "-o", out, "--shard-runs", "25"];
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    const ended = new Promise((done) => child.on("exit", (_, signal) => done(signal)));
    const parts = (): string[] => (existsSync(join(out, "parts")) ? readdirSync(join(out, "parts")) : []);
    for (let tries = 0; parts().length < 5 && tries < 3000; tries++) await wait(5);
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    expect(existsSync(join(out, "results"))).toBe(false);
    const kept = parts().length;
    expect(kept).toBeGreaterThanOrEqual(5);
    expect(kept).toBeLessThan(total / 25);
    const { json, status } = sweep(plan, out, "--resume", "--shard-runs", "25");
    expect(status).toBe(0);
    expect(json!.outcome.keptCount).toBeGreaterThanOrEqual(kept * 25 - 25);
    expect(json!.outcome.keptCount + json!.outcome.newCount).toBe(total);
    // No aside file of the killed one is left.
    expect(readdirSync(out).sort()).toEqual(["parts", "plan.json", "results"]);
    const quiet = join(tempFolder(), "quiet");
    sweep(plan, quiet);
    expect(resultsOf(out)).toEqual(resultsOf(quiet));
  });

  test("keeps runs that a kernel refuses, says why, and ends with 1", () => {
    const out = join(tempFolder(), "out");
    const { status, json } = sweep(
      planFile(`axes: {host.kernel.to: ["6.19", "7.3"]}\nuncertain: {profile: off}\n`),
      out,
    );
    expect(status).toBe(1);
    expect(json!.headline).toMatchObject({ run_count: 2, done_count: 1, refused_count: 1, failed_count: 0 });
    const [refused, done] = runRows(out);
    expect(refused).toMatchObject({ status: 1, blackout_ns: null });
    expect(String(refused!["reason"])).toMatch(/6\.19/);
    expect(done).toMatchObject({ status: 0, reason: "" });
    expect(json!.configurations.at(-1)).toMatchObject({ is_feasible: false, refused_count: 1 });
  });

  test("says so where no configuration keeps the SLO, and which is nearest", () => {
    const out = join(tempFolder(), "out");
    const plan = planFile(small.replace("pause: 2500 ms", "pause: 100 ms"));
    const { stdout, status } = luoscope(["sweep", plan, "-o", out]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^None of 4 configurations keeps 90 % of VMs within 100 ms\. Nearest is folio 2 MiB, cpus 16: 90 % of VMs stand still for at most \d/,
    );
  });

  test("tries again what failed, and not what was refused", async () => {
    const out = copyOfMade();
    const runs = listRuns(readSweep(out));
    const parts = await ParquetParts.open();
    const row = (index: number, status: string) =>
      `${JSON.stringify({ run_id: runs.idOf(index), status, reason: "no" })}\n`;
    rmSync(join(out, "parts"), { recursive: true });
    await parts.write(join(out, "parts", "run-bad.parquet"), runColumns, row(3, "failed") + row(4, "refused"));
    parts.close();
    const { status, json } = sweep(join(shared, "plan.yaml"), out);
    expect(json!.outcome).toMatchObject({ newCount: 86, keptCount: 1 });
    expect(status).toBe(1);
    expect(json!.headline).toMatchObject({ failed_count: 0, refused_count: 1 });
  });

  test("names one that does, the cheapest first", () => {
    const { stdout } = luoscope(["sweep", "merge", made]);
    expect(stdout).toMatch(
      /^Choose folio 2 MiB, cpus 16: 90 % of VMs stand still for at most .* at .* GiB of memory, the least of the \d of 4 configurations that keep 90 % of VMs within 2\.50 s\.$/m,
    );
  });
});

describe("one run of a sweep", () => {
  test("is replayed in full, and says the same", async () => {
    const out = join(tempFolder(), "out");
    const body = `axes:\n  vms[*].folio: [2 MiB]\nuncertain: {host.kernel.initrd: [20 MiB, 40 MiB], boot_ms: [900, 1400]}\nrepeats: 20\n`;
    sweep(planFile(body), out);
    const rows = runRows(out);
    for (const [index, row] of [rows[7]!, rows.at(-1)!].entries()) {
      const run = join(tempFolder(), `run-${index}`);
      const replayed = luoscope(["sweep", "replay", out, "--run", String(row["run_id"]).slice(0, 16), "-o", run]);
      expect(replayed.stderr).toBe("");
      expect(replayed.stdout).toContain("says the same as the sweep, to the nanosecond and the byte");
      const { header } = openFolder("run", run);
      expect(header.blackout_end_ns - header.blackout_start_ns).toBe(row["blackout_ns"]);
    }
    const runs = listRuns(readSweep(out));
    await expect(openRun(out, runs, "ffffffffffff")).rejects.toThrow("no run of this sweep");
    await expect(openRun(out, runs, "12")).rejects.toThrow("no run's name");
    const { status, stderr } = luoscope(["sweep", "replay", out, "--run", "../x", "-o", join(tempFolder(), "x")]);
    expect(status).toBe(2);
    expect(stderr).toContain("no run's name");
  });
});

describe("what may not be", () => {
  const body = "axes: {host.cpus: [16, 32]}\nuncertain: {profile: off}\n";

  test("a sweep is not resumed where there is none, nor written into what is none", () => {
    const folder = tempFolder();
    expect(sweep(planFile(body), join(folder, "nowhere"), "--resume")).toMatchObject({ status: 2 });
    writeFileSync(join(folder, "mine.txt"), "");
    const { status, stderr } = sweep(planFile(body), folder);
    expect(status).toBe(2);
    expect(stderr).toContain('holds "mine.txt" and is no sweep');
    expect(readdirSync(folder)).toEqual(["mine.txt"]);
  });

  test("--dry-run writes nothing and says how much there is to do", () => {
    const out = join(tempFolder(), "out");
    const { stdout, status } = luoscope(["sweep", planFile(small), "-o", out, "--dry-run"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/4 configurations, 20 draws each, 87 runs/);
    expect(stdout).toMatch(/about \d+ seconds? on one thread/);
    expect(existsSync(out)).toBe(false);
  });

  test("--strict makes errors of doubts", () => {
    const plan = planFile("axes: {host.cpus: [16]}\n");
    expect(luoscope(["plan", "validate", plan]).stdout).toContain("warning: axes.host.cpus: only one value");
    const { status, stderr } = luoscope(["plan", "validate", plan, "--strict"]);
    expect(status).toBe(2);
    expect(stderr).toContain("axes.host.cpus: only one value");
  });

  test("a part that is damaged is named; deleted, its runs are made again", () => {
    const out = copyOfMade();
    const [part] = readdirSync(join(out, "parts"));
    const before = resultsOf(out);
    truncateSync(join(out, "parts", part!), 100);
    const damaged = sweep(planFile(small), out);
    expect(damaged.status).toBe(3);
    expect(damaged.stderr).toContain(part);
    expect(resultsOf(out)).toEqual(before);
  });

  test.each([
    [
      "other content",
      (text: string) => text.replace('"repeats": 20', '"repeats": 21'),
      "its hash is not that of its content",
    ],
    ["no JSON", (text: string) => text.slice(0, 200), "not JSON"],
    ["another kind", (text: string) => text.replace("luoscope-plan", "luoscope-trace"), "format:"],
    ["a path that leads away", (text: string) => text.replace('"key": "host.cpus"', '"key": 5'), "plan.axes.1.key"],
  ])("a plan.json with %s", (_, change, message) => {
    const out = copyOfMade();
    const file = join(out, "plan.json");
    writeFileSync(file, change(readFileSync(file, "utf8")));
    expect(() => readSweep(out)).toThrow(message);
    expect(() => readSweep(out)).toThrow(expect.objectContaining({ exitCode: 3 }));
  });

  test("a trace that changed since the plan was read", () => {
    const folder = tempFolder();
    const trace = join(folder, "trace");
    cpSync(resolve("traces/vm-tcg-redis-nvme-net"), trace, { recursive: true });
    const head = planHead.replace(/trace: .*/, `trace: ${trace}`);
    const out = join(folder, "out");
    const plan = writePlanFiles({ "plan.yaml": `${head}${body}` });
    expect(sweep(plan, out).status).toBe(0);
    cpSync(resolve("traces/tiny/two-vms"), trace, { recursive: true, force: true });
    const id = String(runRows(out)[0]!["run_id"]);
    const { stderr } = luoscope(["sweep", "replay", out, "--run", id, "-o", join(folder, "run")]);
    expect(stderr).toContain("another trace than when the plan was read");
  });
});

test("plan show tells what there is to choose", () => {
  const { stdout } = luoscope(["plan", "show", planFile(small), "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    configuration_count: 4,
    run_count: 87,
    repeats: 20,
    inputs: ["boot_ms"],
    axes: [{ key: "vms[*].folio" }, { key: "host.cpus", values: ["16", "32"] }],
  });
});
