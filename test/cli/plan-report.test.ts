// luoscope plan report, and slo on sweeps, as a user and a pipeline meet them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { scratchFolder } from "../analysis/kit.ts";
import { luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { type TinySweepOptions, writeTinySweep } from "../kit/tiny-sweep.ts";

const scratch = scratchFolder();
let sweepCount = 0;

/** The folder of a sweep with its results inside, as `luoscope sweep` leaves it. */
function sweepFolder(options: TinySweepOptions = {}): string {
  const folder = join(scratch, `sweep-${sweepCount++}`);
  writeTinySweep(join(folder, "results"), options);
  return folder;
}

function report(folder: string, ...flags: readonly string[]) {
  const target = join(tempFolder(), "plan.html");
  const result = luoscope(["plan", "report", folder, "-o", target, ...flags]);
  return { ...result, target, page: existsSync(target) ? readFileSync(target, "utf8") : "" };
}

describe("plan report", () => {
  test("takes a sweep's folder or the results in it, and writes charts where asked", () => {
    const folder = sweepFolder();
    const charts = tempFolder();
    const first = report(folder, "--charts", charts);
    expect([first.status, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(/^Choose folio 1 MiB, scratch 100%, agent all at once: 90 % of VMs/);
    expect(readdirSync(charts).length).toBe(18);
    const second = report(join(folder, "results"));
    expect(second.page === first.page).toBe(true);
    const third = join(tempFolder(), "again.html");
    expect(luoscope(["report", folder, "-o", third]).status).toBe(0);
    expect(readFileSync(third, "utf8") === first.page).toBe(true);
  });

  test("prints JSON", () => {
    const { status, stdout } = report(sweepFolder(), "--json");
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(answer)).toEqual(["headline", "htmlPath", "htmlBytes", "paths", "svgPaths", "pngPaths"]);
  });

  test.each<[string, TinySweepOptions, string]>([
    ["all are feasible", { sloNs: 60_000_000_000 }, "the least of the 18 of 18 configurations"],
    ["none is feasible", { sloNs: 1_000_000 }, "None of 18 configurations keeps"],
    ["some runs failed", { failing: { 0: "refused: no place" } }, "refused: no place"],
    ["there are no designs", { withoutDesigns: true }, "There are no elementary effects"],
    [
      "there is one configuration",
      { axisCount: 1, leavesOut: ([folio]) => folio !== 2 },
      "the only one of 1 configuration",
    ],
    ["there is no axis", { axisCount: 0, sloNs: 60_000_000_000 }, "Choose as written"],
    ["there is no draw", { repeats: 0 }, "with all inputs at their medians"],
  ])("where %s", (_, options, text) => {
    const { status, stderr, page } = report(sweepFolder(options));
    expect([status, stderr]).toEqual([0, ""]);
    expect(page).toContain(text);
  });

  test("sets two configurations against each other, by number or label", () => {
    const folder = sweepFolder();
    const { status, page } = report(folder, "--from", "0", "--to", "folio 1 MiB, scratch 300%, agent all at once");
    expect(status).toBe(0);
    expect(page).toContain("from folio 4 KiB, scratch 100%, agent one by one to folio 1 MiB, scratch 300%");
    const wrong = report(folder, "--from", "folio 9 MiB");
    expect([wrong.status, wrong.page]).toEqual([2, ""]);
    expect(wrong.stderr).toContain("--from folio 9 MiB: no configuration of that name or number");
  });

  test("is refused for what is no sweep, and for a damaged one", () => {
    const none = report("scenarios");
    expect(none.status).toBe(2);
    expect(none.stderr).toContain("scenarios: no results of a sweep there");
    const folder = sweepFolder();
    writeFileSync(join(folder, "results", "run_pause.arrow"), "no arrow");
    const damaged = report(folder);
    expect(damaged.status).toBe(3);
    expect(damaged.stderr).toContain("run_pause.arrow");
  });
});

describe("slo on a sweep", () => {
  let folder = "";
  beforeAll(() => {
    folder = sweepFolder({ failing: { 5: "no place" } });
  });

  function ask(command: "check" | "budget", ...flags: readonly string[]) {
    const { status, stdout, stderr } = luoscope(["slo", command, folder, ...flags]);
    return { status, stdout, stderr };
  }

  test("judges the configuration that ranks first over all draws together", () => {
    const { status, stdout } = ask("check", "--slo", "pause-5s", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "sweep",
      configuration: { index: 13, label: "folio 1 MiB, scratch 100%, agent all at once" },
      over: "draws",
      met: true,
      vm_count: 4,
      slos: [{ verdict: "holds over all draws together; in 4 of 4 draws it holds alone" }],
    });
  });

  test("ends with 1 on a breach, and judges another configuration where one is named", () => {
    const breach = ask("check", "--slo", "pause-1s");
    expect(breach.status).toBe(1);
    expect(breach.stdout).toMatch(/^configuration 13: folio 1 MiB/);
    expect(breach.stdout).toContain("breached over all draws together; in 0 of 4 draws it holds alone");
    expect(breach.stdout).toMatch(/^all together +0 %/m);
    const slow = ask("check", "--slo", "pause-5s", "--configuration", "0");
    expect(slow.status).toBe(1);
    expect(slow.stdout).toContain("breached over all draws together; in 2 of 4 draws it holds alone");
    const named = ask("check", "--slo", "pause-5s", "--configuration", "folio 4 KiB, scratch 100%, agent one by one");
    expect(named.stdout).toBe(slow.stdout);
  });

  test("does not call kept what nobody knows", () => {
    const none = ask("check", "--slo", "pause-30s", "--configuration", "5");
    expect(none.status).toBe(2);
    expect(none.stderr).toContain("no run of configuration 5 has an answer");
    expect(ask("check", "--slo", "pause-30s", "--configuration", "nobody").status).toBe(2);
    const run = luoscope(["slo", "check", "traces/vm-tcg-redis-nvme-net", "--slo", "pause-5s"]);
    expect(run.stderr).toContain("is a trace: it has no pauses of VMs");
  });

  test("says how many updates fit with the longest pause of the median draw", () => {
    const { status, stdout } = ask("budget", "--objective", "99.99%", "--updates", "3", "--json");
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as Record<string, { pause_ns: number; update_count: number }>;
    for (const end of ["low", "base", "high"]) {
      expect(answer[end]!.update_count).toBe(Math.floor(777_600_000_000 / answer[end]!.pause_ns));
    }
    expect(answer["low"]!.pause_ns).toBeLessThan(answer["base"]!.pause_ns);
    const spent = ask("budget", "--objective", "99.99%", "--updates", "9999");
    expect(spent.status).toBe(1);
    expect(spent.stdout).toMatch(/^median +\d/m);
  });
});
