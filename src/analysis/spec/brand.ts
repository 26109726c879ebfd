import { z } from "zod";

import { UsageError } from "../../base/index.ts";
import { fontFamily, type Mode, type Theme } from "./theme.ts";

const colour = z.string().regex(/^#[0-9a-f]{6}$/i, "a colour as #rrggbb");
const scheme = z
  .strictObject({ ink: colour, muted: colour, paper: colour, accent: colour })
  .partial()
  .describe("colours of one scheme: text, lesser text, ground, links");

/** What a house may change of a report: its type, its ground and text, and a line at the foot. */
export const brandSchema = z
  .strictObject({
    font: z
      .string()
      .regex(/^[\w '-]+(, ?[\w '-]+)*$/, "names of fonts with commas")
      .max(200),
    light: scheme,
    dark: scheme,
    footer: z.string().max(300),
  })
  .partial();

export type Brand = z.infer<typeof brandSchema>;

type Scheme = z.infer<typeof scheme>;

/** Least contrast of text with its ground. Source: WCAG 2.2, 1.4.3 (AA). */
const leastContrast = 4.5;

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Contrast of two colours. Source: WCAG 2.2, "contrast ratio" and "relative luminance". */
export function contrast(one: string, two: string): number {
  const [light, dark] = [luminance(one), luminance(two)].toSorted((left, right) => right - left);
  return (light! + 0.05) / (dark! + 0.05);
}

function checkScheme(mode: Mode, { paper, ...texts }: Scheme, { paper: usual }: Pick<Theme, "paper">): void {
  const ground = paper ?? usual;
  for (const [name, hex] of Object.entries(texts)) {
    if (hex === undefined) continue;
    const found = contrast(hex, ground);
    if (found >= leastContrast) continue;
    throw new UsageError(`brand: ${mode} ${name} ${hex} on ${ground} has a contrast of ${found.toFixed(2)}`, {
      hint: `text needs ${leastContrast} to be read (WCAG AA): take a ${luminance(ground) > 0.2 ? "darker" : "lighter"} one`,
    });
  }
}

/**
 * Reads a brand.
 *
 * Errors   UsageError for what is none, or would be hard to read
 */
export function parseBrand(text: string, path: string, usual: (mode: Mode) => Theme): Brand {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${path}: no JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = brandSchema.safeParse(value);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`);
    throw new UsageError(`${path}: ${reasons.join("; ")}`, { hint: "docs/report.md has an example" });
  }
  for (const mode of ["light", "dark"] as const) checkScheme(mode, parsed.data[mode] ?? {}, usual(mode));
  return parsed.data;
}

/** A theme in a brand's colours and type; what a colour means stays as it is. Pictures keep the font that they are laid out by. */
export function brandTheme(theme: Theme, brand: Brand | undefined): Theme {
  const { accent: _accent, ...colours } = brand?.[theme.mode] ?? {};
  const given = Object.fromEntries(Object.entries(colours).filter(([, hex]) => hex !== undefined));
  return {
    ...theme,
    ...given,
    ...(brand?.font === undefined || theme.font === fontFamily ? {} : { font: brand.font }),
  };
}

function schemeStyle(given: Scheme | undefined): string {
  const names: Readonly<Record<string, string>> = {
    ink: "--ink",
    muted: "--muted",
    paper: "--paper",
    accent: "--link",
  };
  const pairs = Object.entries(given ?? {}).map(([name, hex]) => `${names[name]!}: ${hex};`);
  return pairs.length === 0 ? "" : `:root { ${pairs.join(" ")} }`;
}

/** A brand as rules that follow the page's own; paper is left as it is printed. */
export function brandStyle(brand: Brand | undefined): string {
  if (!brand) return "";
  const font = brand.font === undefined ? "" : ` body { font-family: ${brand.font}; }`;
  const light = schemeStyle(brand.light);
  const dark = schemeStyle(brand.dark);
  return `${font} @media screen { ${light} }${dark === "" ? "" : ` @media screen and (prefers-color-scheme: dark) { ${dark} }`}`;
}
