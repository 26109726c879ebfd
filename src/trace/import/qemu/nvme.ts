import { bytesToPagesCeil, divFloor, pageBytes } from "../../../base/index.ts";
import { codeOf } from "../../schema/column.ts";
import { dmaTable, interruptTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";
import type { EventArguments } from "./arguments.ts";
import type { EventHandlers, EventPlace } from "./events.ts";
import type { Machine } from "./machine.ts";
import { DeviceRequests, ioCodes, type Request } from "./requests.ts";

const dmaDirection = dmaTable.columns[4];
const toMemory = codeOf(dmaDirection, "to-memory");
const fromMemory = codeOf(dmaDirection, "from-memory");
const unknownDma = codeOf(dmaDirection, "unknown");

/** Opcodes of the NVM command set, as the specification numbers them. */
const flush = 0x00;
const write = 0x01;
const read = 0x02;
const writeZeroes = 0x08;
const zoneAppend = 0x7d;

/** What stands for the queue where no event names it. */
const noQueue = 65_536;
/** Queues that are told apart; controllers have one a CPU. */
const maxQueues = 256;
/** The end of the memory that 32-bit frame numbers can name. */
const maxAddress = 2 ** 44;
const maxVector = 2 ** 32 - 1;

function directionOf(opcode: number): number {
  if (opcode === flush) return ioCodes.flush;
  if (opcode === write || opcode === zoneAppend) return ioCodes.write;
  return opcode === read ? ioCodes.read : ioCodes.other;
}

/** The two lowest bits of an opcode say which way its data goes (NVM Express Base Specification, opcodes). */
function dmaOf(opcode: number): number {
  if ((opcode & 3) === 1) return fromMemory;
  return (opcode & 3) === 2 ? toMemory : unknownDma;
}

/** Memory that a command's own two entries name, until an event tells that each address is traced by itself. */
interface Entries {
  readonly ns: number;
  readonly direction: number;
  readonly first: number;
  readonly firstBytes: number;
  readonly second: number;
  /** Bytes behind those of the first entry. */
  readonly restBytes: number;
  readonly row: number;
}

/** The command that a thread is about: the events that follow on that thread are of it. */
interface Command {
  readonly thread: number;
  readonly commandId: number;
  readonly opcode: number;
  /** Undefined for admin commands, which are no requests for data of the drive. */
  readonly request: Request | undefined;
}

/**
 * Events of QEMU's emulated NVMe controllers (hw/nvme).
 *
 * Shape    a request begins with `pci_nvme_io_cmd`, or where that is not traced with `pci_nvme_read` or `_write`, which
 *          say how much and where; it completes with `pci_nvme_enqueue_req_completion`, or where that is not traced when
 *          the backend is done (`pci_nvme_rw_complete_cb`, `pci_nvme_aio_flush_cb`, …)
 * Limits   the events name no controller, so all stand as one device; completions of the backend name no queue
 */
export class NvmeEvents {
  readonly #requests: DeviceRequests;
  readonly #context: ImportContext;
  readonly #machine: Machine;
  readonly #dma: TableWriter;
  readonly #interrupts: TableWriter;
  readonly #queues = new Set<number>();
  #command: Command | undefined;
  #entries: Entries | undefined;
  readonly handlers: EventHandlers;

  constructor(context: ImportContext, machine: Machine) {
    this.#context = context;
    this.#machine = machine;
    this.#requests = new DeviceRequests(context);
    this.#dma = context.writer.table(dmaTable, { sort: true });
    this.#interrupts = context.writer.table(interruptTable, { sort: true });
    const done = this.#backendDone.bind(this);
    this.handlers = {
      pci_nvme_io_cmd: this.#ioCommand.bind(this),
      pci_nvme_admin_cmd: this.#adminCommand.bind(this),
      pci_nvme_read: (place, args) => this.#transfer(place, args, read),
      pci_nvme_write: (place, args) => this.#transfer(place, args, write),
      pci_nvme_map_prp: this.#entered.bind(this),
      pci_nvme_map_addr: this.#mapped.bind(this),
      pci_nvme_rw_complete_cb: done,
      pci_nvme_aio_flush_cb: done,
      pci_nvme_misc_cb: done,
      pci_nvme_aio_discard_cb: done,
      pci_nvme_compare_data_cb: done,
      pci_nvme_enqueue_req_completion: this.#completed.bind(this),
      pci_nvme_irq_msix: this.#interrupt.bind(this),
    };
  }

  get #device(): number {
    return this.#machine.device("nvme", "nvme");
  }

  #ioCommand({ ns, thread, row }: EventPlace, args: EventArguments): void {
    this.#writeEntries();
    const commandId = args.whole("cid");
    const opcode = args.whole("opcode", "opc");
    if (commandId === undefined || commandId >= 65_536 || opcode === undefined) return;
    const named = args.whole("sqid") ?? noQueue;
    const queue = named < noQueue && (this.#queues.has(named) || this.#queues.size < maxQueues) ? named : noQueue;
    this.#begin({ ns, thread, row }, { commandId, opcode, queue });
  }

  #begin(
    { ns, thread, row }: EventPlace,
    { commandId, opcode, queue }: { commandId: number; opcode: number; queue: number },
  ): Request {
    const request: Request = {
      submitNs: ns,
      deviceIndex: this.#device,
      direction: directionOf(opcode),
      bytes: opcode === flush || opcode === writeZeroes ? 0 : undefined,
      offsetBytes: undefined,
      doneNs: undefined,
    };
    this.#queues.add(queue);
    this.#requests.begin(queue * 65_536 + commandId, request, row);
    this.#command = { thread, commandId, opcode, request };
    return request;
  }

  #adminCommand({ thread }: EventPlace, args: EventArguments): void {
    this.#writeEntries();
    const commandId = args.whole("cid");
    const opcode = args.whole("opcode", "opc");
    if (commandId === undefined || opcode === undefined) return;
    this.#command = { thread, commandId, opcode, request: undefined };
  }

  #transfer(place: EventPlace, args: EventArguments, opcode: number): void {
    const commandId = args.whole("cid");
    const bytes = args.whole("count");
    const blocks = args.whole("nlb");
    if (commandId === undefined || commandId >= 65_536 || bytes === undefined || !blocks) return;
    const command = this.#command;
    const isOfCommand = command?.thread === place.thread && command.commandId === commandId;
    const request =
      isOfCommand && command.request !== undefined
        ? command.request
        : this.#begin(place, { commandId, opcode, queue: noQueue });
    if (request.bytes === undefined) request.bytes = bytes;
    const block = args.whole("lba");
    // Blocks that carry metadata are a little longer than the power of two that counts the place.
    const offsetBytes = block === undefined ? undefined : block * 2 ** Math.floor(Math.log2(bytes / blocks));
    if (offsetBytes !== undefined && Number.isSafeInteger(offsetBytes)) request.offsetBytes = offsetBytes;
  }

  #directionOn(thread: number): number {
    return this.#command?.thread === thread ? dmaOf(this.#command.opcode) : unknownDma;
  }

  #mapped({ ns, thread }: EventPlace, args: EventArguments): void {
    // The entries before it are among what these events name.
    this.#entries = undefined;
    const address = args.whole("addr");
    const bytes = args.whole("len");
    if (address === undefined || bytes === undefined) return;
    this.#writeDma({ ns, direction: this.#directionOn(thread) }, address, bytes);
  }

  /** Both entries of a command: two pages, or one and the address of a list, which only `pci_nvme_map_addr` reads out. */
  #entered({ ns, thread, row }: EventPlace, args: EventArguments): void {
    this.#writeEntries();
    const first = args.whole("prp1");
    const second = args.whole("prp2");
    const firstBytes = args.whole("trans_len");
    const bytes = args.whole("len");
    if (first === undefined || second === undefined || firstBytes === undefined || bytes === undefined) return;
    const restBytes = Math.max(bytes - firstBytes, 0);
    this.#entries = { ns, direction: this.#directionOn(thread), first, firstBytes, second, restBytes, row };
  }

  #writeEntries(): void {
    const entries = this.#entries;
    if (!entries) return;
    this.#entries = undefined;
    this.#writeDma(entries, entries.first, entries.firstBytes);
    if (entries.restBytes > pageBytes) {
      this.#context.warnings.addRow(
        "dma-lists-unread",
        entries.row,
        "commands whose memory stands in a list, of which only the first page is known: trace pci_nvme_map_addr too",
      );
    } else {
      this.#writeDma(entries, entries.second, entries.restBytes);
    }
  }

  #writeDma(
    { ns, direction }: { readonly ns: number; readonly direction: number },
    address: number,
    bytes: number,
  ): void {
    if (bytes === 0 || address + bytes > maxAddress) return;
    const startGfn = divFloor(address, pageBytes);
    const endGfn = bytesToPagesCeil(address + bytes);
    const { columns, fill } = this.#dma;
    columns["time_ns"]![fill] = ns;
    columns["device_index"]![fill] = this.#device;
    columns["start_gfn"]![fill] = startGfn;
    columns["page_count"]![fill] = endGfn - startGfn;
    columns["direction"]![fill] = direction;
    this.#dma.advance();
    this.#machine.noteFrames(endGfn);
  }

  /** Keys of the open requests that a command id may mean, the one that has waited longest first. */
  #keys(commandId: number): number[] {
    return [...this.#queues]
      .map((queue) => queue * 65_536 + commandId)
      .filter((key) => this.#requests.find(key)?.doneNs === undefined && this.#requests.find(key) !== undefined)
      .sort((one, other) => this.#requests.find(one)!.submitNs - this.#requests.find(other)!.submitNs);
  }

  #backendDone({ ns, row }: EventPlace, args: EventArguments): void {
    const commandId = args.whole("cid");
    if (commandId === undefined) return;
    const [key, ...others] = this.#keys(commandId);
    if (key === undefined) return;
    if (others.length > 0) {
      this.#context.warnings.addRow(
        "completions-ambiguous",
        row,
        "completions that name no queue while several had a command of that id: taken as the oldest one's",
      );
    }
    this.#requests.find(key)!.doneNs = ns;
  }

  #completed({ ns }: EventPlace, args: EventArguments): void {
    const commandId = args.whole("cid");
    const queue = args.whole("cqid");
    // Queue 0 has the admin commands, with ids of its own.
    if (commandId === undefined || queue === 0) return;
    // Drivers give each submission queue the completion queue of its number.
    if (queue !== undefined && this.#requests.complete(queue * 65_536 + commandId, ns)) return;
    if (this.#requests.complete(noQueue * 65_536 + commandId, ns)) return;
    const [key] = this.#keys(commandId);
    if (key !== undefined) this.#requests.complete(key, ns);
  }

  #interrupt({ ns }: EventPlace, args: EventArguments): void {
    const vector = args.whole("vector");
    if (vector === undefined || vector > maxVector) return;
    const { columns, fill } = this.#interrupts;
    columns["time_ns"]![fill] = ns;
    columns["device_index"]![fill] = this.#device;
    columns["vector"]![fill] = vector;
    this.#interrupts.advance();
  }

  end(): ReturnType<DeviceRequests["end"]> {
    this.#writeEntries();
    return this.#requests.end();
  }
}
