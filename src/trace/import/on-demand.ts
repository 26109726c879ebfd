// Importers of two dozen formats take longer to load than most commands take: whoever imports nothing does not wait for them.
import type { ReadEffects } from "../source/reader.ts";
import type { ImportOptions } from "./import-trace.ts";
import type { ImportReport } from "./importer.ts";

/** See `importTrace` of import-trace.ts. */
export async function importTrace(options: ImportOptions, effects: ReadEffects = {}): Promise<ImportReport> {
  const importing = await import("./import-trace.ts");
  return importing.importTrace(options, effects);
}

/** What can be imported: name, version and a line for people, a format. */
export async function listImportFormats(): Promise<
  readonly { readonly name: string; readonly version: number; readonly doc: string }[]
> {
  const { importFormats } = await import("./registry.ts");
  return importFormats;
}
