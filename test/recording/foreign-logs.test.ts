// Logs of other machines, recorded by others: what a timeline makes of them, and what other tools read in them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { readTimelines, type Step, type Timeline } from "../../src/recording/index.ts";
import { logFolder, suspendFolder } from "./beside.ts";
import { violationsOf } from "./invariants.ts";
import { stepOf } from "./step-of.ts";

/** Rows of a CSV beside the repository, by the names of its columns. */
function rowsOf(path: string): Record<string, string>[] {
  const [head, ...rows] = readFileSync(path, "utf8").trim().split("\n");
  const names = head!.split(",");
  return rows.map((row) => {
    const cells = row.match(/("[^"]*"|[^,]*)(,|$)/g)!.map((cell) => cell.replace(/,$/, "").replaceAll('"', ""));
    return Object.fromEntries(names.map((name, index) => [name, cells[index]!]));
  });
}

describe.skipIf(!existsSync(suspendFolder))(`suspends of a real machine, in ${suspendFolder}`, () => {
  test.each(["mem", "freeze"])("%s: phases and devices as another tool reads them", (run) => {
    const [timeline] = readTimelines([
      join(suspendFolder, `skynet_${run}_ftrace.txt.gz`),
      join(suspendFolder, `skynet_${run}_dmesg.txt.gz`),
    ]);
    expect(violationsOf(timeline!)).toEqual([]);
    const originNs = -timeline!.clocks[0]!.zeroNs!;
    const steps = timeline!.phases.flatMap(({ steps }) => steps);
    const known = new Map(
      [...steps, ...steps.flatMap(({ children = [] }) => children)].map((step) => [
        step.name.replace(/^(?!CPU|machine)(.*)\[\d+\]$/, "$1"),
        step,
      ]),
    );
    const expected = rowsOf(join(suspendFolder, "phases.csv")).filter(
      (row) => row["run"] === run && row["phase"] !== "suspend_enter",
    );
    expect(expected.length).toBeGreaterThan(10);
    for (const { phase, begin_s, end_s } of expected) {
      const step = known.get(phase!)!;
      expect([step.startNs! + originNs, step.endNs! + originNs], phase).toEqual(
        [begin_s, end_s].map((text) => Math.round(Number(text) * 1e9)),
      );
    }
    const callbacks = steps.flatMap(({ name, children = [] }) =>
      children
        .filter(({ detail }) => detail?.includes("parent"))
        .map((child) => ({ phase: name.split("[")[0]!, child })),
    );
    const found = callbacks
      .map(
        ({ phase, child }) =>
          `${phase} ${child.name} ${Math.round((child.startNs! + originNs) / 1000)} ${child.durationNs! / 1000}`,
      )
      .sort();
    const rows = rowsOf(join(suspendFolder, "device_callbacks.csv"))
      .filter((row) => row["run"] === run)
      .map(({ phase, device, begin_s, dur_us }) => {
        return `${phase} ${device} ${Math.round(Number(begin_s) * 1e6)} ${dur_us}`;
      });
    expect(rows.filter((row) => !found.includes(row))).toEqual([]);
    // That tool leaves out devices without a driver, and names with spaces.
    const more = found.filter((row) => !rows.includes(row));
    expect(more.filter((row) => !/ (ata\d|Fixed MDIO bus\.0) /.test(row))).toEqual([]);
    expect(found).toHaveLength(rows.length + 14);
  });
});

describe.skipIf(!existsSync(logFolder))(`logs of mailing lists, in ${logFolder}`, () => {
  const read = (name: string): Timeline => {
    const [timeline] = readTimelines([join(logFolder, name)]);
    expect(violationsOf(timeline!)).toEqual([]);
    return timeline!;
  };
  const msOf = ({ durationNs, durationLowNs }: Step): string => ((durationNs ?? durationLowNs)! / 1e6).toFixed(1);
  const expected = new Map(
    existsSync(logFolder)
      ? rowsOf(join(logFolder, "timings.csv")).map((row) => [`${row["source"]} ${row["phase"]}`, Number(row["ms"])])
      : [],
  );
  const timing = (phase: string): string => expected.get(phase)!.toFixed(1);

  test("a kexec of POWER9", () => {
    const timeline = read("power9-lpar-kexec-boot.log");
    const source = "power9-lpar-kexec-boot.log";
    expect(msOf(stepOf(timeline, "stop-cpus"))).toBe(timing(`${source} kexec start -> switchover`));
    expect(msOf(stepOf(timeline, "start-cpus"))).toBe(timing(`${source} secondary CPU bring-up (31 CPUs)`));
    const [unpack] = stepOf(timeline, "initcalls + unpack-initrd").children!;
    expect(msOf(unpack!)).toBe(timing(`${source} initramfs unpack (26880 KiB)`));
    expect(stepOf(timeline, "start-userspace").detail).toContain("5279 ms without a message");
    expect(timeline.window.durationNs).toBeNull();
  });

  test("CPUs that go one by one", () => {
    const kexec = stepOf(read("arm64-vm-kexec-cpu-kill.log"), "stop-cpus + copy-image + decompress");
    expect(msOf(kexec)).toBe("2542.5");
    expect(kexec).toMatchObject({ endNs: null, endHighNs: null });
    expect(kexec.children).toHaveLength(14);
    const [offline] = read("arm64-host-cpu-offline-under-fio.log").phases[0]!.steps;
    const lengths = offline!.children!.map(({ durationNs }) => durationNs! / 1e6).sort((left, right) => left - right);
    expect(Math.abs(lengths[Math.floor(lengths.length / 2)]! - 41)).toBeLessThan(3);
  });

  test("a suspend of an arm64 board", () => {
    const timeline = read("tegra-suspend.log");
    const sync = timeline.phases.find(({ name }) => name === "sync_filesystems")!;
    const off = timeline.phases.find(({ name }) => name === "CPU_OFF")!;
    expect(((off.endNs! - sync.endNs!) / 1e6).toFixed(1)).toBe(
      timing("tegra-suspend.log fs sync -> non-boot CPUs off"),
    );
  });
});
