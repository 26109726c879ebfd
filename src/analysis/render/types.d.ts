declare module "vega-scenegraph" {
  export interface TextItem {
    readonly fontSize?: number;
    readonly fontWeight?: string | number;
  }
  export const textMetrics: { width: (item: TextItem, text: string | number | null) => number };
}
