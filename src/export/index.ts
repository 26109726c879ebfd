export { writeFileAside } from "./output.ts";
export { type ExportedFile, exportTables, type TableFormat, tableFormats } from "./tables.ts";
export { exportTimeline, type TimelineFormat, timelineFormats } from "./timeline-file.ts";
