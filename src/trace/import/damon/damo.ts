/**
 * Importer for records of damo, DAMON's user tool (github.com/damonitor/damo, `damo record --output_type json` and
 * `json_compressed`, `damo report access --json`): records of targets, each of snapshots, each of regions, with numbers as
 * texts that may have thousands separators, and times in ns.
 *
 * Not supported: files of damo 1 (`record`), perf.data (print it with `perf script`, which another importer reads), what
 * schemes did, and regions without accesses. The recording does not name its clock.
 */
import { FormatError } from "../../../base/index.ts";
import { headText, type InputFile } from "../../source/input.ts";
import { quote, showPath } from "../../text.ts";
import type { Moment } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { type AccessRegion, AccessTargets } from "./access-targets.ts";
import { countOf, microsecondsOf, momentOf } from "./damo-numbers.ts";
import { asObject, type JsonObject, readRecords } from "./record-stream.ts";

/** 2000-01-01: no machine's clock since boot gets there. */
const firstDateSecond = 946_684_800;
const maxSamples = 2 ** 32 - 1;

function confidenceOf(file: InputFile): number {
  const text = headText(file);
  if (!/^\s*\[\s*\{/.test(text)) return 0;
  return /"target_id"\s*:/.test(text) && /"snapshots"\s*:\s*\[/.test(text) ? 1 : 0;
}

/** The first snapshot's begin, or its end where damo did not know when it began. */
function firstMoment(file: InputFile): Moment | undefined {
  const text = headText(file);
  const first = (name: string): unknown => {
    const [, quoted, number] = new RegExp(`"${name}"\\s*:\\s*(?:"([^"]*)"|([\\d.]+))`).exec(text) ?? [];
    return quoted ?? (number === undefined ? undefined : Number(number));
  };
  return momentOf(first("start_time")) ?? momentOf(first("end_time"));
}

/** How many samples an aggregation has; undefined where damo did not know its intervals. */
function samplesOf(record: JsonObject): number | null {
  const intervals = asObject(record["intervals"]);
  const sampleUs = microsecondsOf(intervals?.["sample_us"]);
  const aggregationUs = microsecondsOf(intervals?.["aggr_us"]);
  if (sampleUs === undefined || aggregationUs === undefined || !(sampleUs > 0)) return null;
  return Math.min(Math.round(aggregationUs / sampleUs), maxSamples);
}

function accessesOf(region: JsonObject, samples: number | null): number | undefined {
  const accesses = asObject(region["nr_accesses"]);
  const counted = countOf(accesses ? accesses["samples"] : region["nr_accesses"]);
  if (counted !== undefined) return counted;
  const percent = Number.parseFloat(String(accesses?.["percent"]));
  if (samples === null || !(percent >= 0 && percent <= 100)) return undefined;
  return Math.round((percent * samples) / 100);
}

function ageOf(region: JsonObject): number | null {
  const age = asObject(region["age"]);
  return countOf(age ? age["aggr_intervals"] : region["age"]) ?? null;
}

/** A region as damo writes it; undefined where it says nothing of accesses or has no size. */
function regionOf(value: unknown, samples: number | null): AccessRegion | undefined {
  const region = asObject(value);
  if (!region) return undefined;
  const start = countOf(region["start"]);
  const end = countOf(region["end"]);
  const accessCount = accessesOf(region, samples);
  if (start === undefined || end === undefined || accessCount === undefined) return undefined;
  const found = { start, end, accessCount, ageCount: ageOf(region) };
  return AccessTargets.isSound(found) ? found : undefined;
}

/** Reads one file twice: for its targets' memory, then for the rows. */
class DamoReader {
  readonly #file: InputFile;
  readonly #context: ImportContext;
  readonly #targets: AccessTargets;
  #regions = 0;
  #dropped = 0;

  constructor(file: InputFile, context: ImportContext, targets: AccessTargets) {
    this.#file = file;
    this.#context = context;
    this.#targets = targets;
  }

  #target(record: JsonObject, line: number): number {
    const id: unknown = record["target_id"];
    if (typeof id !== "number" && typeof id !== "string") {
      this.#refuse(line, "a target_id before the snapshots", JSON.stringify(id ?? null));
    }
    return this.#targets.target(`damon target ${id}`);
  }

  #refuse(line: number, expected: string, found: string): never {
    throw new FormatError(`${showPath(this.#file.path)}: line ${line}: expected ${expected}, found ${quote(found)}`);
  }

  #regionsOf(snapshot: JsonObject, line: number): readonly unknown[] {
    const regions = snapshot["regions"];
    return Array.isArray(regions) ? regions : this.#refuse(line, "regions", JSON.stringify(regions ?? null));
  }

  async see(): Promise<void> {
    await readRecords(this.#file, this.#context.reader, {
      snapshot: (snapshot, record, line) => {
        const target = this.#target(record, line);
        const samples = samplesOf(record);
        for (const value of this.#regionsOf(snapshot, line)) {
          const region = regionOf(value, samples);
          this.#regions++;
          if (region) this.#targets.see(target, region);
          else this.#dropped++;
        }
      },
    });
  }

  async write(): Promise<number> {
    const clock = this.#context.clock(this.#file);
    let row = 0;
    const timeOf = (value: unknown, line: number): number => {
      const moment = momentOf(value) ?? this.#refuse(line, "a time in ns", JSON.stringify(value ?? null));
      return clock.toNs(moment.second, moment.nanosecond, row + 1);
    };
    this.#context.reader.expectAgain(this.#file);
    await readRecords(this.#file, this.#context.reader, {
      snapshot: (snapshot, record, line) => {
        const target = this.#target(record, line);
        const sampleCount = samplesOf(record);
        const start: unknown = snapshot["start_time"] ?? null;
        const startNs = start === null ? null : timeOf(start, line);
        const timeNs = timeOf(snapshot["end_time"], line);
        const aggregation = { timeNs, startNs: startNs === null ? null : Math.min(startNs, timeNs), sampleCount };
        for (const value of this.#regionsOf(snapshot, line)) {
          row++;
          const region = regionOf(value, sampleCount);
          if (region) this.#targets.write(target, region, aggregation);
        }
      },
    });
    return clock.highestNs;
  }

  report(): SourceReport {
    const { name } = this.#file;
    const detail = "regions of no size or without a number of accesses";
    if (this.#dropped > 0) {
      const { warnings } = this.#context;
      warnings.add("regions-dropped", warnings.rows("regions-dropped") + this.#dropped, `${name}: ${detail}`);
    }
    return {
      file: name,
      rows: this.#regions,
      kept_rows: this.#regions - this.#dropped,
      dropped: this.#dropped > 0 ? [{ code: "regions-dropped", rows: this.#dropped, detail }] : [],
    };
  }
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const targets = new AccessTargets(context);
  const readers = files.map((file) => new DamoReader(file, context, targets));
  for (const reader of readers) await reader.see();
  targets.settle();
  let spanNs = 0;
  for (const reader of readers) spanNs = Math.max(spanNs, await reader.write());
  targets.end();
  return {
    name: (files[0]?.name ?? "damo").replace(/\.(gz|zst|xz)$/, "").replace(/\.(json|json_compressed)$/, "") || "damo",
    source: "a recording of DAMON, as damo keeps it",
    licence: "unknown",
    clock: "the clock of DAMON's trace events, which the recording does not name, in steps of 1 ns",
    spanNs,
    sources: readers.map((reader) => reader.report()),
  };
}

export const damo: Importer = {
  name: "damo",
  version: 1,
  doc: "records of damo, DAMON's user tool, as JSON, plain or packed",
  claim: (files) => claimEach(files, confidenceOf),
  startOf: (file) => {
    const moment = firstMoment(file);
    return moment && { ...moment, clock: moment.second >= firstDateSecond ? "realtime" : "own" };
  },
  run,
};
