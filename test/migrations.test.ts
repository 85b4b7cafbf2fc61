import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { DAY } from "../src/domain/time.ts";
import { encodeChunk } from "../src/store/chunks.ts";
import { createLatest } from "../src/store/latest.ts";
import { migrate, schemaVersion } from "../src/store/migrations.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { alertOf, batchOf, openTestStore, T0 } from "./support/store.ts";

// What stands in a database when it is brought up to date: a row or more in every table there is at that version. A step
// that makes a new table needs a row here; the test says so.

type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

const PACKED_DAY = Math.floor(T0 / DAY) - 2;
const PLACE = { lat: 22.7, lon: 113.9, communityId: "tianliao", gridId: "grid-1" };
const device = { id: "bin-1", kind: "bin", number: 7, name: "bin", aliases: [], attributes: {}, place: PLACE };
const entry = { alertId: "old", rev: 3, at: T0, actor: "system", action: "open", details: {} };
const overflow = oldAlert("old", "bin.overflow", "open");
const fuel = oldAlert("fuel", "vehicle.fuel_anomaly", "closed");
const packed = encodeChunk({
  at: Float64Array.of(PACKED_DAY * DAY + 1_000, PACKED_DAY * DAY + 2_000),
  values: new Map([["fillPct", Float64Array.of(40, 41)]]),
});
const logged = batchOf([
  { device: 7, at: T0, receivedAt: T0, key: 1, metrics: { fillPct: 55 } },
  { device: 7, at: T0 + 1_000, receivedAt: T0 + 1_000, key: 2, metrics: { fillPct: 56 } },
]).readings as ArrayBuffer;

const latest = latestOf({ fillPct: 56 });

/** The newest values of a device as the store writes them down. */
function latestOf(metrics: { readonly fillPct: number }): Uint8Array {
  const database = new DatabaseSync(":memory:");
  migrate(database);
  const writer = createLatest(database);
  writer.see(7, T0 + 1_000, metrics);
  writer.keep(7);
  return (database.prepare("SELECT body FROM latest").get() as { body: Uint8Array }).body;
}

/** An alert as the first schema kept it: without what later versions added to it. */
function oldAlert(id: string, ruleId: string, state: "open" | "closed") {
  const { line: _line, pausedMs: _pausedMs, ...old } = alertOf({ id, ruleId, state, rev: 3 });
  return old;
}

const counted = {
  community_id: "tianliao",
  grid_id: "grid-1",
  line: "cleaning",
  contractor: "",
  level: 3,
  category: "",
};
const alertRow = (alert: ReturnType<typeof oldAlert>): Row => ({
  id: alert.id,
  rev: alert.rev,
  rule_id: alert.ruleId,
  subject_id: alert.subject.id,
  subtype: "",
  state: alert.state,
  level: alert.level,
  final: alert.state === "closed" ? 1 : 0,
  opened_at: alert.openedAt,
  archived_at: null,
  community_id: null,
  grid_id: null,
  lat: null,
  lon: null,
  body: JSON.stringify(alert),
});

const rows: Readonly<Record<string, readonly Row[]>> = {
  meta: [
    { key: "lastDeviceNumber", value: "7" },
    { key: "packedTo", value: "0" },
  ],
  device: [{ id: "bin-1", number: 7, body: JSON.stringify(device) }],
  token: [{ id: "token-1", body: JSON.stringify({ id: "token-1", name: "desk", role: "dispatcher" }) }],
  document: [{ collection: "rules", id: "bin.overflow", body: JSON.stringify({ level: 2 }) }],
  rule_state: [{ rule_id: "bin.overflow", subject_id: "bin-1", subtype: "0", body: JSON.stringify({ marks: [] }) }],
  alert: [alertRow(overflow), alertRow(fuel)],
  timeline: [{ alert_id: "old", rev: 3, entry: 0, body: JSON.stringify(entry) }],
  audit: [{ id: 1, at: T0, actor: "user:x", action: "rule.change", target: "bin.overflow", details: "{}", hash: "aa" }],
  quarantine: [{ id: 1, at: T0, reason: "json", detail: "d", topic: "t", device: null, payload: "AA==" }],
  answer: [{ key: "once-1", at: T0, status: 201, body: "{}" }],
  subject: [{ device: 7, body: JSON.stringify({ at: T0 }) }],
  log: [{ id: 1, count: 2, body: new Uint8Array(logged) }],
  chunk: [{ device: 7, day: PACKED_DAY, part: 0, count: 2, body: packed }],
  event: [{ device: 7, at: T0, key: 1, body: JSON.stringify({ device: 7, at: T0 }) }],
  device_place: [{ device: 7, since: 5, id: "bin-1", kind: "bin", community_id: "tianliao", grid_id: "grid-1" }],
  missed: [{ device: 7, day: PACKED_DAY }],
  district_edition: [{ edition: 1, at: T0, body: JSON.stringify({ edition: 1 }) }],
  district_feature: [{ number: 1, id: "grid-1", since: 1, until: null, body: JSON.stringify({ id: "grid-1" }) }],
  kpi_counter: [{ measure: "opened", hour: 1, bin: 0, ...counted, source: "iot", amount: 1, ms: 0 }],
  kpi_part: [{ measure: "opened", at: T0, record_id: "old", ...counted, source: "iot" }],
  kpi_record: [{ id: "old", body: "{}" }],
  kpi_due: [{ hour: 1, community_id: "tianliao", change: 1 }],
  latest: [{ device: 7, body: latest }],
  alert_version: [{ alert_id: "old", rev: 3, at: T0, body: JSON.stringify(overflow) }],
  report: [{ id: "r-1", kind: "day", from_at: T0, to_at: T0 + DAY, made_at: T0 + DAY, body: "{}" }],
  work: [{ kind: "stop", id: "s-1", at: T0, subject_id: "p-1", body: "{}" }],
  tier: [{ tier: 0, device: 7, period: 1, body: packed }],
  tier_due: [{ day: PACKED_DAY - 1, device: 7 }],
};

