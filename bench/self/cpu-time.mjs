// Loaded into a process before its program: writes the CPU time that the process took, in ns, to the file that is named.
import { writeFileSync } from "node:fs";

const path = process.env["LUOSCOPE_CPU_FILE"];
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(path, String((user + system) * 1000));
});
