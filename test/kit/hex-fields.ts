/** Bytes as a table that names each field: offset, name, bytes, and the text of bytes that can be printed. */
export function hexFields(
  bytes: Uint8Array,
  fields: readonly (readonly [name: string, lengthBytes: number])[],
): string {
  const lines: string[] = [];
  let offset = 0;
  for (const [name, length] of fields) {
    const hex = Buffer.from(bytes.subarray(offset, offset + length))
      .toString("hex")
      .replaceAll(/..(?=.)/g, "$& ");
    // Long fields are mostly zeros: those at the end are counted.
    const short = hex.replace(/(?: 00){8,}$/, (zeros) => ` 00*${zeros.length / 3}`);
    lines.push(`${offset.toString(16).padStart(4, "0")}  ${name.padEnd(20)} ${short}`);
    offset += length;
  }
  return lines.join("\n");
}
