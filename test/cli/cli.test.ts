// The command line as a user meets it: exit codes, messages, JSON, and nothing half-written.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { workloadOf, writeWorkloadTrace } from "../../bench/workload.ts";
import { interrupt, luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const trace = "traces/vm-tcg-redis-nvme-net";
const scenario = "scenarios/demo.yaml";
const commands = [
  "demo",
  "import",
  "synth",
  "inspect",
  "replay",
  "report",
  "time",
  "blame",
  "critical-chain",
  "heatmap",
  "query",
  "conform",
  "kernels",
  "predict",
  "calibrate",
];

/** Files of a folder and below, so that leftovers show. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

/** A Node on the path that is too old to run the sources. */
function olderNode(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(":").map((folder) => join(folder, "node"));
  return candidates.find((candidate) => {
    const { status, stdout } = spawnSync(candidate, ["--version"], { encoding: "utf8" });
    return status === 0 && Number(/^v(\d+)/.exec(stdout)?.[1]) < 24;
  });
}

describe("help", () => {
  test.each(commands)("%s --help shows an example and --json", (command) => {
    const { status, stdout } = luoscope([command, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  luoscope ${command}`));
    expect(stdout).toContain("--json");
  });

  test("--version is the package's", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(luoscope(["--version"]).stdout.trim()).toBe(version);
  });
});

describe("usage errors end with 2", () => {
  test.each([
    ["an unknown command", ["repaly"], "unknown command"],
    ["an unknown option", ["inspect", trace, "--fast"], "unknown option"],
    ["a missing option", ["replay", trace], "required option"],
    [
      "a trace that is not there",
      ["replay", "nowhere", "-s", scenario, "-o", "out/none"],
      "nowhere: no trace.json there",
    ],
    ["a scenario that is not there", ["replay", trace, "-s", "none.yaml", "-o", "out/none"], "none.yaml: no such file"],
    [
      "a profile that is not there",
      ["replay", trace, "-s", scenario, "-p", "slow", "-o", "out/none"],
      "slow.yaml: no such file",
    ],
    ["a run that is not there", ["report", "nowhere", "-o", "x.html"], "nowhere: no run.json there"],
    ["a recording that is not there", ["import", "nowhere", "-o", "out/none"], "nowhere"],
    ["a limit that is no number", ["query", trace, "select 1", "--limit", "many"], "--limit many"],
  ])("%s", (_, args, message) => {
    const { status, stderr, stdout } = luoscope(args);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test("an output folder that is something else is not replaced", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "mine.txt"), "keep");
    const { status, stderr } = luoscope(["replay", trace, "-s", scenario, "-o", folder]);
    expect(stderr).toContain("exists and is not a run folder");
    expect(status).toBe(2);
    expect(filesOf(folder)).toEqual(["mine.txt"]);
  });

  test("files of the user's in an older run are not lost", () => {
    const run = join(tempFolder(), "run");
    expect(luoscope(["replay", trace, "-s", scenario, "-o", run, "--json"]).status).toBe(0);
    writeFileSync(join(run, "notes.txt"), "keep");
    const { status, stderr } = luoscope(["replay", trace, "-s", scenario, "-o", run, "--json"]);
    expect(stderr).toContain('holds "notes.txt"');
    expect(status).toBe(2);
    expect(readFileSync(join(run, "notes.txt"), "utf8")).toBe("keep");
  });
});

describe("bad input ends with 3", () => {
  test.each([
    ["a flipped byte", (bytes: Buffer) => (bytes[Math.floor(bytes.length / 2)]! ^= 0x10)],
    ["an empty file", undefined],
  ])("%s in a trace's table", (_, damage) => {
    const folder = tempFolder();
    cpSync(trace, join(folder, "trace"), { recursive: true });
    const file = join(folder, "trace", "page_write.arrow");
    const bytes = readFileSync(file);
    damage?.(bytes);
    writeFileSync(file, damage ? bytes : "");
    const { status, stderr } = luoscope(["replay", join(folder, "trace"), "-s", scenario, "-o", join(folder, "run")]);
    expect(stderr).toMatch(/error: .*page_write/);
    expect(stderr).toContain("hint:");
    expect(status).toBe(3);
    expect(readdirSync(folder)).toEqual(["trace"]);
  });

  test("with --json the error is JSON on stdout as well", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "trace.json"), "{");
    const { status, stdout } = luoscope(["inspect", folder, "--json"]);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: "FormatError", exit_code: 3 } });
  });

  test("inspect --check names the faults of a trace", () => {
    const { status, stdout } = luoscope(["inspect", trace, "--check"]);
    expect(stdout).toContain("every row is as trace format v1 says");
    expect(status).toBe(0);
  });
});

test("a disk that fills up is named, and the older output stays", (context) => {
  const folder = tempFolder();
  const small = join(folder, "small");
  mkdirSync(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", small]).status === 0;
  context.skip(!mounted, "a small file system cannot be mounted here (needs root)");
  try {
    const { status, stderr } = luoscope(["import", "traces/recorded/vm-tcg-boot-redis", "-o", join(small, "trace")]);
    expect(stderr).toMatch(/no space left/i);
    expect(stderr).toContain("the disk is full");
    expect(status).toBe(2);
    expect(readdirSync(small)).toEqual([]);
  } finally {
    spawnSync("umount", [small]);
  }
});

test("Ctrl-C ends with 130 and leaves nothing", async () => {
  const folder = tempFolder();
  writeWorkloadTrace(workloadOf(6_000_000), join(folder, "trace"));
  const text = readFileSync(scenario, "utf8")
    .replace(/ {4}devices:\n(?: {6}- .*\n)+/, "")
    .replace(/at: \{.*\}/, "at: 1 s")
    .replace("memory: 4 GiB", "memory: 64 GiB")
    .replace("count: 12", "count: 1")
    .replace("ram: 64 GiB", "ram: 128 GiB");
  writeFileSync(join(folder, "s.yaml"), text);
  const { status, stderr } = await interrupt(
    ["replay", join(folder, "trace"), "-s", join(folder, "s.yaml"), "-o", join(folder, "run")],
    500,
  );
  expect(stderr).toContain("interrupted");
  expect(status).toBe(130);
  expect(readdirSync(folder).sort()).toEqual(["s.yaml", "trace"]);
});

test("Ctrl-C ends a query that would take for ever", async () => {
  const run = join(tempFolder(), "run");
  luoscope(["replay", trace, "-s", scenario, "-o", run, "--json"]);
  const endless = "select count(*) from range(1000000000) a, range(1000000) b where (a.range + b.range) % 7 = 3";
  const { status } = await interrupt(["query", run, endless], 2500);
  expect(status).toBe(130);
});

describe("the path", () => {
  test("replay --json gives blackout and overhead of each VM", () => {
    const { status, stdout } = luoscope(["replay", trace, "-s", scenario, "-o", join(tempFolder(), "run"), "--json"]);
    expect(status).toBe(0);
    const run = JSON.parse(stdout) as Record<string, unknown> & {
      vms: Record<string, number>[];
      phases: { phase: string; duration_ns: number }[];
    };
    expect(run.vms).toHaveLength(12);
    expect(run.vms[0]).toMatchObject({ name: "redis-1", hole_pages: 0 });
    for (const vm of run.vms) expect(vm["overhead_bytes"]).toBeGreaterThan(1024 * 1024);
    const parts = run.phases.filter(({ phase }) => ["freeze", "serialize", "kexec", "restore"].includes(phase));
    expect(parts.reduce((sum, { duration_ns: ns }) => sum + ns, 0)).toBe(run["blackout_ns"]);
  });

  test("the demo twice gives the same bytes of run and trace", () => {
    const [first, second] = [tempFolder(), tempFolder()];
    for (const folder of [first, second]) expect(luoscope(["demo", "-o", join(folder, "demo")]).status).toBe(0);
    const files = filesOf(first).filter((file) => /\.(arrow|json|html|svg|png)$/.test(file));
    expect(files.length).toBeGreaterThan(30);
    for (const file of files) {
      expect(readFileSync(join(second, file)).equals(readFileSync(join(first, file))), file).toBe(true);
    }
  });

  test("a database that is kept opens again, and questions reach no files", () => {
    const folder = tempFolder();
    const run = join(folder, "run");
    luoscope(["replay", trace, "-s", scenario, "-o", run, "--json"]);
    const kept = luoscope(["query", run, "headline", "--database", join(folder, "run.duckdb"), "--json"]);
    expect(JSON.parse(kept.stdout)).toMatchObject({ truncated: false });
    const reach = luoscope(["query", run, `select * from read_csv('${join(folder, "run", "run.json")}')`]);
    expect(reach.status).toBe(2);
    const wrong = luoscope(["query", run, "selec 1"]);
    expect(wrong.stderr).toContain("syntax error");
    expect(wrong.status).toBe(2);
  });
});

test("an older Node is sent to the pinned one, or told which it needs", (context) => {
  const old = olderNode();
  context.skip(old === undefined, "no older Node here");
  const version = spawnSync(old!, ["bin/luoscope.js", "--version"], { encoding: "utf8" });
  expect(version.status).toBe(0);
  const folder = tempFolder();
  mkdirSync(join(folder, "bin"));
  copyFileSync("bin/luoscope.js", join(folder, "bin", "luoscope.js"));
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  chmodSync(join(folder, "bin", "luoscope.js"), 0o755);
  const lost = spawnSync(old!, [join(folder, "bin", "luoscope.js")], { encoding: "utf8" });
  expect(lost.stderr).toContain("luoscope needs Node 24 or newer");
  expect(lost.status).toBe(2);
});
