/**
 * Packets from `netif_receive_skb`, `net_dev_xmit` and `net_dev_queue` (include/trace/events/net.h):
 * `dev=eth0 skbaddr=0000000012345678 len=84`. Lengths are those of the kernel's buffers: of received packets without the
 * link's header.
 *
 * A packet that is sent is first queued and then transmitted. Where the recording holds both, what was transmitted counts;
 * where it holds `net_dev_queue` alone, that.
 */
import { codeOf } from "../../../schema/column.ts";
import { netPacketTable } from "../../../schema/trace-tables.ts";
import type { TableWriter } from "../../../write.ts";
import { NamedRows } from "../../catalogue.ts";
import type { ImportContext } from "../../importer.ts";
import type { EventFields } from "../event-fields.ts";
import type { Machine } from "../machine.ts";

const directions = netPacketTable.columns[2];
const receive = codeOf(directions, "rx");
const transmit = codeOf(directions, "tx");
const maxBytes = 2 ** 32 - 1;
/** Packets that were queued before the first one was transmitted; beyond it nothing tells of transmissions. */
const maxQueued = 65_536;

/** What systemd and the kernel name network cards; bridges, tunnels and the loopback are no cards. */
const cardName = /^(eth|en|ib|wl)/;

export class Packets {
  readonly #table: TableWriter;
  readonly #devices: NamedRows;
  #queued: { readonly timeNs: number; readonly device: number; readonly bytes: number }[] = [];
  #sends: "unknown" | "transmitted" | "queued" = "unknown";
  #device = 0;
  #bytes = 0;

  constructor(context: ImportContext, machine: Machine) {
    this.#table = context.writer.table(netPacketTable, { sort: true });
    this.#devices = new NamedRows((name) =>
      context.catalogue.device(machine.vmIndex, name, cardName.test(name) ? "nic" : "other"),
    );
  }

  #read(fields: EventFields): boolean {
    if (!fields.find("len=") || !fields.whole() || fields.value > maxBytes) return false;
    this.#bytes = fields.value;
    // The kernel puts the name first; `trace-cmd report -R` calls it `name`.
    if (!(fields.find("dev=") || fields.find("name=")) || !fields.word()) return false;
    this.#device = this.#devices.index(fields.bytes, fields.wordStart, fields.wordEnd);
    return true;
  }

  #write(timeNs: number, device: number, bytes: number, direction: number): void {
    const row = this.#table.fill;
    const { columns, nulls } = this.#table;
    columns["time_ns"]![row] = timeNs;
    columns["device_index"]![row] = device;
    columns["direction"]![row] = direction;
    columns["bytes"]![row] = bytes;
    for (const name of ["ip_protocol", "source_port", "destination_port"]) {
      columns[name]![row] = 0;
      nulls[name]![row] = 1;
    }
    this.#table.advance();
  }

  receive(fields: EventFields): boolean {
    if (!this.#read(fields)) return false;
    this.#write(fields.timeNs, this.#device, this.#bytes, receive);
    return true;
  }

  transmit(fields: EventFields): boolean {
    if (!this.#read(fields)) return false;
    if (this.#sends === "queued") return true;
    this.#sends = "transmitted";
    this.#queued = [];
    // Another result than 0: the driver did not take the packet.
    if (fields.find("rc=") && fields.whole() && fields.value !== 0) return true;
    this.#write(fields.timeNs, this.#device, this.#bytes, transmit);
    return true;
  }

  queue(fields: EventFields): boolean {
    if (!this.#read(fields)) return false;
    if (this.#sends === "queued") this.#write(fields.timeNs, this.#device, this.#bytes, transmit);
    if (this.#sends !== "unknown") return true;
    this.#queued.push({ timeNs: fields.timeNs, device: this.#device, bytes: this.#bytes });
    if (this.#queued.length === maxQueued) this.end();
    return true;
  }

  end(): void {
    if (this.#sends !== "unknown") return;
    if (this.#queued.length > 0) this.#sends = "queued";
    for (const { timeNs, device, bytes } of this.#queued) this.#write(timeNs, device, bytes, transmit);
    this.#queued = [];
  }
}
