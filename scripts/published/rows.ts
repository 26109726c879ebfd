/** Published rows that constants are made of: id, value and unit as in the project's table of published measurements. */
export const publishedRows = {
  "A2-load-2M-t16": { value: 105, unit: "ms" },
  "A2-load-4K-t16": { value: 516, unit: "ms" },
  "A2-save-2M-t16": { value: 22, unit: "ms" },
  "A2-save-4K-t16": { value: 232, unit: "ms" },
  "A3-load-2M-unit": { value: 14687.5, unit: "ns/folio" },
  "A3-load-4K-unit": { value: 337, unit: "ns/folio" },
  "A3-save-2M-unit": { value: 1132.8, unit: "ns/folio" },
  "A3-save-4K-unit": { value: 86.4, unit: "ns/folio" },
  "B1-nvme-one": { value: 4.5, unit: "s" },
  "C6-x86-jump-base": { value: 500, unit: "ms" },
  "C7-x86-decompress": { value: 150, unit: "ms" },
  "E1-BDW-t0-kernel": { value: 1988.7, unit: "ms" },
  "E1-BDW-t0-memmap": { value: 1096, unit: "ms" },
  "E1-SKX-t0-kernel": { value: 4089.7, unit: "ms" },
  "E1-SKX-t0-memmap": { value: 1785.7, unit: "ms" },
  "E1-ZEN64-t16-kernel": { value: 813.7, unit: "ms" },
  "E1-ZEN64-t16-memmap": { value: 47, unit: "ms" },
  "F6-srcu": { value: 20, unit: "ms" },
  "G6-prefault-4k": { value: 148, unit: "ms/GiB" },
  "G6-prefault-thp": { value: 30.6, unit: "ms/GiB" },
  "J2-legacy": { value: 1.16, unit: "us/fault" },
  "J2-tdp": { value: 2.53, unit: "us/fault/vCPU" },
  "J4-2M": { value: 5.74, unit: "us/2M" },
  "J4-2M-new": { value: 3.3, unit: "us/2M" },
  "J4-4K": { value: 66.8, unit: "ns/page" },
  "J5-uv": { value: 37, unit: "ms/cpu" },
  "J5-uv-par": { value: 7.3, unit: "ms/cpu" },
  "J7-reloc-on": { value: 0.89, unit: "ms/MiB" },
  "J8-nvme": { value: 5, unit: "s/drive" },
  "J9-HSW14-serial": { value: 33.3, unit: "ns/page" },
  "J9-SKX-serial": { value: 17.7, unit: "ns/page" },
  "J9-ZEN16-serial": { value: 11.8, unit: "ns/page" },
} as const;

export type RowId = keyof typeof publishedRows;

export function rowValue(id: RowId): number {
  return publishedRows[id].value;
}
