import { gibBytes, kibBytes, mibBytes, msNs, secNs, usNs } from "../../base/index.ts";

/** Axis labels of a logarithmic scale of times in ns, each in its own unit. */
export const timeLabel = [
  [secNs, "s"],
  [msNs, "ms"],
  [usNs, "µs"],
].reduceRight(
  (rest, [size, name]) => `datum.value >= ${size} ? format(datum.value / ${size}, '~r') + ' ${name}' : ${rest}`,
  "format(datum.value, '~r') + ' ns'",
);

/** Axis labels of a linear scale of times in ns, each in its own unit. */
export const linearTimeLabel = `datum.value === 0 ? '0' : ${timeLabel}`;

/** Ticks of a linear axis from 0 in whole minutes, hours or days, or in seconds where it is short. */
export function durationAxis(maxNs: number): { readonly values: readonly number[]; readonly labelExpr: string } {
  const minuteNs = 60 * secNs;
  const [unitNs, name] = (
    [
      [1440 * minuteNs, "d"],
      [60 * minuteNs, "h"],
      [minuteNs, "min"],
    ] as const
  ).find(([size]) => maxNs >= 3 * size) ?? [secNs, "s"];
  const wanted = maxNs / unitNs / 9;
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1e-9)));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10) * power;
  const values = Array.from(
    { length: Math.floor(maxNs / unitNs / step + 1e-9) + 1 },
    (_, tick) => tick * step * unitNs,
  );
  return { values, labelExpr: `datum.value === 0 ? '0' : format(datum.value / ${unitNs}, '.6~r') + ' ${name}'` };
}

/** Axis labels of a linear scale of bytes, each in its own unit. */
export const bytesLabel = [
  [1024 * gibBytes, "TiB"],
  [gibBytes, "GiB"],
  [mibBytes, "MiB"],
  [kibBytes, "KiB"],
].reduceRight(
  (rest, [size, name]) => `datum.value >= ${size} ? format(datum.value / ${size}, '.4~r') + ' ${name}' : ${rest}`,
  "format(datum.value, '.4~r') + ' B'",
);

/** Round sizes from one value to another, about so many or fewer: multiples of a power of two. */
export function byteTicks(low: number, high: number, about = 9): number[] {
  const step = 2 ** Math.ceil(Math.log2(Math.max((high - low) / about, 1)));
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

/** 1, 2 and 5 times powers of ten from one value to another. */
export function roundLogTicks(low: number, high: number): number[] {
  return powersOfTen(low / 10, high)
    .flatMap((power) => [1, 2, 5].map((factor) => factor * power))
    .filter((tick) => tick >= low && tick <= high);
}

/** Axis labels of shares of one that may be small. */
export const shareLabel = "format(datum.value * 100, '~r') + ' %'";

/** A logarithmic scale with a place for zero. */
export interface ZeroLog {
  /** Where zero stands. */
  readonly zero: number;
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly number[];
  readonly labelExpr: string;
  readonly place: (value: number) => number;
}

/** Zero stands one power of ten below the one under the smallest value. */
export function zeroLog(values: readonly number[], label: string, range: readonly number[] = []): ZeroLog {
  const positive = [...values, ...range].filter((value) => value > 0);
  const [low, high] = positive.length > 0 ? [Math.min(...positive), Math.max(...positive)] : [1, 10];
  const lowest = 10 ** Math.floor(Math.log10(low) + 1e-9);
  const zero = lowest / 10;
  return {
    zero,
    domain: [zero, Math.max(high * 1.5, lowest * 10)],
    ticks: [zero, ...powersOfTen(lowest, Math.max(high * 1.5, lowest * 10))],
    labelExpr: `datum.value < ${lowest * 0.5} ? '0' : ${label}`,
    place: (value) => (value > 0 ? value : zero),
  };
}

/** Powers of ten from one value to another, at most so many, the others left out evenly. */
export function powersOfTen(low: number, high: number, most = 12): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / most));
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index));
  return powers.filter((_, index) => index % stride === 0);
}

/** Widens a range of positive values by a share of its logarithm, so that no mark lies on an edge. */
export function logDomain(values: readonly number[], factor = 1.4): readonly [low: number, high: number] {
  return [Math.min(...values) / factor, Math.max(...values) * factor];
}

/** Axis labels of a signed share of one. */
export const percentLabel =
  "(datum.value > 0 ? '+' : datum.value < 0 ? '−' : '') + format(abs(datum.value) * 100, '.6~f') + ' %'";

/** A signed share of one, for a label: `+4.2 %`, `−11.4 %`. */
export function signedPercent(ratio: number): string {
  const percent = Math.abs(ratio * 100);
  const text = percent.toFixed(percent < 0.1 ? 2 : 1);
  if (Number(text) === 0) return "0 %";
  return `${ratio < 0 ? "−" : "+"}${text} %`;
}

/** How a prediction is off, in words: `11.4 % too short`. */
export function errorWords(ratio: number): string {
  const percent = Math.abs(ratio * 100);
  const text = percent.toFixed(percent < 0.1 ? 2 : 1);
  return Number(text) === 0 ? "not off" : `${text} % too ${ratio < 0 ? "short" : "long"}`;
}
