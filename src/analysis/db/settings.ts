import { quoteText } from "./sql-text.ts";

/**
 * Settings of every database that this package opens. Two threads and a fixed time zone keep answers and memory alike
 * on every machine; extensions must not be fetched, since reports are made offline.
 */
export const instanceSettings: Readonly<Record<string, string>> = {
  threads: "2",
  memory_limit: "1GB",
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
};

/**
 * Said once the data is in: from here on no SQL, the user's included, reaches files, the network or these settings. The
 * one file that may be given is where the tool itself is about to put the answer.
 */
export function lockStatements(outputPath?: string): readonly string[] {
  return [
    "SET GLOBAL TimeZone = 'UTC'",
    "SET temp_directory = ''",
    ...(outputPath === undefined ? [] : [`SET allowed_paths = [${quoteText(outputPath)}]`]),
    "SET enable_external_access = false",
    "SET lock_configuration = true",
  ];
}
