import { headText, type InputFile } from "../../source/input.ts";

export const logTypes = ["lat", "clat", "slat", "bw", "iops"] as const;
export type LogType = (typeof logTypes)[number];

/** What a log's name says: `name_lat.1.log`. */
export interface LogName {
  /** Name and job, as `name.1`. */
  readonly job: string;
  readonly type: LogType;
}

/** Units of the values, as fio 3 writes them. */
export const logUnits: Readonly<Record<LogType, string>> = {
  lat: "ns",
  clat: "ns",
  slat: "ns",
  bw: "KiB/s",
  iops: "1/s",
};

const logName = /^(.*)_(lat|clat|slat|bw|iops)(?:\.(\d+))?\.log(?:\.(?:gz|xz|zst))?$/;
/** Time, value, direction, size; then offset, priority and time of issue, as far as the version and the options have them. */
const logLine = /^\d+, \d+, [012], \d+(?:, (?:\d+|0x[0-9a-f]+)){0,3}$/;

export function nameOfLog({ name }: InputFile): LogName | undefined {
  const [, base, type, job] = logName.exec(name) ?? [];
  if (base === undefined) return undefined;
  return { job: job === undefined ? base : `${base}.${job}`, type: type as LogType };
}

/** Lines of a file's beginning that are whole. */
function headLines(file: InputFile): string[] {
  return headText(file).split(/\r?\n/).slice(0, -1);
}

export function isLog(file: InputFile): boolean {
  const lines = headLines(file);
  return lines.length > 0 && lines.every((line) => logLine.test(line));
}

/** What stands behind the size. */
export interface LogColumns {
  readonly hasOffset: boolean;
}

/**
 * Whether the fifth column is the offset: of five, it may be the priority instead, which without `log_prio` is 0 or 1 and
 * with it hexadecimal.
 */
export function columnsOf(file: InputFile): LogColumns {
  for (const line of headLines(file)) {
    const columns = line.split(", ");
    if (columns.length >= 6) return { hasOffset: true };
    if (columns.length === 5 && /^\d+$/.test(columns[4]!) && Number(columns[4]) > 1) return { hasOffset: true };
  }
  return { hasOffset: false };
}
