import { secNs } from "../../base/index.ts";
import { dataPageBytes, defaultMigration, type MigrationConfig, targetPageBytes, windowNs } from "../config.ts";
import type { SampledGuest } from "../sampled-log.ts";
import type { MigrationSample, RecordedRun } from "./runs.ts";

/** All that a prediction is made of: what it is not told, it cannot copy. */
export interface PredictionInputs {
  readonly config: Partial<MigrationConfig>;
  readonly guest: SampledGuest;
}

const mbitBytes = 1_000_000 / 8;

/** QEMU takes these states while the source still sends. */
const isSending = ({ status }: MigrationSample): boolean => status !== "completed" && status !== "failed";

function median(values: readonly number[]): number | undefined {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}

/**
 * Periods of dirty rates: a rate that changed was taken somewhere since the last answer.
 *
 * Source   QEMU migration/ram.c migration_update_rates: only when more than a second passed since the last one
 */
function readRates(samples: readonly MigrationSample[]): SampledGuest["rates"] {
  const ends: number[] = [];
  const rates: number[] = [];
  const throttles: number[] = [];
  let previous = { rate: 0, ns: 0 };
  let throttleSum = 0;
  let count = 0;
  for (const sample of samples) {
    const { dirtyPagesPerSec: rate, totalMs, throttleRatio } = sample;
    if (!isSending(sample) || rate === undefined) continue;
    const ns = totalMs * 1e6;
    const end = (previous.ns + ns) / 2;
    if (rate !== previous.rate && end > (ends.at(-1) ?? 0)) {
      ends.push(end);
      rates.push(rate);
      // What slowed the guest until the sync; the answer that shows the rate may already be of the next step.
      throttles.push(count === 0 ? throttleRatio : throttleSum / count);
      throttleSum = 0;
      count = 0;
    }
    throttleSum += throttleRatio;
    count++;
    previous = { rate, ns };
  }
  return {
    endNs: Float64Array.from(ends),
    pagesPerSec: Float64Array.from(rates),
    throttleRatio: Float64Array.from(throttles),
  };
}

/** Periods must differ by this much in length to show how pages grow with time; and what growth can be (*assumed*). */
const leastLengthRatio = 2;
const growthRange = { low: 0.4, high: 1 };

/**
 * How dirty pages grow with the length of a round, from the run's own periods: the slope of pages over time, both as
 * logarithms (MIG-18). Undefined where the periods are alike, or the guest was slowed meanwhile.
 */
function fitGrowth(
  { endNs, pagesPerSec, throttleRatio }: SampledGuest["rates"],
  loadEndNs: number,
): number | undefined {
  const points: { length: number; pages: number }[] = [];
  for (let row = 0; row < endNs.length; row++) {
    const lengthNs = endNs[row]! - (endNs[row - 1] ?? 0);
    const pages = (lengthNs / secNs) * pagesPerSec[row]!;
    if (endNs[row]! > loadEndNs || throttleRatio[row]! > 0 || !(pages > 0)) continue;
    points.push({ length: Math.log(lengthNs), pages: Math.log(pages) });
  }
  const lengths = points.map(({ length }) => length);
  if (points.length < 2 || Math.max(...lengths) - Math.min(...lengths) < Math.log(leastLengthRatio)) return undefined;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanLength = mean(lengths);
  const meanPages = mean(points.map(({ pages }) => pages));
  let product = 0;
  let square = 0;
  for (const { length, pages } of points) {
    product += (length - meanLength) * (pages - meanPages);
    square += (length - meanLength) ** 2;
  }
  return Math.min(growthRange.high, Math.max(growthRange.low, product / square));
}

/**
 * Zero pages that the first pass found: pages leave in the order of their numbers, so that the first that are as many as
 * the guest has are that pass. Where it was not ended, all that were found.
 */
function countZeroPages(samples: readonly MigrationSample[], totalPages: number): number {
  const counted = samples.filter(({ duplicatePages }) => duplicatePages !== undefined);
  const ended = counted.find(({ duplicatePages, normalPages }) => duplicatePages! + (normalPages ?? 0) >= totalPages);
  return Math.min(totalPages, (ended ?? counted.at(-1))?.duplicatePages ?? 0);
}

/** Differences of bandwidth beyond this are a setting of their own. */
const settingTolerance = 0.03;

/** The limit that the samples show, where it is not the default's. */
function readLimit(samples: readonly MigrationSample[]): Partial<MigrationConfig> {
  const rates = samples.filter(({ status, mbitPerSec }) => status === "active" && (mbitPerSec ?? 0) > 0);
  const measured = median(rates.map(({ mbitPerSec }) => mbitPerSec! * mbitBytes));
  const flushBytes = defaultMigration.flushPages * dataPageBytes;
  const windowBytes = Math.ceil((defaultMigration.maxBytesPerSec * windowNs) / secNs / flushBytes) * flushBytes;
  const usual = (windowBytes * secNs) / windowNs;
  if (measured === undefined || Math.abs(measured / usual - 1) <= settingTolerance) return {};
  return { maxBytesPerSec: measured, flushPages: 1 };
}

function readPostcopyRequest({ moments, spec }: RecordedRun): number {
  const { postcopyRequestSec, startSec } = moments;
  const sec = postcopyRequestSec === undefined ? spec.postcopyDelaySec : postcopyRequestSec - startSec;
  return Math.max(0, sec) * secNs;
}

/**
 * The only door from a recording to its prediction: memory, zero pages, flags, limits, rates and what operators did.
 *
 * Neither total time nor downtime, bytes or rounds pass; zero pages are those of the first pass, which
 * ends with the migration where there is no other.
 */
export function readInputs(run: RecordedRun): PredictionInputs {
  const { samples, spec, moments } = run;
  const totalBytes = Math.max(...samples.slice(0, 1000).map((sample) => sample.totalBytes ?? 0));
  const totalPages = Math.floor(totalBytes / targetPageBytes);
  const rates = readRates(samples);
  const zeroPages = countZeroPages(samples, totalPages);
  const last = samples.at(-1)!;
  const { startSec, loadEndSec, pauseSec } = moments;
  const config: Partial<MigrationConfig> = {
    mode: spec.mode,
    autoConverge: spec.autoConverge,
    ...readLimit(samples),
    ...(spec.mode === "postcopy" ? { postcopyAtNs: readPostcopyRequest(run) } : {}),
    ...(pauseSec === undefined ? {} : { pauseLeadNs: Math.max(0, startSec - pauseSec) * secNs }),
    // A migration that somebody ended, or that nobody saw to its end.
    ...(run.totalMs === undefined ? { cancelAtNs: last.totalMs * 1e6 } : {}),
  };
  const loadEndNs = loadEndSec === undefined ? Infinity : (loadEndSec - startSec) * secNs;
  const growthExponent = fitGrowth(rates, loadEndNs);
  return {
    config,
    guest: {
      dataPages: totalPages - zeroPages,
      zeroPages,
      rates,
      loadEndNs,
      ...(growthExponent === undefined ? {} : { growthExponent }),
    },
  };
}
