/**
 * What a captured packet says of itself: IP protocol and ports, and with Linux's cooked captures its direction.
 *
 * Source   tcpdump.org/linktypes.html; RFC 791, RFC 8200 section 4, RFC 4302 (length of AH); IEEE 802.1Q
 * Not      tunnels and MPLS (the outer header counts), SNAP, ports of protocols besides TCP and UDP
 */

export const directions = { rx: 0, tx: 1, unknown: 2 } as const;

/** LINKTYPE_ values that are read; raw IP has further numbers on some systems. */
const linkTypes = { null: 0, ethernet: 1, raw: 101, loop: 108, sll: 113, ipv4: 228, ipv6: 229, sll2: 276 } as const;
const rawLinkTypes: readonly number[] = [linkTypes.raw, 12, 14, linkTypes.ipv4, linkTypes.ipv6];

export function isKnownLink(linkType: number): boolean {
  return (Object.values(linkTypes) as number[]).includes(linkType) || rawLinkTypes.includes(linkType);
}

/** Each packet of an SLL2 capture names its interface. */
export function hasInterfaceNumbers(linkType: number): boolean {
  return linkType === linkTypes.sll2;
}

const etherIpv4 = 0x0800;
const etherIpv6 = 0x86dd;
const maxTags = 8;
const maxExtensions = 16;
const tcp = 6;
const udp = 17;

/** Packet types of Linux' cooked captures: to us, broadcast, multicast, to somebody else, from us. */
const cookedDirections = [directions.rx, directions.rx, directions.rx, directions.unknown, directions.tx];

/** VLAN tags: 802.1Q, 802.1ad, and the older number for the outer one. */
function isTag(etherType: number): boolean {
  return etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100;
}

/** Extension headers of IPv6 whose length is 8 bytes and 8 for each unit. */
function isLongExtension(header: number): boolean {
  return header === 0 || header === 43 || header === 60 || header === 135 || header === 139 || header === 140;
}

const authentication = 51;
const fragment = 44;

function isExtension(header: number): boolean {
  return isLongExtension(header) || header === authentication || header === fragment;
}

/**
 * One packet at a time, of whatever capture.
 *
 * Shape    the reader fills the upper part, `decode` the lower one; -1 stands for what the packet does not say
 * Cost     no allocation; bytes are read only as far as they were captured
 */
export class Packet {
  second = 0;
  nanosecond = 0;
  /** Length on the wire. */
  wireBytes = 0;
  /** The captured part: in `bytes` from `start` to `end`. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  linkType = 0;
  direction: number = directions.unknown;

  protocol = -1;
  sourcePort = -1;
  destinationPort = -1;
  interfaceNumber = -1;

  /** Reads what the captured part says. */
  decode(): void {
    this.protocol = this.sourcePort = this.destinationPort = this.interfaceNumber = -1;
    const { start, linkType } = this;
    if (linkType === linkTypes.ethernet) this.#ethernet(start + 12);
    else if (rawLinkTypes.includes(linkType)) this.#ip(start);
    else if (linkType === linkTypes.sll) this.#cooked(start);
    else if (linkType === linkTypes.sll2) this.#cooked2(start);
    else if (linkType === linkTypes.null || linkType === linkTypes.loop) this.#ip(start + 4);
  }

  #u16(at: number): number {
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  #ethernet(typeAt: number): void {
    let at = typeAt;
    for (let tags = 0; tags < maxTags && at + 2 <= this.end; tags++, at += 4) {
      const type = this.#u16(at);
      if (isTag(type)) continue;
      if (type === etherIpv4 || type === etherIpv6) this.#ip(at + 2);
      return;
    }
  }

  #cooked(start: number): void {
    if (start + 16 > this.end) return;
    this.direction = cookedDirections[this.#u16(start)] ?? directions.unknown;
    this.#ethernet(start + 14);
  }

  #cooked2(start: number): void {
    if (start + 20 > this.end) return;
    this.direction = cookedDirections[this.bytes[start + 10]!] ?? directions.unknown;
    this.interfaceNumber = this.#u16(start + 4) * 65_536 + this.#u16(start + 6);
    const type = this.#u16(start);
    if (type === etherIpv4 || type === etherIpv6) this.#ip(start + 20);
    // A tag's type stands in front, what it tags behind the cooked header and the tag's own two bytes.
    else if (isTag(type)) this.#ethernet(start + 22);
  }

  /** Both versions say in their first four bits which they are. */
  #ip(start: number): void {
    if (start >= this.end) return;
    const version = this.bytes[start]! >>> 4;
    if (version === 4) this.#ipv4(start);
    else if (version === 6) this.#ipv6(start);
  }

  #ipv4(start: number): void {
    const headerBytes = (this.bytes[start]! & 15) * 4;
    if (start + 20 > this.end || headerBytes < 20) return;
    this.protocol = this.bytes[start + 9]!;
    const isLaterFragment = (this.#u16(start + 6) & 0x1fff) !== 0;
    if (!isLaterFragment) this.#ports(start + headerBytes);
  }

  #ipv6(start: number): void {
    if (start + 40 > this.end) return;
    let header = this.bytes[start + 6]!;
    let at = start + 40;
    let isLaterFragment = false;
    for (let count = 0; count < maxExtensions; count++) {
      if (!isExtension(header)) {
        this.protocol = header;
        if (!isLaterFragment) this.#ports(at);
        return;
      }
      // Behind a later fragment's header there is payload, whatever that header says of the next one.
      if (isLaterFragment || at + 8 > this.end) return;
      const next = this.bytes[at]!;
      if (header === fragment) {
        isLaterFragment = (this.#u16(at + 2) & 0xfff8) !== 0;
        at += 8;
      } else {
        const units = this.bytes[at + 1]!;
        at += header === authentication ? (units + 2) * 4 : (units + 1) * 8;
      }
      header = next;
    }
  }

  #ports(at: number): void {
    if ((this.protocol !== tcp && this.protocol !== udp) || at + 4 > this.end) return;
    this.sourcePort = this.#u16(at);
    this.destinationPort = this.#u16(at + 2);
  }
}
