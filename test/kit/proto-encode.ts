// Protobuf messages by the numbers of their fields, for traces that are made by hand.
/** Packets written by hand: field numbers and values. */
export type ProtoValue =
  | number
  | bigint
  | string
  | Buffer
  | { readonly [field: number]: ProtoValue | readonly ProtoValue[] };

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function encodeField(field: number, value: ProtoValue): Buffer {
  if (typeof value === "number" || typeof value === "bigint") {
    if (typeof value === "number" && !Number.isInteger(value)) {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value);
      return Buffer.concat([varint(BigInt((field << 3) | 1)), bytes]);
    }
    return Buffer.concat([varint(BigInt(field << 3)), varint(BigInt(value))]);
  }
  const bytes = Buffer.isBuffer(value) ? value : typeof value === "string" ? Buffer.from(value) : encodeProto(value);
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}

function isList(value: ProtoValue | readonly ProtoValue[]): value is readonly ProtoValue[] {
  return Array.isArray(value);
}

export function encodeProto(message: { readonly [field: number]: ProtoValue | readonly ProtoValue[] }): Buffer {
  return Buffer.concat(
    Object.entries(message).flatMap(([field, value]) =>
      (isList(value) ? value : [value]).map((one) => encodeField(Number(field), one)),
    ),
  );
}
