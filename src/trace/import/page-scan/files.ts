import { FormatError } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import { firstLine, type InputFile } from "../../source/input.ts";

/** The files of a recording and the first lines that each may have. */
export const headers = {
  pages: ["tick,t_us,gfn,n_pages", "tick,t_us,vpage,n_pages"],
  ticks: ["tick,t_us,written_pages,scan_us"],
  phases: ["t_us,guest_uptime_s,phase", "t_us,phase"],
  regions: ["tick,t_us,first_vpage,n_pages,name"],
  device: ["t_us,dev,event,a,b,c"],
  net: ["t_us,dir,bytes,proto,sport,dport,tcp_flags"],
} as const satisfies Record<string, readonly string[]>;

export type CsvRole = keyof typeof headers;
export type Role = CsvRole | "recording";

const csvRoles = Object.keys(headers) as CsvRole[];

/** The role that a file's first line gives it. */
export function roleByContent(file: InputFile): CsvRole | undefined {
  const line = firstLine(file);
  if (line === undefined) return undefined;
  return csvRoles.find((role) => (headers[role] as readonly string[]).includes(line));
}

/** The role that a file's name gives it, for files whose first line is damaged and for recording.json. */
export function roleByName(file: InputFile): Role | undefined {
  if (file.name === "recording.json") return "recording";
  const stem = /^([a-z]+)\.csv(?:\.gz)?$/.exec(file.name)?.[1];
  return csvRoles.find((role) => role === stem);
}

/** A file's role: content first, then the name. */
export function roleOf(file: InputFile): Role | undefined {
  return roleByContent(file) ?? roleByName(file);
}

export interface RecordingFiles {
  readonly byRole: Partial<Record<Role, InputFile>>;
}

/** Gives every file its role. */
export function assignRoles(files: readonly InputFile[]): RecordingFiles {
  const byRole: Partial<Record<Role, InputFile>> = {};
  for (const file of files) {
    const role = roleOf(file);
    if (role === undefined) {
      throw new FormatError(`${showPath(file.path)}: line 1: expected the columns of a file of a page-scan recording`, {
        hint: "pages.csv, ticks.csv, phases.csv, regions.csv, device.csv, net.csv or recording.json",
      });
    }
    const other = byRole[role];
    if (other) throw new FormatError(`${showPath(file.path)}: a second ${role} file beside ${showPath(other.path)}`);
    byRole[role] = file;
  }
  return { byRole };
}
