import { ftrace } from "./ftrace.ts";
import { perfScript } from "./perf-script.ts";
import { traceCmd } from "./trace-cmd.ts";

/** Importers of text in which each event is a line. */
export const traceText = [ftrace, traceCmd, perfScript];
