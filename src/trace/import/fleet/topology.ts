import { headText, type InputFile } from "../../source/input.ts";
import { jsonObject, readJsonItems } from "../../source/json.ts";
import type { ImportContext } from "../importer.ts";
import type { Inventory } from "./inventory.ts";

const maxHosts = 1_000_000;
const maxCpus = 65_535;

/** OpenDC's units of memory; a bare number counts bytes. */
const memoryUnits: Readonly<Record<string, number>> = {
  "": 1,
  bytes: 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

export function isTopology(file: InputFile): boolean {
  return /^\s*\{\s*"clusters"\s*:\s*\[[^]*?"hosts"\s*:\s*\[[^]*?"memorySize"/.test(headText(file).slice(0, 8192));
}

function memoryBytes(value: unknown): number {
  const [, number, unit] = /^(\d{1,16}(?:\.\d{1,6})?) ?(\w*)$/.exec(String(value)) ?? [];
  return Math.round(Number(number) * (memoryUnits[unit ?? "?"] ?? Number.NaN));
}

function repeats(value: unknown): number {
  return value === undefined
    ? 1
    : typeof value === "number" && Number.isInteger(value) && value >= 0
      ? value
      : Number.NaN;
}

/** Hosts of a topology: each as often as its `count` says. */
export async function readTopology(file: InputFile, context: ImportContext, inventory: Inventory): Promise<void> {
  let hosts = 0;
  const addHosts = (cluster: Readonly<Record<string, unknown>>, value: unknown, item: number): void => {
    const host = jsonObject(value);
    const cpu = jsonObject(host?.["cpu"]);
    const memory = memoryBytes(jsonObject(host?.["memory"])?.["memorySize"]);
    const cpuCount = Number(cpu?.["coreCount"]) * repeats(cpu?.["count"]);
    const count = repeats(host?.["count"]) * repeats(cluster["count"]);
    const isSound =
      Number.isInteger(cpuCount) && cpuCount > 0 && cpuCount <= maxCpus && Number.isSafeInteger(memory) && memory > 0;
    if (!isSound || !(count <= maxHosts - hosts)) {
      const expected = `a host with cpu.coreCount and memory.memorySize, and at most ${maxHosts} hosts`;
      inventory.refuse(file, item, expected, JSON.stringify(value) ?? "nothing");
    }
    for (let number = 1; number <= count; number++) {
      const name = typeof host?.["name"] === "string" ? host["name"] : "host";
      const clusterName = typeof cluster["name"] === "string" ? cluster["name"] : null;
      const shown = count > 1 ? `${name}-${number}` : name;
      inventory.addHost({
        name: shown,
        cluster: clusterName,
        cpuCount,
        memoryBytes: memory,
        numaNodeCount: null,
        isFreePart: false,
      });
      hosts++;
    }
  };
  const { items } = await readJsonItems(file, context.reader, ({ key, value, number }) => {
    if (key !== "clusters") return;
    const cluster = jsonObject(value);
    const list = cluster?.["hosts"];
    if (!cluster || !Array.isArray(list))
      inventory.refuse(file, number, "a cluster with hosts", JSON.stringify(value) ?? "");
    for (const host of list) addHosts(cluster, host, number);
  });
  inventory.addSource(
    { file: file.name, rows: items, kept_rows: items, dropped: [] },
    "a data centre's topology as OpenDC models it",
  );
}
