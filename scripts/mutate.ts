// Breaks rules of the model on purpose, one at a time in a copy of the project, and sees whether a test notices:
// `npm run mutate`, or `npm run mutate -- KHO` for the rules whose id or file contains a word.
//
// `--share 3` breaks a third of them, another third with each commit, and some that the last commit touched; `--tested` says
// that the tests have just passed, and need not be tried unbroken.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { type Mutation, mutations } from "../test/mutations/index.ts";

const copied = ["src", "test", "package.json", "vitest.config.ts", "tsconfig.json"];
const linked = [
  "node_modules",
  "bench",
  "recordings",
  "scripts",
  "profiles",
  "scenarios",
  "fleets",
  "traces",
  "docs",
  "bin",
  "slos",
  "plans",
];

/** A copy of the project in which rules may be broken. */
function createCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-mutate-"));
  for (const name of copied) cpSync(name, join(folder, name), { recursive: true });
  for (const name of linked) symlinkSync(resolve(name), join(folder, name));
  return folder;
}

/** A broken rule may keep a test busy for ever. */
const maxMs = 90_000;

/** All their tests together take minutes on a busy machine. */
const wholeMaxMs = 900_000;

interface TestRun {
  readonly isGreen: boolean;
  /** The first test that failed. */
  readonly failed: string;
}

async function runTests(folder: string, tests: readonly string[], limitMs = maxMs): Promise<TestRun> {
  const program = resolve("node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [program, "run", "--bail=1", ...tests], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", TZ: "UTC", LC_ALL: "C" },
    // A group of its own, so that its workers end with it.
    detached: true,
  });
  let isEndless = false;
  const watch = setTimeout(() => {
    isEndless = true;
    process.kill(-child.pid!, "SIGKILL");
  }, limitMs);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((done) => child.on("close", done));
  clearTimeout(watch);
  if (isEndless) return { isGreen: false, failed: "does not end" };
  const failed = /^ *FAIL +(.*)$/m.exec(output)?.[1] ?? "";
  return { isGreen: status === 0, failed: failed.replace(/^.* > /, "") };
}

function breakRule(folder: string, { file, find, replace }: Mutation): () => void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  if (text.split(find).length !== 2) throw new Error(`${file}: ${JSON.stringify(find)} must stand there once`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
  return () => writeFileSync(path, text);
}

async function work(queue: Mutation[], survivors: Mutation[]): Promise<void> {
  const folder = createCopy();
  try {
    for (let mutation = queue.shift(); mutation; mutation = queue.shift()) {
      const mend = breakRule(folder, mutation);
      const { isGreen, failed } = await runTests(folder, mutation.tests);
      mend();
      if (isGreen) survivors.push(mutation);
      const verdict = isGreen ? "NOT NOTICED" : `noticed by: ${failed}`;
      console.log(`${mutation.rule.padEnd(9)} ${mutation.breaks}\n          ${verdict}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}

/** A large commit touches more than there is time for; the others have their turn. */
const mostTouched = 20;

/** A share of the mutations that changes from commit to commit, and what the last commit may have to do with. */
function shareOf(all: readonly Mutation[], share: number): Mutation[] {
  const turn = Number.parseInt(git("rev-parse", "HEAD").slice(0, 8), 16) % share;
  const hasParent = git("rev-list", "--count", "--max-count=2", "HEAD") === "2";
  const touched = new Set(hasParent ? git("diff", "--name-only", "HEAD~1", "HEAD").split("\n") : []);
  const inTurn = all.filter((_, index) => index % share === turn);
  const others = all.filter((mutation) => !inTurn.includes(mutation));
  const isTouched = ({ file, tests }: Mutation) => [file, ...tests].some((path) => touched.has(path));
  return [...inTurn, ...others.filter(isTouched).slice(0, mostTouched)];
}

/** Breaking a rule says something only where the tests pass while nothing is broken. */
async function expectGreen(tests: readonly string[]): Promise<void> {
  const whole = createCopy();
  const { isGreen, failed } = await runTests(whole, tests, wholeMaxMs);
  rmSync(whole, { recursive: true, force: true });
  if (!isGreen) throw new Error(`the tests fail before anything is broken: ${failed}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { share: { type: "string", default: "1" }, tested: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const word = positionals[0] ?? "";
  const queue = shareOf(mutations, Number(values.share)).filter(({ rule, file }) => `${rule} ${file}`.includes(word));
  const count = queue.length;
  if (!values.tested) await expectGreen([...new Set(queue.flatMap(({ tests }) => tests))]);
  const survivors: Mutation[] = [];
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, () => work(queue, survivors)));
  console.log(`\n${count} of ${mutations.length} rules broken, ${count - survivors.length} noticed`);
  if (survivors.length > 0 || count === 0) process.exitCode = 1;
}

await main();
