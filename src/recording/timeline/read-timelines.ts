import { basename } from "node:path";

import { readEvidence } from "../formats/read-evidence.ts";
import { groupEvidence, isSuspended, type Parts } from "./parts.ts";
import { buildSuspend } from "./suspend.ts";
import type { Timeline } from "./timeline.ts";
import { buildUpdate } from "./update.ts";

export interface TimelineOptions {
  /** From the start of the old kernel's printk clock to that of the new one's; undefined: not known. */
  readonly offsetNs?: number | undefined;
}

function nameOf({ evidence }: Parts): string {
  return evidence.map(({ path }) => basename(path)).join(" + ");
}

function isSuspend({ suspend, old, new: newer }: Parts): boolean {
  if ((suspend?.actions.length ?? 0) > 0) return true;
  const lone = old && newer ? undefined : (old ?? newer);
  return lone !== undefined && isSuspended(lone);
}

/** Puts evidence on timelines, one for each update or suspend. */
export function buildTimeline(parts: Parts, { offsetNs }: TimelineOptions = {}): Timeline {
  const name = nameOf(parts);
  return isSuspend(parts) ? buildSuspend(parts, name) : buildUpdate(parts, { name, offsetNs });
}

/**
 * Reads recordings of any known format and puts each on a timeline; files that are parts of one update share one.
 *
 * Errors   UsageError: no such file; FormatError: nothing in a file is known
 */
export function readTimelines(paths: readonly string[], options: TimelineOptions = {}): Timeline[] {
  return groupEvidence(paths.map(readEvidence)).map((parts) => buildTimeline(parts, options));
}
