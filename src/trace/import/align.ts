import { secNs, UsageError } from "../../base/index.ts";
import type { InputFile } from "../source/input.ts";
import type { InputReader } from "../source/reader.ts";
import { showPath } from "../text.ts";
import { type ClockStart, isEarlier, type Moment } from "./clock.ts";
import type { Assignment } from "./registry.ts";

/** A file, where it begins, and the name of its clock: the same for files that stand on one time line. */
interface Begin {
  readonly file: InputFile;
  readonly start: ClockStart;
  readonly clock: string;
}

async function beginsOf(assignments: readonly Assignment[], reader: InputReader): Promise<Begin[]> {
  const begins: Begin[] = [];
  for (const { importer, files } of assignments) {
    for (const file of files) {
      const start = (await importer.startOf?.(file, reader)) ?? { clock: "own", second: 0, nanosecond: 0 };
      begins.push({ file, start, clock: start.clock === "own" ? `own clock of ${importer.name}` : start.clock });
    }
  }
  return begins;
}

function before({ second, nanosecond }: Moment, offsetNs: number): Moment {
  const seconds = Math.floor(offsetNs / secNs);
  return { second: second - seconds, nanosecond: nanosecond - (offsetNs - seconds * secNs) };
}

function refuseClocks(begins: readonly Begin[]): never {
  const firsts = begins.filter(({ clock }, index) => begins.findIndex((begin) => begin.clock === clock) === index);
  const shown = firsts.map(({ file, clock }) => `${showPath(file.name)} (${clock})`).join(", ");
  throw new UsageError(`the files are of different clocks: ${shown}`, {
    hint: "say how long after the trace's start a file begins, as --offset dmesg.txt=2.5s, or import each by itself",
  });
}

/**
 * The moment of each file's own clock that is the trace's start.
 *
 * Shape    `offsetsNs` are the user's, by file name: how long after the trace's start the file begins
 * Errors   UsageError where clocks differ and nobody says how; an offset is never made up
 */
export async function alignClocks(
  assignments: readonly Assignment[],
  offsetsNs: ReadonlyMap<string, number>,
  reader: InputReader,
): Promise<ReadonlyMap<InputFile, Moment>> {
  const begins = await beginsOf(assignments, reader);
  const unknown = [...offsetsNs.keys()].find((name) => begins.every(({ file }) => file.name !== name));
  if (unknown !== undefined) {
    throw new UsageError(`offset of ${JSON.stringify(unknown)}: no such file is read`, {
      hint: `files: ${begins.map(({ file }) => showPath(file.name)).join(", ")}`,
    });
  }
  const free = begins.filter(({ file }) => !offsetsNs.has(file.name));
  const clocks = new Set(free.map(({ clock }) => clock));
  if (clocks.size > 1) refuseClocks(free);
  let zero: Moment = free[0]?.start ?? { second: 0, nanosecond: 0 };
  for (const { start } of free) if (isEarlier(start, zero)) zero = start;
  return new Map(
    begins.map(({ file, start }) => {
      const offsetNs = offsetsNs.get(file.name);
      return [file, offsetNs === undefined ? zero : before(start, offsetNs)];
    }),
  );
}
