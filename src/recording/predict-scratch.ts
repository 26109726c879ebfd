import { gibBytes } from "../base/index.ts";
import {
  kernelFeatures,
  kernelLine,
  kernelVersions,
  listKernelPlaces,
  listScratch,
  preferredStartBytes,
  type ScratchHost,
  sizeScratch,
} from "../model/index.ts";
import { parseBootArguments, parseScratch } from "./command-line.ts";
import { bootFactsOf, type RecordedLog } from "./recording.ts";

/** How far a percentage's scratch may be off, as a share of what was recorded. */
const percentTolerance = 0.1;

/** The recorded scratch and the model's, in bytes: sums, and areas in the kernel's order. */
export interface ScratchPrediction {
  readonly expected: number | null;
  readonly found: number | null;
  readonly rule: "explicit" | "percent" | null;
  readonly expectedAreas: readonly number[] | null;
  readonly foundAreas: readonly number[] | null;
  /**
   * The areas for every place where the kernel may have been unpacked, the likeliest, which is `found`, first. Address
   * randomisation draws the place and no log says it; it moves some memory from one area to another.
   */
  readonly possibleAreas: readonly (readonly number[])[] | null;
}

/** Beyond these a log does not speak of a machine, and the model would take for ever. */
const maxCpus = 8192;
const maxNodes = 64;
const maxRamBytes = 16 * 1024 * gibBytes;

/** Whether a machine can have booted like that: RAM in ranges that do not overlap, with room for what lies in them. */
function isPlausible(host: ScratchHost): boolean {
  const { ramRanges = [], ramBytes, kernelStartBytes, kernelMemoryBytes, initrdStartBytes = 0, initrdBytes } = host;
  const { giganticPages, reserveMem = [], bounceBytes = 0, logBufBytes } = host;
  const sorted = [...ramRanges].sort((left, right) => left.startBytes - right.startBytes);
  const overlaps = sorted.some(({ startBytes }, index) => index > 0 && startBytes < sorted[index - 1]!.endBytes);
  const totalBytes = sum(ramRanges.map(({ startBytes, endBytes }) => endBytes - startBytes));
  const wantedBytes = [
    (giganticPages?.bytes ?? 0) * (giganticPages?.count ?? 0),
    sum(reserveMem.map(({ bytes }) => bytes)),
    bounceBytes,
    logBufBytes,
    initrdBytes,
    kernelMemoryBytes,
  ];
  const kernelEndBytes = (kernelStartBytes ?? 0) + kernelMemoryBytes;
  return (
    !overlaps &&
    host.cpuCount <= maxCpus &&
    host.numaNodeCount >= 1 &&
    host.numaNodeCount <= maxNodes &&
    Math.max(totalBytes, ramBytes) <= maxRamBytes &&
    sum(wantedBytes) <= ramBytes &&
    ramRanges.every(({ node }) => node < host.numaNodeCount) &&
    (kernelStartBytes !== undefined || listKernelPlaces(host).length > 0) &&
    (kernelStartBytes === undefined || initrdBytes === 0 || initrdStartBytes >= kernelEndBytes)
  );
}

/** The recorded machine as the model's boot needs it; undefined when the log lacks a part. */
function hostOf({ oldKernel }: RecordedLog): ScratchHost | undefined {
  const { ramBytes, cpuCount, nodeCount, kernelMemoryBytes, initrd, commandLine } = oldKernel;
  if (commandLine === undefined || nodeCount === undefined || cpuCount === undefined) return undefined;
  const scratch = parseScratch(commandLine);
  const measured = ramBytes !== undefined && kernelMemoryBytes !== undefined;
  if (scratch.kind === "percent" && !measured) return undefined;
  const { randomised, ...bootArguments } = parseBootArguments(commandLine);
  return {
    ramBytes: ramBytes ?? 0,
    cpuCount,
    numaNodeCount: nodeCount,
    kernelMemoryBytes: kernelMemoryBytes ?? 0,
    initrdBytes: initrd?.bytes ?? 0,
    logBufBytes: oldKernel.logBufBytes ?? 0,
    scratch,
    ...bootFactsOf(oldKernel),
    ...bootArguments,
    ...(randomised ? {} : { kernelStartBytes: preferredStartBytes }),
  };
}

