import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { afterAll, describe, expect, test } from "vitest";

import { tempFolder } from "../../../../test/kit/temp-folder.ts";
import { describeFolder, type TraceDescription } from "../../describe.ts";
import { openFolder } from "../../folder.ts";
import { readRows, readTable } from "../../read.ts";
import type { Table } from "../../schema/column.ts";
import {
  deviceIoTable,
  deviceTable,
  dmaTable,
  interruptTable,
  markTable,
  netPacketTable,
  pageWriteTable,
  tickTable,
} from "../../schema/trace-tables.ts";
import { validateTrace } from "../../validate.ts";
import { importTrace } from "../import-trace.ts";

const recordedFolder = fileURLToPath(new URL("../../../../traces/recorded", import.meta.url));

/** What is known of each recording from its own documentation, not from this code. */
const recordings = [
  { id: "vm-tcg-redis-nvme-net", ticks: 472, runs: 134_596, written: 304_334, distinct: 59_101, guestMib: 256 },
  { id: "vm-tcg-boot-redis", ticks: 740, runs: 203_507, written: 333_320, distinct: 29_890, guestMib: 192 },
  { id: "native-redis", ticks: 460, runs: 857_487, written: 1_236_603, distinct: 35_857, guestMib: 141 },
  { id: "native-sqlite", ticks: 103, runs: 61_082, written: 656_052, distinct: 22_101, guestMib: 87 },
];

/** Data rows of a recording's file, by the simplest means: the second opinion of these tests. */
function naiveRows(id: string, file: string): string[][] {
  const plain = join(recordedFolder, id, file);
  const text = existsSync(plain) ? readFileSync(plain, "utf8") : gunzipSync(readFileSync(`${plain}.gz`)).toString();
  return text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
}

async function importRecording(id: string) {
  const target = join(tempFolder(), id);
  const report = await importTrace({ inputs: [join(recordedFolder, id)], target });
  const { sources } = openFolder("trace", target);
  return { target, report, rows: (table: Table) => readRows(table, sources.get(table.name)!), sources };
}

/** What several tests look at, imported once. */
async function importTables(id: string, target: string) {
  const report = await importTrace({ inputs: [join(recordedFolder, id)], target });
  const { sources } = openFolder("trace", target);
  const rows = (table: Table) => readRows(table, sources.get(table.name)!);
  return {
    report,
    device: rows(deviceTable),
    device_io: rows(deviceIoTable),
    dma: rows(dmaTable),
    interrupt: rows(interruptTable),
    net_packet: rows(netPacketTable),
    mark: rows(markTable),
  };
}

/** Frame number of each virtual page of a recording of a process, by sorting them all. */
function naiveFrames(pages: readonly string[][]): Map<number, number> {
  const distinct = new Set(
    pages.flatMap(([, , start, count]) => Array.from({ length: Number(count) }, (_, index) => Number(start) + index)),
  );
  return new Map([...distinct].sort((left, right) => left - right).map((page, frame) => [page, frame]));
}

describe.each(recordings)("the recording $id", ({ id, ticks, runs, written, distinct, guestMib }) => {
  test("imports every tick and run, with the frames and times of a naive reading", async () => {
    const { target, report, sources } = await importRecording(id);
    expect(report.header.tables).toMatchObject({ tick: { rows: ticks }, page_write: { rows: runs } });
    const [vm] = (describeFolder(target) as TraceDescription).vms;
    expect(vm).toMatchObject({ written_pages: written, distinct_pages: distinct, guest_bytes: guestMib * 1024 * 1024 });
    expect(validateTrace(target)).toStrictEqual([]);

    const naive = naiveRows(id, "pages.csv");
    const frames = id.startsWith("native") ? naiveFrames(naive) : undefined;
    let row = 0;
    for (const batch of readTable(pageWriteTable, sources.get("page_write")!)) {
      const { time_ns, start_gfn, page_count } = batch.columns;
      for (let index = 0; index < batch.rows; index++, row++) {
        const [, timeUs, start, count] = naive[row]!.map(Number) as [number, number, number, number];
        const frame = frames ? frames.get(start) : start;
        if (time_ns![index] !== timeUs * 1000 || start_gfn![index] !== frame || page_count![index] !== count) {
          expect.fail(`row ${row + 1} differs from ${naive[row]!.join()}`);
        }
      }
    }
    expect(row).toBe(naive.length);
    expect(vm!.populated_pages).toBe(frames ? frames.size : distinct);
  });
});

