/** Bytes of the smallest page of x86-64 and of every frame number in this project (linux-7.3 PAGE_SHIFT). */
export const pageBytes = 4096;

export const kibBytes = 1024;
export const mibBytes = 1024 ** 2;
export const gibBytes = 1024 ** 3;

export const usNs = 1_000;
export const msNs = 1_000_000;
export const secNs = 1_000_000_000;

/** Quotient rounded up; both arguments are non-negative integers. */
export function divCeil(dividend: number, divisor: number): number {
  return Math.ceil(dividend / divisor);
}

export function divFloor(dividend: number, divisor: number): number {
  return Math.floor(dividend / divisor);
}

/** The smallest multiple of `multiple` that is not below `value`. */
export function roundUp(value: number, multiple: number): number {
  return divCeil(value, multiple) * multiple;
}

export function pagesToBytes(pages: number): number {
  return pages * pageBytes;
}

/** Pages that hold `bytes`, the last one perhaps in part. */
export function bytesToPagesCeil(bytes: number): number {
  return divCeil(bytes, pageBytes);
}

/** 4 KiB pages in one folio of the given order. */
export function orderPages(order: number): number {
  return 2 ** order;
}
