import type { EventLog } from "./event-log.ts";

/** Functions that were entered and not left, of one task; the kernel itself keeps 50. */
const maxDepth = 1024;
/** Tasks whose functions are open; beyond it the oldest one's stay without an end. */
const maxStacks = 65_536;

interface Call {
  readonly timeNs: number;
  readonly kindIndex: number;
  readonly indent: number;
  readonly taskIndex: number;
  readonly cpu: number;
  readonly detail: string | undefined;
}

/** A function that is left: by its indent, as its name need not stand there. */
export interface CallEnd {
  readonly stack: number;
  readonly timeNs: number;
  /** What the tracer measured; -1 where durations are switched off. */
  readonly durationNs: number;
  readonly indent: number;
  readonly detail: string | undefined;
}

/**
 * Pairs the entries and exits of functions into events that last.
 *
 * Shape    a stack is a task, or a CPU where the tracer does not name tasks
 * Order    events are written when the function is left; one whose exit was lost has no duration
 */
export class OpenCalls {
  readonly #log: EventLog;
  readonly #stacks = new Map<number, Call[]>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  enter(stack: number, call: Call): void {
    let calls = this.#stacks.get(stack);
    if (!calls) {
      if (this.#stacks.size === maxStacks) this.#giveUp(this.#stacks.keys().next().value!);
      this.#stacks.set(stack, (calls = []));
    }
    this.#closeFrom(calls, call.indent);
    if (calls.length === maxDepth) this.#closeFrom(calls, 0);
    calls.push(call);
  }

  /** Whether the function's entry was seen; its event is written then. */
  leave({ stack, timeNs, durationNs, indent, detail }: CallEnd): boolean {
    const calls = this.#stacks.get(stack);
    if (!calls) return false;
    this.#closeFrom(calls, indent + 1);
    if (calls.at(-1)?.indent !== indent) return false;
    const call = calls.pop()!;
    const measuredNs = durationNs < 0 ? Math.max(timeNs - call.timeNs, 0) : durationNs;
    this.#log.write({ ...call, durationNs: measuredNs }, detail ?? call.detail);
    return true;
  }

  /** Gives one stack's functions to another: a CPU's whose task has come to light. */
  rename(from: number, to: number): void {
    const calls = this.#stacks.get(from);
    if (!calls || this.#stacks.has(to)) return;
    this.#stacks.delete(from);
    this.#stacks.set(to, calls);
  }

  /** Writes the functions at an indent or deeper: what was called by them is over, and their exits were lost. */
  #closeFrom(calls: Call[], indent: number): void {
    while (calls.length > 0 && calls.at(-1)!.indent >= indent) {
      const call = calls.pop()!;
      this.#log.write({ ...call, durationNs: null }, call.detail);
    }
  }

  #giveUp(stack: number): void {
    this.#closeFrom(this.#stacks.get(stack)!, 0);
    this.#stacks.delete(stack);
  }

  end(): void {
    for (const stack of this.#stacks.keys()) this.#giveUp(stack);
  }
}
