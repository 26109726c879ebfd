import { bytesToPagesCeil, divFloor, pageBytes, usNs } from "../../../base/index.ts";
import { codeOf } from "../../schema/column.ts";
import { deviceIoTable, dmaTable, interruptTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import { comma, type CsvCursor, maxTimeUs, newline, readCsv } from "../csv.ts";
import type { DroppedRows, ImportContext, SourceReport } from "../importer.ts";
import type { InputFile } from "../../source/input.ts";
import { DeviceIo } from "./device-io.ts";
import type { Devices } from "./devices.ts";
import { headers } from "./files.ts";

const ioDirection = deviceIoTable.columns[4];
const dmaDirection = dmaTable.columns[4];
const ioDirections: ReadonlyMap<string, number> = new Map([
  ["R", codeOf(ioDirection, "read")],
  ["W", codeOf(ioDirection, "write")],
  ["F", codeOf(ioDirection, "flush")],
]);
const otherIo = codeOf(ioDirection, "other");
/** A command that reads the disk makes the device write memory. */
const dmaDirections: ReadonlyMap<string, number> = new Map([
  ["R", codeOf(dmaDirection, "to-memory")],
  ["W", codeOf(dmaDirection, "from-memory")],
]);
const unknownDma = codeOf(dmaDirection, "unknown");
const virtioQueues: ReadonlyMap<string, number> = new Map([
  ["rx", 0],
  ["tx", 1],
  ["ctrl", 2],
]);
/** The end of the memory that 32-bit frame numbers can name. */
const maxAddress = 2 ** 44;

/** Why a row of device.csv has no place in the trace. */
const dropReasons = {
  "doorbells-dropped": "a doorbell says only that the queue grew; the submits themselves are kept",
  "admin-completes-dropped": "completions of admin commands, whose submits the recorder does not write",
  "unmatched-completes-dropped": "completions without an open submit of the same command id",
  "queue-events-dropped":
    "virtio pop and used say neither how many bytes nor, for rx, when the guest gave the buffer; net_packet has the packets",
  "unnumbered-interrupts-dropped": "interrupts of a queue that is not rx, tx or ctrl",
  "unknown-events-dropped": "events of a kind that the format has no place for",
} as const;
type DropCode = keyof typeof dropReasons;

export interface DeviceRead {
  readonly source: SourceReport;
  readonly lastNs: number;
  /** The lowest frame number above all frames of DMA. */
  readonly endGfn: number;
}

/** Logical block of QEMU's NVMe where nothing else is asked for (hw/nvme/ns.c, nvme_ns_init: lbaf ms 0, ds 9). */
const blockBytes = 512;
const maxBlock = Math.floor(Number.MAX_SAFE_INTEGER / blockBytes);

class DeviceRows {
  readonly #cursor: CsvCursor;
  readonly #context: ImportContext;
  readonly #devices: Devices;
  readonly #maxFrame: number;
  readonly #io: DeviceIo;
  readonly #dma: TableWriter;
  readonly #interrupts: TableWriter;
  readonly #droppedRows = new Map<DropCode, number>();
  lastUs = 0;
  endGfn = 0;

  constructor(cursor: CsvCursor, context: ImportContext, devices: Devices, maxFrame: number) {
    this.#cursor = cursor;
    this.#context = context;
    this.#devices = devices;
    this.#maxFrame = maxFrame;
    this.#io = new DeviceIo(context.writer.table(deviceIoTable));
    this.#dma = context.writer.table(dmaTable);
    this.#interrupts = context.writer.table(interruptTable);
  }

  readLine(): void {
    const cursor = this.#cursor;
    const timeUs = cursor.whole("t_us", comma, maxTimeUs);
    if (timeUs < this.lastUs) {
      cursor.refuse({ column: "t_us", expected: `${this.lastUs} or later`, found: `${timeUs}` });
    }
    this.lastUs = timeUs;
    const device = cursor.text("dev", comma);
    const event = cursor.text("event", comma);
    const a = cursor.text("a", comma);
    const b = cursor.text("b", comma);
    const c = cursor.text("c", newline);
    this.#take(timeUs * usNs, device, event, [a, b, c]);
  }

  #take(timeNs: number, device: string, event: string, args: readonly [string, string, string]): void {
    switch (event) {
      case "submit":
        return this.#submit(timeNs, device, args);
      case "complete":
        return this.#complete(timeNs, device, args);
      case "dma":
        return this.#transfer(timeNs, device, args);
      case "irq":
        return this.#interrupt(timeNs, device, args);
      case "doorbell_sq":
      case "doorbell_cq":
        return this.#drop("doorbells-dropped");
      case "pop":
      case "used":
        return this.#drop("queue-events-dropped");
      default:
        return this.#drop("unknown-events-dropped");
    }
  }

  #drop(code: DropCode): void {
    this.#droppedRows.set(code, (this.#droppedRows.get(code) ?? 0) + 1);
    this.#context.warnings.addRow(code, this.#cursor.row, `device.csv: ${dropReasons[code]}`);
  }

  #index(device: string): number {
    if (!this.#devices.has(device)) return this.#devices.index(this.#cursor.decode("dev", device));
    return this.#devices.index(device);
  }

  #submit(timeNs: number, device: string, [id, operation, place]: readonly [string, string, string]): void {
    const [, blockText, bytesText] = /^([0-9]+):([0-9]+)$/.exec(place) ?? [];
    if (blockText === undefined || bytesText === undefined) {
      this.#cursor.refuse({ column: "c", expected: "block:bytes", found: JSON.stringify(place.slice(0, 60)) });
    }
    const bytes = this.#cursor.wholeOf("c", bytesText, Number.MAX_SAFE_INTEGER);
    const offsetBytes = this.#cursor.wholeOf("c", blockText, maxBlock) * blockBytes;
    this.#cursor.wholeOf("a", id, Number.MAX_SAFE_INTEGER);
    const direction = ioDirections.get(operation) ?? otherIo;
    const deviceIndex = this.#index(device);
    if (this.#io.submit(`${deviceIndex}:${id}`, { submitNs: timeNs, deviceIndex, bytes, direction, offsetBytes }))
      return;
    this.#context.warnings.addRow(
      "command-ids-reused",
      this.#cursor.row,
      "device.csv: submits whose command id was still open; the older request stays without completion",
    );
  }

  #complete(timeNs: number, device: string, [id, queue]: readonly [string, string, string]): void {
    // Queue 0 is the admin queue, with command ids of its own.
    if (queue === "0") return this.#drop("admin-completes-dropped");
    if (!this.#io.complete(`${this.#index(device)}:${id}`, timeNs)) this.#drop("unmatched-completes-dropped");
  }

  #transfer(timeNs: number, device: string, [address, length, operation]: readonly [string, string, string]): void {
    const cursor = this.#cursor;
    const guestPhysAddr = cursor.wholeOf("a", address, maxAddress);
    const bytes = cursor.wholeOf("b", length, maxAddress);
    if (bytes === 0) cursor.refuse({ column: "b", expected: "1 or more bytes", found: "0" });
    const startGfn = divFloor(guestPhysAddr, pageBytes);
    const endGfn = bytesToPagesCeil(guestPhysAddr + bytes);
    if (endGfn > this.#maxFrame) {
      const found = `an end at frame ${endGfn}`;
      cursor.refuse({ column: "a", expected: `memory below frame ${this.#maxFrame}`, found });
    }
    this.endGfn = Math.max(this.endGfn, endGfn);
    this.#dma.push({
      time_ns: timeNs,
      device_index: this.#index(device),
      start_gfn: startGfn,
      page_count: endGfn - startGfn,
      direction: dmaDirections.get(operation) ?? unknownDma,
    });
  }

  #interrupt(timeNs: number, device: string, [source]: readonly [string, string, string]): void {
    const isNumber = /^[0-9]+$/.test(source);
    const vector = isNumber ? this.#cursor.wholeOf("a", source, 2 ** 32 - 1) : virtioQueues.get(source);
    if (vector === undefined) return this.#drop("unnumbered-interrupts-dropped");
    this.#interrupts.push({ time_ns: timeNs, device_index: this.#index(device), vector });
  }

  /** Writes the requests that are still open and tells what was dropped. */
  end(): DroppedRows[] {
    this.#io.end();
    const { uncompleted } = this.#io;
    if (uncompleted > 0) {
      this.#context.warnings.add(
        "requests-without-completion",
        uncompleted,
        "device.csv: requests that the recording does not complete; complete_ns is null",
      );
    }
    return [...this.#droppedRows].map(([code, rows]) => ({ code, rows, detail: dropReasons[code] }));
  }
}

/**
 * Fills device_io, dma and interrupt from device.csv: QEMU's trace events of its NVMe, virtio-net and APIC.
 *
 * Order    the file's; a time that goes back is refused
 */
export async function readDevice(
  file: InputFile,
  context: ImportContext,
  options: { devices: Devices; maxFrame: number },
): Promise<DeviceRead> {
  let found: DeviceRows | undefined;
  const rows = await readCsv(file, context.reader, headers.device, (cursor) => {
    const deviceRows = new DeviceRows(cursor, context, options.devices, options.maxFrame);
    found = deviceRows;
    return () => deviceRows.readLine();
  });
  const dropped = found?.end() ?? [];
  // A completion is kept as a part of its request's row.
  const kept = rows - dropped.reduce((sum, item) => sum + item.rows, 0);
  return {
    source: { file: file.name, rows, kept_rows: kept, dropped },
    lastNs: (found?.lastUs ?? 0) * usNs,
    endGfn: found?.endGfn ?? 0,
  };
}
