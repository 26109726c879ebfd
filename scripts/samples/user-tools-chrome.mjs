// user-tools-chrome.mjs FOLDER: traces of headless Chromium over DevTools: JSON as a stream, JSON as reported events (an
// array), and the Perfetto protobuf that Chromium's tracing library writes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { chromium } from "playwright-core";

const folder = process.argv[2];
const page = `data:text/html,<title>page</title><p>text</p><script>
  performance.mark("first");
  for (let turn = 0; turn < 20; turn++) {
    performance.mark("turn", { detail: turn });
    document.body.append(document.createElement("p"));
    document.body.offsetHeight;
  }
  performance.measure("turns", "first");
</script>`;

async function readStream(session, handle) {
  const chunks = [];
  for (;;) {
    const { base64Encoded, data, eof } = await session.send("IO.read", { handle });
    chunks.push(Buffer.from(data, base64Encoded ? "base64" : "utf8"));
    if (eof) return Buffer.concat(chunks);
  }
}

/** What Tracing.start with these options gives for one visit of the page. */
async function record(categories, options) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const session = await browser.newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  const tab = await browser.newPage();
  await tab.waitForTimeout(1500);
  await session.send("Tracing.start", {
    traceConfig: { recordMode: "recordUntilFull", excludedCategories: ["*"], includedCategories: categories },
    ...options,
  });
  await tab.goto(page);
  await tab.waitForTimeout(150);
  await session.send("Tracing.end");
  const { dataLossOccurred, stream } = await complete;
  if (dataLossOccurred) throw new Error("Chromium lost events");
  const bytes = stream === undefined ? Buffer.from(JSON.stringify(events)) : await readStream(session, stream);
  await browser.close();
  return bytes;
}

const stream = { transferMode: "ReturnAsStream" };
const few = ["blink.user_timing", "devtools.timeline"];
const more = [...few, "v8", "benchmark", "disabled-by-default-v8.gc"];
writeFileSync(join(folder, "stream.json.gz"), gzipSync(await record(few, { ...stream, streamFormat: "json" })));
writeFileSync(join(folder, "reported-array.json"), await record(few, { transferMode: "ReportEvents" }));
writeFileSync(join(folder, "few.pftrace.gz"), gzipSync(await record(few, { ...stream, streamFormat: "proto" })));
writeFileSync(join(folder, "many.pftrace.gz"), gzipSync(await record(more, { ...stream, streamFormat: "proto" })));
