// Captures as bytes, for what no tool at hand writes.

type Order = "little" | "big";

export function u16(value: number, order: Order = "big"): Buffer {
  const bytes = Buffer.alloc(2);
  if (order === "big") bytes.writeUInt16BE(value);
  else bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number, order: Order = "big"): Buffer {
  const bytes = Buffer.alloc(4);
  if (order === "big") bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint, order: Order = "big"): Buffer {
  const bytes = Buffer.alloc(8);
  if (order === "big") bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  else bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

export interface ClassicPacket {
  readonly second: number;
  readonly part: number;
  readonly bytes: Buffer;
  readonly wireBytes?: number;
}

export function classicCapture(linkType: number, packets: readonly ClassicPacket[], snapBytes = 65_535): Buffer {
  const head = [u32(0xa1b2c3d4), u16(2), u16(4), u32(0), u32(0), u32(snapBytes), u32(linkType)];
  const records = packets.flatMap(({ second, part, bytes, wireBytes }) => [
    u32(second),
    u32(part),
    u32(bytes.length),
    u32(wireBytes ?? bytes.length),
    bytes,
  ]);
  return Buffer.concat([...head, ...records]);
}

/** Blocks of one section in one byte order. */
export class SectionWriter {
  readonly #order: Order;
  readonly #parts: Buffer[] = [];

  constructor(order: Order) {
    this.#order = order;
    this.block(0x0a0d0d0a, [u32(0x1a2b3c4d, order), u16(1, order), u16(0, order), u64(-1n, order)]);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  block(type: number, body: readonly Buffer[]): this {
    const whole = padded(Buffer.concat(body));
    const length = u32(whole.length + 12, this.#order);
    this.#parts.push(u32(type, this.#order), length, whole, length);
    return this;
  }

  options(options: readonly (readonly [number, Buffer])[]): Buffer {
    if (options.length === 0) return Buffer.alloc(0);
    const parts = options.map(([code, value]) =>
      Buffer.concat([u16(code, this.#order), u16(value.length, this.#order), padded(value)]),
    );
    return Buffer.concat([...parts, u32(0)]);
  }

  interface(linkType: number, options: readonly (readonly [number, Buffer])[] = []): this {
    return this.block(1, [u16(linkType, this.#order), u16(0), u32(0), this.options(options)]);
  }

  packet(id: number, ticks: bigint, bytes: Buffer, options: readonly (readonly [number, Buffer])[] = []): this {
    const lengths = [u32(bytes.length, this.#order), u32(bytes.length, this.#order)];
    return this.block(6, [
      u32(id, this.#order),
      ...this.#halves(ticks),
      ...lengths,
      padded(bytes),
      this.options(options),
    ]);
  }

  /** The obsolete packet block. */
  oldPacket(id: number, drops: number, ticks: bigint, bytes: Buffer): this {
    const lengths = [u32(bytes.length, this.#order), u32(bytes.length, this.#order)];
    return this.block(2, [u16(id, this.#order), u16(drops, this.#order), ...this.#halves(ticks), ...lengths, bytes]);
  }

  simplePacket(bytes: Buffer): this {
    return this.block(3, [u32(bytes.length, this.#order), bytes]);
  }

  /** 64 bits of time stand as two words, the higher one first, whatever the byte order. */
  #halves(ticks: bigint): Buffer[] {
    const bits = BigInt.asUintN(64, ticks);
    return [u32(Number(bits >> 32n), this.#order), u32(Number(bits & 0xffffffffn), this.#order)];
  }
}

/** An IPv4 packet; `options` are 32-bit words, `fragment` the offset in units of 8 bytes. */
export function ipv4(protocol: number, payload: Buffer, { options = 0, fragment = 0 } = {}): Buffer {
  const header = Buffer.alloc(20 + 4 * options);
  header[0] = 0x45 + options;
  header.writeUInt16BE((header.length + payload.length) % 65_536, 2);
  header.writeUInt16BE(fragment, 6);
  header[9] = protocol;
  return Buffer.concat([header, payload]);
}

/** An IPv6 packet, whose payload begins with what `next` names. */
export function ipv6(next: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = next;
  return Buffer.concat([header, payload]);
}

/** Ports and nothing else of TCP or UDP. */
export function ports(source: number, destination: number): Buffer {
  return Buffer.concat([u16(source), u16(destination), Buffer.alloc(4)]);
}

export function ethernet(type: number, payload: Buffer, tags: readonly number[] = []): Buffer {
  const tagged = tags.flatMap((tag) => [u16(tag), u16(5)]);
  return Buffer.concat([Buffer.alloc(12), ...tagged, u16(type), payload]);
}
