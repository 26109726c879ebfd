/**
 * Interrupts from `irq_handler_entry` (include/trace/events/irq.h): `irq=25 name=virtio0-req.0`. Drivers name handlers by
 * device and queue; where the pattern is sure, the device is named without its queue and the vector is the queue's number
 * in the device's own numbering, else the vector is Linux's number of the interrupt.
 */
import { interruptTable } from "../../../schema/trace-tables.ts";
import type { TableWriter } from "../../../write.ts";
import { ByteNames } from "../../byte-names.ts";
import type { ImportContext } from "../../importer.ts";
import type { EventFields } from "../event-fields.ts";
import type { Machine } from "../machine.ts";

type Kind = "other" | "nvme" | "virtio-blk" | "virtio-net" | "nic" | "gpu";

interface Source {
  readonly device: string;
  readonly kind: Kind;
  readonly vector: number;
}

/** virtio-net numbers its queues receive 0, transmit 0, receive 1, ... (VIRTIO 1.2, 5.1.2). */
const virtioNet = { input: 0, output: 1 } as const;
const graphics = new Set(["i915", "xe", "amdgpu", "radeon", "nouveau", "nvidia"]);
/** Beyond it a source makes up names. */
const maxSources = 65_536;

export function sourceOf(handler: string, irq: number): Source {
  const nvme = /^(nvme\d+)q(\d{1,5})$/.exec(handler);
  if (nvme) return { device: nvme[1]!, kind: "nvme", vector: Number(nvme[2]) };
  const block = /^(virtio\d+)-req\.(\d{1,5})$/.exec(handler);
  if (block) return { device: block[1]!, kind: "virtio-blk", vector: Number(block[2]) };
  const net = /^(virtio\d+)-(input|output)\.(\d{1,5})$/.exec(handler);
  if (net) {
    const vector = 2 * Number(net[3]) + virtioNet[net[2] as keyof typeof virtioNet];
    return { device: net[1]!, kind: "virtio-net", vector };
  }
  const nic = /^([a-z][\w.]*)-(?:TxRx|rx|tx)-(\d{1,5})$/i.exec(handler);
  if (nic) return { device: nic[1]!, kind: "nic", vector: Number(nic[2]) };
  return { device: handler, kind: graphics.has(handler) ? "gpu" : "other", vector: irq };
}

export class Interrupts {
  readonly #context: ImportContext;
  readonly #machine: Machine;
  readonly #table: TableWriter;
  readonly #names = new ByteNames();
  readonly #devices: number[] = [];
  readonly #vectors: number[] = [];

  constructor(context: ImportContext, machine: Machine) {
    this.#context = context;
    this.#machine = machine;
    this.#table = context.writer.table(interruptTable, { sort: true });
  }

  entry(fields: EventFields): boolean {
    if (!fields.find("irq=") || !fields.whole()) return false;
    const irq = fields.value;
    if (irq > 2 ** 32 - 1 || !fields.find("name=") || !fields.rest()) return false;
    const known = this.#names.index(fields.bytes, fields.wordStart, fields.wordEnd, irq);
    if (this.#devices[known] === undefined && !this.#add(known)) return false;
    const row = this.#table.fill;
    const { columns } = this.#table;
    columns["time_ns"]![row] = fields.timeNs;
    columns["device_index"]![row] = this.#devices[known]!;
    columns["vector"]![row] = this.#vectors[known]!;
    this.#table.advance();
    return true;
  }

  #add(known: number): boolean {
    if (known >= maxSources) return false;
    const { device, kind, vector } = sourceOf(this.#names.text(known), this.#names.number(known));
    this.#devices[known] = this.#context.catalogue.device(this.#machine.vmIndex, device, kind);
    this.#vectors[known] = vector;
    return true;
  }
}
