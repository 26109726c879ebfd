// ping's logs: the kit, ping's own totals, and the gap that a packet capture of the same run shows.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeFileSync } from "node:fs";

const samples = fileURLToPath(new URL("../../traces/samples", import.meta.url));
const folder = join(samples, "ping/20221126");
const names = ["lost-D", "lost-D-O", "lost-ipv6-D", "late-D-O", "own-link-down-D", "duplicates-reordered-D"];

describeImporter(
  "ping",
  ["lost-D-O", "late-D-O", "duplicates-reordered-D"].map((name) => ({
    golden: `ping-${name}`,
    files: [join(folder, `${name}.txt`)],
  })),
);

async function probesOf(path: string) {
  const imported = await importInto([path]);
  const source = openFolder("trace", imported.folder).sources.get("probe")!;
  return {
    ...imported,
    probes: readRows(traceSchema.probeTable, source) as unknown as {
      time_ns: number;
      answer_ns: number | null;
      sequence: number;
    }[],
  };
}

function importText(text: string) {
  const path = join(tempFolder(), "ping.log");
  writeFileSync(path, text);
  return probesOf(path);
}

describe("a log of ping -D", () => {
  test.each(names)(
    "%s: probes sent and answered are those of ping's own totals, and so are the round trips",
    async (name) => {
      const path = join(folder, `${name}.txt`);
      const text = readFileSync(path, "utf8");
      const [, sent, received] = /^(\d+) packets transmitted, (\d+) received/m.exec(text)!;
      const { probes, report } = await probesOf(path);
      const answered = probes.filter(({ answer_ns }) => answer_ns !== null);
      const printed = new Set([...text.matchAll(/icmp_seq=(\d+) .*time=/g)].map(([, sequence]) => sequence));
      expect(probes).toHaveLength(Number(sent));
      expect(answered).toHaveLength(printed.size);
      // Where an answer was printed, ping counted it, but for those that came behind its last probe.
      expect(printed.size - Number(received)).toBeGreaterThanOrEqual(0);
      expect(report.warnings.some(({ code }) => code === "totals-differ")).toBe(printed.size !== Number(received));
      expect(probes.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: Number(sent) }, (_, index) => index + 1),
      );
      const [, least, , most] = /^rtt min\/avg\/max\/mdev = ([\d.]+)\/([\d.]+)\/([\d.]+)\//m.exec(text)!;
      const trips = answered.map(({ time_ns, answer_ns }) => (answer_ns! - time_ns) / 1e6);
      expect(Math.abs(Math.min(...trips) - Number(least))).toBeLessThanOrEqual(0.005 * Number(least) + 1e-3);
      expect(Math.abs(Math.max(...trips) - Number(most))).toBeLessThanOrEqual(0.005 * Number(most) + 1e-3);
    },
  );

  test("shows the outage of the packet capture of the same run", async () => {
    const ping = await probesOf(join(folder, "lost-D.txt"));
    const answers = ping.probes.map(({ answer_ns: ns }) => ns ?? 0).filter((ns) => ns > 0);
    answers.sort((one, other) => one - other);
    const gaps = answers.map((ns, index) => ns - (answers[index - 1] ?? ns));
    // The link was down for 1.5 s.
    expect(Math.max(...gaps) / 1e9).toBeGreaterThan(1.4);
    expect(Math.max(...gaps) / 1e9).toBeLessThan(1.7);
  });

  test("that nobody answers has its probes at the pace that the totals tell", async () => {
    const { probes, report } = await probesOf(join(folder, "unreachable-D.txt"));
    expect(probes).toHaveLength(30);
    expect(probes.every(({ answer_ns }) => answer_ns === null)).toBe(true);
    expect(probes.at(-1)!.time_ns / 1e6).toBeCloseTo(7535, -1);
    expect(report.header.tables["event"]!.rows).toBe(30);
  });

  test("without -D is refused with what to do", async () => {
    await expect(probesOf(join(folder, "plain.txt"))).rejects.toMatchObject({
      hint: expect.stringMatching(/record it with -D/),
    });
  });

  test("goes on where the sequence begins again after 65535, and takes late answers across it", async () => {
    const line = (second: number, sequence: number) =>
      `[${1_700_000_000 + second}.000000] 64 bytes from 10.0.0.2: icmp_seq=${sequence} ttl=64 time=1.00 ms\n`;
    const late = (second: number, sequence: number) => line(second, sequence).replace("time=1.00", "time=500");
    const { probes } = await importText(line(0, 65_533) + line(1, 65_534) + line(3, 0) + late(2, 65_535) + line(5, 2));
    expect(probes.map(({ sequence, answer_ns }) => [sequence, answer_ns === null])).toEqual([
      [65_533, false],
      [65_534, false],
      [65_535, false],
      [65_536, false],
      [65_537, true],
      [65_538, false],
    ]);
  });

  test("with damaged numbers that claim millions of lost probes is refused", async () => {
    const lines = Array.from({ length: 100 }, (_, index) => {
      return `[17000000${String(index).padStart(2, "0")}.000000] 64 bytes from a: icmp_seq=${(index * 30_000) % 65_536} ttl=64 time=1 ms\n`;
    });
    await expect(importText(lines.join(""))).rejects.toThrow(/more than 1000000 probes without an answer/);
  });
});