test("the readings of ticks.csv become ticks, the first without a beginning", async () => {
  const { rows } = await importRecording("native-sqlite");
  const expected = naiveRows("native-sqlite", "ticks.csv").map(([, timeUs, , scanUs], index, all) => ({
    time_ns: Number(timeUs) * 1000,
    vm_index: 0,
    start_ns: index === 0 ? null : Number(all[index - 1]![1]) * 1000,
    scan_ns: Number(scanUs) * 1000,
  }));
  expect(rows(tickTable)).toStrictEqual(expected);
});

describe("the devices of vm-tcg-redis-nvme-net", () => {
  const id = "vm-tcg-redis-nvme-net";
  const events = naiveRows(id, "device.csv");
  const folder = mkdtempSync(join(tmpdir(), "luoscope-test-"));
  const imported = importTables(id, join(folder, id));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("are named and of their kinds", async () => {
    expect((await imported).device).toStrictEqual([
      { vm_index: 0, name: "apic", kind: 4 },
      { vm_index: 0, name: "nvme", kind: 1 },
      { vm_index: 0, name: "virtio-net", kind: 2 },
    ]);
  });

  test("have every submit with its completion", async () => {
    const submits = events.filter(([, , event]) => event === "submit");
    const ioCompletes = events.filter(([, , event, , queue]) => event === "complete" && queue !== "0");
    const naive = submits.map((submit) => {
      const completes = ioCompletes.filter(([time, , , cid]) => cid === submit[3] && Number(time) >= Number(submit[0]));
      return {
        submit_ns: Number(submit[0]) * 1000,
        complete_ns: Number(completes[0]![0]) * 1000,
        device_index: 1,
        bytes: Number(submit[5]!.split(":")[1]),
        direction: ["R", "W", "F"].indexOf(submit[4]!),
        offset_bytes: Number(submit[5]!.split(":")[0]) * 512,
      };
    });
    expect(naive).toHaveLength(469);
    expect((await imported).device_io).toStrictEqual(naive);
  });

  test("have every DMA transfer as frames", async () => {
    const naive = events
      .filter(([, , event]) => event === "dma")
      .map(([time, , , address, length, operation]) => {
        const first = Math.floor(Number(address) / 4096);
        const last = Math.floor((Number(address) + Number(length) - 1) / 4096);
        const direction = ["R", "W", "A"].indexOf(operation!);
        return {
          time_ns: Number(time) * 1000,
          device_index: 1,
          start_gfn: first,
          page_count: last - first + 1,
          direction,
        };
      });
    expect((await imported).dma).toStrictEqual(naive);
  });

  test("have every interrupt and packet", async () => {
    const { interrupt, net_packet } = await imported;
    expect(interrupt).toHaveLength(events.filter(([, , event]) => event === "irq").length);
    const packets = naiveRows(id, "net.csv").map(([time, direction, bytes, protocol, sourcePort, destinationPort]) => ({
      time_ns: Number(time) * 1000,
      device_index: 2,
      direction: ["in", "out", ""].indexOf(direction!),
      bytes: Number(bytes),
      ip_protocol: protocol === "6" ? 6 : null,
      source_port: sourcePort === "" ? null : Number(sourcePort),
      destination_port: destinationPort === "" ? null : Number(destinationPort),
    }));
    expect(net_packet).toStrictEqual(packets);
  });

  test("have each dropped row counted with its reason", async () => {
    const device = (await imported).report.sources.find(({ file }) => file === "device.csv.gz")!;
    const dropped = Object.fromEntries(device.dropped.map(({ code, rows }) => [code, rows]));
    expect(dropped).toStrictEqual({
      "doorbells-dropped": 471,
      "admin-completes-dropped": 276,
      "queue-events-dropped": 180_636,
    });
    expect(device.rows).toBe(267_980);
    expect(device.kept_rows + 471 + 276 + 180_636).toBe(device.rows);
    const warned = (await imported).report.warnings.filter(({ code }) => code in dropped);
    expect(Object.fromEntries(warned.map(({ code, rows }) => [code, rows]))).toStrictEqual(dropped);
  });

  test("leave the marks of the workload with them", async () => {
    expect((await imported).mark.map(({ name }) => name)).toStrictEqual([
      "boot_done",
      "redis_start",
      "redis_local_load",
      "idle1",
      "net_redis_set",
      "http_download",
      "gzip_disk",
      "idle2",
      "end",
    ]);
  });
});
