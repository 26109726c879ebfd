import type { Graph, Side } from "../formats/evidence.ts";
import type { Spans } from "../formats/spans.ts";
import { boundFields, anywhere, exactly } from "./bounds.ts";
import type { Axes } from "./axes.ts";
import { tracePoint } from "./signs.ts";
import type { FunctionSum, Step } from "./timeline.ts";

/** Of a tree of calls, so that no trace makes more of it than a person can read. */
const maxNodes = 2000;
const maxTreeDepth = 12;

/** Calls that are looked at for trees, all in all. */
const maxVisits = 20_000_000;

const maxFunctions = 50;

/** Equal calls at one place in the tree, summed up. */
interface Node {
  readonly nameId: number;
  readonly line: number;
  readonly startNs: number;
  endNs: number;
  count: number;
  totalNs: number;
  readonly parts: Map<number, Node>;
}

/** Functions of the model's steps in userspace's calls: the outermost that the trace has counts. */
const userFunctions: readonly { step: string; phase: string; side: Side; functions: readonly string[] }[] = [
  {
    step: "create-session",
    phase: "preserve",
    side: "old",
    functions: ["luo_ioctl_create_session", "luo_session_create"],
  },
  {
    step: "preserve-memory",
    phase: "preserve",
    side: "old",
    functions: ["luo_session_preserve_fd", "luo_preserve_file"],
  },
  {
    step: "load-kexec",
    phase: "preserve",
    side: "old",
    functions: ["__x64_sys_kexec_file_load", "__do_sys_kexec_file_load"],
  },
  { step: "open-and-deserialize", phase: "restore", side: "new", functions: ["luo_open", "luo_session_deserialize"] },
  {
    step: "retrieve-session",
    phase: "restore",
    side: "new",
    functions: ["luo_ioctl_retrieve_session", "luo_session_retrieve"],
  },
  {
    step: "retrieve-memory",
    phase: "restore",
    side: "new",
    functions: ["luo_session_retrieve_fd", "luo_retrieve_file"],
  },
  { step: "finish-session", phase: "finish", side: "new", functions: ["luo_session_finish", "luo_file_finish"] },
];

/** Functions of the steps of the old kernel's way down. */
export const kernelFunctions: Readonly<Record<string, readonly string[]>> = {
  "liveupdate-reboot": ["liveupdate_reboot"],
  "shutdown-device": ["device_shutdown"],
  "syscore-shutdown": ["syscore_shutdown"],
  "stop-cpus": ["machine_shutdown", "native_machine_shutdown"],
};

/** Builds trees of calls out of one trace. */
export class CallTrees {
  readonly #axes: Axes;
  readonly #graph: Graph;
  readonly #side: Side;
  #nodes = 0;
  #visits = 0;

  constructor(axes: Axes, graph: Graph, side: Side) {
    this.#axes = axes;
    this.#graph = graph;
    this.#side = side;
  }

  /** All calls of the first of these functions that the trace has, summed up; undefined without any. */
  step(functions: readonly string[]): Step | undefined {
    const { spans } = this.#graph;
    for (const wanted of functions) {
      const nameId = spans.names.find(wanted);
      if (nameId === undefined) continue;
      const root = this.#collect(nameId);
      if (root) return this.#toStep(root);
    }
    return undefined;
  }

