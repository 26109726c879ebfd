import { basename, dirname, relative } from "node:path";

import { analysedKind, openDatabase, readCharts } from "../analysis/index.ts";
import { UsageError } from "../base/index.ts";
import { type FolderKind, folderKind } from "../trace/index.ts";

/** A first question to each kind of folder. */
const firstQuestions: Readonly<Record<FolderKind, string>> = {
  trace: "select name, vcpu_count, guest_bytes / 2**20 as guest_mib from vm order by name",
  run: `select phase, round((end_ns - start_ns) / 1e6, 1) as phase_ms, in_blackout
from phase
order by start_ns`,
  comparison: "accuracy",
  sweep: `select label, round(blackout_p50_ns / 1e9, 2) as blackout_s, round(overhead_bytes / 2**20) as memory_mib
from configuration_answer
order by rank_index
limit 5`,
  fleet: "fleet-kinds",
  difference: "difference-sides",
};

/** Folders of one kind are told apart by a number. */
function nameOf(kind: FolderKind, earlier: readonly string[]): string {
  const same = earlier.filter((name) => name === kind || name.startsWith(`${kind}-`)).length;
  return same === 0 ? kind : `${kind}-${same + 1}`;
}

/** A path as a word of the front matter. */
function pathWord(notebook: string, folder: string): string {
  const path = relative(dirname(notebook), folder);
  if (path.includes('"')) throw new UsageError(`${folder}: a name with a double quote`, { hint: "rename the folder" });
  return /^[\w./-]+$/.test(path) ? path : JSON.stringify(`"${path}"`);
}

async function sectionOf(name: string, path: string): Promise<string> {
  const kind = analysedKind(path);
  const database = await openDatabase({ kind, path });
  try {
    const [chart] = (await readCharts(database)).ids;
    const drawn = chart === undefined ? "" : `\n\`\`\`chart ${name} ${chart}\n\`\`\`\n`;
    return `## What ${name} says\n\n\`\`\`sql ${name}\n${firstQuestions[kind]}\n\`\`\`\n${drawn}`;
  } finally {
    database.close();
  }
}

/**
 * A notebook to begin with: it asks each folder one question and draws its first chart.
 *
 * Errors   UsageError for a path that is no folder of ours
 */
export async function skeletonOf(notebook: string, folders: readonly string[]): Promise<string> {
  const data: string[] = [];
  const names: string[] = [];
  const sections: string[] = [];
  for (const folder of folders) {
    const name = nameOf(folderKind(folder), names);
    names.push(name);
    data.push(`  ${name}: ${pathWord(notebook, folder)}`);
    sections.push(await sectionOf(name, folder));
  }
  const title = basename(notebook, ".md").replaceAll(/[-_]+/g, " ").trim();
  return `---\ndata:\n${data.join("\n")}\n---\n\n# ${title}\n\nThe question.\n\n${sections.join("\n")}`;
}
