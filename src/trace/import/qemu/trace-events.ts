import type { InputFile } from "../../source/input.ts";
import { textLines } from "../../source/line-blocks.ts";
import type { InputReader } from "../../source/reader.ts";

/** One argument of a trace event, as a binary trace holds it: a text, or eight bytes. */
export interface EventArgument {
  readonly name: string;
  readonly isText: boolean;
}

/** A line of a list of trace events: `pci_nvme_read(uint16_t cid, uint64_t lba) "cid %u …"`, with words before it. */
export const eventLine = /^(?:(?:disable|vcpu|tcg|tcg-trans|tcg-exec) +)*([A-Za-z_]\w*)\(([^)]*)\)\s*(?:"|$)/;

/** `const char *name` and the like; other pointers are written as numbers. */
const textType = /^(?:const\s+)?char\s*\*(?!.*\*)/;

function argumentOf(declaration: string): EventArgument {
  const text = declaration.trim();
  return { name: /(\w*)$/.exec(text)![1]!, isText: textType.test(text) };
}

/** Arguments of each event of a list (`trace-events-all`, docs/devel/tracing of QEMU), by the event's name. */
export async function readTraceEvents(
  file: InputFile,
  reader: InputReader,
): Promise<ReadonlyMap<string, readonly EventArgument[]>> {
  const events = new Map<string, readonly EventArgument[]>();
  for await (const line of textLines(file, reader)) {
    const [, name, list] = eventLine.exec(line) ?? [];
    if (name === undefined || list === undefined) continue;
    const isEmpty = list.trim() === "" || list.trim() === "void";
    events.set(name, isEmpty ? [] : list.split(",").map(argumentOf));
  }
  return events;
}
