// luoscope compare and gate, as a user and a pipeline meet them: texts, files, exit codes.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { addToHistory } from "../../src/history/index.ts";
import { luoscope } from "../kit/cli.ts";
import { expectGolden } from "../kit/golden.ts";
import { measured } from "../kit/measurements.ts";
import { sharedFolder } from "../kit/temp-folder.ts";

const folder = sharedFolder();
const at = (name: string): string => join(folder, name);

function table(
  name: string,
  rows: readonly (readonly [metric: string, value: number | string, of?: string])[],
): string {
  const path = at(name);
  writeFileSync(
    path,
    ["metric,value,step", ...rows.map(([metric, value, of]) => `${metric},${value},${of ?? ""}`)].join("\n"),
  );
  return path;
}

/** Samples about a middle: no two are equal. */
const about = (middle: number, count = 10): number[] =>
  Array.from({ length: count }, (_, index) => Math.round(middle * (1 + 0.002 * ((index * 7) % count))));
const samples = (name: string, middle: number, count = 10): string =>
  table(
    name,
    about(middle, count).map((value) => ["boot_ns", value] as const),
  );

let base = "";
let same = "";
let worse = "";
let few = "";
beforeAll(() => {
  base = samples("base.csv", 1_000_000_000);
  same = samples("same.csv", 1_000_000_000);
  worse = samples("worse.csv", 1_100_000_000);
  few = samples("few.csv", 1_100_000_000, 2);
});

function policy(name: string, ...lines: readonly string[]): string {
  const path = at(name);
  writeFileSync(path, ["version: 1", ...lines].join("\n"));
  return path;
}

describe("compare", () => {
  test("two kernels' recordings: why is what a reader meets first", () => {
    const { status, stdout, stderr } = luoscope([
      "compare",
      "old=recordings/v72-size-512.log.gz",
      "new=recordings/size-512.log.gz",
    ]);
    expect([status, stderr]).toEqual([0, ""]);
    expectGolden("cli/compare-recordings.txt", stdout);
  });

  test("what is equal says so, and nothing more", () => {
    const { status, stdout } = luoscope(["compare", base, same]);
    expect(status).toBe(0);
    expect(stdout).toContain("same against base: 1 same");
    expect(stdout).toContain("no row has changed");
  });

  test("measured values have an interval, a p-value and the number of samples", () => {
    const { stdout } = luoscope(["compare", base, worse]);
    expect(stdout).toMatch(
      /boot_ns\s+1\.01 s \(10\)\s+1\.11 s \(10\)\s+\+101 ms \(\+10 %\) \[.*\]\s+WORSE\s+p < 0\.0001: significant/,
    );
    expect(stdout).toContain("1 test; a false alarm in at most 1 % of such comparisons (Mann-Whitney, Holm)");
  });

  test("labels, filters and columns", () => {
    const { stdout } = luoscope([
      "compare",
      `one=${base}`,
      `two=${worse}`,
      "--only",
      "better",
      "--filter",
      "metric:boot_ns",
    ]);
    expect(stdout).toContain("two against one: 1 worse");
    expect(stdout).toContain("no such row");
    const missing = luoscope(["compare", base, worse, "--filter", "nope:1"]);
    expect(missing.status).toBe(2);
    expect(missing.stderr).toContain('no dimension "nope"');
    expect(missing.stderr).toContain("there are metric, unit, step");
  });

  test("every format is written whole, and a folder that a report is made of", () => {
    const files = ["md", "junit", "json", "bmf", "openmetrics"].map((format) => `${format}=${at(`x.${format}`)}`);
    const args = ["compare", base, worse, ...files.flatMap((file) => ["--to", file]), "-o", at("difference")];
    expect(luoscope(args).status).toBe(0);
    for (const format of ["md", "junit", "json", "bmf", "openmetrics"]) {
      expect(readFileSync(at(`x.${format}`), "utf8").length, format).toBeGreaterThan(50);
    }
    const report = luoscope(["report", at("difference"), "-o", at("difference.html")]);
    expect(report.stdout).toContain("is worse in worse");
    expect(readFileSync(at("difference.html"), "utf8")).toContain("boot");
    expect(luoscope(["query", at("difference"), "difference-rows", "--json"]).status).toBe(0);
  });

  test("--json is a document of its own schema, and the same twice", () => {
    const [one, two] = [1, 2].map(() => luoscope(["compare", base, worse, "--json"]).stdout);
    expect(JSON.parse(one!)).toMatchObject({ format: "luoscope-compare", version: 1 });
    expect(two).toBe(one);
  });

  test.each([
    [["compare", "nowhere", "nothing"], 2, "nowhere: no such file or folder"],
    [["compare", "BASE"], 2, "one column only"],
    [["compare", "BASE", "WORSE", "--to", "tea=x"], 2, "no such format"],
    [["compare", "BASE", "WORSE", "--to", "md", "--to", "json"], 2, "cannot share standard output"],
    [["compare", "BASE", "WORSE", "--only", "some"], 2, "--only some: unknown"],
    [["compare", "BASE", "WORSE", "--alpha", "2"], 2, "--alpha 2: not a number"],
    [["compare", "BASE", "recordings/size-64.log.gz"], 2, "nothing in common"],
    [["compare", "BASE", "package.json"], 3, "luoscope-measurement"],
  ])("%j ends with %i", (args, status, message) => {
    const named = args.map((arg) => (arg === "BASE" ? base : arg === "WORSE" ? worse : arg));
    const result = luoscope(named);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(status);
  });
});

