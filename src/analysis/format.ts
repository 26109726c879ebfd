import { gibBytes, kibBytes, mibBytes, msNs, secNs, usNs } from "../base/index.ts";
import type { CatalogueRow } from "./queries.ts";

interface HumanUnit {
  readonly size: number;
  readonly name: string;
}

const timeUnits: readonly HumanUnit[] = [
  { size: 1, name: "ns" },
  { size: usNs, name: "µs" },
  { size: msNs, name: "ms" },
  { size: secNs, name: "s" },
];
const sizeUnits: readonly HumanUnit[] = [
  { size: 1, name: "B" },
  { size: kibBytes, name: "KiB" },
  { size: mibBytes, name: "MiB" },
  { size: gibBytes, name: "GiB" },
  { size: 1024 * gibBytes, name: "TiB" },
];

/** Digits behind the point that leave three significant ones. */
function threeDigits(value: number): number {
  if (value >= 99.95) return 0;
  return value >= 9.995 ? 1 : 2;
}

/** The largest unit in which the value is not below 1 once it is rounded. */
function unitFor(value: number, units: readonly HumanUnit[], step: number): HumanUnit {
  const fitting = units.filter(({ size }) => value >= size - size / (2 * step));
  return fitting.at(-1) ?? units[0]!;
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Length of time for people, three digits: `2.84 s`, `190 ms`. */
export function formatNs(ns: number): string {
  if (ns < 0) return `−${formatNs(-ns)}`;
  const unit = unitFor(ns, timeUnits, 1000);
  const value = ns / unit.size;
  if (unit.size === 1) return `${withoutZeros(value.toFixed(value < 10 ? 2 : 0))} ns`;
  return `${groupDigits(value.toFixed(threeDigits(value)))} ${unit.name}`;
}

const minuteNs = 60 * secNs;
const longUnits: readonly HumanUnit[] = [
  { size: minuteNs, name: "min" },
  { size: 60 * minuteNs, name: "h" },
  { size: 24 * 60 * minuteNs, name: "days" },
];

/** Length of time that may take days, in the largest unit of which there are two: `95.2 s`, `26.2 min`, `3.4 h`. */
export function formatLongNs(ns: number): string {
  const unit = longUnits.findLast(({ size }) => ns >= 2 * size);
  if (!unit) return formatNs(ns);
  const value = ns / unit.size;
  return `${groupDigits(withoutZeros(value.toFixed(value < 99.95 ? 1 : 0)))} ${unit.name}`;
}

/** Time that many VMs lose together, in seconds of one VM: `2,294 VM-s`. */
export function formatVmSeconds(ns: number): string {
  const seconds = ns / secNs;
  return `${groupDigits(seconds.toFixed(seconds === 0 ? 0 : threeDigits(seconds)))} VM-s`;
}

/** Size for people, at most three digits: `41 MiB`, `39.5 MiB`. */
export function formatBytes(bytes: number): string {
  const unit = unitFor(bytes, sizeUnits, 1024);
  const value = bytes / unit.size;
  return `${groupDigits(withoutZeros(value.toFixed(unit.size === 1 ? 0 : threeDigits(value))))} ${unit.name}`;
}

function groupDigits(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Whole or rounded number with thousands set apart: `454,011`. */
export function formatCount(count: number): string {
  return groupDigits(Number.isInteger(count) ? String(count) : count.toFixed(count < 100 ? 2 : 0));
}

/** Share of one for people: `13 %`, `0.13 %`. */
export function formatRatio(ratio: number): string {
  const percent = ratio * 100;
  if (percent !== 0 && percent < 0.01) return "< 0.01 %";
  return `${withoutZeros(percent.toFixed(percent < 1 ? 2 : 1))} %`;
}

/** A value in what a column beside it says: ns, bytes, number or text. */
export function formatMeasure(value: number, unit: string): string {
  if (unit === "ns") return formatNs(value);
  if (unit === "bytes") return formatBytes(value);
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(4)));
}

