// luoscope slo, as a user and a pipeline meet it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

function tinyRun(vmNames?: readonly string[]): string {
  const path = join(tempFolder(), "run");
  writeTinyRun(path, vmNames ? { vmNames } : {});
  return path;
}

function sloFile(...lines: readonly string[]): string {
  const path = join(tempFolder(), "mine.yaml");
  writeFileSync(path, ["version: 1", "slos:", ...lines].join("\n"));
  return path;
}

interface End {
  readonly holds: boolean;
  readonly attained_ratio: number;
  readonly needed_ns: number;
  readonly longest_ns: number;
  readonly worst_vm: string | null;
}
interface Check {
  readonly met: boolean;
  readonly kind: string;
  readonly vm_count: number;
  readonly slos: readonly { name: string; met: boolean; verdict: string; low: End; base: End; high: End }[];
}

function check(run: string, ...names: readonly string[]): { readonly status: number | null; readonly answer: Check } {
  const { status, stdout, stderr } = luoscope([
    "slo",
    "check",
    run,
    "--json",
    ...names.flatMap((name) => ["--slo", name]),
  ]);
  expect(stderr).toBe("");
  return { status, answer: JSON.parse(stdout) as Check };
}

describe("slo check", () => {
  test("ends with 0 when all hold, and with 1 when one is breached", () => {
    const run = tinyRun();
    const held = check(run, "pause-5s", "pause-30s");
    expect(held.status).toBe(0);
    expect(held.answer).toMatchObject({ met: true, kind: "run" });
    const mixed = check(run, "pause-30s", "pause-1s");
    expect(mixed.status).toBe(1);
    expect(mixed.answer.slos.map(({ met }) => met)).toEqual([true, false]);
    expect(mixed.answer.slos[1]!.base.attained_ratio).toBe(0);
  });

  test("judges the base, and says how both ends of the constants would do", () => {
    const run = tinyRun(["a", "b", "c", "d"]);
    const { base, low, high } = check(run, "pause-30s").answer.slos[0]!;
    expect(low.longest_ns).toBe(Math.round(base.longest_ns * 0.7));
    expect(high.longest_ns).toBe(Math.round(base.longest_ns * 1.6));
    const judge = (limitNs: number) => check(run, sloFile(`  - {name: mine, pause: ${limitNs} ns, vm_ratio: 1}`));
    const tight = judge(base.longest_ns);
    expect(tight.status).toBe(0);
    expect(tight.answer.slos[0]!.verdict).toBe("holds, but not with every constant at its high end");
    const missed = judge(base.longest_ns - 1);
    expect(missed.status).toBe(1);
    expect(missed.answer.slos[0]!.verdict).toBe("breached; it would hold with every constant at its low end");
    expect(judge(high.longest_ns).answer.slos[0]!.verdict).toBe("holds, also with every constant at its high end");
    expect(judge(low.longest_ns - 1).answer.slos[0]!.verdict).toBe("breached, even with every constant at its low end");
  });

  test("names the shortest limit that would hold for a share of the VMs, and the worst VM", () => {
    const run = tinyRun(["a", "b", "c", "d"]);
    const { stdout } = luoscope([
      "query",
      run,
      "select name, blackout_ns from vm order by blackout_ns, rowid",
      "--json",
    ]);
    const vms = (JSON.parse(stdout) as { rows: [string, number][] }).rows;
    const { answer } = check(run, sloFile("  - {name: half, pause: 1 ns, vm_ratio: 0.5}"));
    expect(answer.vm_count).toBe(4);
    expect(answer.slos[0]!.base).toMatchObject({ needed_ns: vms[1]![1], longest_ns: vms[3]![1] });
    const worst = vms.filter(([, ns]) => ns === vms[3]![1]).map(([name]) => name);
    expect(answer.slos[0]!.base.worst_vm).toBe(worst[0]);
  });

  test("prints a table a promise, with the verdict in words", () => {
    const { status, stdout } = luoscope(["slo", "check", tinyRun(), "--slo", "pause-1s", "--slo", "slos/example.yaml"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^pause-1s: 99 % of VMs stand still for at most 1\.00 s\nbreached/);
    expect(stdout).toMatch(/^gold: 99\.9 % of VMs/m);
    expect(stdout.match(/^(low|base|high) +\d/gm)?.length).toBe(12);
    expect(stdout).toContain("4 SLOs: 1 breached (");
  });

  test("holds where there is no VM", () => {
    const path = join(tempFolder(), "run");
    writeTinyRun(path, { empty: true });
    const { status, stdout } = luoscope(["slo", "check", path, "--slo", "pause-1s"]);
    expect(status).toBe(0);
    expect(stdout).toContain("1 SLO: it holds (no VM, so nothing can be breached)");
  });

  test("ends with 2 where a promise is none", () => {
    const run = tinyRun();
    const wrong = luoscope(["slo", "check", run, "--slo", sloFile("  - pause-5s", "  - {name: mine, pause: soon}")]);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toMatch(/mine\.yaml:4: slos\[1\]/);
    const unknown = luoscope(["slo", "check", run, "--slo", "pause-7s"]);
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("--slo pause-7s: neither a preset nor a file");
    expect(luoscope(["slo", "check", run]).status).toBe(2);
    expect(luoscope(["slo", "check", run, "--slo", "src"]).status).toBe(2);
  });

  test("judges a fleet's rollout as the fleet's own answer does", () => {
    const folder = join(tempFolder(), "fleet");
    const promises = ["pause-5s", "pause-10s", "pause-30s"];
    const slos = promises.flatMap((name) => ["--slo", name]);
    const fleet = luoscope(["fleet", "fleets/demo.yaml", "-o", folder, ...slos]);
    expect(fleet.stderr).toBe("");
    const { status, stdout } = luoscope(["slo", "check", folder, ...slos, "--json"]);
    const own = luoscope(["query", folder, "fleet-slos", "--json"]);
    const answer = JSON.parse(own.stdout) as { columns: { name: string }[]; rows: (number | boolean)[][] };
    const columnOf = (name: string) => {
      const at = answer.columns.findIndex((column) => column.name === name);
      return answer.rows.map((row) => row[at]);
    };
    const judged = (JSON.parse(stdout) as { slos: { base: { attained_ratio: number; holds: boolean } }[] }).slos;
    expect(judged.map(({ base }) => base.attained_ratio)).toEqual(columnOf("kept_ratio"));
    expect(judged.map(({ base }) => base.holds)).toEqual(columnOf("is_kept"));
    expect(status).toBe(judged.every(({ base }) => base.holds) ? 0 : 1);
    expect(judged.map(({ base }) => base.attained_ratio)).toHaveLength(promises.length);
  });

  test("ends with 2 for a folder without pauses, and with 3 for a damaged one", () => {
    const trace = luoscope(["slo", "check", "traces/vm-tcg-redis-nvme-net", "--slo", "pause-5s"]);
    expect(trace.status).toBe(2);
    expect(trace.stderr).toContain("is a trace: it has no pauses of VMs");
    expect(luoscope(["slo", "check", "nowhere", "--slo", "pause-5s"]).status).toBe(2);
    const broken = join(tempFolder(), "run");
    mkdirSync(broken);
    writeFileSync(join(broken, "run.json"), "{}");
    expect(luoscope(["slo", "check", broken, "--slo", "pause-5s"]).status).toBe(3);
  });
});

describe("slo budget", () => {
  const budget = (...flags: readonly string[]) => luoscope(["slo", "budget", tinyRun(), ...flags]);

  test("says how many updates fit, with the worst VM's pause", () => {
    const { status, stdout, stderr } = budget("--objective", "99.99%", "--updates", "3", "--json");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as Record<string, { pause_ns: number; update_count: number; left_ns: number }>;
    expect(answer).toMatchObject({ met: true, allowance_ns: 777_600_000_000, window_sec: 7_776_000, planned_count: 3 });
    for (const end of ["low", "base", "high"]) {
      const { pause_ns, update_count, left_ns } = answer[end]!;
      expect(update_count).toBe(Math.floor(777_600_000_000 / pause_ns));
      expect(left_ns).toBe(777_600_000_000 - 3 * pause_ns);
    }
    expect(answer["low"]!.update_count).toBeGreaterThan(answer["high"]!.update_count);
  });

  test("ends with 1 where more is planned than fits", () => {
    const { status, stdout } = budget("--objective", "99.999%", "--window", "7d", "--updates", "40");
    expect(status).toBe(1);
    expect(stdout).toContain("99.999 % over 7 days allows 6.048 s of downtime");
    expect(stdout).toContain("40 planned updates take more than that");
  });

  test.each([
    [["--objective", "three nines"], "--objective three nines: no share of the time"],
    [["--objective", "99%", "--window", "ever"], "--window ever: no such length of time"],
    [["--objective", "99%", "--updates", "-1"], "--updates -1: not a whole number"],
    [["--objective", "99%", "--updates", "1e3"], "--updates 1e3: not a whole number"],
    [[], "--objective"],
  ])("with %j ends with 2", (flags, message) => {
    const { status, stderr } = budget(...flags);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

test("slo list shows the presets with their sources", () => {
  const { status, stdout } = luoscope(["slo", "list"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^pause-5s +5\.00 s +99 % +a public cloud's documents/m);
  const { presets } = JSON.parse(luoscope(["slo", "list", "--json"]).stdout) as { presets: unknown[] };
  expect(presets.length).toBe(4);
});
