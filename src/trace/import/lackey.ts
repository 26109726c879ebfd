/**
 * Valgrind's lackey as CSV, loads and stores by page and window of instructions
 * (`window,instr_end,page,loads,stores`), is recognised and refused.
 *
 * Its axis are instructions and not time: a trace's times are ns, every rate in this project is a rate in time, and how many
 * instructions a program runs in a second depends on the machine. A factor would be made up. Whoever knows one may write the
 * windows that have stores as a table with times, and import that with --columns.
 */
import { FormatError } from "../../base/index.ts";
import { firstLine, type InputFile } from "../source/input.ts";
import { showPath } from "../text.ts";
import { claimEach, type Importer } from "./importer.ts";

const header = "window,instr_end,page,loads,stores";

function confidenceOf(file: InputFile): number {
  return firstLine(file)?.replace(/\r$/, "") === header ? 1 : 0;
}

export const lackey: Importer = {
  name: "lackey",
  version: 1,
  doc: "refused, and why: loads and stores by valgrind's lackey are counted in instructions, not in time",
  claim: (files) => claimEach(files, confidenceOf),
  run: async (files) => {
    await Promise.resolve();
    throw new FormatError(`${showPath(files[0]!.path)}: expected times, found counts of instructions (instr_end)`, {
      hint: "where you know the program's instructions a second, write t_ns,vpage of the windows with stores as CSV and import that with --columns t_ns=1,vpage=2",
    });
  },
};
