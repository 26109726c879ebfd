import { createHash } from "node:crypto";
import { basename } from "node:path";

import { ByteLines } from "./formats/byte-lines.ts";
import { parseMessage } from "./formats/messages.ts";
import { parseEvidence } from "./formats/read-evidence.ts";
import { isTar, readTar } from "./formats/tar.ts";
import { KernelBootReader } from "./kernel-boot.ts";
import { type MeasuredSpan, measuredSpans } from "./measured-spans.ts";
import { readBytes, unpackBytes } from "./read.ts";
import { parseRecording, type Recording } from "./recorded.ts";
import type { KernelBoot } from "./recording.ts";
import { groupEvidence } from "./timeline/parts.ts";
import { buildTimeline } from "./timeline/read-timelines.ts";
import type { Timeline } from "./timeline/timeline.ts";

/** A bundle of a user's own host: its machine, and what it times; how many folios were preserved it does not say. */
export interface HostRecording {
  readonly kind: "host";
  readonly name: string;
  readonly sha256: string;
  readonly oldKernel: KernelBoot;
  readonly newKernel: KernelBoot;
  readonly spans: readonly MeasuredSpan[];
  /** As the trace counts them; undefined without one. */
  readonly sessionCount: number | undefined;
  readonly fileCount: number | undefined;
}

function readBoot(bytes: Buffer | undefined): KernelBoot {
  const reader = new KernelBootReader();
  const lines = new ByteLines(bytes ?? Buffer.alloc(0));
  while (lines.next()) {
    const message = parseMessage(lines.text());
    if (message) reader.add(message.text);
  }
  return reader.finish();
}

function countOf({ phases }: Timeline, name: string): number | undefined {
  const step = phases.flatMap(({ steps }) => steps).find((each) => each.name === name);
  return step && (step.count ?? 1);
}

function parseHost(name: string, bytes: Buffer, path: string): HostRecording {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const [parts] = groupEvidence([parseEvidence(path, bytes, sha256)]);
  const timeline = buildTimeline(parts!);
  const members = readTar(path, bytes);
  return {
    kind: "host",
    name,
    sha256,
    oldKernel: readBoot(members.get("pre/dmesg")),
    newKernel: readBoot(members.get("post/dmesg")),
    spans: measuredSpans(timeline),
    sessionCount: countOf(timeline, "create-session"),
    fileCount: countOf(timeline, "preserve-memory"),
  };
}

/**
 * Reads what a fit can be made to: a console log of the lab's, or a recorder's bundle.
 *
 * Errors   UsageError: no such file; FormatError: neither, not whole, or larger than 512 MiB
 */
export function readFitSource(path: string): Recording | HostRecording {
  const bytes = unpackBytes(path, readBytes(path));
  const name = basename(path).replace(/\.(log|tar|tgz)?(\.gz)?$/, "");
  return isTar(bytes) ? parseHost(name, bytes, path) : parseRecording(name, bytes, path);
}
