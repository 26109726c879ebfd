/** Codes of column `direction`. */
const directions = { read: 0, write: 1, flush: 2, other: 3 } as const;

/** Operation codes of SCSI block commands (SBC-4): of 6, 10, 12, 16 bytes. */
const reads = [0x08, 0x28, 0xa8, 0x88];
/** Writes, with and without verification, and COMPARE AND WRITE. */
const writes = [0x0a, 0x2a, 0xaa, 0x8a, 0x2e, 0xae, 0x8e, 0x89];
/** SYNCHRONIZE CACHE. */
const flushes = [0x35, 0x91];

/** Direction of each operation code. */
export const directionOfCommand = Uint8Array.from({ length: 256 }, (_, code) => {
  if (reads.includes(code)) return directions.read;
  if (writes.includes(code)) return directions.write;
  return flushes.includes(code) ? directions.flush : directions.other;
});

/** Direction of a command that is given as its name or as its operation code in hexadecimal; undefined for other texts. */
export function directionOfText(text: string): number | undefined {
  if (text === "read" || text === "write") return directions[text];
  if (!/^(0x)?[0-9a-fA-F]{1,2}$/.test(text)) return undefined;
  return directionOfCommand[Number.parseInt(text, 16)];
}

/** Whether the command moves data at a place. */
export function hasPlace(direction: number): boolean {
  return direction === directions.read || direction === directions.write;
}
