/**
 * Importer for `systemd-analyze plot --json=short|pretty` (systemd 253 and later): when each unit was activated, in us.
 *
 * Source   systemd 257, src/analyze/analyze-plot.c (plot_unit_times), systemd-analyze(1)
 * Not supported: `plot` as SVG, `--table`, `blame`, which round their times.
 *
 * A unit that is activated later than the boot's end stands there with `activated` cut to that end; `time` is what counts.
 */
import { FormatError, usNs } from "../../base/index.ts";
import { eventTable, markTable } from "../schema/trace-tables.ts";
import { headText, type InputFile } from "../source/input.ts";
import { type JsonItem, jsonObject, readJsonItems } from "../source/json.ts";
import { showPath } from "../text.ts";
import type { SourceClock } from "./clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "./importer.ts";

const maxUs = Math.floor(Number.MAX_SAFE_INTEGER / usNs);
const microsPerSecond = 1_000_000;

/** One unit; times in us since the kernel's start. */
interface Unit {
  readonly name: string;
  readonly activating: number;
  readonly activated: number;
  readonly time: number;
  readonly deactivating: number;
  readonly deactivated: number;
}

const numberKeys = ["activating", "activated", "time", "deactivating", "deactivated"] as const;

function parseUnit(file: InputFile, { value, number, line }: JsonItem): Unit {
  const found = jsonObject(value);
  const isUnit =
    typeof found?.["name"] === "string" &&
    numberKeys.every(
      (key) => Number.isInteger(found[key]) && (found[key] as number) >= 0 && (found[key] as number) <= maxUs,
    );
  if (isUnit) return found as unknown as Unit;
  throw new FormatError(
    `${showPath(file.path)}: line ${line}: unit ${number}: expected a name and ${numberKeys.join(", ")} in whole us`,
  );
}

/** Rows of one file. */
class Units {
  readonly #clock: SourceClock;
  readonly #context: ImportContext;
  lastNs = 0;

  constructor(file: InputFile, context: ImportContext) {
    this.#clock = context.clock(file);
    this.#context = context;
  }

  #toNs(us: number, row: number): number {
    return this.#clock.toNs(Math.floor(us / microsPerSecond), (us % microsPerSecond) * usNs, row);
  }

  write({ name, ...unit }: Unit, row: number): void {
    const { writer, catalogue } = this.#context;
    const time = this.#toNs(unit.activating, row);
    writer.table(eventTable, { sort: true }).push({
      time_ns: time,
      duration_ns: unit.time * usNs,
      kind_index: catalogue.eventKind("systemd", name),
      detail: `activated=${unit.activated}us deactivating=${unit.deactivating}us deactivated=${unit.deactivated}us`,
    });
    if (name.endsWith(".target")) writer.table(markTable, { sort: true }).push({ time_ns: time, vm_index: null, name });
    this.lastNs = Math.max(this.lastNs, time);
  }
}

async function readUnits(
  file: InputFile,
  context: ImportContext,
): Promise<{ readonly source: SourceReport; readonly lastNs: number }> {
  const units = new Units(file, context);
  const { items, strangers } = await readJsonItems(file, context.reader, (item) =>
    units.write(parseUnit(file, item), item.number),
  );
  const detail = 'what stands behind the JSON, as "92 Units listed."';
  const dropped = strangers > 0 ? [{ code: "other-lines-dropped", rows: strangers, detail }] : [];
  return { source: { file: file.name, rows: items + strangers, kept_rows: items, dropped }, lastNs: units.lastNs };
}

const isPlot = /^\s*\[\s*\{\s*"name"\s*:\s*"(?:[^"\\]|\\.){0,300}",\s*"activated"\s*:\s*\d+,\s*"activating"\s*:\s*\d+/;

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const reports = [];
  for (const file of files) reports.push(await readUnits(file, context));
  return {
    name: files[0]!.name.replace(/\.json(\.\w+)?$/, ""),
    source: "units of a boot, as systemd-analyze plot saw them activated",
    licence: "unknown",
    clock: "CLOCK_MONOTONIC of the booted host in steps of 1 us, 0 = the kernel's start",
    spanNs: Math.max(...reports.map(({ lastNs }) => lastNs)),
    sources: reports.map(({ source }) => source),
  };
}

export const systemdPlot: Importer = {
  name: "systemd-plot",
  version: 1,
  doc: "systemd-analyze plot --json: when the units of a boot were activated",
  claim: (files) => claimEach(files, (file) => (isPlot.test(headText(file)) ? 1 : 0)),
  startOf: () => ({ clock: "monotonic", second: 0, nanosecond: 0 }),
  run,
};
