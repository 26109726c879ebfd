export { writeFileAside } from "./output.ts";
export { type ExportedFile, exportTables, type TableFormat, tableFormats, type TablesOptions } from "./tables.ts";
