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

/** Said once the data is in: from here on no SQL, the user's included, reaches files, the network or these settings. */
export const lockStatements: readonly string[] = [
  "SET GLOBAL TimeZone = 'UTC'",
  "SET temp_directory = ''",
  "SET enable_external_access = false",
  "SET lock_configuration = true",
];
