// The kit on this project's own recordings; what the importer does in detail stands beside it.
import { fileURLToPath } from "node:url";

import { describeImporter } from "../kit/import-conformance.ts";

const tiny = fileURLToPath(new URL("../../traces/samples/page-scan/1", import.meta.url));

describeImporter("page-scan", [
  { golden: "page-scan-tiny", files: ["pages.csv", "ticks.csv"].map((name) => `${tiny}/${name}`) },
]);
