import { FormatError } from "../../base/index.ts";
import { CsvTable, Problems, type TextFile } from "./csv.ts";
import { parseSpecs, type ScenarioSpec } from "./specs.ts";

/** One answer of query-migrate. Numbers that it left blank are undefined. */
export interface MigrationSample {
  readonly runSec: number;
  readonly status: string;
  readonly totalMs: number;
  readonly setupMs: number | undefined;
  readonly downtimeMs: number | undefined;
  readonly throttleRatio: number;
  readonly transferredBytes: number | undefined;
  readonly totalBytes: number | undefined;
  readonly normalPages: number | undefined;
  readonly duplicatePages: number | undefined;
  readonly syncCount: number | undefined;
  readonly dirtyPagesPerSec: number | undefined;
  readonly mbitPerSec: number | undefined;
}

/** Moments of a run's own clock, in seconds; undefined where nobody wrote them down. */
export interface RunMoments {
  readonly startSec: number;
  readonly endSec: number | undefined;
  readonly postcopyRequestSec: number | undefined;
  readonly loadEndSec: number | undefined;
  /** A pause of the guest before the migration, and when it ran again. */
  readonly pauseSec: number | undefined;
  readonly resumeSec: number | undefined;
}

export interface RecordedRun {
  readonly scenario: string;
  readonly run: string;
  readonly spec: ScenarioSpec;
  /** In the order of time; at least one. */
  readonly samples: readonly MigrationSample[];
  readonly moments: RunMoments;
  /** How long it took; undefined when it was not completed. */
  readonly totalMs: number | undefined;
  /** The recorder's own word on whether it was done before the load was; undefined where it has none. */
  readonly doneBeforeLoadEnd: boolean | undefined;
}

export interface RecordedMigrations {
  readonly runs: readonly RecordedRun[];
  /** Runs that cannot be predicted, and why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
  readonly problems: Problems;
}

export interface MigrationFiles {
  readonly samples: TextFile;
  readonly specs: TextFile;
  readonly events?: TextFile;
  readonly runs?: TextFile;
}

const sampleColumns = ["scenario", "run", "t_run_s", "status", "total_time", "total", "normal", "duplicate"];
const eventColumns = ["scenario", "run", "t_run_s", "event"];

function keyOf(scenario: string, run: string): string {
  return `${scenario}\n${run}`;
}

interface RunSamples {
  readonly samples: MigrationSample[];
  /** Some answer says so, perhaps without counters. */
  isCompleted: boolean;
}

function readSamples(file: TextFile, problems: Problems): Map<string, RunSamples> {
  const table = new CsvTable(file, [...sampleColumns, "dirty_pages_rate"], problems);
  const runs = new Map<string, RunSamples>();
  for (const row of table.rows) {
    const totalMs = row.number("total_time");
    const runSec = row.number("t_run_s");
    const key = keyOf(row.text("scenario"), row.text("run"));
    if (!runs.has(key)) runs.set(key, { samples: [], isCompleted: false });
    const run = runs.get(key)!;
    if (row.text("status") === "completed") run.isCompleted = true;
    // Answers before the start and after the end carry no counters.
    if (totalMs === undefined || runSec === undefined) continue;
    run.samples.push({
      runSec,
      status: row.text("status"),
      totalMs,
      setupMs: row.number("setup_time"),
      downtimeMs: row.number("downtime"),
      throttleRatio: Math.min(99, row.number("cpu_throttle_percentage") ?? 0) / 100,
      transferredBytes: row.number("transferred"),
      totalBytes: row.number("total"),
      normalPages: row.number("normal"),
      duplicatePages: row.number("duplicate"),
      syncCount: row.number("dirty_sync_count"),
      dirtyPagesPerSec: row.number("dirty_pages_rate"),
      mbitPerSec: row.number("mbps"),
    });
  }
  for (const { samples } of runs.values()) samples.sort((left, right) => left.totalMs - right.totalMs);
  return runs;
}

type Event = readonly [name: string, sec: number];

function readEvents(file: TextFile | undefined, problems: Problems): Map<string, Event[]> {
  const events = new Map<string, Event[]>();
  if (file === undefined) return events;
  for (const row of new CsvTable(file, eventColumns, problems).rows) {
    const sec = row.number("t_run_s");
    if (sec === undefined) continue;
    const key = keyOf(row.text("scenario"), row.text("run"));
    if (!events.has(key)) events.set(key, []);
    events.get(key)!.push([row.text("event"), sec]);
  }
  return events;
}

