// Speed of importing trace text: 2 million lines, or with --smoke 20,000 as a test that it still runs.
// Prints one JSON line a figure. The ratio compares within this one run; absolute rates depend on the machine.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { createPrng } from "../src/base/index.ts";
import { importTrace } from "../src/trace/index.ts";
import { fastest, median, print } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const lineCount = smoke ? 20_000 : 2_000_000;
const rounds = smoke ? 1 : 3;

const heading = `# tracer: nop
#
# entries-in-buffer/entries-written: ${lineCount}/${lineCount}   #P:8
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;

/** Events as a busy host writes them: half of them switches of tasks, the others requests and interrupts of one disk. */
function drawLines(): string {
  const random = createPrng(17);
  const tasks = Array.from({ length: 200 }, (_, task) => ({ name: `vCPU ${task % 64}/KVM`, pid: 1000 + task }));
  const parts = [heading];
  let us = 5_000_000;
  for (let line = 0; line < lineCount; line++) {
    us += random() % 20;
    const { name, pid } = tasks[random() % tasks.length]!;
    const next = tasks[random() % tasks.length]!;
    const who = `${name.padStart(16)}-${String(pid).padEnd(7)} [${String(random() % 8).padStart(3, "0")}] d..2. `;
    const when = `${String(Math.floor(us / 1e6)).padStart(5)}.${String(us % 1e6).padStart(6, "0")}`;
    const sector = 8 * ((line >> 3) % 100_000);
    const what = [
      `block_rq_issue: 259,0 WS 4096 () ${sector} + 8 [${name}]`,
      `irq_handler_entry: irq=25 name=nvme0q${1 + (random() % 8)}`,
      `block_rq_complete: 259,0 WS () ${sector} + 8 [0]`,
      `irq_handler_exit: irq=25 ret=handled`,
    ][line % 8];
    const switched = `sched_switch: prev_comm=${name} prev_pid=${pid} prev_prio=120 prev_state=S ==> next_comm=${next.name} next_pid=${next.pid} next_prio=120`;
    parts.push(`${who}${when}: ${what ?? switched}\n`);
  }
  return parts.join("");
}

/** In a process of its own, so that its memory is its own; it compiles in the first tenth of a second. */
async function importChild(input: string, target: string): Promise<void> {
  const startNs = process.hrtime.bigint();
  const { tables } = await importTrace({ inputs: [input], target });
  const ns = Number(process.hrtime.bigint() - startNs);
  const { user, system } = process.cpuUsage();
  const rows = Object.fromEntries(tables.map(({ table, rows: count }) => [table, count]));
  process.stdout.write(JSON.stringify({ ns, cpuUs: user + system, rows, rss: process.resourceUsage().maxRSS / 1024 }));
}

interface Imported {
  readonly ns: number;
  readonly cpuUs: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly rss: number;
}

function importOnce(input: string, target: string): Imported {
  const child = spawnSync(process.execPath, [import.meta.filename, "--import", input, target], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Imported;
}

function bench(folder: string): void {
  const input = join(folder, "trace.txt.gz");
  const text = Buffer.from(drawLines());
  writeFileSync(input, gzipSync(text, { level: 1 }));
  const [ours, theirs, resident, cpu]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    const startNs = process.hrtime.bigint();
    const counted = execFileSync("sh", ["-c", 'zcat "$0" | wc -l', input], { encoding: "utf8" });
    theirs.push(Number(process.hrtime.bigint() - startNs));
    const { ns, cpuUs, rows, rss } = importOnce(input, join(folder, "trace"));
    const lines = Number(counted) - heading.split("\n").length + 1;
    if (rows["event"] !== lines || lines !== lineCount) throw new Error(`${rows["event"]} events of ${lines} lines`);
    if (rows["device_io"] !== Math.ceil(lineCount / 8)) throw new Error(`${rows["device_io"]} requests`);
    ours.push(ns);
    resident.push(rss);
    cpu.push(cpuUs);
  }
  print("import ftrace text", {
    lines: lineCount,
    bytes: text.length,
    lines_per_s: Math.round(lineCount / (fastest(ours) / 1e9)),
    wanted_lines_per_s: 500_000,
    // What a core of its own would give, on a machine that does other things too.
    lines_per_cpu_s: Math.round(lineCount / (fastest(cpu) / 1e6)),
    ratio_to_zcat: fastest(theirs) / fastest(ours),
    ratio_of_medians: median(theirs) / median(ours),
    peak_resident_mib: Math.max(...resident),
    wanted_peak_resident_mib: 500,
  });
}

if (process.argv[2] === "--import") {
  await importChild(process.argv[3]!, process.argv[4]!);
} else {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
  try {
    bench(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
