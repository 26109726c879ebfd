// Replay speed and memory: `npm run bench` (50 million rows) or `npm run bench -- --smoke` (500,000, as a test).
// Prints one JSON line a figure. Ratios compare within this one run; absolute rates depend on the machine.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GuestMemory } from "../src/model/index.ts";
import { compileC, fastest, median, print } from "./harness.ts";
import { drawRuns, type Workload, workloadOf, writeWorkloadTrace } from "./workload.ts";

const smoke = process.argv.includes("--smoke");
const fullRows = 50_000_000;
const loopRows = smoke ? 200_000 : 10_000_000;
const rounds = 15;

interface Loop {
  readonly ns: number;
  readonly dirtyPages: number;
  readonly freshPages: number;
}

interface Rows {
  readonly gfn: Uint32Array;
  readonly count: Uint32Array;
  readonly tick: Uint32Array;
}

function drawRows(workload: Workload): Rows {
  const rows = {
    gfn: new Uint32Array(workload.rows),
    count: new Uint32Array(workload.rows),
    tick: new Uint32Array(workload.rows),
  };
  drawRuns(workload, (index, tick, gfn, count) => {
    rows.gfn[index] = gfn;
    rows.count[index] = count;
    rows.tick[index] = tick;
  });
  return rows;
}

/** The loop as the replay runs it, on rows that lie in memory. */
function runLoop({ gfn, count, tick }: Rows, frames: number): Loop {
  const memory = new GuestMemory([frames]);
  memory.resume();
  const runs = {
    timeNs: new Float64Array(0),
    vmIndex: new Uint16Array(gfn.length),
    startGfn: gfn,
    pageCount: count,
  };
  let [dirtyPages, freshPages] = [0, 0];
  const startNs = process.hrtime.bigint();
  for (let from = 0; from < gfn.length;) {
    let to = from + 1;
    while (to < gfn.length && tick[to] === tick[from]) to++;
    memory.mark(runs, from, to);
    memory.endTick();
    dirtyPages += memory.dirtyPages[0]!;
    freshPages += memory.firstTouchPages[0]!;
    from = to;
  }
  return { ns: Number(process.hrtime.bigint() - startNs), dirtyPages, freshPages };
}

function runC(program: string, file: string, workload: Workload): Loop {
  const text = execFileSync(program, [file, String(workload.rows), String(workload.guestBytes / 4096), "1"], {
    encoding: "utf8",
  });
  const [ns, dirtyPages, freshPages] = text.trim().split(" ").map(Number);
  return { ns: ns!, dirtyPages: dirtyPages!, freshPages: freshPages! };
}

/** Rounds take turns, so that a busy moment of the machine hits both. */
function benchLoop(folder: string): void {
  const program = compileC("mark", folder);
  if (program === undefined) {
    print("inner loop", { skipped: "gcc is not there" });
    return;
  }
  const workload = workloadOf(loopRows);
  const rows = drawRows(workload);
  const file = join(folder, "rows.bin");
  writeFileSync(
    file,
    new Uint8Array(Buffer.concat([rows.gfn, rows.count, rows.tick].map((part) => Buffer.from(part.buffer)))),
  );
  const [ours, theirs]: [Loop[], Loop[]] = [[], []];
  runLoop(rows, workload.guestBytes / 4096);
  for (let round = 0; round < rounds; round++) {
    ours.push(runLoop(rows, workload.guestBytes / 4096));
    theirs.push(runC(program, file, workload));
  }
  if (ours[0]!.dirtyPages !== theirs[0]!.dirtyPages || ours[0]!.freshPages !== theirs[0]!.freshPages) {
    throw new Error(`the loops disagree: ${JSON.stringify(ours[0])} and ${JSON.stringify(theirs[0])}`);
  }
  const [oursNs, theirsNs] = [ours, theirs].map((loops) => fastest(loops.map(({ ns }) => ns))) as [number, number];
  print("inner loop", {
    rows: loopRows,
    ours_million_rows_per_sec: (loopRows / oursNs) * 1000,
    c_million_rows_per_sec: (loopRows / theirsNs) * 1000,
    ratio_to_c: theirsNs / oursNs,
    ratio_of_medians: median(theirs.map(({ ns }) => ns)) / median(ours.map(({ ns }) => ns)),
    wanted_ratio: 0.5,
    dirty_pages: ours[0]!.dirtyPages,
  });
}

const scenario = `version: 1
name: bench
host: {ram: 96 GiB, cpus: 8, kernel: {from: "7.3", to: "7.3", image: 14 MiB, initrd: 24 MiB}}
vms: [{name: bench, folio: 2 MiB, preallocated: true}]
update: {at: 1 s}
`;

/** The whole command in a process of its own: reading, checking hashes, replaying, writing the run. */
function benchReplay(folder: string): void {
  const workload = workloadOf(smoke ? 500_000 : fullRows);
  const trace = join(folder, "trace");
  writeWorkloadTrace(workload, trace);
  writeFileSync(join(folder, "scenario.yaml"), scenario);
  const script = new URL("../src/cli/main.ts", import.meta.url).pathname;
  const args = ["replay", trace, "--scenario", join(folder, "scenario.yaml"), "-o", join(folder, "run"), "--json"];
  const probe = `process.on("exit", () => process.stderr.write("rss " + process.resourceUsage().maxRSS * 1024 + "\\n"));`;
  const startNs = process.hrtime.bigint();
  const child = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(probe)}`, script, ...args],
    { encoding: "utf8" },
  );
  const ns = Number(process.hrtime.bigint() - startNs);
  if (child.status !== 0) throw new Error(child.stderr);
  const rssBytes = Number(/rss (\d+)/.exec(child.stderr)?.[1]);
  print("replay, end to end", {
    rows: workload.rows,
    million_rows_per_sec: (workload.rows / ns) * 1000,
    wanted_million_rows_per_sec: 5,
    peak_resident_mib: rssBytes / 1024 ** 2,
    wanted_peak_resident_mib: 300,
    run_sha256: (JSON.parse(child.stdout) as { sha256: string }).sha256,
  });
}

/** What `--help` takes beyond an empty Node. */
function benchHelp(): void {
  const script = new URL("../src/cli/main.ts", import.meta.url).pathname;
  const time = (args: readonly string[]): number => {
    const startNs = process.hrtime.bigint();
    spawnSync(process.execPath, args);
    return Number(process.hrtime.bigint() - startNs) / 1e6;
  };
  const turns = Array.from({ length: smoke ? 3 : 11 }, () => [time(["-e", "0"]), time([script, "--help"])] as const);
  const [emptyMs, helpMs] = [median(turns.map(([empty]) => empty)), median(turns.map(([, help]) => help))];
  print("luoscope --help", {
    empty_node_ms: emptyMs,
    help_ms: helpMs,
    over_empty_ms: helpMs - emptyMs,
    wanted_over_empty_ms: 150,
  });
}

const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
try {
  benchLoop(folder);
  benchReplay(folder);
  benchHelp();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
