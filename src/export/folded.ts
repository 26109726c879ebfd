import { UsageError } from "../base/index.ts";
import { type OpenFolder, traceSchema } from "../trace/index.ts";
import type { ByteFile } from "./byte-file.ts";
import { batchesOf, cellsOf, type Pause, smallRows } from "./timeline/rows.ts";
import { type Phase, readPhases, readSteps, type Step } from "./timeline/run-steps.ts";

/** Stacks that differ: more than any flame graph shows, and what memory is held for. */
const maxStacks = 1_000_000;

/** A name as one frame: the format gives a meaning to semicolons and to the ends of lines. */
function frame(name: string): string {
  return (
    name
      .replaceAll(";", ":")
      .replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ")
      .trim() || "(no name)"
  );
}

/** Time by stack, in ns. */
class Stacks {
  readonly #totalsNs = new Map<string, number>();

  add(stack: string, ns: number): void {
    const found = this.#totalsNs.get(stack);
    if (found === undefined && this.#totalsNs.size === maxStacks) {
      throw new UsageError(`more than ${maxStacks} different stacks`, { hint: "export a shorter trace" });
    }
    this.#totalsNs.set(stack, (found ?? 0) + ns);
  }

  write(file: ByteFile): void {
    const lines = [...this.#totalsNs].filter(([, ns]) => ns > 0).toSorted(([one], [two]) => (one < two ? -1 : 1));
    for (const [stack, ns] of lines) file.writeText(`${stack} ${ns}\n`);
  }
}

/**
 * Time of a phase by step. Where steps run side by side they share the time, so that the widths of a flame graph are times
 * on a clock: all stacks of a phase add up to its length.
 */
function addPhase(stacks: Stacks, root: string, phase: Phase, steps: readonly Step[]): void {
  const own = steps.filter((step) => step.phase === phase.name);
  const within = (ns: number): number => Math.min(Math.max(ns, phase.startNs), phase.endNs);
  const edges = new Set([
    phase.startNs,
    phase.endNs,
    ...own.flatMap(({ startNs, endNs }) => [startNs, endNs].map(within)),
  ]);
  const moments = [...edges].toSorted((one, two) => one - two);
  const stack = `${root};${frame(phase.name)}`;
  for (const [index, endNs] of moments.entries()) {
    if (index === 0) continue;
    const startNs = moments[index - 1]!;
    const running = own.filter((step) => step.startNs < endNs && step.endNs > startNs);
    const ns = endNs - startNs;
    if (running.length === 0) stacks.add(stack, ns);
    for (const [place, { name }] of running.entries()) {
      // Whole ns, of which the first steps get what does not divide.
      const share = Math.floor(ns / running.length) + (place < ns % running.length ? 1 : 0);
      stacks.add(`${stack};${frame(name)}`, share);
    }
  }
}

/** Stacks `run;phase;step` of a run. */
export function foldRun(folder: OpenFolder<"run">, file: ByteFile): void {
  const stacks = new Stacks();
  const steps = readSteps(folder);
  for (const phase of readPhases(folder)) addPhase(stacks, frame(folder.header.scenario.name), phase, steps);
  stacks.write(file);
  file.finish();
}

interface OpenSlice {
  readonly stack: string;
  readonly endNs: number;
  /** Its length without what lies inside it. */
  selfNs: number;
}

/** Slices that are open on one task or CPU, the outermost first. */
class Nesting {
  readonly #stacks: Stacks;
  readonly #root: string;
  readonly #open: OpenSlice[] = [];

  constructor(stacks: Stacks, root: string) {
    this.#stacks = stacks;
    this.#root = root;
  }

  add(name: string, startNs: number, endNs: number): void {
    this.#close((slice) => slice.endNs <= startNs);
    // What reaches out of the slice around it lies beside it.
    this.#close((slice) => slice.endNs < endNs);
    const around = this.#open.at(-1);
    if (around) around.selfNs -= endNs - startNs;
    const stack = `${around?.stack ?? this.#root};${frame(name)}`;
    this.#open.push({ stack, endNs, selfNs: endNs - startNs });
  }

  #close(isOver: (slice: OpenSlice) => boolean): void {
    while (this.#open.length > 0 && isOver(this.#open.at(-1)!)) {
      const { stack, selfNs } = this.#open.pop()!;
      this.#stacks.add(stack, selfNs);
    }
  }

  finish(): void {
    this.#close(() => true);
  }
}

/** Stacks of a trace: events with a length, as they lie inside each other on their task, or else on their CPU. */
export async function foldTrace(folder: OpenFolder<"trace">, file: ByteFile, pause: Pause): Promise<void> {
  const kinds = smallRows(folder, traceSchema.eventKindTable);
  const tasks = smallRows(folder, traceSchema.taskTable);
  const stacks = new Stacks();
  const nestings = new Map<string, Nesting>();
  const nestingOf = (task: number | null, cpu: number | null): Nesting => {
    const key = task === null ? `cpu ${cpu}` : `task ${task}`;
    const root = task === null ? (cpu === null ? "(no task)" : `CPU ${cpu}`) : String(tasks[task]?.["name"] ?? key);
    const nesting = nestings.get(key) ?? new Nesting(stacks, frame(root));
    nestings.set(key, nesting);
    return nesting;
  };
  for await (const batch of batchesOf(folder, traceSchema.eventTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const durations = cellsOf(batch, "duration_ns");
    const owners = cellsOf(batch, "kind_index");
    const taskIndexes = cellsOf(batch, "task_index");
    const cpuIndexes = cellsOf(batch, "cpu_index");
    for (let row = 0; row < batch.rows; row++) {
      const durationNs = durations(row);
      if (durationNs === null || durationNs <= 0) continue;
      const name = String(kinds[owners(row)!]?.["name"] ?? `kind ${owners(row)}`);
      nestingOf(taskIndexes(row), cpuIndexes(row)).add(name, times(row)!, times(row)! + durationNs);
    }
  }
  for (const nesting of nestings.values()) nesting.finish();
  stacks.write(file);
  file.finish();
}