export function plural(count: number, noun: string, many: string = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : many}`;
}

/** Characters that are invisible, steer the direction of text or may not stand in XML. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const unsafeCharacters = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]/g;

/**
 * A name from outside, fit to be shown: no control characters, no lone surrogates, and cut to a length that a label,
 * a sentence or a table cell can hold.
 */
export function displayText(text: string, maxChars = 80): string {
  const visible = text
    .slice(0, maxChars * 2)
    .toWellFormed()
    .replace(unsafeCharacters, (found) =>
      found < " " ? String.fromCodePoint(0x2400 + found.codePointAt(0)!) : "\ufffd",
    );
  const characters = Array.from(visible);
  return characters.length > maxChars ? `${characters.slice(0, maxChars - 1).join("")}…` : visible;
}

/** A name cut in its middle: machines and steps are mostly told apart by their ends. */
export function displayLabel(text: string, maxChars = 24): string {
  const tail = Math.floor(maxChars / 2) - 1;
  const characters = Array.from(displayText(text.length > 400 ? text.slice(0, 200) + text.slice(-200) : text, 400));
  if (characters.length <= maxChars) return characters.join("");
  return `${characters.slice(0, maxChars - tail - 1).join("")}…${characters.slice(-tail).join("")}`;
}

/** Names of joined steps, as many as have room: the first and the last of them in any case. */
export function displaySteps(names: string, maxChars: number): string {
  const all = names.split(" + ");
  const isLong = names.length > maxChars && all.length > 2;
  return displayLabel(isLong ? `${all[0]} + … + ${all.at(-1)}` : names, maxChars);
}

/**
 * Rounds parts so that they add up to the rounded total, by the method of the largest remainder.
 *
 * Units    `step` is the size of one printed unit, for instance 10 ms
 */
export function roundParts(parts: readonly number[], step: number): number[] {
  const exact = parts.map((part) => part / step);
  const floors = exact.map(Math.floor);
  const target = Math.round(exact.reduce((sum, part) => sum + part, 0));
  const missing = target - floors.reduce((sum, part) => sum + part, 0);
  const byRemainder = exact
    .map((part, index) => ({ index, remainder: part - floors[index]! }))
    .sort((left, right) => right.remainder - left.remainder || left.index - right.index)
    .slice(0, missing);
  for (const { index } of byRemainder) floors[index] = floors[index]! + 1;
  return floors;
}

/** A total and its parts in one unit, such that the printed parts add up to the printed total. */
export function formatSum(parts: readonly number[]): { readonly total: string; readonly parts: readonly string[] } {
  const totalNs = parts.reduce((sum, part) => sum + part, 0);
  const unit = unitFor(totalNs, timeUnits, 1000);
  // Two digits behind the point of seconds: parts of 10 ms show beside a total of 10 s.
  const digits =
    unit.size === 1
      ? 0
      : Math.max(threeDigits(totalNs / unit.size), unit.size === secNs && totalNs < 100 * secNs ? 2 : 0);
  const rounded = roundParts(parts, unit.size / 10 ** digits);
  const print = (steps: number) => groupDigits((steps / 10 ** digits).toFixed(digits));
  // A part that is there is not printed as nothing.
  const printPart = (steps: number, index: number) =>
    steps === 0 && parts[index]! > 0 ? `<${print(1)}` : print(steps);
  return {
    total: `${print(rounded.reduce((sum, part) => sum + part, 0))} ${unit.name}`,
    parts: rounded.map(printPart),
  };
}

export type HeadlineRow = CatalogueRow<"headline">;

/** The answer in one sentence: how long VMs stand still, and why, and what memory it takes. */
export function headlineSentence(row: HeadlineRow): string {
  const sum = formatSum([row.freeze_ns, row.serialize_ns, row.kexec_ns, row.restore_ns]);
  const [freeze, serialize, kexec, restore] = sum.parts;
  const memory = `${formatBytes(row.metadata_bytes)} of metadata and ${formatBytes(row.scratch_bytes)} of scratch`;
  const time = `${sum.total} = freeze ${freeze} + serialize ${serialize} + kexec ${kexec} + restore ${restore}`;
  if (row.vm_count === 0)
    return `This host has no VM that would stand still in the update's ${time}; it takes ${memory}`;
  const [who, them] = row.vm_count === 1 ? ["VM", "it"] : ["VMs", "them"];
  return `This host's ${who} would stand still for ${time}; preserving ${them} takes ${memory}`;
}

