import type { DatabaseSync } from "node:sqlite";

/** Each step runs once, in a transaction, in order; a step that was released is never changed. */
const steps: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE device (id TEXT PRIMARY KEY, number INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE token (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE document (
    collection TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (collection, id)
  ) WITHOUT ROWID;
  CREATE TABLE rule_state (
    rule_id TEXT NOT NULL, subject_id TEXT NOT NULL, subtype TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (rule_id, subject_id, subtype)
  ) WITHOUT ROWID;

  CREATE TABLE alert (
    id TEXT PRIMARY KEY, rev INTEGER NOT NULL, rule_id TEXT NOT NULL, subject_id TEXT NOT NULL, subtype TEXT NOT NULL,
    state TEXT NOT NULL, level INTEGER NOT NULL, final INTEGER NOT NULL, opened_at INTEGER NOT NULL, archived_at INTEGER,
    community_id TEXT, grid_id TEXT, lat REAL, lon REAL, body TEXT NOT NULL
  ) WITHOUT ROWID;
  -- Exactly one alert that has not ended for each key, whatever the code above believes.
  CREATE UNIQUE INDEX alert_open ON alert (rule_id, subject_id, subtype) WHERE final = 0;
  CREATE INDEX alert_rev ON alert (rev);
  CREATE INDEX alert_live ON alert (id) WHERE archived_at IS NULL;
  CREATE INDEX alert_subject ON alert (subject_id, id);
  CREATE TABLE timeline (alert_id TEXT NOT NULL, rev INTEGER NOT NULL, entry INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (alert_id, rev, entry)) WITHOUT ROWID;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
    details TEXT NOT NULL, hash TEXT NOT NULL
  );
  CREATE INDEX audit_target ON audit (target, id);
  CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit cannot be changed'); END;
  CREATE TRIGGER audit_delete BEFORE DELETE ON audit
    WHEN OLD.id > (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key = 'auditReleasedTo')
    BEGIN SELECT RAISE(ABORT, 'the audit cannot be deleted'); END;
  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, topic TEXT NOT NULL,
    device TEXT, payload TEXT NOT NULL
  );
  CREATE TABLE answer (key TEXT PRIMARY KEY, at INTEGER NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL)
    WITHOUT ROWID;

  CREATE TABLE subject (device INTEGER PRIMARY KEY, body TEXT NOT NULL);
  -- No index beside the row number: an index on the log costs more than everything else together.
  CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, count INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE TABLE chunk (
    device INTEGER NOT NULL, day INTEGER NOT NULL, part INTEGER NOT NULL, count INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (device, day, part)
  ) WITHOUT ROWID;
  CREATE TABLE event (
    device INTEGER NOT NULL, at INTEGER NOT NULL, key INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (device, at, key)
  ) WITHOUT ROWID;
  `,
  `
  -- What a device was and where it belonged, from when on: a reading is told elsewhere under the place it was made in.
  CREATE TABLE device_place (
    device INTEGER NOT NULL, since INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, community_id TEXT, grid_id TEXT,
    PRIMARY KEY (device, since)
  ) WITHOUT ROWID;
  INSERT INTO device_place SELECT number, 0, id, json_extract(body, '$.kind'), json_extract(body, '$.place.communityId'),
    json_extract(body, '$.place.gridId') FROM device;
  -- Days that the log no longer holds and the follower has not been told: it reads them from chunks.
  CREATE TABLE missed (device INTEGER NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (device, day)) WITHOUT ROWID;
  CREATE INDEX timeline_rev ON timeline (rev);
  `,
  `
  CREATE INDEX alert_crew ON alert (json_extract(body, '$.crewId'), id) WHERE json_extract(body, '$.crewId') IS NOT NULL;
  CREATE INDEX alert_assignee ON alert (json_extract(body, '$.assignee'), id)
    WHERE json_extract(body, '$.assignee') IS NOT NULL;
  CREATE INDEX audit_action ON audit (action, id);
  `,
  `
  -- The district by editions: a row of a feature is in force from one edition until another.
  CREATE TABLE district_edition (edition INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE TABLE district_feature (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER, body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX district_feature_since ON district_feature (id, since);
  CREATE INDEX district_feature_now ON district_feature (id) WHERE until IS NULL;
  `,
  `
  CREATE TABLE kpi_counter (
    measure TEXT NOT NULL, hour INTEGER NOT NULL, bin INTEGER NOT NULL, community_id TEXT NOT NULL, grid_id TEXT NOT NULL,
    line TEXT NOT NULL, contractor TEXT NOT NULL, level INTEGER NOT NULL, category TEXT NOT NULL, source TEXT NOT NULL,
    amount REAL NOT NULL, ms REAL NOT NULL,
    PRIMARY KEY (measure, hour, bin, community_id, grid_id, line, contractor, level, category, source)
  ) WITHOUT ROWID;
  -- What each record contributes, so that a figure can be opened up to the cases behind it.
  CREATE TABLE kpi_part (
    measure TEXT NOT NULL, at INTEGER NOT NULL, record_id TEXT NOT NULL, community_id TEXT NOT NULL, grid_id TEXT NOT NULL,
    line TEXT NOT NULL, contractor TEXT NOT NULL, level INTEGER NOT NULL, category TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (measure, at, record_id, community_id, grid_id, line, contractor, level, category, source)
  ) WITHOUT ROWID;
  CREATE TABLE kpi_record (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  -- What alerts were at earlier times: of each version what differs from the one before.
  CREATE TABLE alert_version (
    alert_id TEXT NOT NULL, rev INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (alert_id, rev)
  ) WITHOUT ROWID;
  CREATE INDEX alert_version_at ON alert_version (at, rev);
  CREATE INDEX alert_archived ON alert (archived_at) WHERE archived_at IS NOT NULL;
  INSERT INTO alert_version SELECT id, rev, json_extract(body, '$.knownAt'), body FROM alert;
  `,
  `
  -- Reports of periods that are over, as they were made.
  CREATE TABLE report (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, made_at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX report_from ON report (from_at);
  `,
  `
  -- What came of the work: visits, duties, stops, sweeps, tasks.
  CREATE TABLE work (
    kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, subject_id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX work_time ON work (kind, at, id);
  CREATE INDEX work_subject ON work (kind, subject_id, at);
  `,
  `
  -- Alerts have the line whose work they are: older ones the delivered line of their rule's family.
  CREATE TEMP TABLE family_line (family TEXT PRIMARY KEY, line TEXT NOT NULL);
  INSERT INTO family_line VALUES ('bin', 'cleaning'), ('point', 'cleaning'), ('street', 'cleaning'), ('sweep', 'cleaning'),
    ('spot', 'cleaning'), ('toilet', 'cleaning'), ('station', 'cleaning'), ('facility', 'cleaning'),
    ('merchant', 'cleaning'), ('tree', 'greening'), ('green', 'greening'), ('pest', 'pestControl');
  UPDATE alert SET body = json_set(body, '$.line',
    (SELECT line FROM family_line WHERE family = substr(rule_id, 1, instr(rule_id, '.') - 1)));
  UPDATE alert_version SET body = json_set(body, '$.line', (SELECT line FROM family_line WHERE family =
      substr(json_extract(body, '$.ruleId'), 1, instr(json_extract(body, '$.ruleId'), '.') - 1)))
    WHERE json_extract(body, '$.ruleId') IS NOT NULL;
  DROP TABLE family_line;
  `,
  `
  UPDATE alert SET body = json_set(body, '$.pausedMs', 0);
  UPDATE alert_version SET body = json_set(body, '$.pausedMs', 0) WHERE json_extract(body, '$.ruleId') IS NOT NULL;
  `,
  `
  -- The past in coarser windows, one blob for a device and period (store/tiers.ts), and the days that are due for it.
  CREATE TABLE tier (
    tier INTEGER NOT NULL, device INTEGER NOT NULL, period INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (tier, device, period)
  ) WITHOUT ROWID;
  CREATE TABLE tier_due (day INTEGER NOT NULL, device INTEGER NOT NULL, PRIMARY KEY (day, device)) WITHOUT ROWID;
  INSERT INTO tier_due SELECT DISTINCT day, device FROM chunk;
  CREATE INDEX answer_at ON answer (at);
  `,
  `
  -- The newest value of every metric, one row for a device (store/latest.ts).
  CREATE TABLE latest (device INTEGER PRIMARY KEY, body BLOB NOT NULL);
  -- Hours and communities whose figures the follower has not been told.
  CREATE TABLE kpi_due (
    hour INTEGER NOT NULL, community_id TEXT NOT NULL, change INTEGER NOT NULL, PRIMARY KEY (hour, community_id)
  ) WITHOUT ROWID;
  `,
];

/** The version this program writes. */
export const schemaVersion = steps.length;

/**
 * Brings the database to the version this program knows, or to an earlier one, as an older program would have made it.
 * @throws Error when it was written by a newer version
 */
export function migrate(database: DatabaseSync, to: number = schemaVersion): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > schemaVersion) {
    throw new Error(
      `the database has version ${version}, this Kerbside knows ${schemaVersion}: start the newer version, or restore a backup`,
    );
  }
  for (let next = version; next < to; next++) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(steps[next] ?? "");
      database.exec(`PRAGMA user_version = ${next + 1}`);
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }
}
