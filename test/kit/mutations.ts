// Ways to break a file.

export type Random = (below: number) => number;

/** Changes a file at random; `others` are files to take pieces from. */
type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** Most bytes that are taken from another file at a time. */
const maxPieceBytes = 400_000;

/** A piece of a large sample, so that a round stays short. */
export function pickPiece(all: readonly Buffer[], random: Random): Buffer {
  const bytes = all[random(all.length)]!;
  if (bytes.length <= maxPieceBytes || random(4) === 0) return Buffer.from(bytes);
  const start = random(bytes.length - maxPieceBytes);
  return Buffer.from(bytes.subarray(start, start + maxPieceBytes));
}

function splitLines(bytes: Buffer): string[] {
  return bytes.toString("latin1").split("\n");
}

const numbers = [
  "0",
  "-1",
  "NaN",
  "1e308",
  "9007199254740993",
  "99999999999999999999.9",
  "4294967296",
  "0.0000001",
  "",
];

export const mutations: Readonly<Record<string, Mutation>> = {
  flip: (bytes, random) => {
    for (let count = 1 + random(40); count > 0 && bytes.length > 0; count--) bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  cut: (bytes, random) => {
    const start = random(bytes.length + 1);
    return bytes.subarray(start, start + random(bytes.length - start + 1));
  },
  hole: (bytes, random) => {
    const start = random(bytes.length + 1);
    const end = start + random(Math.min(50_000, bytes.length - start) + 1);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  splice: (bytes, random, all) => {
    const other = pickPiece(all, random);
    const at = random(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length + 1)), bytes.subarray(at)]);
  },
  duplicate: (bytes, random) => {
    const lines = splitLines(bytes);
    const start = random(lines.length);
    lines.splice(random(lines.length), 0, ...lines.slice(start, start + 1 + random(200)));
    return Buffer.from(lines.join("\n"), "latin1");
  },
  reorder: (bytes, random) => {
    const lines = splitLines(bytes);
    for (let count = 1 + random(100); count > 0; count--) {
      const [left, right] = [random(lines.length), random(lines.length)];
      [lines[left], lines[right]] = [lines[right]!, lines[left]!];
    }
    return Buffer.from(lines.join("\n"), "latin1");
  },
  interleave: (bytes, random, all) => {
    const [left, right] = [splitLines(bytes), splitLines(pickPiece(all, random))];
    const mixed: string[] = [];
    while (left.length > 0 || right.length > 0) {
      const from = random(2) === 0 || right.length === 0 ? left : right;
      mixed.push(...from.splice(0, 1 + random(50)));
    }
    return Buffer.from(mixed.join("\n"), "latin1");
  },
  numbers: (bytes, random) => {
    const lines = splitLines(bytes);
    for (let count = 1 + random(30); count > 0; count--) {
      const at = random(lines.length);
      lines[at] = lines[at]!.replace(/\d[\d.]*/, numbers[random(numbers.length)]!);
    }
    return Buffer.from(lines.join("\n"), "latin1");
  },
};

const names = Object.keys(mutations);

/** One of the mutations, by chance. */
export function mutate(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  return mutations[names[random(names.length)]!]!(bytes, random, others);
}
