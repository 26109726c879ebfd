import { formatBytes, formatCount } from "../analysis/format.ts";
import { formatTable } from "./table.ts";

interface ExportedFile {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What an export wrote: its files where there are several, and the whole. */
export function formatExport({
  path,
  format,
  bytes,
  files = [],
}: {
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
  readonly files?: readonly ExportedFile[];
}): string {
  const whole = `${format}  ${path} (${formatBytes(bytes)})`;
  if (files.length < 2) return whole;
  const rows = files.map(({ file, rows, bytes }) => [file, formatCount(rows), formatBytes(bytes)]);
  return `${formatTable(["file", "rows", "size"], rows, [false, true, true])}\n\n${whole}`;
}
