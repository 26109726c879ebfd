/**
 * Importer for fio's logs: of latencies, bandwidth and I/O operations (--write_lat_log and its like), and of what it did
 * (--write_iolog).
 *
 * Source   fio's HOWTO, sections "Log File Formats" and "Trace file format"; what a log's values are stands in its name alone
 * Requests come from a job's `lat` log, or where there is none from its `clat` log, whose times do not count how long it took
 * to hand the request over. An entry is written when its request ends, and its time is cut to ms: a request ends at most
 * 1 ms later than its row says. Entries without a size are means over some time (log_avg_msec) and become counters, as do
 * all of the other logs.
 *
 * Not      histograms (clat_hist), compressed logs (.fz), logs of fio 2, whose latencies are in µs
 */
import { headText, type InputFile, stem } from "../../source/input.ts";
import { scanLines } from "../../source/line-scanner.ts";
import { type ClockStart, isEarlier } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { iologVersion, readIolog } from "./iolog.ts";
import { isLog, type LogName, nameOfLog } from "./log-file.ts";
import { LogRows, refuseName } from "./log-rows.ts";

/** Times of log_unix_epoch are of this century; those since a job's start are not. */
const unixMs = 1e12;
const msNs = 1_000_000;

function confidenceOf(file: InputFile): number {
  if (iologVersion(file) !== undefined) return 1;
  if (!isLog(file)) return 0;
  // Rows of four numbers may be many things.
  return nameOfLog(file) ? 0.9 : 0.5;
}

/** The submission of the earliest request of the head, or the time of its earliest other entry. */
function startOf(file: InputFile): ClockStart | undefined {
  if (iologVersion(file) !== undefined) return { clock: "own", second: 0, nanosecond: 0 };
  const type = nameOfLog(file)?.type;
  const isLatency = type === "lat" || type === "clat";
  let start: ClockStart | undefined;
  for (const [, time, value, bytes] of headText(file).matchAll(/^(\d{1,15}), (\d{1,15}), [012], (\d+)/gm)) {
    const timeMs = Number(time);
    const second = Math.floor(timeMs / 1000);
    const latencyNs = isLatency && Number(bytes) > 0 ? Number(value) : 0;
    const back = Math.ceil(latencyNs / 1e9);
    const nanosecond = (timeMs - second * 1000) * msNs + back * 1e9 - latencyNs;
    const found = {
      clock: timeMs >= unixMs ? "realtime" : "own",
      second: second - back + Math.floor(nanosecond / 1e9),
      nanosecond: nanosecond % 1e9,
    } as const;
    if (!start || isEarlier(found, start)) start = found;
  }
  return start;
}

/** For each job the type of the log whose entries are its requests. */
function requestLogs(names: readonly (LogName | undefined)[]): ReadonlyMap<string, string> {
  const logs = new Map<string, string>();
  for (const { job, type } of names.filter((name) => name !== undefined)) {
    if (type === "lat" || (type === "clat" && !logs.has(job))) logs.set(job, type);
  }
  return logs;
}

function warnOfRows(context: ImportContext, facts: { further: number; timeless: number; open: number }): void {
  const { warnings } = context;
  const { further, timeless, open } = facts;
  if (further > 0) warnings.addRows("columns-dropped", further, "priorities and times of issue of fio's entries");
  if (open > 0)
    warnings.addRows(
      "requests-without-completion",
      open,
      "an iolog says when requests were made, not how long they took",
    );
  if (timeless > 0)
    warnings.addRows(
      "times-unknown",
      timeless,
      "an iolog of version 2 has no times: only the order of its requests is known",
    );
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const logs = files.filter((file) => iologVersion(file) === undefined);
  const names = new Map(logs.map((file) => [file, nameOfLog(file) ?? refuseName(file)] as const));
  const requestTypes = requestLogs([...names.values()]);
  const jobs = new Set([...names.values()].map(({ job }) => job));
  const name = [...jobs][0]?.replace(/\.\d+$/, "") ?? stem(files[0]!);
  const vm = context.catalogue.assumedVm(name);
  const sources: SourceReport[] = [];
  const facts = { further: 0, timeless: 0, open: 0 };
  let spanNs = 0;
  for (const file of files) {
    const log = names.get(file);
    if (log) {
      const device = context.catalogue.device(vm, log.job, "other");
      const rows = new LogRows(
        file,
        { name: log, device, isRequests: requestTypes.get(log.job) === log.type },
        context,
      );
      const lines = await scanLines(file, context.reader, rows.read);
      sources.push({ file: file.name, rows: lines, kept_rows: lines, dropped: [] });
      facts.further += rows.furtherColumns;
      spanNs = Math.max(spanNs, rows.highestNs);
    } else {
      const iolog = await readIolog(file, vm, context);
      sources.push(iolog.report);
      facts.timeless += iolog.timelessRequests;
      facts.open += iolog.requests;
      spanNs = Math.max(spanNs, iolog.highestNs);
    }
  }
  warnOfRows(context, facts);
  const isUnix = startOf(files[0]!)?.clock === "realtime";
  if (jobs.size > 1 && !isUnix) {
    context.warnings.addRows(
      "starts-assumed",
      jobs.size,
      "times count from each job's own start, and all are taken to begin together; log_unix_epoch=1 lets fio say when",
    );
  }
  return {
    name,
    source: "I/O that fio made and measured",
    licence: "unknown",
    clock: clockText({ isUnix, hasLogs: logs.length > 0, hasIologs: logs.length < files.length }),
    spanNs,
    sources,
  };
}

function clockText({ isUnix, hasLogs, hasIologs }: { isUnix: boolean; hasLogs: boolean; hasIologs: boolean }): string {
  const logs = `${isUnix ? "realtime" : "time since a job's start"}: ends are cut to 1 ms, latencies are exact to 1 ns`;
  return [...(hasLogs ? [logs] : []), ...(hasIologs ? ["time since the job's start, in µs"] : [])].join("; ");
}

export const fio: Importer = {
  name: "fio",
  version: 1,
  doc: "logs of fio: latencies of each I/O, bandwidth, operations, and iologs of versions 2 and 3",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
