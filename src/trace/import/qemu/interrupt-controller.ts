import { interruptTable } from "../../schema/trace-tables.ts";
import type { ImportContext } from "../importer.ts";
import type { EventHandlers } from "./events.ts";
import type { Machine } from "./machine.ts";

const maxVector = 255;

/** Events of the emulated local APIC: an interrupt that reaches a virtual CPU, with the CPU's own vector. */
export function interruptController(context: ImportContext, machine: Machine): EventHandlers {
  const interrupts = context.writer.table(interruptTable, { sort: true });
  return {
    apic_deliver_irq({ ns }, args) {
      const vector = args.whole("vector_num", "vector");
      if (vector === undefined || vector > maxVector) return;
      const { columns, fill } = interrupts;
      columns["time_ns"]![fill] = ns;
      columns["device_index"]![fill] = machine.device("apic", "interrupt-controller");
      columns["vector"]![fill] = vector;
      interrupts.advance();
    },
  };
}
