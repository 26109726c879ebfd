import { FormatError, UsageError } from "../base/index.ts";
import { kernelFeatures } from "../model/index.ts";
import type { Answer } from "./answer.ts";
import { type Call, parseCalls } from "./calls.ts";
import { type KernelPair, Machine } from "./machine.ts";

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

/** Answers of the model, also where the recorded call cannot even be made on it because an earlier answer differed. */
function answerSafely(machine: Machine, call: Call): Answer {
  try {
    return machine.answer(call);
  } catch (error) {
    if (error instanceof FormatError) return { ret: error.message };
    throw error;
  }
}

/**
 * Runs a recorded sequence through the model and compares every answer.
 *
 * Errors   FormatError for lines that are no calls
 */
export function checkCalls(text: string, path: string, kernels: KernelPair): FileResult {
  const calls = parseCalls(text, path);
  const mismatches: Mismatch[] = [];
  const machine = new Machine(kernels);
  for (const { line, call } of calls) {
    const difference = differences(call, answerSafely(machine, call));
    if (difference) mismatches.push({ file: path, line, op: call.op, ...difference });
  }
  return { calls: calls.length, mismatches };
}