describe("gate", () => {
  const rule = ["fail:", "  - boot_ns: +5 %"];

  test.each([
    ["same", 0, "pass: 1 rule kept"],
    ["worse", 1, "FAIL: 1 of 1 rule broken"],
    ["few", 0, "INCONCLUSIVE: 1 of 1 rule cannot be decided"],
  ])("%s ends with %i", (name, code, message) => {
    const path = { same, worse, few }[name]!;
    const { status, stdout } = luoscope(["gate", "--policy", policy("p.yaml", ...rule), base, path]);
    expect(stdout).toContain(message);
    expect(status).toBe(code);
  });

  test("inconclusive ends with 4 where that is asked for, on the command line or in the policy", () => {
    const args = ["gate", "--policy", policy("p.yaml", ...rule), base, few];
    expect(luoscope([...args, "--inconclusive", "fail"]).status).toBe(4);
    const strict = policy("strict.yaml", ...rule, "inconclusive: fail");
    expect(luoscope(["gate", "--policy", strict, base, few]).status).toBe(4);
    expect(luoscope(["gate", "--policy", strict, base, few, "--inconclusive", "pass"]).status).toBe(0);
  });

  test("a warning does not change the code", () => {
    const { status, stdout } = luoscope([
      "gate",
      "--policy",
      policy("w.yaml", "warn:", "  - boot_ns: +5 %"),
      base,
      worse,
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain("pass, with 1 warning");
  });

  test("what has vanished ends with 3, what is missing or wrong with 2", () => {
    const path = policy("p.yaml", ...rule);
    const two = table("two.csv", [...about(1e9).map((value) => ["boot_ns", value] as const), ["heap_bytes", 5]]);
    expect(luoscope(["gate", "--policy", path, two, base])).toMatchObject({ status: 3 });
    expect(luoscope(["gate", "--policy", path, base, two])).toMatchObject({ status: 0 });
    expect(luoscope(["gate", "--policy", path, base, at("nowhere.csv")])).toMatchObject({ status: 2 });
    expect(luoscope(["gate", "--policy", at("nowhere.yaml"), base, worse])).toMatchObject({ status: 2 });
    expect(luoscope(["gate", base, worse]).stderr).toContain("a gate has a policy");
    expect(luoscope(["gate", "--policy", path, base]).stderr).toContain("nothing to hold the result against");
  });

  test("samples are collected while nothing is decided, and each look has its part of alpha", () => {
    const [own, other] = [samples("a.csv", 1e9, 4), samples("b.csv", 1.2e9, 4)];
    const add = join(folder, "add.sh");
    writeFileSync(
      add,
      'for i in 1 2 3; do echo "boot_ns,$((1000000000 + LUOSCOPE_ITERATION * 1000 + i))," >>"$LUOSCOPE_BASE"; echo "boot_ns,$((1200000000 + LUOSCOPE_ITERATION * 1000 + i))," >>"$LUOSCOPE_NEW"; done\n',
    );
    for (const path of [own, other]) writeFileSync(path, `${readFileSync(path, "utf8")}\n`);
    const args = [
      "gate",
      "--policy",
      policy("p.yaml", ...rule),
      own,
      other,
      "--collect",
      `sh ${add}`,
      "--max-iterations",
      "4",
    ];
    const { status, stdout, stderr } = luoscope(args);
    expect(status).toBe(1);
    expect(stderr).toContain("collecting more samples (1)");
    expect(stdout).toMatch(/samples were collected \d more time/);
    expect(stdout).toContain("at most 0.2 % of such comparisons");
  });

  test("a hook that fails ends with 3, and iterations without a hook with 2", () => {
    const args = ["gate", "--policy", policy("p.yaml", ...rule), base, few];
    const failing = luoscope([...args, "--collect", "exit 7", "--max-iterations", "1"]);
    expect(failing).toMatchObject({ status: 3 });
    expect(failing.stderr).toContain("the command ended with 7");
    expect(luoscope([...args, "--max-iterations", "1"])).toMatchObject({ status: 2 });
  });

  test("a baseline is saved when nothing is broken, and held against", () => {
    const baselines = ["--baselines", at("baselines")];
    const path = policy("p.yaml", ...rule);
    expect(luoscope(["gate", "--save-baseline", "main", base, ...baselines])).toMatchObject({ status: 0 });
    const saved = readFileSync(at("baselines/main.json"), "utf8");
    expect(luoscope(["gate", "--policy", path, "--baseline", "main", same, ...baselines])).toMatchObject({ status: 0 });
    const broken = luoscope([
      "gate",
      "--policy",
      path,
      "--baseline",
      "main",
      "--save-baseline",
      "main",
      worse,
      ...baselines,
    ]);
    expect(broken.status).toBe(1);
    expect(readFileSync(at("baselines/main.json"), "utf8")).toBe(saved);
    const missing = luoscope(["gate", "--policy", path, "--baseline", "nope", worse, ...baselines]);
    expect(missing.status).toBe(2);
    expect(missing.stderr).toContain("save one first");
    expect(luoscope(["gate", "--save-baseline", "../x", base, ...baselines])).toMatchObject({ status: 2 });
  });
});

describe("recipes for CI", () => {
  const recipe = resolve("deploy/ci/gate.sh");

  function run(environment: Readonly<Record<string, string>>) {
    return spawnSync("sh", [recipe], {
      encoding: "utf8",
      env: { ...process.env, LUOSCOPE: resolve("bin/luoscope.js"), ...environment },
    });
  }

  test("the shell recipe leaves every form, and ends with the gate's code", () => {
    const output = at("ci");
    const result = run({
      GATE_POLICY: policy("p.yaml", "fail:", "  - boot_ns: +5 %"),
      GATE_BASE: base,
      GATE_NEW: worse,
      GATE_OUTPUT: output,
    });
    expect(result.status).toBe(1);
    for (const name of ["comment.md", "junit.xml", "compare.json", "compare.html", "annotations.txt"]) {
      expect(existsSync(join(output, name)), name).toBe(true);
    }
    expect(result.stdout).toContain("FAIL: 1 of 1 rule broken");
  });

  test("on GitHub the summary and annotations go where GitHub reads them", () => {
    const [summary, outputs] = [at("summary.md"), at("outputs.txt")];
    const result = run({
      GATE_POLICY: policy("p.yaml", "fail:", "  - boot_ns: +5 %"),
      GATE_BASE: base,
      GATE_NEW: worse,
      GATE_OUTPUT: at("github"),
      GITHUB_ACTIONS: "true",
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_OUTPUT: outputs,
    });
    expect(result.status).toBe(1);
    expect(result.stdout).toContain("::error file=");
    expect(readFileSync(summary, "utf8")).toContain("boot_ns");
    expect(readFileSync(outputs, "utf8")).toBe("exit-code=1\n");
  });

  test("what is missing is said, and nothing passes", () => {
    const none = { GATE_POLICY: "", GATE_BASE: "", GATE_NEW: "", GATE_BASELINE: "" };
    expect(run(none).status).not.toBe(0);
    mkdirSync(at("empty"), { recursive: true });
    const lost = {
      GATE_POLICY: policy("p.yaml", "fail:", "  - boot_ns: +5 %"),
      GATE_BASE: base,
      GATE_NEW: at("nowhere"),
    };
    expect(run({ ...lost, GATE_OUTPUT: at("lost") }).status).toBe(2);
  });

  test("the action and the GitLab template run that recipe with its own variables", async () => {
    const { parse } = await import("yaml");
    const script = readFileSync(recipe, "utf8");
    const action = parse(readFileSync("action.yml", "utf8")) as {
      inputs: Record<string, unknown>;
      runs: { steps: { run: string; env?: Record<string, string> }[] };
    };
    const step = action.runs.steps.find(({ run: line }) => line.endsWith("deploy/ci/gate.sh"))!;
    const variables = Object.keys(step.env!).filter((name) => name.startsWith("GATE_"));
    for (const name of variables) expect(script, name).toContain(name);
    for (const value of Object.values(step.env!)) {
      const input = /\$\{\{ inputs\.(\S+) \}\}/.exec(value)?.[1];
      if (input !== undefined) expect(Object.keys(action.inputs)).toContain(input);
    }
    const template = readFileSync("deploy/ci/gitlab.yml", "utf8");
    expect(parse(template)).toMatchObject({ ".luoscope-gate": { script: ["deploy/ci/gate.sh"] } });
    expect(spawnSync("sh", ["-n", recipe]).status).toBe(0);
  });
});

describe("history", () => {
  test("results are added and shown, with the place where they changed", async () => {
    const file = at("history.csv");
    const day = (number: number): string => `2026-01-${String(number).padStart(2, "0")}T00:00:00Z`;
    const valueOf = (number: number): number => (number > 6 ? 1.1e9 : 1e9) + number * 1000;
    for (let number = 1; number < 12; number++) {
      const place = { time: day(number), commit: `c${number}`, branch: "main", testbed: "default" };
      await addToHistory(file, measured("x", [valueOf(number)]), place);
    }
    const one = at("one.csv");
    writeFileSync(one, `metric,value\nboot_ns,${valueOf(12)}\n`);
    const added = luoscope(["history", "add", file, one, "--commit", "c12", "--time", day(12)]);
    expect(added.stdout).toBe(`${file}: 1 row added, 12 in all\n`);
    const { status, stdout } = luoscope(["history", "show", file]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/from c7, 2026-01-07T00:00:00Z: worse, 1\.00 s to 1\.10 s \+10 %/);
    const json = JSON.parse(luoscope(["history", "show", file, "--json"]).stdout) as {
      series: { change_points: unknown[] }[];
    };
    expect(json.series[0]!.change_points).toMatchObject([{ commit: "c7", verdict: "worse" }]);
    expect(luoscope(["history", "show", at("nowhere.csv")])).toMatchObject({ status: 2 });
    expect(luoscope(["history", "add", file, base, "--commit", "x", "--time", "today"])).toMatchObject({ status: 2 });
  });
});
