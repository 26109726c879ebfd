// Emits what the published package needs into dist/: JavaScript, declarations, and the SQL beside its readers.
import { execFileSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
for (const file of globSync("src/**/*.sql")) cpSync(file, file.replace(/^src/, "dist"));
