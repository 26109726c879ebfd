// Holds this commit's speed against its parent's: both do the same work in turns, by CPU time, and `luoscope gate` decides.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const rounds = 6;
const own = resolve(import.meta.dirname, "../..");

/** Commands that every commit can do; their inputs are this commit's. */
const works: Readonly<Record<string, readonly string[]>> = {
  replay: ["replay", "traces/vm-tcg-redis-nvme-net", "--scenario", "scenarios/demo.yaml", "-o", "OUT"],
  predict: ["predict", "recordings/size-64.log.gz", "recordings/v72-size-64.log.gz"],
};

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: own, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** The parent's files beside this commit's packages. */
function checkOut(commit: string, folder: string): void {
  mkdirSync(folder);
  const archive = spawnSync("git", ["archive", "--format=tar", commit], { cwd: own, maxBuffer: 2 ** 30 });
  const unpacked = spawnSync("tar", ["-x", "-C", folder], { input: archive.stdout });
  if (archive.status !== 0 || unpacked.status !== 0) throw new Error(`${commit} cannot be checked out`);
  symlinkSync(join(own, "node_modules"), join(folder, "node_modules"));
}

/** CPU time of a command of one tree, in ns; undefined where it fails: an older commit may not know it. */
function cpuNs(tree: string, args: readonly string[], scratch: string): number | undefined {
  const out = join(scratch, "out");
  rmSync(out, { recursive: true, force: true });
  const file = join(scratch, "cpu");
  const { status } = spawnSync(
    process.execPath,
    [
      "--import",
      join(import.meta.dirname, "cpu-time.mjs"),
      join(tree, "bin/luoscope.js"),
      ...args.map((arg) => (arg === "OUT" ? out : arg)),
    ],
    { cwd: own, env: { ...process.env, LUOSCOPE_CPU_FILE: file }, stdio: "ignore" },
  );
  return status === 0 && existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

interface Trees {
  readonly base: string;
  readonly next: string;
}

/** Rounds in turns, the first of which fills caches; which tree begins changes from round to round. */
function measure(trees: Trees, scratch: string): Record<keyof Trees, string[]> {
  const lines: Record<keyof Trees, string[]> = { base: ["metric,work,value"], next: ["metric,work,value"] };
  for (const [work, args] of Object.entries(works)) {
    for (let round = 0; round <= rounds; round++) {
      const order = round % 2 === 0 ? (["base", "next"] as const) : (["next", "base"] as const);
      for (const side of order) {
        const ns = cpuNs(trees[side], args, scratch);
        if (round > 0 && ns !== undefined) lines[side].push(`cpu_ns,${work},${ns}`);
      }
    }
  }
  return lines;
}

function run(): number {
  const parent = git("rev-parse", "--verify", "--quiet", process.argv[2] ?? "HEAD^");
  if (parent === undefined) {
    say("skipped: this commit has no parent here");
    return 0;
  }
  const changed = git("diff", "--name-only", parent, "--", "src", "bin", "package.json", "package-lock.json");
  if (changed === "") {
    say("skipped: nothing that runs differs from the parent");
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
  try {
    const base = join(scratch, "parent");
    checkOut(parent, base);
    const lines = measure({ base, next: own }, scratch);
    for (const side of ["base", "next"] as const) writeFileSync(join(scratch, `${side}.csv`), lines[side].join("\n"));
    const sides = [`parent=${join(scratch, "base.csv")}`, `commit=${join(scratch, "next.csv")}`];
    const policy = join(import.meta.dirname, "gate.yaml");
    const args = [join(own, "bin/luoscope.js"), "gate", "--policy", policy, "--only", "all", ...sides];
    return spawnSync(process.execPath, args, { cwd: own, stdio: "inherit" }).status ?? 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

process.exitCode = run();