/** When the migration started by QEMU's own clock: no answer can have come before the time that it says has passed. */
function startOf(samples: readonly MigrationSample[]): number {
  return Math.min(...samples.slice(0, 1000).map(({ runSec, totalMs }) => runSec - totalMs / 1000));
}

const pauseWords = /paus|(^|_)stop(ped)?$|vm_stop|guest_stop/;
const resumeWords = /resum|(^|_)cont(inued)?$|vm_cont|guest_start/;

function momentsOf(samples: readonly MigrationSample[], events: readonly Event[]): RunMoments {
  const startSec = startOf(samples);
  const at = (name: string): number | undefined => events.find(([each]) => each === name)?.[1];
  const endSec = at("migration_end");
  const loadEndSec = at("benchmark_end");
  const pause = events.findLast(([name, sec]) => pauseWords.test(name) && sec <= startSec + 1)?.[1];
  const resume = events.find(([name, sec]) => resumeWords.test(name) && sec >= (endSec ?? Infinity) - 1)?.[1];
  return {
    startSec,
    endSec,
    postcopyRequestSec: at("postcopy_requested"),
    // A load that was over before tells nothing of the guest during the migration.
    loadEndSec: loadEndSec !== undefined && loadEndSec > startSec ? loadEndSec : undefined,
    pauseSec: pause,
    resumeSec: resume,
  };
}

function readWords(file: TextFile | undefined, problems: Problems): Map<string, boolean> {
  const words = new Map<string, boolean>();
  if (file === undefined) return words;
  for (const row of new CsvTable(file, ["scenario", "run"], problems).rows) {
    const word = row.text("migration_completed_before_benchmark_end").toLowerCase();
    if (word === "true" || word === "false") words.set(keyOf(row.text("scenario"), row.text("run")), word === "true");
  }
  return words;
}

/** How long a migration took: by QEMU's last answer, or by the event where that had no counters any more. */
function totalOf({ samples, isCompleted }: RunSamples, { endSec, startSec }: RunMoments): number | undefined {
  const last = samples.at(-1)!;
  if (last.status === "completed") return last.totalMs;
  return isCompleted && endSec !== undefined ? Math.max(0, endSec - startSec) * 1000 : undefined;
}

/**
 * Recorded migrations, of tables of samples, flags and events.
 *
 * Errors   FormatError for a table without its columns, a flag that is none, or when there is no run at all; cells that
 *          are no numbers are problems, and count as blank
 */
export function readMigrations(files: MigrationFiles): RecordedMigrations {
  const problems = new Problems();
  const specs = parseSpecs(files.specs);
  const samples = readSamples(files.samples, problems);
  const events = readEvents(files.events, problems);
  const words = readWords(files.runs, problems);
  const runs: RecordedRun[] = [];
  const leftOut: { name: string; why: string }[] = [];
  for (const [key, found] of samples) {
    const ofRun = found.samples;
    const [scenario, run] = key.split("\n") as [string, string];
    const spec = specs.get(scenario);
    const why = whyNot(spec, ofRun, files);
    if (why !== undefined) leftOut.push({ name: `${scenario} ${run}`, why });
    if (why !== undefined || spec === undefined) continue;
    const moments = momentsOf(ofRun, events.get(key) ?? []);
    const totalMs = totalOf(found, moments);
    runs.push({ scenario, run, spec, samples: ofRun, moments, totalMs, doneBeforeLoadEnd: words.get(key) });
  }
  if (runs.length === 0) {
    throw new FormatError(`${files.samples.path}: no run can be predicted`, {
      hint: leftOut[0] === undefined ? "it has no samples" : `${leftOut[0].name}: ${leftOut[0].why}`,
    });
  }
  runs.sort(compareRuns);
  return { runs, leftOut, problems };
}

function compareRuns(left: RecordedRun, right: RecordedRun): number {
  if (left.scenario !== right.scenario) return left.scenario < right.scenario ? -1 : 1;
  return left.run.localeCompare(right.run, "en", { numeric: true });
}

function whyNot(spec: ScenarioSpec | undefined, samples: readonly MigrationSample[], { specs }: MigrationFiles) {
  if (spec === undefined) return `${specs.path} has no migration mode for it`;
  if (!samples.some(({ totalBytes }) => (totalBytes ?? 0) > 0)) return "no sample says how much memory it has";
  if (!samples.some(({ duplicatePages }) => duplicatePages !== undefined)) return "no sample counts zero pages";
  return undefined;
}
