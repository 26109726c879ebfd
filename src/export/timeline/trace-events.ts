import { type OpenFolder, traceSchema } from "../../trace/index.ts";
import { LaneSet } from "./lane-set.ts";
import { batchesOf, cellsOf, type Pause, type Row, smallRows, textsOf } from "./rows.ts";
import type { Facts, TimelineSink, TrackId } from "./sink.ts";

const { eventKindTable, eventTable, taskTable } = traceSchema;

/** A group that is made when something lies in it. */
function lazyGroup(sink: TimelineSink, name: string): () => TrackId {
  let track: TrackId | undefined;
  return () => (track ??= sink.addTrack({ name, kind: "process" }));
}

/** Ids of processes are 32 bits wide and have a sign where they are shown. */
const maxId = 2 ** 31 - 1;

/** Threads whose id is that of one task only: of others, no tool could tell whose slices are whose. */
function uniqueThreads(tasks: readonly Row[]): ReadonlySet<number> {
  const counts = new Map<number, number>();
  for (const task of tasks) {
    const id = task["thread_id"] as number | null;
    if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return new Set([...counts].filter(([id, count]) => count === 1 && id > 0 && id <= maxId).map(([id]) => id));
}

/** Sets of lanes by a number, made when they are first asked for. */
class LaneSets {
  readonly #sets = new Map<number, LaneSet>();
  readonly #create: (key: number) => LaneSet;

  constructor(create: (key: number) => LaneSet) {
    this.#create = create;
  }

  of(key: number): LaneSet {
    const found = this.#sets.get(key);
    if (found) return found;
    const lanes = this.#create(key);
    this.#sets.set(key, lanes);
    return lanes;
  }
}

function taskLanes(sink: TimelineSink, folder: OpenFolder): LaneSets {
  const tasks = smallRows(folder, taskTable);
  const unique = uniqueThreads(tasks);
  const group = lazyGroup(sink, "tasks");
  return new LaneSets((index) => {
    const threadId = tasks[index]?.["thread_id"] as number | null | undefined;
    const processId = tasks[index]?.["process_id"] as number | null | undefined;
    const taskName = (tasks[index]?.["name"] as string | undefined) ?? `task ${index}, not in the trace`;
    const isThread = threadId !== null && threadId !== undefined && unique.has(threadId);
    const thread = isThread ? { processId: Math.min(processId ?? threadId, maxId), threadId } : undefined;
    const name = isThread || threadId === null || threadId === undefined ? taskName : `${taskName} [${threadId}]`;
    return new LaneSet(sink, { name, parent: group(), kind: "slices", thread });
  });
}

function cpuLanes(sink: TimelineSink): LaneSets {
  const group = lazyGroup(sink, "CPUs");
  return new LaneSets((cpu) => new LaneSet(sink, { name: `CPU ${cpu}`, parent: group(), kind: "slices" }));
}

function draw(lanes: LaneSet, event: { startNs: number; durationNs: number | null; name: string; facts: Facts }): void {
  const { startNs, durationNs, name, facts } = event;
  if (durationNs === null) lanes.moment(startNs, name, facts);
  else lanes.slice({ startNs, endNs: startNs + Math.max(0, durationNs) }, name, facts);
}

/** Events on the track of their task and on that of their CPU; those that have neither lie on one of their own. */
export async function drawEvents(sink: TimelineSink, folder: OpenFolder, pause: Pause): Promise<void> {
  const kinds = smallRows(folder, eventKindTable);
  const tasks = taskLanes(sink, folder);
  const cpus = cpuLanes(sink);
  const others = new LaneSets(() => new LaneSet(sink, { name: "events", kind: "slices" }));
  for await (const batch of batchesOf(folder, eventTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const durations = cellsOf(batch, "duration_ns");
    const owners = cellsOf(batch, "kind_index");
    const taskIndexes = cellsOf(batch, "task_index");
    const cpuIndexes = cellsOf(batch, "cpu_index");
    const details = textsOf(batch, "detail");
    for (let row = 0; row < batch.rows; row++) {
      const kind = kinds[owners(row)!];
      const detail = details(row);
      const category = kind?.["category"] as string | null | undefined;
      const facts: (readonly [string, string])[] = [];
      if (category !== null && category !== undefined) facts.push(["category", category]);
      if (detail !== null) facts.push(["detail", detail]);
      const name = (kind?.["name"] as string | undefined) ?? `kind ${owners(row)}, not in the trace`;
      const event = { startNs: times(row)!, durationNs: durations(row), name, facts };
      const task = taskIndexes(row);
      const cpu = cpuIndexes(row);
      if (task !== null) draw(tasks.of(task), event);
      if (cpu !== null) draw(cpus.of(cpu), event);
      if (task === null && cpu === null) draw(others.of(0), event);
    }
  }
}
