export { type Datasets, openDatasets } from "./datasets.ts";
export { type Explorer, serveExplorer } from "./server.ts";
