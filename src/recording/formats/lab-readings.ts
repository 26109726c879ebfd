import type { Source } from "./evidence.ts";

/** What the lab's program measured of one file. */
export interface LabFile {
  readonly session: number;
  readonly file: number;
  readonly ns: number;
  readonly source: Source;
}

/** A length that the lab measured; when it began it does not say. */
export interface LabLength {
  readonly ns: number;
  readonly source: Source;
}

/** A reading of CLOCK_MONOTONIC and the TSC, just before the reboot call or first thing afterwards. */
export interface LabClocks {
  readonly monoNs: number;
  readonly tsc: number;
  readonly source: Source;
}

/** Times in the lab's own lines; a line that was cut or lies is left out. */
export interface LabReadings {
  readonly createSessions: LabLength | undefined;
  readonly preserveFiles: LabLength | undefined;
  readonly preserved: readonly LabFile[];
  readonly loadKexec: LabLength | undefined;
  readonly reboot: LabClocks | undefined;
  readonly userspace: LabClocks | undefined;
  readonly deserialize: LabLength | undefined;
  readonly retrieveSessions: LabLength | undefined;
  readonly retrieveFiles: LabLength | undefined;
  readonly retrieved: readonly LabFile[];
  readonly finishSessions: LabLength | undefined;
  readonly refault: LabLength | undefined;
  /** TSC when everything was retrieved. */
  readonly restoredTsc: { readonly tsc: number; readonly source: Source } | undefined;
}

/** The lab writes one line a file up to 64 files. */
const maxFiles = 4096;

type Draft = { -readonly [Key in keyof LabReadings]: LabReadings[Key] };
type Fields = Readonly<Record<string, unknown>>;

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function lengthOf(value: unknown, source: Source): LabLength | undefined {
  return isTime(value) ? { ns: value, source } : undefined;
}

function clocksOf({ mono_ns: monoNs, tsc }: Fields, source: Source): LabClocks | undefined {
  return isTime(monoNs) && isTime(tsc) ? { monoNs, tsc, source } : undefined;
}

function fileOf({ s: session, f: file, ns }: Fields, source: Source): LabFile | undefined {
  return isTime(session) && isTime(file) && isTime(ns) ? { session, file, ns, source } : undefined;
}

/** Takes the times out of `LAB {json}` lines; the first line of each kind counts. */
export class LabReader {
  readonly #preserved: LabFile[] = [];
  readonly #retrieved: LabFile[] = [];
  readonly #draft: Draft = {
    createSessions: undefined,
    preserveFiles: undefined,
    preserved: this.#preserved,
    loadKexec: undefined,
    reboot: undefined,
    userspace: undefined,
    deserialize: undefined,
    retrieveSessions: undefined,
    retrieveFiles: undefined,
    retrieved: this.#retrieved,
    finishSessions: undefined,
    refault: undefined,
    restoredTsc: undefined,
  };
  #found = false;

  /** False when the line is not whole. */
  add(line: string, source: Source): boolean {
    let fields: unknown;
    try {
      fields = JSON.parse(/LAB (\{.*\})\s*$/.exec(line)?.[1] ?? "");
    } catch {
      return false;
    }
    this.#found = true;
    this.#take(fields as Fields, source);
    return true;
  }

  #take(fields: Fields, source: Source): void {
    const draft = this.#draft;
    const { ns } = fields;
    switch (fields["ev"]) {
      case "preserve_fd":
        push(this.#preserved, fileOf(fields, source));
        break;
      case "preserve_total":
        draft.createSessions ??= lengthOf(fields["create_ns"], source);
        draft.preserveFiles ??= lengthOf(fields["preserve_ns"], source);
        break;
      case "kexec_file_load":
        draft.loadKexec ??= lengthOf(ns, source);
        break;
      case "reboot":
        draft.reboot ??= clocksOf(fields, source);
        break;
      case "userspace2":
        draft.userspace ??= clocksOf(fields, source);
        break;
      case "open_deserialize":
        draft.deserialize ??= lengthOf(ns, source);
        break;
      case "retrieve_fd":
        push(this.#retrieved, fileOf(fields, source));
        break;
      case "restore_total":
        this.#takeTotals(fields, source);
        break;
      default:
    }
  }

  #takeTotals(fields: Fields, source: Source): void {
    const draft = this.#draft;
    draft.retrieveSessions ??= lengthOf(fields["retrieve_session_ns"], source);
    draft.retrieveFiles ??= lengthOf(fields["retrieve_fd_ns"], source);
    draft.finishSessions ??= lengthOf(fields["finish_ns"], source);
    draft.refault ??= lengthOf(fields["refault_ns"], source);
    if (isTime(fields["tsc"])) draft.restoredTsc ??= { tsc: fields["tsc"], source };
  }

  finish(): LabReadings | undefined {
    return this.#found ? this.#draft : undefined;
  }
}

function push(files: LabFile[], file: LabFile | undefined): void {
  if (file && files.length < maxFiles) files.push(file);
}
