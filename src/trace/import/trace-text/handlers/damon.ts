/**
 * DAMON's aggregations from `damon_aggregated` (include/trace/events/damon.h), one event a region:
 * `target_id=0 nr_regions=11 4194304-84365312: 0 1`, before Linux 5.18 without the age at the end.
 *
 * The regions of an aggregation follow one another within microseconds; the first one's time stands for all.
 */
import { ByteNames } from "../../byte-names.ts";
import { type AccessRegion, AccessTargets } from "../../damon/access-targets.ts";
import type { ImportContext } from "../../importer.ts";
import type { EventFields } from "../event-fields.ts";

const dash = 45;
const colon = 58;

interface Progress {
  left: number;
  lastStart: number;
  timeNs: number;
  startNs: number | null;
}

export class DamonEvents {
  readonly #targets: AccessTargets;
  readonly #names = new ByteNames();
  readonly #numbers: number[] = [];
  #progress: Progress[] = [];
  #target = 0;
  #regionCount = 0;
  #region: AccessRegion = { start: 0, end: 0, accessCount: 0, ageCount: null };

  constructor(context: ImportContext) {
    this.#targets = new AccessTargets(context);
  }

  get hasRegions(): boolean {
    return this.#targets.hasRegions;
  }

  #read(fields: EventFields): boolean {
    // Kernels before 5.18 name a target by an address beyond 2^53: it is a name and no number.
    if (!fields.find("target_id=") || !fields.word()) return false;
    const name = this.#names.index(fields.bytes, fields.wordStart, fields.wordEnd);
    if (!fields.find("nr_regions=") || !fields.whole()) return false;
    this.#regionCount = fields.value;
    if (!this.#readRegion(fields)) return false;
    this.#numbers[name] ??= this.#targets.target(`damon target ${this.#names.text(name)}`);
    this.#target = this.#numbers[name];
    return true;
  }

  #readRegion(fields: EventFields): boolean {
    // `trace-cmd report -R` prints the fields by name.
    const isRaw = fields.at < fields.end && fields.find("start=");
    if (!fields.whole()) return false;
    const start = fields.value;
    if (isRaw ? !fields.find("end=") : !fields.take(dash)) return false;
    if (!fields.whole()) return false;
    const end = fields.value;
    if (isRaw ? !fields.find("nr_accesses=") : !fields.take(colon)) return false;
    if (!fields.whole()) return false;
    const accessCount = fields.value;
    if (isRaw && !fields.find("age=")) fields.at = fields.end;
    const ageCount = fields.whole() ? fields.value : null;
    this.#region = { start, end, accessCount, ageCount };
    return AccessTargets.isSound(this.#region);
  }

  /** The first reading: which memory the targets have. */
  see(fields: EventFields): boolean {
    if (!this.#read(fields)) return false;
    this.#targets.see(this.#target, this.#region);
    return true;
  }

  settle(): void {
    this.#targets.settle();
  }

  /** A further file: its aggregations do not go on with those of the file before. */
  beginFile(): void {
    this.#progress = [];
  }

  /** The second reading. */
  write(fields: EventFields): void {
    if (!this.#read(fields)) return;
    const region = this.#region;
    const progress = (this.#progress[this.#target] ??= { left: 0, lastStart: 0, timeNs: -1, startNs: null });
    // Where events were lost, the addresses begin anew before the count is at its end.
    if (progress.left === 0 || region.start <= progress.lastStart) {
      progress.startNs = progress.timeNs < 0 ? null : Math.min(progress.timeNs, fields.timeNs);
      progress.timeNs = fields.timeNs;
      progress.left = this.#regionCount;
    }
    progress.left = Math.max(progress.left - 1, 0);
    progress.lastStart = region.start;
    const { timeNs, startNs } = progress;
    this.#targets.write(this.#target, region, { timeNs, startNs, sampleCount: null });
  }

  end(): void {
    this.#targets.end();
  }
}
