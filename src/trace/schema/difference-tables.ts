import type { Column, Table } from "./column.ts";

/** What is said of a row of one side against the base. */
export const verdictLabels = [
  "better",
  "same",
  "worse",
  "different",
  "inconclusive",
  "did-not-finish",
  "only-base",
  "only-new",
] as const;

/** What a side was taken from. */
export const sideKindLabels = ["run", "sweep", "recording", "samples", "baseline"] as const;

/** What numbers of a row are; `1` has no unit. */
export const rowUnitLabels = ["ns", "bytes", "pages", "count", "ratio", "per_sec", "flag", "1"] as const;

/** Which way a metric gets better. */
export const polarityLabels = ["lower", "higher", "neutral"] as const;

/** What a gate does where a rule does not hold. */
export const levelLabels = ["fail", "warn"] as const;

/** What came of a rule, or of a gate. */
export const outcomeLabels = ["pass", "warn", "fail", "inconclusive"] as const;

const text = (name: string, doc: string): Column => ({ name, type: "utf8", unit: "text", doc });
const count = (name: string, doc: string): Column => ({ name, type: "i64", unit: "count", doc });
const flag = (name: string, doc: string): Column => ({ name, type: "u8", unit: "flag", doc });
const index = (name: string, doc: string): Column => ({ name, type: "u32", unit: "index", doc });
const code = (name: string, doc: string, labels: readonly string[]): Column => {
  return { name, type: "u8", unit: "code", doc, labels };
};
/** Medians may lie between two whole numbers: a time is no integer here. */
const ns = (name: string, doc: string): Column => ({ name, type: "f64", unit: "ns", doc });
const measure = (name: string, doc: string): Column => ({ name, type: "f64", unit: "measure", doc });
const plain = (name: string, doc: string): Column => ({ name, type: "f64", unit: "1", doc });
const ratio = (name: string, doc: string): Column => ({ name, type: "f64", unit: "ratio", doc });
const orNull = (column: Column, nullMeans: string): Column => ({ ...column, nullMeans });

const sideIndex = index("side_index", "Row of the side in table side.");
const rowIndex = index("row_index", "Row in table row.");

export const sideTable = {
  name: "side",
  isIndexed: true,
  doc: "What is compared: the first is the base, the others are held against it; the row number is the side_index.",
  columns: [
    text("label", "Name for people, from outside; may hold any character."),
    text("file", "Last part of the path that it was read from."),
    code("kind", "What it was taken from.", sideKindLabels),
    text("sha256", "Identity of all that was read of it."),
  ],
} as const satisfies Table;

export const comparedRowTable = {
  name: "row",
  isIndexed: true,
  doc: "The values that are compared: one metric at one point of its dimensions; the row number is the row_index.",
  columns: [
    text("metric", "Name of the metric."),
    code("unit", "What its numbers are; 1: they have no unit.", rowUnitLabels),
    code("polarity", "Which way it gets better; neutral: it only tells two things apart.", polarityLabels),
    flag("is_exact", "1 where the same inputs give the same value, so that any difference is real; 0: noisy."),
    text("label", "Its dimensions, joined for people; empty where it has none."),
    text("hidden_dimensions", "Dimensions that were put together in it although they differ, joined; may be empty."),
    orNull(measure("floor", "A difference of at most this much is none."), "not known"),
    orNull(ratio("floor_ratio", "A difference of at most this share of the base is none."), "not known"),
  ],
} as const satisfies Table;

export const rowDimensionTable = {
  name: "row_dimension",
  doc: "Dimensions of the rows, in the metric's order.",
  columns: [rowIndex, text("name", "Name of the dimension."), text("value", "The row's value of it.")],
} as const satisfies Table;

const noSample = "no sample finished";

export const cellTable = {
  name: "cell",
  doc: "What each side has of a row; a side that lacks the row has no cell.",
  columns: [
    rowIndex,
    sideIndex,
    count("sample_count", "Samples that finished."),
    count("failed_count", "Samples that did not."),
    orNull(measure("median", "Their median, in the row's unit."), noSample),
    orNull(measure("mean", "Their mean."), noSample),
    orNull(measure("min", "The least of them."), noSample),
    orNull(measure("max", "The greatest of them."), noSample),
  ],
} as const satisfies Table;

const noTest = "exact, or too few samples";

export const changeTable = {
  name: "change",
  doc: "What is said of each row of each side but the base.",
  columns: [
    rowIndex,
    sideIndex,
    code("verdict", "What is said of it.", verdictLabels),
    text("reason", "Why, in a few words."),
    orNull(measure("delta", "Median less that of the base, in the row's unit."), "one of the two has no median"),
    orNull(ratio("delta_ratio", "That as a share of the base."), "no delta, or the base is 0"),
    orNull(measure("delta_low", "Lower end of its 95 % interval."), noTest),
    orNull(measure("delta_high", "Upper end of its 95 % interval."), noTest),
    orNull(plain("p_value", "Mann-Whitney test, two-sided."), noTest),
    orNull(plain("adjusted_p_value", "The same after Holm's correction over all tests: what decides."), noTest),
    orNull(plain("permutation_p_value", "Permutation test of the difference of means: a second opinion."), noTest),
    orNull(plain("ks_distance", "Distance of the distributions by Kolmogorov and Smirnov."), noTest),
    orNull(plain("ks_p_value", "The p-value of that distance."), noTest),
    orNull(plain("effect", "Cliff's delta, -1 to 1: how much more often a new value lies above a base one."), noTest),
    orNull(
      flag("is_exact_test", "1 where the p-value counts all orders, 0 where it follows from the normal curve."),
      noTest,
    ),
  ],
} as const satisfies Table;

