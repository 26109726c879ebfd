import { netPacketTable } from "../../schema/trace-tables.ts";
import { type InputFile, stem } from "../../source/input.ts";
import type { TableWriter } from "../../write.ts";
import type { SourceClock } from "../clock.ts";
import type { DroppedRows, ImportContext } from "../importer.ts";
import type { CaptureSink } from "./capture.ts";
import { directions, hasInterfaceNumbers, isKnownLink, type Packet } from "./packet.ts";

/** An interface of a capture, and its device in the trace. */
interface OpenInterface {
  readonly name: string;
  readonly device: number;
  /** Its packets name interfaces by number. */
  readonly isNumbered: boolean;
  readonly isRead: boolean;
  lostPackets: number;
  /** Devices of the interfaces that packets name by number. */
  readonly devices: Map<number, number>;
}

/** Writes the packets of all captures of an import. */
export class PacketRows implements CaptureSink {
  readonly #context: ImportContext;
  readonly #vm: number;
  readonly #table: TableWriter;
  readonly #columns: TableWriter["columns"];
  readonly #nulls: TableWriter["nulls"];
  readonly #stepsNs = new Set<number>();
  readonly #unreadLinks = new Set<number>();
  #interfaces: OpenInterface[] = [];
  #file: InputFile | undefined;
  #clock: SourceClock | undefined;
  /** Of the present file. */
  #filePackets = 0;
  #fileTimeless = 0;
  #fileLost = 0;
  /** Of all files. */
  #packets = 0;
  #directed = 0;
  #unread = 0;
  #lost = 0;
  #passedBlocks = 0;
  #displaced = 0;
  highestNs = 0;

  constructor(vmName: string, context: ImportContext) {
    this.#context = context;
    this.#vm = context.catalogue.assumedVm(vmName);
    this.#table = context.writer.table(netPacketTable, { sort: true });
    this.#columns = this.#table.columns;
    this.#nulls = this.#table.nulls;
  }

  /** Steps of the clocks, for people. */
  get clockSteps(): string {
    return [...this.#stepsNs].map((ns) => (ns >= 1000 ? `${ns / 1000} µs` : `${ns} ns`)).join(" and ");
  }

  /** Begins a capture. */
  begin(file: InputFile): void {
    this.#file = file;
    this.#clock = this.#context.clock(file);
    this.#interfaces = [];
    this.#filePackets = this.#fileTimeless = this.#fileLost = 0;
  }

  /** Ends a capture: packets kept, and those that were not. */
  end(): { readonly kept: number; readonly dropped: DroppedRows[] } {
    const ofInterfaces = this.#interfaces.reduce((sum, { lostPackets }) => sum + lostPackets, 0);
    // What interfaces count in all, packets may count once more as it happens.
    this.#lost += Math.max(ofInterfaces, this.#fileLost);
    this.#packets += this.#filePackets;
    this.highestNs = Math.max(this.highestNs, this.#clock!.highestNs);
    const timeless = {
      code: "packets-without-time",
      rows: this.#fileTimeless,
      detail: "simple packet blocks hold no time",
    };
    return { kept: this.#filePackets, dropped: timeless.rows > 0 ? [timeless] : [] };
  }

  /** Says what the trace does not hold of the captures. */
  warn(): void {
    const warn = (code: string, rows: number, detail: string) => {
      if (rows > 0) this.#context.warnings.addRows(code, rows, detail);
    };
    const links = [...this.#unreadLinks].join(", ");
    warn(
      "columns-dropped",
      this.#packets,
      "addresses, flags and payload: of each packet its protocol and ports are kept",
    );
    warn("packets-unread", this.#unread, `packets of link type ${links}: only time and length are kept`);
    warn("packets-lost-in-capture", this.#lost, "packets that the capturing side saw and could not keep");
    warn("rows-reordered", this.#displaced, "packets that stand behind later ones of their capture");
    warn("blocks-passed-over", this.#passedBlocks, "blocks of pcapng that hold no packet, as names and comments");
    warn(
      "directions-of-capturer",
      this.#directed,
      "rx and tx are as the capturing machine sees them: on a host's tap device they are the other way round",
    );
  }

  openInterface(name: string | undefined, linkType: number, stepNs: number): number {
    const shownName = name ?? stem(this.#file!);
    const isRead = isKnownLink(linkType);
    if (!isRead) this.#unreadLinks.add(linkType);
    this.#stepsNs.add(stepNs);
    const isNumbered = hasInterfaceNumbers(linkType);
    const device = isNumbered ? -1 : this.#context.catalogue.device(this.#vm, shownName, "nic");
    const opened = { name: shownName, device, isNumbered, isRead, lostPackets: 0, devices: new Map<number, number>() };
    return this.#interfaces.push(opened) - 1;
  }

  #numbered({ name, devices }: OpenInterface, number: number): number {
    const found = devices.get(number);
    if (found !== undefined) return found;
    const shown = number < 0 ? `${name}, interface not known` : `${name}, interface ${number}`;
    const device = this.#context.catalogue.device(this.#vm, shown, "nic");
    devices.set(number, device);
    return device;
  }

  addPacket(packet: Packet, interfaceIndex: number): void {
    packet.decode();
    const found = this.#interfaces[interfaceIndex]!;
    const columns = this.#columns;
    const nulls = this.#nulls;
    const row = this.#table.fill;
    const { protocol, sourcePort, destinationPort, direction } = packet;
    this.#filePackets++;
    const clock = this.#clock!;
    const highestNs = clock.highestNs;
    const timeNs = clock.toNs(packet.second, packet.nanosecond, this.#filePackets);
    if (timeNs < highestNs) this.#displaced++;
    columns["time_ns"]![row] = timeNs;
    columns["device_index"]![row] = found.isNumbered ? this.#numbered(found, packet.interfaceNumber) : found.device;
    columns["direction"]![row] = direction;
    columns["bytes"]![row] = packet.wireBytes;
    columns["ip_protocol"]![row] = protocol < 0 ? 0 : protocol;
    columns["source_port"]![row] = sourcePort < 0 ? 0 : sourcePort;
    columns["destination_port"]![row] = sourcePort < 0 ? 0 : destinationPort;
    nulls["ip_protocol"]![row] = protocol < 0 ? 1 : 0;
    nulls["source_port"]![row] = nulls["destination_port"]![row] = sourcePort < 0 ? 1 : 0;
    this.#table.advance();
    if (direction !== directions.unknown) this.#directed++;
    if (!found.isRead) this.#unread++;
  }

  seeTime(): void {}

  addTimeless(): void {
    this.#fileTimeless++;
  }

  addLost(packets: number): void {
    this.#fileLost += packets;
  }

  setLost(interfaceIndex: number, packets: number): void {
    this.#interfaces[interfaceIndex]!.lostPackets = packets;
  }

  passOver(): void {
    this.#passedBlocks++;
  }
}
