import { execFile } from "node:child_process";

import { InterruptedError, UsageError } from "../base/index.ts";
import type { CommandAnswer } from "../notebook/index.ts";
import { packagedFile } from "./context.ts";

/** Most that a command may print. */
const maxPrintedBytes = 4 * 1024 * 1024;

/** Runs luoscope as a user would, in a process of its own and without a shell. */
export function runLuoscope(words: readonly string[], folder: string, signal: AbortSignal): Promise<CommandAnswer> {
  const options = {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", TZ: "UTC", LC_ALL: "C" },
    maxBuffer: maxPrintedBytes,
    signal,
  };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [packagedFile("bin", "luoscope.js"), ...words], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (signal.aborted) reject(new InterruptedError());
      else if (typeof exitCode === "number") resolve({ exitCode, stdout, stderr });
      else reject(new UsageError(`luoscope ${words[0]}: ${error!.message.split("\n")[0]}`));
    });
  });
}