/** What stands behind the headline: the range, the VMs, the worst of them, and how much of the profile is assumed. */
export function confidenceSentence(row: HeadlineRow): string {
  const profile = displayText(row.profile_name, 60);
  const range = `With every constant at the low or the high end of its range it is ${formatNs(row.blackout_low_ns)} or ${formatNs(row.blackout_high_ns)}.`;
  const vms = `${plural(row.vm_count, "VM")} with ${formatBytes(row.guest_bytes)} of memory`;
  const worst =
    row.worst_vm_name === null
      ? `${vms}.`
      : `${vms}; ${displayText(row.worst_vm_name, 60)} stands still longest, ${formatNs(row.worst_vm_ns ?? 0)} (${formatNs(row.worst_vm_low_ns ?? 0)} to ${formatNs(row.worst_vm_high_ns ?? 0)}).`;
  const profileUse = `Of the ${plural(row.used_constant_count, "constant")} that this run takes from cost profile ${profile}, ${formatCount(row.used_assumed_count)} ${row.used_assumed_count === 1 ? "is" : "are"} assumed and not measured.`;
  return `${range} ${worst} ${profileUse}`;
}

/** How near predictions come to recordings, in one sentence. */
export function comparisonSentence(row: CatalogueRow<"comparison-headline">): string {
  const profile = `Cost profile ${displayText(row.profile_name, 60)}`;
  if (row.blackout_count === 0 || row.median_ratio === null) {
    return `${profile} is set beside ${plural(row.recording_count, "recording")}, none of which times a whole blackout`;
  }
  const worst =
    row.worst_ratio === null || row.worst_name === null
      ? ""
      : ` and ${formatRatio(Math.abs(row.worst_ratio))} at worst (${displayText(row.worst_name, 40)})`;
  const isSplit = row.unseen_blackout_count > 0 && row.unseen_blackout_count < row.blackout_count;
  const unseen =
    isSplit && row.unseen_median_ratio !== null
      ? `; of the ${formatCount(row.unseen_blackout_count)} that no fit has seen, by ${formatRatio(row.unseen_median_ratio)}`
      : "";
  return (
    `${profile} misses the blackout of ${plural(row.blackout_count, "recorded update")} by ` +
    `${formatRatio(row.median_ratio)} in the median${worst}${unseen}`
  );
}

/** From the low to the high end of a length, where they differ when printed. */
function rangeWords(low: string, base: string, high: string): string {
  return low === base && high === base ? "" : ` (${low} to ${high})`;
}

/** What a rollout takes and costs, in one sentence. */
export function fleetSentence(row: CatalogueRow<"fleet-headline">): string {
  const total = formatLongNs(row.total_ns);
  const range = rangeWords(formatLongNs(row.total_low_ns), total, formatLongNs(row.total_high_ns));
  const done = row.updated_host_count + row.failed_host_count;
  const who = `${formatCount(done)} of ${plural(row.host_count, "host")}`;
  const lost = formatVmSeconds(row.pause_sum_ns);
  const lostRange = rangeWords(formatVmSeconds(row.pause_sum_low_ns), lost, formatVmSeconds(row.pause_sum_high_ns));
  const failed = row.failed_host_count === 0 ? "" : `, and ${formatVmSeconds(row.loss_sum_ns)} on hosts that fail`;
  const end =
    row.abort_batch_index === null
      ? `Updating ${who} takes ${total}${range}`
      : `The rollout ends with batch ${formatCount(row.abort_batch_index + 1)} of ${formatCount(row.batch_count)} after ${total}${range}, with ${who} updated`;
  return `${end}; VMs stand still for ${lost}${lostRange} in updates${failed}`;
}
