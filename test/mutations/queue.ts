import type { Mutation } from "./mutation.ts";

const tests = ["test/sweep/queue-payload.test.ts"];
const payload = "src/sweep/queue-payload.ts";
const address = "src/sweep/redis-address.ts";

/** What a worker takes from a queue, and which servers it talks to. */
export const queueMutations: readonly Mutation[] = [
  {
    rule: "QUEUE",
    breaks: "shards of another plan are answered",
    file: payload,
    find: "payload.sweep !== sweepSha256",
    replace: "payload.sweep.length !== sweepSha256.length",
    tests,
  },
  {
    rule: "QUEUE",
    breaks: "a shard may have another's name",
    file: payload,
    find: "payload.name !== nameShard(runs, payload.ranges)",
    replace: "payload.name.length !== 24",
    tests,
  },
  {
    rule: "QUEUE",
    breaks: "ranges may lead beyond the plan",
    file: payload,
    find: "if (to > planRunCount) throw",
    replace: "if (to > planRunCount * 1e6) throw",
    tests,
  },
  {
    rule: "QUEUE",
    breaks: "a message may bring anything else",
    file: payload,
    find: "z.strictObject({",
    replace: "z.object({",
    tests,
  },
  {
    rule: "QUEUE",
    breaks: "a name that begins like this machine's is this machine",
    file: address,
    find: "\\.\\d{1,3}$/.test(host)",
    replace: "\\.\\d{1,3}/.test(host)",
    tests,
  },
  {
    rule: "QUEUE",
    breaks: "a command line may hold a password",
    file: address,
    find: 'url.password !== "" && !options.mayHoldPassword',
    replace: 'url.password !== "" && url.password.length > 1000',
    tests,
  },
];
