import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { UsageError } from "../../base/index.ts";

/** Names and places of Chromium and those made of it. */
const browsers = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
] as const;

/** A browser that hangs is ended after this long; a report of many charts takes a few seconds. */
const printTimeoutMs = 120_000;

const flags = [
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--disable-extensions",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--no-pdf-header-footer",
];

/** Runs one browser; undefined where there is none of that name, else what it wrote to stderr if it failed, or "". */
async function runBrowser(name: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done) => {
    execFile(name, args, { timeout: printTimeoutMs, maxBuffer: 4 * 1024 * 1024 }, (error, _stdout, stderr) => {
      if (error && error.code === "ENOENT") done(undefined);
      else done(error ? stderr || error.message : "");
    });
  });
}

/** The clock's part of a PDF, at its length, since the file's table of contents counts bytes. */
function withoutDates(pdf: Buffer): Buffer {
  const text = pdf.toString("latin1");
  const dateless = text.replaceAll(/\/(CreationDate|ModDate) \(D:\d{14}[^)]*\)/g, (entry) =>
    entry.replace(/\d{14}/, "20000101000000"),
  );
  return Buffer.from(dateless, "latin1");
}

function readPdf(path: string, complaint: string): Buffer {
  try {
    return withoutDates(readFileSync(path));
  } catch (cause) {
    const reason = complaint.trim().split("\n").at(-1) ?? "";
    throw new UsageError(`the browser printed no PDF: ${reason.slice(0, 200)}`, {
      cause,
      hint: "look whether `chromium --headless --print-to-pdf FILE` works here; SVG, PNG and HTML need no browser",
    });
  }
}

/**
 * Prints a page by the Chromium of this machine; the page's own `@page` says the size of its paper.
 *
 * Shape    the same page and browser give the same bytes
 * Errors   UsageError if there is no browser, or it prints nothing
 */
export async function printPdf(html: string): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-pdf-"));
  try {
    const [page, target] = [join(folder, "page.html"), join(folder, "page.pdf")];
    writeFileSync(page, html);
    // Its sandbox needs a user of its own; root has none, as in most containers. The page is ours and fetches nothing.
    const sandbox = userInfo().uid === 0 ? ["--no-sandbox"] : [];
    const profile = `--user-data-dir=${join(folder, "profile")}`;
    const args = [...flags, ...sandbox, profile, `--print-to-pdf=${target}`, pathToFileURL(page).href];
    for (const browser of browsers) {
      const complaint = await runBrowser(browser, args);
      if (complaint !== undefined) return readPdf(target, complaint);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  throw new UsageError("a PDF needs Chromium, and there is none here", {
    hint: "install chromium (Debian: `apt-get install chromium`), or ask for svg, png or html",
  });
}
