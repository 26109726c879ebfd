import { FormatError, UsageError } from "../base/index.ts";
import {
  type BootedKernel,
  bootKernel,
  type HandedOver,
  handOver,
  kernelFeatures,
  type KernelFeatures,
  releasedHandlers,
} from "../model/index.ts";
import { type Call, parseCalls } from "./calls.ts";
import { type Answer, Program } from "./program.ts";

/** The kernels before and after the update. */
export interface KernelPair {
  readonly from: KernelFeatures;
  readonly to: KernelFeatures;
}

/** A call that the model answers otherwise than the kernel did. */
export interface Mismatch {
  readonly file: string;
  readonly line: number;
  readonly op: string;
  /** What the kernel answered, and what the model does: the fields that differ. */
  readonly expected: Answer;
  readonly found: Answer;
}

export interface FileResult {
  readonly calls: number;
  readonly mismatches: readonly Mismatch[];
}

/** Releases in the recorder's file names: linux-7.2.13-to-7.3.4-seed-121.jsonl */
const namePattern = /linux-(\d+\.\d+)[\d.]*?(?:-to-(\d+\.\d+)[\d.]*?)?-seed/;
const defaultVersion = "7.3";

/** "7.3", or "7.2:7.3" for an update from 7.2 into 7.3. */
export function parseKernelPair(text: string): KernelPair {
  const [from, to = from, ...rest] = text.split(":");
  if (from === undefined || to === undefined || rest.length > 0) {
    throw new UsageError(`--kernel ${text}: not a kernel or a pair`, { hint: "7.3, or 7.2:7.3 for an update" });
  }
  return { from: kernelFeatures(from), to: kernelFeatures(to) };
}

/** The kernels that a file's name tells, else 7.3. */
export function kernelPairOf(path: string): KernelPair {
  const match = namePattern.exec(path.replace(/^.*\//, ""));
  const from = kernelFeatures(match?.[1] ?? defaultVersion);
  return { from, to: match?.[2] === undefined ? from : kernelFeatures(match[2]) };
}

function differences(call: Call, answer: Answer): { expected: Answer; found: Answer } | undefined {
  const recorded = call as unknown as Answer;
  const fields = Object.keys(answer).filter((field) => recorded[field] !== answer[field]);
  if (fields.length === 0) return undefined;
  const pick = (from: Answer): Answer => Object.fromEntries(fields.map((field) => [field, from[field]!]));
  return { expected: pick(recorded), found: pick(answer) };
}

/** What a call finds: the program on its kernel, or why there is none. */
type Running = Program | string;

function run(
  features: KernelFeatures,
  handed?: HandedOver,
): { readonly kernel: BootedKernel; readonly program: Running } {
  const kernel = bootKernel({ features, handlers: releasedHandlers(features) }, handed);
  const program = kernel.device ? new Program(kernel.device) : (kernel.messages.at(-1) ?? "no /dev/liveupdate");
  return { kernel, program };
}

/** Answers of the model, also where the recorded call cannot even be made on it because an earlier answer differed. */
function answerSafely(program: Running, call: Call): Answer {
  if (typeof program === "string") return { ret: program };
  try {
    return program.answer(call);
  } catch (error) {
    if (error instanceof FormatError) return { ret: error.message };
    throw error;
  }
}

function kexec({ device }: BootedKernel): HandedOver | undefined {
  const handed = device && handOver(device);
  if (typeof handed === "number")
    throw new FormatError("the model's reboot call failed: no handler of memfds does that");
  return handed;
}

/**
 * Runs a recorded sequence through the model and compares every answer.
 *
 * Errors   FormatError for lines that are no calls
 */
export function checkCalls(text: string, path: string, kernels: KernelPair): FileResult {
  const calls = parseCalls(text, path);
  const mismatches: Mismatch[] = [];
  let { kernel, program } = run(kernels.from);
  let stage = 1;
  for (const { line, call } of calls) {
    if (call.stage !== stage) {
      ({ kernel, program } = run(kernels.to, kexec(kernel)));
      stage = call.stage;
    }
    const difference = differences(call, answerSafely(program, call));
    if (difference) mismatches.push({ file: path, line, op: call.op, ...difference });
  }
  return { calls: calls.length, mismatches };
}