/** The areas for each place that the kernel can have been unpacked at, the likeliest first. */
function possibleAreas(host: ScratchHost, release: string): readonly (readonly number[])[] {
  const rules = kernelFeatures(release).scratch;
  // Sizes that are given depend on no place.
  const isDrawn = host.scratch.kind === "percent" && host.kernelStartBytes === undefined;
  const places = isDrawn ? listKernelPlaces(host) : [host.kernelStartBytes ?? preferredStartBytes];
  const areas = places.map((kernelStartBytes) => listScratch(sizeScratch({ ...host, kernelStartBytes }, rules)));
  return [...new Map(areas.map((each) => [each.join(), each])).values()];
}

function isNear(expected: number, found: number): boolean {
  return Math.abs(found - expected) <= percentTolerance * expected;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Why the scratch of a log cannot be predicted, or nothing. */
function findObstacle(recording: RecordedLog, host: ScratchHost | undefined): string | undefined {
  const { oldKernel, scratchAreasBytes, failure } = recording;
  if (oldKernel.handedOver) return "the first kernel inherited it, from one that is not in the log [KHO-08]";
  if (!host) return "the log lacks the first kernel's command line, its Memory: line, or its CPUs and nodes";
  if (host.numaNodeCount > maxNodes) return `the log speaks of ${host.numaNodeCount} nodes`;
  if (host.scratch.kind === "percent" && !isPlausible(host))
    return "no machine boots with the memory that the log shows";
  if (!kernelVersions.includes(kernelLine(oldKernel.version ?? ""))) {
    return `Linux ${oldKernel.version ?? "of an unknown version"} is not modelled`;
  }
  if (scratchAreasBytes.length > 0) return undefined;
  return failure === undefined ? "no scratch_len line" : `the recorded program stopped at ${failure}`;
}

function ruleOf(host: ScratchHost | undefined, inherited: boolean): ScratchPrediction["rule"] {
  if (!host || inherited) return null;
  return host.scratch.kind === "fixed" ? "explicit" : "percent";
}

/**
 * Scratch from the host alone: fixed sizes exactly [REC-04]; a percentage's sum within a tenth, and each area within a
 * tenth for one of the places where the kernel may have been unpacked [REC-05].
 */
export function predictScratch(recording: RecordedLog): {
  readonly prediction: ScratchPrediction;
  readonly reasons: readonly string[];
} {
  const { scratchAreasBytes: recorded, oldKernel } = recording;
  const host = hostOf(recording);
  const obstacle = findObstacle(recording, host);
  const known = recorded.length > 0;
  const base = { expected: known ? sum(recorded) : null, expectedAreas: known ? recorded : null };
  const rule = ruleOf(host, oldKernel.handedOver);
  if (!host || obstacle !== undefined) {
    const prediction = { ...base, found: null, rule, foundAreas: null, possibleAreas: null };
    return { prediction, reasons: [`scratch: ${obstacle}`] };
  }
  const possible = possibleAreas(host, oldKernel.version!);
  const likeliest = possible[0]!;
  const prediction = { ...base, found: sum(likeliest), rule, foundAreas: likeliest, possibleAreas: possible };
  const fits = (expected: number, found: number): boolean =>
    rule === "explicit" ? expected === found : isNear(expected, found);
  const fitsAreas = (areas: readonly number[]): boolean =>
    areas.length === recorded.length && recorded.every((bytes, index) => fits(bytes, areas[index]!));
  const isMet = fits(sum(recorded), sum(likeliest)) && possible.some(fitsAreas);
  return { prediction, reasons: isMet ? [] : [`scratch: the log says ${recorded.join(", ")} bytes`] };
}