export const sampleTable = {
  name: "sample",
  doc: "Samples that finished, of rows of which some side has more than one.",
  columns: [
    rowIndex,
    sideIndex,
    index("sample_index", "Number of the sample, in the order in which they were taken."),
    measure("value", "The sample, in the row's unit."),
  ],
} as const satisfies Table;

export const inputChangeTable = {
  name: "input_change",
  doc: "Inputs in which a side differs from the base.",
  columns: [
    sideIndex,
    text("kind", "What the input is: trace, scenario, profile, version and the like."),
    text("field", "Dotted path of the field; empty: the input as a whole."),
    orNull(text("base", "What the base has."), "the base has none"),
    orNull(text("new", "What this side has."), "this side has none"),
  ],
} as const satisfies Table;

export const waterfallTable = {
  name: "waterfall",
  isIndexed: true,
  doc: "Lengths that differ, to be taken apart by steps; the row number is the waterfall_index.",
  columns: [
    sideIndex,
    orNull(rowIndex, "no row has that metric and these dimensions"),
    text("metric", "Metric of the length."),
    text("label", "Its dimensions, joined as in table row."),
    ns("base_ns", "Length in the base."),
    ns("new_ns", "Length in this side."),
    ns("rest_ns", "What no step explains of the difference."),
  ],
} as const satisfies Table;

const absentStep = "not there, or its length is not known";

export const stepChangeTable = {
  name: "step_change",
  isIndexed: true,
  doc: "What each step adds to a length, the largest change of a waterfall first; the row number is the step_change_index.",
  columns: [
    index("waterfall_index", "Row in table waterfall."),
    text("phase", "Phase of the update."),
    text("step", "Step of that phase."),
    orNull(ns("base_ns", "Its length in the base."), absentStep),
    orNull(ns("new_ns", "Its length in this side."), absentStep),
    ns("delta_ns", "What it adds; all steps of a waterfall and its rest are exactly the difference."),
  ],
} as const satisfies Table;

export const causeChangeTable = {
  name: "cause_change",
  doc: "Constants that make a step longer or shorter, by the model, the largest change of a step first.",
  columns: [
    index("step_change_index", "Row in table step_change."),
    text("cost", "Name of the constant."),
    text("per", "What it is paid for, for people."),
    text("rule", "Kernel functions that take the time; empty where nobody says."),
    ns("base_ns", "What it comes to in the base."),
    ns("new_ns", "What it comes to in this side."),
  ],
} as const satisfies Table;

export const ruleTable = {
  name: "rule",
  isIndexed: true,
  doc: "Rules of the gate, in the policy's order; empty without one. The row number is the rule_index.",
  columns: [
    text("rule", "The rule as it stands in the policy."),
    text("file", "Last part of the policy's path."),
    { name: "line", type: "u32", unit: "1", doc: "Line of the policy on which it stands, the first being 1." },
    code("level", "What the gate does where it does not hold.", levelLabels),
    code("outcome", "What came of it.", outcomeLabels),
    text("reason", "The first row of which it does not hold, or that is undecided, and why; empty where it holds."),
    count("row_count", "Rows that it was held against."),
    count("breach_count", "Of how many it does not hold."),
    count("undecided_count", "How many could not be decided."),
  ],
} as const satisfies Table;

export const breachTable = {
  name: "breach",
  isIndexed: true,
  doc: "Rows of which a rule does not hold or is not decided, each rule's together; the row number is the breach_index.",
  columns: [
    index("rule_index", "Row in table rule."),
    sideIndex,
    flag("is_undecided", "1 where more samples are needed to decide, 0 where the rule does not hold."),
    text("what", "Which metric, where."),
    text("reason", "How the rule is broken, in a few words."),
    count("row_count", "Rows of the comparison that are concerned."),
  ],
} as const satisfies Table;

export const breachRowTable = {
  name: "breach_row",
  doc: "The rows that a breach is of.",
  columns: [index("breach_index", "Row in table breach."), rowIndex],
} as const satisfies Table;

export const differenceWarningTable = {
  name: "warning",
  doc: "Doubts about the comparison.",
  columns: [text("detail", "One sentence for people.")],
} as const satisfies Table;

/** Every table of difference format v1, in the order of docs/difference-format.md. */
export const differenceTables: readonly Table[] = [
  sideTable,
  comparedRowTable,
  rowDimensionTable,
  cellTable,
  changeTable,
  sampleTable,
  inputChangeTable,
  waterfallTable,
  stepChangeTable,
  causeChangeTable,
  ruleTable,
  breachTable,
  breachRowTable,
  differenceWarningTable,
];
