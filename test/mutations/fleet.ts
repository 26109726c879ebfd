import type { Mutation } from "./mutation.ts";

const packing = ["test/fleet/packing.test.ts"];
const rollout = ["test/fleet/rollout.test.ts"];
const folder = ["test/fleet/folder.test.ts"];

/** Fleets: packing, the rollout's decisions and schedule, and what SQL makes of them. */
export const fleetMutations: readonly Mutation[] = [
  {
    rule: "FLEET",
    breaks: "anti-affinity is not looked at",
    file: "src/fleet/pack.ts",
    find: "return group >= 0 && this.#groups.get(host)?.has(group) === true;",
    replace: "return false;",
    tests: packing,
  },
  {
    rule: "FLEET",
    breaks: "of hosts with equally much room the last is taken",
    file: "src/fleet/room-tree.ts",
    find: "mostBytes === this.#bestBytes && firstHost > this.#best",
    replace: "mostBytes === this.#bestBytes && firstHost < this.#best",
    tests: packing,
  },
  {
    rule: "FLEET",
    breaks: "one host more than allowed is updated at once",
    file: "src/fleet/timeline.ts",
    find: "if (running.length === concurrency)",
    replace: "if (running.length === concurrency + 1)",
    tests: rollout,
  },
  {
    rule: "FLEET",
    breaks: "the abort rule forgets failures of earlier batches",
    file: "src/fleet/rollout.ts",
    find: "      if (batch.aborts) break;",
    replace: "      if (batch.aborts) break;\n      this.#failedCount = 0;",
    tests: folder,
  },
  {
    rule: "FLEET",
    breaks: "failures are drawn in the order of the rollout",
    file: "src/fleet/rollout.ts",
    find: 'drawRatio(seed, "failure", host)',
    replace: 'drawRatio(seed, "failure", this.hosts.length - host)',
    tests: rollout,
  },
  {
    rule: "FLEET",
    breaks: "hosts of the running batch take VMs",
    file: "src/fleet/rollout.ts",
    find: "      this.evacuation?.closeAll(batch.hosts);\n",
    replace: "",
    tests: rollout,
  },
  {
    rule: "FLEET",
    breaks: "migrations at once do not share the bandwidth",
    file: "src/fleet/moves.ts",
    find: "const bandwidth = plan.bandwidth / plan.concurrency;",
    replace: "const bandwidth = plan.bandwidth;",
    tests: rollout,
  },
  {
    rule: "FLEET",
    breaks: "an SLO is held against pauses only, not against failed hosts",
    file: "src/analysis/sql/00-fleet-views.sql",
    find: "greatest(coalesce(pause_ns, 0), coalesce(loss_ns, 0), longest_downtime_ns) AS standstill_ns",
    replace: "greatest(coalesce(pause_ns, 0), longest_downtime_ns) AS standstill_ns",
    tests: folder,
  },
];