const tablesOf = (database: DatabaseSync): string[] =>
  (
    database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all() as {
      name: string;
    }[]
  ).map(({ name }) => name);

const schemaOf = (database: DatabaseSync) =>
  database.prepare("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").all();

/** A database as a program of an earlier version left it. */
function writtenBy(path: string, version: number): string[] {
  const database = new DatabaseSync(path);
  migrate(database, version);
  const tables = tablesOf(database);
  for (const table of tables) {
    for (const row of rows[table] ?? []) {
      const names = Object.keys(row);
      const marks = names.map(() => "?").join(", ");
      database.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${marks})`).run(...Object.values(row));
    }
  }
  database.close();
  return tables;
}

/** The row of the same key as it is afterwards, in the columns that were written; bodies as what they say. */
function kept(database: DatabaseSync, table: string, row: Row): object | undefined {
  const names = Object.keys(row);
  const key = names.filter((name) => !["body", "value"].includes(name) && row[name] !== null);
  const where = key.map((name) => `${name} = ?`).join(" AND ");
  const found = database
    .prepare(`SELECT ${names.join(", ")} FROM ${table} WHERE ${where}`)
    .get(...key.map((name) => row[name] as string | number)) as Row | undefined;
  return found && spoken(found);
}

const spoken = (row: Row): object => ({
  ...row,
  ...(typeof row.body === "string" && { body: JSON.parse(row.body) }),
  ...(row.body instanceof Uint8Array && { body: [...row.body] }),
});

test("every table there is has a row in this test", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database);
  expect(Object.keys(rows).sort()).toEqual(tablesOf(database).sort());
});

test("a database of a newer program is refused with what to do", () => {
  const database = new DatabaseSync(":memory:");
  database.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
  expect(() => migrate(database)).toThrow(/start the newer version, or restore a backup/);
});

describe.each(Array.from({ length: schemaVersion }, (_, index) => index + 1))("a database of version %i", (version) => {
  test("keeps every row, and becomes what a new one is", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "kerbside.db");
    const tables = writtenBy(path, version);
    const database = new DatabaseSync(path);
    migrate(database);
    for (const table of tables) {
      for (const row of rows[table] ?? []) {
        const is = kept(database, table, row);
        expect(is, `${table} ${JSON.stringify(row.id ?? row.key ?? "")}`).toMatchObject(spoken(row));
      }
    }
    const fresh = new DatabaseSync(":memory:");
    migrate(fresh);
    expect(schemaOf(database)).toEqual(schemaOf(fresh));
    database.close();
  });

  test("is opened, knows what it knew, and what later versions ask of it", async () => {
    using directory = temporaryDirectory();
    writtenBy(join(directory.path, "kerbside.db"), version);
    await using store = await openTestStore(directory.path, { fixedNow: T0 + DAY });
    const { restored } = store;
    expect(restored.devices).toMatchObject([device]);
    expect(restored.tokens).toMatchObject([{ id: "token-1" }]);
    expect(restored.documents).toMatchObject([{ collection: "rules", id: "bin.overflow", body: { level: 2 } }]);
    // Alerts of before have the line of their rule's family, and were never suspended.
    const lineIsKnown = version < 9;
    const standing = restored.alerts.find(({ id }) => id === "old");
    expect(standing).toMatchObject({ ...overflow, ...(lineIsKnown && { line: "cleaning" }) });
    if (version < 10) expect(standing?.pausedMs).toBe(0);
    const ended = await store.alert("fuel");
    if (lineIsKnown) expect(ended?.alert.line).toBeNull();
    expect((await store.alert("old"))?.timeline).toMatchObject([{ action: "open" }]);
    const past = await store.series({ device: 7, metric: "fillPct", from: 0, to: T0 + DAY });
    expect(past.points.map(({ value }) => value)).toEqual([40, 41, 55, 56]);
  });

  test("has told where its devices were, what its alerts were, and which days are due", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "kerbside.db");
    writtenBy(path, version);
    const database = new DatabaseSync(path);
    migrate(database);
    const count = (sql: string) => (database.prepare(sql).get() as { n: number }).n;
    const since = version < 2 ? 0 : 5;
    const where = `device = 7 AND since = ${since} AND community_id = 'tianliao' AND grid_id = 'grid-1' AND kind = 'bin'`;
    expect(count(`SELECT count(*) AS n FROM device_place WHERE ${where}`)).toBe(1);
    expect(count("SELECT count(*) AS n FROM alert_version WHERE alert_id = 'old'")).toBe(1);
    if (version < 6) expect(count("SELECT count(*) AS n FROM alert_version WHERE alert_id = 'fuel'")).toBe(1);
    if (version < 11) expect(count(`SELECT count(*) AS n FROM tier_due WHERE day = ${PACKED_DAY}`)).toBe(1);
    const line = "json_extract(body, '$.line')";
    if (version < 9) {
      expect(count(`SELECT count(*) AS n FROM alert_version WHERE alert_id = 'old' AND ${line} = 'cleaning'`)).toBe(1);
    }
    if (version < 10) {
      expect(
        count("SELECT count(*) AS n FROM alert_version WHERE json_extract(body, '$.pausedMs') = 0"),
      ).toBeGreaterThan(0);
    }
    database.close();
  });
});
