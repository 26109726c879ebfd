/**
 * Importer for interrupts and packets of a Linux host as CSV: `t_us,cpu,event,arg,bytes_or_vec`, the form into which the
 * kernel events of an LTTng trace (CTF, read by babeltrace2) were brought: irq_handler_entry and _exit, softirq_entry and
 * _exit, netif_receive_skb, net_dev_queue and net_dev_xmit. `arg` is the interrupt's or the interface's name, the last column
 * its number or the packet's bytes.
 *
 * Each row is an event; the begin of a hardware interrupt is an interrupt of the device that bears its name besides, and a
 * packet that came in or went out is a packet. The host's own machine is not told: a VM stands for it.
 *
 * Not supported: CTF itself (read it with babeltrace2), other events (they stay events).
 */
import { usNs } from "../../base/index.ts";
import { codeOf } from "../schema/column.ts";
import { eventTable, interruptTable, netPacketTable } from "../schema/trace-tables.ts";
import { firstLine, type InputFile } from "../source/input.ts";
import { type LineScanner, scanLines } from "../source/line-scanner.ts";
import { NamedRows } from "./catalogue.ts";
import type { SourceClock } from "./clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "./importer.ts";

const header = "t_us,cpu,event,arg,bytes_or_vec";
const comma = 44;
const maxCpu = 65_535;
const maxWord = 2 ** 32 - 1;
const direction = netPacketTable.columns[2];
const directions: ReadonlyMap<string, number> = new Map([
  ["netif_receive_skb", codeOf(direction, "rx")],
  ["net_dev_xmit", codeOf(direction, "tx")],
]);

function confidenceOf(file: InputFile): number {
  return firstLine(file)?.replace(/\r$/, "") === header ? 1 : 0;
}

interface Row {
  readonly timeNs: number;
  readonly event: string;
  readonly arg: string;
  readonly number: number | undefined;
}

class IrqNetRows {
  readonly #context: ImportContext;
  readonly #clock: SourceClock;
  readonly #vm: number;
  readonly #kinds: NamedRows;
  readonly #events;
  readonly #interrupts;
  readonly #packets;
  rows = 0;

  constructor(context: ImportContext, clock: SourceClock, name: string) {
    const { catalogue, writer } = context;
    this.#context = context;
    this.#clock = clock;
    this.#vm = catalogue.assumedVm(name);
    this.#kinds = new NamedRows((event) => catalogue.eventKind(/irq/.test(event) ? "irq" : "net", event));
    this.#events = writer.table(eventTable, { sort: true });
    this.#interrupts = writer.table(interruptTable, { sort: true });
    this.#packets = writer.table(netPacketTable, { sort: true });
  }

  /** Rows that stood behind later ones. */
  get displacedRows(): number {
    return this.#events.displacedRows;
  }

  readonly readLine = (scanner: LineScanner): void => {
    if (scanner.line === 1) return;
    this.rows++;
    const timeNs = this.#time(scanner);
    const cpu = this.#whole(scanner, maxCpu, true) ?? scanner.refuse("a CPU");
    if (!scanner.until(comma) || scanner.wordStart === scanner.wordEnd) scanner.refuse("an event's name");
    const { wordStart, wordEnd, bytes } = scanner;
    const kind = this.#kinds.index(bytes, wordStart, wordEnd);
    const event = scanner.text(wordStart, wordEnd);
    const argStart = scanner.at;
    if (!scanner.until(comma)) scanner.refuse("5 columns");
    const arg = scanner.text(argStart, scanner.wordEnd);
    const number = this.#whole(scanner, maxWord, false);
    if (!scanner.isAtEnd) scanner.refuse("the line's end after 5 columns");
    const detail = [...(arg === "" ? [] : [`arg=${arg}`]), ...(number === undefined ? [] : [`bytes_or_vec=${number}`])];
    this.#events.push({ time_ns: timeNs, kind_index: kind, cpu_index: cpu, detail: detail.join(" ") || null });
    this.#take({ timeNs, event, arg, number });
  };

  /** Us with a fraction; the clock is the recorder's own. */
  #time(scanner: LineScanner): number {
    const hasFraction = scanner.seconds();
    if (!hasFraction && !scanner.whole()) scanner.refuse("a time in us");
    const us = hasFraction ? scanner.second : scanner.value;
    // What `seconds` reads behind the point are 10^-9 of the unit, which are us here.
    const fractionNs = hasFraction ? Math.round(scanner.nanosecond / 1e6) : 0;
    if (!scanner.take(comma)) scanner.refuse("a comma after the time");
    const second = Math.floor(us / 1e6);
    return this.#clock.toNs(second, (us - second * 1e6) * usNs + fractionNs, this.rows);
  }

  #whole(scanner: LineScanner, max: number, endsWithComma: boolean): number | undefined {
    if (scanner.isAtEnd) return undefined;
    if (!scanner.whole() || scanner.value > max) scanner.refuse(`a whole number from 0 to ${max}`);
    if (endsWithComma && !scanner.take(comma)) scanner.refuse("5 columns");
    return scanner.value;
  }

  #take({ timeNs, event, arg, number }: Row): void {
    const { catalogue } = this.#context;
    const packet = directions.get(event);
    if (event === "irq_handler_entry" && number !== undefined) {
      const kind = /^(?:eth|en|wl)/.test(arg) ? "nic" : "other";
      this.#interrupts.push({ time_ns: timeNs, device_index: catalogue.device(this.#vm, arg, kind), vector: number });
    } else if (packet !== undefined && number !== undefined) {
      const device = catalogue.device(this.#vm, arg, "nic");
      this.#packets.push({ time_ns: timeNs, device_index: device, direction: packet, bytes: number });
    }
  }
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const sources: SourceReport[] = [];
  let spanNs = 0;
  let displacedRows = 0;
  for (const file of files) {
    const clock = context.clock(file);
    const rows = new IrqNetRows(context, clock, file.name.replace(/(\.[a-z]{2,8}){1,2}$/, ""));
    await scanLines(file, context.reader, rows.readLine);
    sources.push({ file: file.name, rows: rows.rows, kept_rows: rows.rows, dropped: [] });
    spanNs = Math.max(spanNs, clock.highestNs);
    ({ displacedRows } = rows);
  }
  if (displacedRows > 0) {
    context.warnings.add(
      "rows-reordered",
      displacedRows,
      "events that stand behind later ones were put in their order",
    );
  }
  return {
    name: files[0]!.name.replace(/(\.[a-z]{2,8}){1,2}$/, ""),
    source: "interrupts and packets of a host's kernel, as CSV",
    licence: "unknown",
    clock: "the recorder's own, in us since its start",
    spanNs,
    sources,
  };
}

export const irqNetCsv: Importer = {
  name: "irq-net-csv",
  version: 1,
  doc: "interrupts and packets of a Linux host as CSV: t_us,cpu,event,arg,bytes_or_vec",
  claim: (files) => claimEach(files, confidenceOf),
  run,
};
