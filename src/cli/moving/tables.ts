/** What an export is made of: every table of the store, by the kinds that a person chooses from. */

/** What can be chosen with `--kinds`, and what each holds. */
export const exportKinds = {
  district: "editions of the district",
  devices: "devices with the hashes of their secrets, and where they belonged when",
  tokens: "tokens and sessions, as hashes",
  documents: "people, rules, silences, mappings, outputs, rosters and plans, figures from outside",
  states: "what each device and rule stands at now",
  alerts: "alerts with evidence, timeline and earlier versions",
  audit: "who did what",
  quarantine: "refused messages",
  answers: "answers to requests with an Idempotency-Key",
  work: "visits, duties, stops, sweeps, tasks",
  figures: "counters, cases and records behind the figures",
  reports: "reports of periods that are over",
  readings: "readings, and what is left of those that were removed",
  events: "events of devices",
  pictures: "pictures of work",
} as const;
export type ExportKind = keyof typeof exportKinds;

export interface ExportTable {
  readonly name: string;
  readonly kind: ExportKind;
  /** What makes a row the same row in another center. */
  readonly key: readonly string[];
  /** Columns that hold JSON as text. */
  readonly json: readonly string[];
  /** A condition on rows within [?1, ?2) in epoch ms; absent: the table has no time of its own. */
  readonly within?: string;
  readonly order: string;
  /** A difference is no conflict: each center has a present of its own. */
  readonly present?: true;
}

const since = (column: string) => `${column} >= ?1 AND ${column} < ?2`;
const ofAlerts = `alert_id IN (SELECT id FROM alert WHERE ${since("opened_at")})`;

/** Tables whose rows are moved as they are, in the order they are written: what others refer to comes first. */
export const exportTables: readonly ExportTable[] = [
  { name: "district_edition", kind: "district", key: ["edition"], json: ["body"], order: "edition" },
  { name: "district_feature", kind: "district", key: ["id", "since"], json: ["body"], order: "number" },
  // Also without the devices themselves: readings and events are told by these numbers.
  { name: "device_place", kind: "devices", key: ["device", "since"], json: [], order: "device, since" },
  { name: "device", kind: "devices", key: ["id"], json: ["body"], order: "number" },
  { name: "token", kind: "tokens", key: ["id"], json: ["body"], order: "id" },
  { name: "document", kind: "documents", key: ["collection", "id"], json: ["body"], order: "collection, id" },
  { name: "subject", kind: "states", key: ["device"], json: ["body"], order: "device", present: true },
  {
    name: "rule_state",
    kind: "states",
    key: ["rule_id", "subject_id", "subtype"],
    json: ["body"],
    order: "rule_id, subject_id, subtype",
    present: true,
  },
  { name: "alert", kind: "alerts", key: ["id"], json: ["body"], within: since("opened_at"), order: "id" },
  {
    name: "timeline",
    kind: "alerts",
    key: ["alert_id", "rev", "entry"],
    json: ["body"],
    within: ofAlerts,
    order: "alert_id, rev, entry",
  },
  {
    name: "alert_version",
    kind: "alerts",
    key: ["alert_id", "rev"],
    json: ["body"],
    within: ofAlerts,
    order: "alert_id, rev",
  },
  { name: "audit", kind: "audit", key: ["id"], json: ["details"], within: since("at"), order: "id" },
  { name: "quarantine", kind: "quarantine", key: ["id"], json: [], within: since("at"), order: "id" },
  { name: "answer", kind: "answers", key: ["key"], json: ["body"], within: since("at"), order: "key" },
  { name: "work", kind: "work", key: ["kind", "id"], json: ["body"], within: since("at"), order: "kind, id" },
  { name: "kpi_record", kind: "figures", key: ["id"], json: ["body"], order: "id", present: true },
  {
    name: "kpi_counter",
    kind: "figures",
    key: ["measure", "hour", "bin", "community_id", "grid_id", "line", "contractor", "level", "category", "source"],
    json: [],
    within: since("hour"),
    order: "measure, hour",
  },
  {
    name: "kpi_part",
    kind: "figures",
    key: ["measure", "at", "record_id", "community_id", "grid_id", "line", "contractor", "level", "category", "source"],
    json: [],
    within: since("at"),
    order: "measure, at",
  },
  { name: "report", kind: "reports", key: ["id"], json: ["body"], within: since("from_at"), order: "id" },
  {
    name: "event",
    kind: "events",
    key: ["device", "at", "key"],
    json: ["body"],
    within: since("at"),
    order: "device, at, key",
  },
];

/** Tables that are moved in a form of their own (readings, windows, journal), or that the center fills again by itself. */
export const otherTables: readonly string[] = [
  "meta",
  "log",
  "chunk",
  "tier",
  "tier_due",
  "missed",
  "latest",
  "kpi_due",
];

/** Positions that go along with the rows they speak about. */
export const movedPositions = ["lastDeviceNumber", "prunedRev", "readingsFloor"] as const;

/** Columns that hold the number of a device. */
export const numberedTables: readonly string[] = ["device_place", "subject", "event", "chunk", "tier"];
