import { join } from "node:path";

import { besideFolder } from "../kit/recordings.ts";

/** Other people's recordings beside the repository, when this is a workplace that has them. */
export const suspendFolder = join(besideFolder, "..", "traces", "pm-graph-suspend");
export const logFolder = join(besideFolder, "..", "traces", "kexec-suspend-logs");