  #collect(nameId: number): Node | undefined {
    const { spans } = this.#graph;
    let root: Node | undefined;
    for (let index = 0; index < spans.count; index++) {
      if (spans.nameIds[index] !== nameId) continue;
      root ??= newNode(spans, index);
      addCall(root, spans, index);
      this.#addParts(root, index);
    }
    return root;
  }

  /** What the call at `root` called: what follows in its task, deeper than itself. */
  #addParts(node: Node, root: number): void {
    const { spans } = this.#graph;
    const [taskId, depth] = [spans.taskIds[root]!, spans.depths[root]!];
    const path: (Node | undefined)[] = [node];
    for (let index = root + 1; index < spans.count && this.#visits < maxVisits; index++) {
      this.#visits++;
      if (spans.taskIds[index] !== taskId) continue;
      const below = spans.depths[index]! - depth;
      if (below <= 0) break;
      path[below] = below < maxTreeDepth ? this.#part(path[below - 1], index) : undefined;
      path.length = below + 1;
    }
  }

  #part(parent: Node | undefined, index: number): Node | undefined {
    if (!parent) return undefined;
    const { spans } = this.#graph;
    const nameId = spans.nameIds[index]!;
    let node = parent.parts.get(nameId);
    if (!node) {
      if (this.#nodes === maxNodes) return undefined;
      this.#nodes++;
      node = newNode(spans, index);
      parent.parts.set(nameId, node);
    }
    addCall(node, spans, index);
    return node;
  }

  #toStep(node: Node): Step {
    const { file, spans } = this.#graph;
    const axis = this.#axes[this.#side];
    const at = (ns: number) =>
      Number.isNaN(ns) ? undefined : tracePoint(axis, this.#graph, { ns: Math.round(ns), line: node.line });
    const [start, end] = [at(node.startNs), at(node.endNs)];
    const children = Array.from(node.parts.values(), (part) => this.#toStep(part));
    return {
      name: spans.names.nameOf(node.nameId),
      ...boundFields("start", start ? this.#axes.position(start) : anywhere),
      ...boundFields("end", end ? this.#axes.position(end) : anywhere),
      ...boundFields("duration", Number.isNaN(node.totalNs) ? anywhere : exactly(node.totalNs)),
      clock: "trace",
      source: { file, line: node.line },
      ...(node.count > 1 ? { count: node.count } : {}),
      ...(children.length > 0 ? { children } : {}),
    };
  }
}

function newNode(spans: Spans, index: number): Node {
  const startNs = spans.startNs[index]!;
  return {
    nameId: spans.nameIds[index]!,
    line: spans.lines[index]!,
    startNs,
    endNs: startNs,
    count: 0,
    totalNs: 0,
    parts: new Map(),
  };
}

function addCall(node: Node, spans: Spans, index: number): void {
  const endNs = spans.endNs(index);
  const durationNs = spans.durationNs[index]!;
  node.count++;
  // A call whose end was lost counts, but its length is not known.
  if (!Number.isNaN(durationNs)) node.totalNs = Math.min(node.totalNs + durationNs, Number.MAX_SAFE_INTEGER);
  if (!(endNs <= node.endNs)) node.endNs = Number.isNaN(endNs) ? node.endNs : endNs;
}

/** Steps of userspace's calls that a trace shows, with their phases. */
export function userSteps(axes: Axes, graph: Graph, side: Side): { readonly phase: string; readonly step: Step }[] {
  const trees = new CallTrees(axes, graph, side);
  return userFunctions
    .filter((row) => row.side === side)
    .flatMap(({ step: name, phase, functions }) => {
      const step = trees.step(functions);
      return step ? [{ phase, step: { ...step, name, detail: `${step.name}()` } }] : [];
    });
}

/** Functions of traces by the time in all their calls. */
export function sumFunctions(graphs: readonly Graph[]): FunctionSum[] {
  const sums = new Map<string, { calls: number; totalNs: number }>();
  for (const { spans } of graphs) {
    const calls = new Float64Array(spans.names.count);
    const totals = new Float64Array(spans.names.count);
    for (let index = 0; index < spans.count; index++) {
      const nameId = spans.nameIds[index]!;
      calls[nameId]!++;
      const durationNs = spans.durationNs[index]!;
      if (!Number.isNaN(durationNs)) totals[nameId]! += durationNs;
    }
    for (const [nameId, count] of calls.entries()) {
      if (count === 0) continue; // The name of a task.
      const name = spans.names.nameOf(nameId);
      const known = sums.get(name) ?? { calls: 0, totalNs: 0 };
      const totalNs = Math.min(known.totalNs + totals[nameId]!, Number.MAX_SAFE_INTEGER);
      sums.set(name, { calls: known.calls + count, totalNs });
    }
  }
  return [...sums]
    .map(([name, sum]) => ({ name, ...sum }))
    .sort((left, right) => right.totalNs - left.totalNs || (left.name < right.name ? -1 : 1))
    .slice(0, maxFunctions);
}
