/** Error numbers of x86-64 that LUO, KHO and what lies around them answer with. Source: linux-7.3 uapi asm-generic/errno*.h */
const numbers = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOTTY: 25,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EOPNOTSUPP: 95,
} as const;

export type ErrnoName = keyof typeof numbers;

/** Negative error numbers by name, as a system call returns them: 0 or more is success. */
export const errno: { readonly [name in ErrnoName]: number } = Object.freeze(
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, -value])) as Record<ErrnoName, number>,
);

const names = new Map<number, string>(Object.entries(numbers).map(([name, value]) => [-value, name]));

/** "-EBUSY" for -16; numbers that no rule gives stay numbers. */
export function errnoName(value: number): string {
  const name = names.get(value);
  return name === undefined ? String(value) : `-${name}`;
}
