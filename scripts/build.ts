// Emits what the published package needs into dist/: JavaScript, declarations, and SQL, pages and styles beside their readers.
import { execFileSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
for (const file of globSync("src/**/*.{sql,html,css}")) cpSync(file, file.replace(/^src/, "dist"));
