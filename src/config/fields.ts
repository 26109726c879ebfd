import { z } from "zod";

import { parseBytes, parseDuration, parseRate } from "./quantity.ts";

// Fields that scenarios and recipes share.

/** "16 GiB" as bytes, more than 0. */
export const bytes = z.string("a size with its unit, such as 16 GiB").transform((text, context) => {
  const value = parseBytes(text);
  if (value !== undefined && value > 0) return value;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(text.slice(0, 60))} is no size; write a number and B, KiB, MiB, GiB or TiB`,
  });
  return z.NEVER;
});

/** "128 MiB" as bytes, and 0 B, too: a place. */
export const place = z.string("a place with its unit, such as 128 MiB").transform((text, context) => {
  const value = parseBytes(text);
  if (value !== undefined) return value;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(text.slice(0, 60))} is no place; write a number and B, KiB, MiB, GiB or TiB`,
  });
  return z.NEVER;
});

/** "2.5 s" as ns. */
export const duration = z.string("a time with its unit, such as 2.5 s").transform((text, context) => {
  const value = parseDuration(text);
  if (value !== undefined) return value;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(text.slice(0, 60))} is no time; write a number and ns, us, ms, s or min`,
  });
  return z.NEVER;
});

/** "2.5 s" as ns, more than 0. */
export const length = duration.refine((ns) => ns > 0, { error: "longer than 0" });

/** "10 Gbit/s" as bytes a second, more than 0. */
export const rate = z.string("a rate with its unit, such as 10 Gbit/s").transform((text, context) => {
  const value = parseRate(text);
  if (value !== undefined && value > 0) return value;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(text.slice(0, 60))} is no rate; write a number and MiB/s, GiB/s, Mbit/s or Gbit/s`,
  });
  return z.NEVER;
});

export const ratio = z.number().min(0).max(1);
export const count = z.int().min(1);
export const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
