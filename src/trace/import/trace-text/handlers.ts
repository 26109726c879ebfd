import type { ImportContext } from "../importer.ts";
import type { EventFields } from "./event-fields.ts";
import { BlockRequests } from "./handlers/block.ts";
import { DamonEvents } from "./handlers/damon.ts";
import { GuestFaults } from "./handlers/guest-faults.ts";
import { Interrupts } from "./handlers/interrupts.ts";
import { Packets } from "./handlers/packets.ts";
import { Machine } from "./machine.ts";

/** Makes rows of an event's fields; false where it does not understand them. */
export type EventHandler = (fields: EventFields) => boolean;

/** What is made of events besides the event itself, by the event's name. */
export class EventHandlers {
  readonly damon: DamonEvents;
  readonly #byName: ReadonlyMap<string, EventHandler>;
  readonly #endings: readonly (() => void)[];

  constructor(context: ImportContext) {
    const machine = new Machine(context.catalogue);
    const block = new BlockRequests(context, machine);
    const interrupts = new Interrupts(context, machine);
    const packets = new Packets(context, machine);
    const faults = new GuestFaults(context);
    this.damon = new DamonEvents(context);
    this.#byName = new Map<string, EventHandler>([
      ["block_rq_issue", (fields) => block.issue(fields)],
      ["block_rq_complete", (fields) => block.complete(fields)],
      ["block_rq_requeue", (fields) => block.requeue(fields)],
      ["irq_handler_entry", (fields) => interrupts.entry(fields)],
      ["netif_receive_skb", (fields) => packets.receive(fields)],
      ["net_dev_xmit", (fields) => packets.transmit(fields)],
      ["net_dev_queue", (fields) => packets.queue(fields)],
      ["kvm_page_fault", (fields) => faults.fault(fields)],
      ["kvm_mmio", (fields) => faults.mmio(fields)],
      ["kvm_entry", (fields) => faults.settle(fields)],
      ["damon_aggregated", (fields) => this.damon.see(fields)],
    ]);
    this.#endings = [() => block.end(), () => packets.end(), () => faults.end()];
  }

  of(name: string): EventHandler | undefined {
    return this.#byName.get(name);
  }

  /** Writes what waited for something that did not come. */
  end(): void {
    for (const end of this.#endings) end();
  }
}
