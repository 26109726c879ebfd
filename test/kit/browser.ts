import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Page } from "playwright-core";

export const executablePath = "/usr/bin/chromium";
export const hasChromium = existsSync(executablePath);

/** A browser that talks to nobody by itself. */
export const browserFlags =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  );

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe-core finds serious or critical in a page; in another scheme, only colours can differ. */
export async function seriousViolations(page: Page, what: "all" | "colours" = "all"): Promise<string[]> {
  await page.evaluate(readFileSync(axePath, "utf8"));
  const violations = await page.evaluate(async (onlyColours) => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: Violation[] }> };
    };
    return (await axe.run(onlyColours ? { runOnly: ["color-contrast"] } : {})).violations;
  }, what === "colours");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 160)}`);
}
