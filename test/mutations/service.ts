import type { Mutation } from "./mutation.ts";

const requests = ["test/impact/requests.test.ts"];
const packets = ["test/impact/packets.test.ts"];
const brownout = ["test/impact/brownout.test.ts"];
const service = ["test/replay/service.test.ts"];
const engine = ["test/replay/engine.test.ts"];

/** What guests and their clients feel. */
export const serviceMutations: readonly Mutation[] = [
  {
    rule: "SVC-01",
    breaks: "the VMM saves a VM whose requests are in flight",
    file: "src/model/lifecycle/preserve.ts",
    find: "...drainRequests(vmIndex, drainNs[vmIndex] ?? 0),",
    replace: "",
    tests: engine,
  },
  {
    rule: "SVC-02",
    breaks: "a guest that stands still sees completions",
    file: "src/impact/requests.ts",
    find: "this.completeNs[row] = Math.max(complete, readyNs);",
    replace: "this.completeNs[row] = complete;",
    tests: requests,
  },
  {
    rule: "SVC-03",
    breaks: "a device that was reset serves at once",
    file: "src/replay/service.ts",
    find: 'fate === "stops" ? restartNs(kind, costs) : 0',
    replace: 'fate === "stops" ? 0 * restartNs(kind, costs) : 0',
    tests: service,
  },
  {
    rule: "SVC-04",
    breaks: "all that waits is served at once",
    file: "src/impact/requests.ts",
    find: "this.#slots.count < this.#depth",
    replace: "this.#slots.count < this.#depth + 1000",
    tests: requests,
  },
  {
    rule: "SVC-06",
    breaks: "an emulated card keeps packets over the kexec",
    file: "src/replay/service.ts",
    find: 'fate === "goes-on" ? service.rx_ring : 0',
    replace: "service.rx_ring",
    tests: service,
  },
  {
    rule: "SVC-07",
    breaks: "retransmissions come evenly",
    file: "src/impact/packets.ts",
    find: "Math.min(pauseNs * 2, rtoMaxNs)",
    replace: "Math.min(pauseNs, rtoMaxNs)",
    tests: packets,
  },
  {
    rule: "SVC-08",
    breaks: "what was written in the tick before the start counts as touched",
    file: "src/impact/first-touch.ts",
    find: "if (last[pair]! > start) return;",
    replace: "if (last[pair]! >= start) return;",
    tests: brownout,
  },
  {
    rule: "VMM-01",
    breaks: "a page of a large folio faults alone",
    file: "src/model/mapping.ts",
    find: "const mappedOrders = [18, 9, 0] as const;",
    replace: "const mappedOrders = [18, 0] as const;",
    tests: engine,
  },
  {
    rule: "VMM-02",
    breaks: "page tables fill themselves",
    file: "src/model/lifecycle/restore.ts",
    find: "...(prepopulate ? [prepopulateMemory(config, vmIndex)] : []),",
    replace: "",
    tests: service,
  },
  {
    rule: "SVC-10",
    breaks: "clients that wait for answers go on asking",
    file: "src/impact/requests.ts",
    find: "if (gap.isClosed !== true) while",
    replace: "while",
    tests: requests,
  },
];
