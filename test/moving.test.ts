import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { connectAsync } from "mqtt";
import { describe, expect, test, vi } from "vitest";
import { brokenAudit } from "../src/cli/moving/merge-logbooks.ts";
import { exportTables, otherTables } from "../src/cli/moving/tables.ts";
import { DAY, HOUR, MINUTE } from "../src/domain/time.ts";
import { EVERYWHERE } from "../src/kpi/measures.ts";
import type { Reading } from "../src/store/kept.ts";
import { openJournal } from "../src/store/sqlite-store.ts";
import { kerbside, kerbsideWith } from "./support/command-line.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startReceiver } from "./support/receiver.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";
import { alertOf, batchOf, openTestStore, T0 } from "./support/store.ts";

// Each command is a process of its own: on a busy machine they take their time.
vi.setConfig({ testTimeout: 90_000 });

const place = { lat: 22.733, lon: 113.9033, communityId: "tianliao" };
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
interface Login {
  readonly username: string;
  readonly password: string;
}

/** A center in which something of nearly everything was done. */
async function livedIn(center: TestCenter): Promise<{ login: Login; alertId: string }> {
  const { mqtt: login } = await center.rest<{ mqtt: Login }>("POST", "/devices", { id: "bin-1", kind: "bin", place });
  await center.rest("POST", "/devices", { id: "bin-2", kind: "bin", place });
  await center.rest("POST", "/devices", { id: "bin-gone", kind: "bin", place });
  await center.rest("POST", "/people", {
    id: "wang",
    name: "王",
    role: "dispatcher",
    password: "four unrelated words",
  });
  await center.rest("POST", "/tokens", { name: "wall", role: "viewer" });
  await center.rest("PUT", "/registry/crews/early", { name: "Early", line: "cleaning", members: [] });
  const now = Date.now();
  const device = await connectAsync(center.mqtt as string, login);
  for (let minute = 30; minute > 0; minute--) {
    const said = { ts: now - minute * MINUTE, fillPct: 97, tempC: 20 + minute / 10 };
    await device.publishAsync("kerbside/v1/bin/bin-1/telemetry", JSON.stringify(said), { qos: 1 });
  }
  await device.publishAsync("kerbside/v1/bin/bin-1/telemetry", "not json", { qos: 1 });
  await device.publishAsync("kerbside/v1/bin/bin-1/status", '{"online":true}', { qos: 1 });
  await device.endAsync();
  const alert = { ruleId: "bin.disturbed", subject: { kind: "bin", id: "bin-2" } };
  const { id } = await center.rest<{ id: string }>("POST", "/alerts", alert);
  await center.rest("POST", `/alerts/${id}/acknowledge`, { note: "looking" });
  const picture = await fetch(`${center.http}/api/v1/alerts/${id}/pictures?lat=22.733&lon=113.9033&takenAt=${now}`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "image/png" },
    body: PNG,
  });
  expect(picture.status).toBe(201);
  await center.rest("DELETE", "/devices/bin-gone");
  await center.rest("PUT", "/outputs/partner", {
    type: "webhook",
    title: "Partner",
    url: "http://127.0.0.1:9/hook",
    secret: "whsec_dGhlLXNlY3JldC1vZi10aGUtdGVzdA==",
    enabled: false,
  });
  await expect
    .poll(() => center.rest<{ total?: number }>("GET", "/alerts?open=true"))
    .toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ ruleId: "bin.overflow" })]),
    });
  return { login, alertId: id };
}

interface Told {
  readonly [table: string]: unknown[];
}

/** An export by its tables, without what the import itself noted. */
async function told(data: string, ...more: string[]): Promise<Told> {
  const { code, out, error } = await kerbside("export", "--data-dir", data, ...more);
  expect({ code, error }).toMatchObject({ code: 0 });
  return byTable(out);
}

function byTable(text: string): Told {
  const tables: Record<string, unknown[]> = {};
  for (const line of text.trimEnd().split("\n").slice(1, -1)) {
    const [[name = "", value] = []] = Object.entries(JSON.parse(line) as Record<string, unknown>);
    if (name === "audit" && (value as { action: string }).action === "import") continue;
    tables[name] = [...(tables[name] ?? []), value];
  }
  return tables;
}

const counts = (tables: Told) => Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.length]));
const imported = (text: string) =>
  JSON.parse(text) as { written: Record<string, number>; conflicts: Record<string, number> };

const reading = (device: number, minute: number, fillPct: number): Reading => ({
  device,
  at: T0 + minute * MINUTE,
  receivedAt: T0 + minute * MINUTE + 500,
  key: device * 1_000 + minute,
  metrics: { fillPct },
});
const deviceOf = (id: string, number: number, more: object = {}) => ({
  id,
  device: {
    id,
    number,
    kind: "bin" as const,
    name: id,
    aliases: [],
    place: null,
    attributes: {},
    secretHashes: [],
    createdAt: T0,
    updatedAt: T0,
    rev: 1,
    ...more,
  },
});

describe("an export", () => {
  test("of a running center comes back whole in an empty one, which goes on under a new epoch", async () => {
    using outside = temporaryDirectory();
    const data = join(outside.path, "moved");
    let before: Told = {};
    let login: Login = { username: "", password: "" };
    let alertId = "";
    let epoch = "";
    {
      await using center = await startTestCenter();
      ({ login, alertId } = await livedIn(center));
      epoch = center.center.store.restored.epoch;
      const exported = await kerbside("export", "--data-dir", center.directory);
      before = byTable(exported.out);
      const moved = await kerbsideWith({ input: gzipSync(exported.out) }, "import", "--data-dir", data);
      expect(moved).toMatchObject({ code: 0, error: expect.not.stringContaining("differs") });
      expect(imported(moved.out).conflicts).toEqual({});
    }
    const collections = (before.document as { collection: string }[]).map(({ collection }) => collection);
    for (const name of ["person", "outputs", "operations.crews"]) expect(collections).toContain(name);
    for (const table of ["token", "document", "device", "alert", "timeline", "alert_version", "audit"]) {
      expect(before[table]?.length, table).toBeGreaterThan(0);
    }
    for (const table of ["quarantine", "event", "readings", "journal", "picture", "pepper", "district_edition"]) {
      expect(before[table]?.length, table).toBeGreaterThan(0);
    }
    expect(await told(data)).toEqual(before);

    await using center = await startTestCenter({ DATA_DIR: data });
    expect(center.center.store.restored.epoch).not.toBe(epoch);
    const device = await connectAsync(center.mqtt as string, login);
    await device.endAsync();
    expect(await center.rest("GET", "/devices/bin-1")).toMatchObject({ metrics: { fillPct: 97 }, online: true });
    expect(await center.rest("GET", `/alerts/${alertId}`)).toMatchObject({ state: "acknowledged" });
    const { pictures } = await center.rest<{ pictures: { id: string }[] }>("GET", `/alerts/${alertId}`);
    const picture = await fetch(`${center.http}/api/v1/alerts/${alertId}/pictures/${pictures[0]?.id}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(Buffer.from(await picture.arrayBuffer()).equals(PNG)).toBe(true);
    const day = `from=${Date.now() - HOUR}&to=${Date.now()}`;
    const history = await center.rest<{ points: unknown[] }>("GET", `/devices/bin-1/history?metric=fillPct&${day}`);
    expect(history.points).toHaveLength(30);
  });

  test("tells every table of the store", async () => {
    using directory = temporaryDirectory();
    await using _store = await openTestStore(directory.path);
    using database = new DatabaseSync(join(directory.path, "kerbside.db"), { readOnly: true });
    const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
    const tables = (names.all() as { name: string }[]).map(({ name }) => name).sort();
    expect([...exportTables.map(({ name }) => name), ...otherTables].sort()).toEqual(tables);
    for (const { name, key } of exportTables) {
      const columns = database.prepare(`PRAGMA table_info(${name})`).all() as { name: string }[];
      expect(columns.map((column) => column.name)).toEqual(expect.arrayContaining([...key]));
    }
  });

  test("can be of some kinds and of a stretch of time", async () => {
    using directory = temporaryDirectory();
    {
      await using store = await openTestStore(directory.path);
      const readings = [0, 10, 20, DAY / MINUTE].map((minute) => reading(1, minute, minute));
      await store.commit(
        batchOf(readings, {
          devices: [deviceOf("bin-1", 1)],
          alerts: [alertOf({ id: "a", openedAt: T0 }), alertOf({ id: "b", openedAt: T0 + DAY, subtype: "x", rev: 2 })],
          timeline: [],
        }),
      );
    }
    const some = await told(
      directory.path,
      "--kinds",
      "readings,alerts",
      "--from",
      String(T0 + 10 * MINUTE),
      "--until",
      new Date(T0 + DAY).toISOString(),
    );
    expect(counts(some)).toEqual({ device_place: 1, readings: 1 });
    expect(some.readings).toEqual([
      { device: 1, at: [T0 + 10 * MINUTE, T0 + 20 * MINUTE], values: { fillPct: [10, 20] } },
    ]);
    const others = await told(directory.path, "--without", "readings,states", "--from", String(T0 + 1));
    expect(counts(others)).toMatchObject({ alert: 1, alert_version: 1, device: 1 });
    expect(others.readings).toBeUndefined();
    for (const [wrong, why] of [
      [["--kinds", "reading"], 'no kind "reading"'],
      [["--kinds", "states", "--from", "0"], "States are of now"],
      [["--from", "yesterday"], "neither ISO 8601"],
    ] as const) {
      const refused = await kerbside("export", "--data-dir", directory.path, ...wrong);
      expect(refused).toMatchObject({ code: 2, out: "", error: expect.stringContaining(why) });
    }
  });

  test("to a file is there whole or not at all, and readable by its owner only", async () => {
    using directory = temporaryDirectory();
    {
      await using _store = await openTestStore(directory.path);
    }
    const to = join(directory.path, "out/center.ndjson");
    expect(await kerbside("export", "--data-dir", directory.path, "--to", to)).toMatchObject({ code: 0, out: "" });
    expect(readdirSync(join(directory.path, "out"))).toEqual(["center.ndjson"]);
    expect(await kerbside("import", to, "--data-dir", join(directory.path, "b"))).toMatchObject({ code: 0 });
    const nowhere = await kerbside("export", "--data-dir", directory.path, "--to", "/proc/nowhere/center.ndjson");
    expect(nowhere).toMatchObject({ code: 1, error: expect.stringContaining("cannot be written to /proc/nowhere") });
  });
});

/** A small center that nobody runs: two bins, readings, an alert that is open. */
async function fill(path: string, more: Partial<Parameters<typeof batchOf>[1]> = {}): Promise<void> {
  await using store = await openTestStore(path);
  const readings = Array.from({ length: 50 }, (_, minute) => reading(1 + (minute % 2), minute, minute));
  await store.commit(
    batchOf(readings, {
      devices: [deviceOf("bin-1", 1, { aliases: ["eui:1"] }), deviceOf("bin-2", 2)],
      alerts: [alertOf({ id: "alert-1" })],
      timeline: [],
      audit: [
        { at: T0, actor: "user:a", action: "look", target: "x", details: null },
        { at: T0, actor: "user:a", action: "look", target: "x", details: null },
      ],
      checkpoint: {
        begins: false,
        subjects: [1, 2].map((device) => ({ device, body: { at: T0, keys: [device] } })),
        completes: false,
      },
      quarantine: [{ at: T0, reason: "schema", detail: "", topic: "t", device: null, payload: "" }],
      ...more,
    }),
  );
}

describe("an import", () => {
  test("done twice, or after a kill -9 in its middle, leaves what doing it once leaves", async () => {
    using directory = temporaryDirectory();
    const [a, b, c] = ["a", "b", "c"].map((name) => join(directory.path, name)) as [string, string, string];
    await fill(a);
    const { out: text } = await kerbside("export", "--data-dir", a);
    const before = byTable(text);

    const program = join(import.meta.dirname, "../src/cli/index.ts");
    // First while it reads, for its input does not end; then as soon as it has begun to write what it has read.
    for (const [data, input, ends, begun] of [
      [b, text.slice(0, text.length / 2), false, "import.partial/kerbside.db"],
      [c, text, true, "kerbside.db"],
    ] as const) {
      const words = ["--disable-warning=ExperimentalWarning", program, "import", "--data-dir", data];
      const child = spawn(process.execPath, words);
      const gone = once(child, "exit");
      child.stdin.write(input);
      if (ends) child.stdin.end();
      await expect.poll(() => existsSync(join(data, begun)), { timeout: 20_000, interval: 1 }).toBe(true);
      if (!ends) {
        const beside = await kerbsideWith({ input: text }, "import", "--data-dir", data);
        expect(beside).toMatchObject({ code: 1, error: expect.stringContaining("Another import into") });
      }
      child.kill("SIGKILL");
      await gone;
      if (!ends) expect(existsSync(join(b, "kerbside.db"))).toBe(false);
    }
    expect(await kerbsideWith({ input: text }, "import", "--data-dir", c)).toMatchObject({ code: 0 });
    expect(await told(c)).toEqual(before);

    const first = await kerbsideWith({ input: text }, "import", "--data-dir", b);
    expect(imported(first.out).written).toMatchObject({ device: 2, alert: 1, audit: 2, quarantine: 1, readings: 50 });
    expect(await told(b)).toEqual(before);
    expect(readdirSync(b)).not.toContain("import.partial");
    const bytes = readFileSync(join(b, "kerbside.db"));
    const again = await kerbsideWith({ input: text }, "import", "--data-dir", b);
    expect(imported(again.out)).toMatchObject({ written: {}, conflicts: {} });
    expect(readFileSync(join(b, "kerbside.db")).equals(bytes)).toBe(true);
    const shell = `"$0" "$1" export --data-dir "$2" | gzip | "$0" "$1" import --data-dir "$3"`;
    const piped = spawn("sh", ["-c", shell, process.execPath, program, a, join(directory.path, "d")]);
    expect(await once(piped, "exit")).toEqual([0, null]);
    expect(await told(join(directory.path, "d"))).toEqual(before);
    // Nor does a center take anything from itself.
    expect(imported((await kerbsideWith({ input: text }, "import", "--data-dir", a)).out).written).toEqual({});
  });

  test("refuses what is cut off, changed, newer or no export, and leaves nothing", async () => {
    using directory = temporaryDirectory();
    const [a, b] = [join(directory.path, "a"), join(directory.path, "b")];
    await fill(a);
    const { out: text } = await kerbside("export", "--data-dir", a);
    const lines = text.trimEnd().split("\n");
    const header = JSON.parse(lines[0] as string);
    const newer = { kerbside: { ...header.kerbside, schema: 9_999 } };
    const swapped = text.replace('"name":"bin-1"', '"name":"bin-9"');
    const cases: [string | Buffer, RegExp][] = [
      [`${lines.slice(0, -1).join("\n")}\n`, /cut off after line \d+/],
      [text.slice(0, text.length - 200), /cut off after line \d+/],
      [gzipSync(text).subarray(0, 900), /compressed export is cut off/],
      [swapped, /its sum differs/],
      [`${[...lines.slice(0, 8), ...lines.slice(9)].join("\n")}\n`, /its last line says/],
      [`${[JSON.stringify(newer), ...lines.slice(1)].join("\n")}\n`, /written by a newer Kerbside/],
      [`${[lines[0], '{"nonsense":{}}', ...lines.slice(1)].join("\n")}\n`, /Line 2 of the export \(nonsense\)/],
      ["id,kind\nbin-1,bin\n", /no export of Kerbside/],
      ["", /input is empty/],
    ];
    for (const [input, why] of cases) {
      const refused = await kerbsideWith({ input }, "import", "--data-dir", b);
      expect(refused).toMatchObject({ code: 1, out: "", error: expect.stringMatching(why) });
      expect(readdirSync(b)).toEqual([]);
    }
  });

  test("into a center with data of its own matches by identity, names what differs, and keeps the laws", async () => {
    using directory = temporaryDirectory();
    const [a, b] = [join(directory.path, "a"), join(directory.path, "b")];
    await fill(a, {
      alerts: [alertOf({ id: "alert-1" }), alertOf({ id: "alert-2", subject: { kind: "bin", id: "bin-2" }, rev: 2 })],
      documents: [
        { collection: "silences", id: "s", body: { of: "a" } },
        { collection: "kpi", id: "edition", body: 2 },
      ],
      kpi: {
        counters: [],
        parts: ["alert-1", "alert-2"].map((recordId) => ({
          part: { measure: "alert.cleared", at: T0, recordId, scope: EVERYWHERE },
          gone: false,
        })),
        records: ["alert-1", "alert-2"].map((id) => ({ id, body: { id } })),
      },
    });
    {
      await using store = await openTestStore(b);
      // Number 1 is another device here, bin-2 has another number, and alert-9 is open where alert-1 is.
      await store.commit(
        batchOf([reading(1, 0, 70), reading(7, 1, 55), reading(7, 3, 3)], {
          devices: [deviceOf("other", 1, { aliases: ["eui:1"] }), deviceOf("bin-2", 7)],
          alerts: [alertOf({ id: "alert-9", rev: 40 })],
          documents: [{ collection: "silences", id: "s", body: { of: "b" } }],
          audit: [{ at: T0 + 1, actor: "user:b", action: "look", target: "y", details: null }],
        }),
      );
    }
    const exported = await kerbside("export", "--data-dir", a);
    const merged = await kerbsideWith({ input: exported.out }, "import", "--data-dir", b);
    expect(merged.code).toBe(0);
    expect(imported(merged.out)).toMatchObject({
      written: { device: 1, alert: 1, audit: 2 },
      conflicts: { alert: 1, document: 1, readings: 1, device: 1 },
    });
    for (const named of ["alert-9 is open here", "silences s", "eui:1 belongs to other"]) {
      expect(merged.error).toContain(named);
    }
    const after = await told(b);
    const numbers = Object.fromEntries((after.device as { id: string; number: number }[]).map((d) => [d.id, d.number]));
    expect(numbers).toEqual({ other: 1, "bin-2": 7, "bin-1": 8 });
    const readings = (after.readings as { device: number; at: number[]; values: { fillPct: number[] } }[]).map(
      ({ device, at, values }) => [device, at.length, values.fillPct[0]],
    );
    // Minute 1 of bin-2 was 55 here and 1 there; what is known here stays.
    expect(readings).toEqual([
      [1, 1, 70],
      [7, 25, 55],
      [8, 25, 0],
    ]);
    // A present of its own is not mixed with another one.
    expect(after.subject).toEqual([expect.objectContaining({ device: 8 })]);
    const revisions = (after.alert as { id: string; rev: number; body: { rev: number } }[]).map(({ id, rev, body }) => [
      id,
      rev,
      body.rev,
    ]);
    expect(revisions).toEqual([
      ["alert-2", 42, 42],
      ["alert-9", 40, 40],
    ]);
    // What is not taken is not counted.
    expect((after.kpi_record as { id: string }[]).map(({ id }) => id)).toEqual(["alert-2"]);
    expect((after.kpi_part as { record_id: string }[]).map(({ record_id: id }) => id)).toEqual(["alert-2"]);
    using database = new DatabaseSync(join(b, "kerbside.db"), { readOnly: true });
    expect(brokenAudit(database, "main")).toBeNull();
    database.close();

    const again = await kerbsideWith({ input: exported.out }, "import", "--data-dir", b);
    expect(imported(again.out).written).toEqual({});
    expect(await told(b)).toEqual(after);

    const dry = await kerbsideWith({ input: exported.out }, "import", "--data-dir", b, "--replace", "--dry-run");
    expect(imported(dry.out).written).toMatchObject({ document: 1, readings: 25 });
    expect(await told(b)).toEqual(after);
    const replaced = await kerbsideWith({ input: exported.out }, "import", "--data-dir", b, "--replace");
    expect(imported(replaced.out).written).toMatchObject({ document: 1, readings: 25 });
    const last = await told(b);
    // Without the mark of the figures they are reckoned anew from the alerts of both.
    expect(last.document).toEqual([{ collection: "silences", id: "s", body: { of: "a" } }]);
    expect(last.readings?.[1]).toMatchObject({ values: { fillPct: expect.arrayContaining([1]) } });
    // Two open alerts of one key cannot be, whatever is asked for.
    expect((last.alert as { id: string }[]).map(({ id }) => id)).toEqual(["alert-2", "alert-9"]);
  });

  test("of readings alone finds the devices by their ids", async () => {
    using directory = temporaryDirectory();
    const [a, b] = [join(directory.path, "a"), join(directory.path, "b")];
    await fill(a);
    {
      await using store = await openTestStore(b);
      await store.commit(batchOf([], { devices: [deviceOf("other", 1), deviceOf("bin-1", 9)] }));
    }
    const { out: input } = await kerbside("export", "--data-dir", a, "--kinds", "readings");
    const merged = await kerbsideWith({ input }, "import", "--data-dir", b);
    expect(imported(merged.out)).toMatchObject({ conflicts: {} });
    const after = await told(b);
    expect((after.readings as { device: number }[]).map(({ device }) => device)).toEqual([2, 9]);
    expect((after.device as { id: string }[]).map(({ id }) => id)).toEqual(["other", "bin-1"]);
    // What became of bin-2 here is not known: its readings wait for it under a number of their own.
    expect(after.device_place).toContainEqual(expect.objectContaining({ id: "bin-2", device: 2 }));
    expect(imported((await kerbsideWith({ input }, "import", "--data-dir", b)).out).written).toEqual({});
  });

  test("under another pepper seals secrets anew and says which devices need one", async () => {
    using outside = temporaryDirectory();
    await using receiver = await startReceiver();
    const data = join(outside.path, "b");
    {
      await using b = await startTestCenter({ DATA_DIR: data, OUTPUT_INSIDE_HOSTS: "127.0.0.1" });
      await b.rest("POST", "/devices", { id: "bin-b", kind: "bin", place });
    }
    await using a = await startTestCenter({ OUTPUT_INSIDE_HOSTS: "127.0.0.1" });
    await a.rest("POST", "/devices", { id: "bin-a", kind: "bin", place });
    await a.rest("PUT", "/outputs/partner", {
      type: "webhook",
      title: "Partner",
      url: receiver.url,
      secret: "whsec_dGhlLXNlY3JldC1vZi10aGUtdGVzdA==",
    });
    const exported = await kerbside("export", "--data-dir", a.directory);
    const merged = await kerbsideWith({ input: exported.out }, "import", "--data-dir", data);
    expect(merged).toMatchObject({ code: 0, error: expect.stringContaining("bin-a needs a new secret") });
    // Both started with the district that ships with Kerbside.
    expect(imported(merged.out).conflicts.district_edition).toBeUndefined();
    await using b = await startTestCenter({ DATA_DIR: data, OUTPUT_INSIDE_HOSTS: "127.0.0.1" });
    expect(await b.rest("GET", "/devices/bin-a")).toMatchObject({ id: "bin-a" });
    // It starts: its sealed secret can be opened here.
    await b.rest("POST", "/outputs/partner/test");
    await expect.poll(() => receiver.received.length).toBeGreaterThan(0);
    expect(receiver.received[0]?.headers["webhook-signature"]).toBeDefined();
  });

  test("takes what docs/protocol.md says an export is, and a follower is told everything anew", async () => {
    using directory = temporaryDirectory();
    const data = join(directory.path, "data");
    const follower = { backlogBytes: 1e9 };
    {
      await using store = await openTestStore(data, { follower });
      const journal = openJournal(store.door());
      await store.commit(batchOf([reading(1, 0, 1)], { devices: [deviceOf("bin-1", 1)] }));
      const { upTo } = await journal.entries(0, 10);
      await journal.delivered({ log: upTo, refused: [] });
    }
    const document = readFileSync(join(import.meta.dirname, "../docs/protocol.md"), "utf8");
    const lines = [...document.matchAll(/```json export\n([\s\S]*?)```/g)].map(([, line]) =>
      JSON.parse(line as string),
    );
    const [closing] = lines.splice(-1) as { end: object }[];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const sha256 = createHash("sha256").update(text).digest("hex");
    const input = `${text}${JSON.stringify({ end: { ...closing?.end, sha256 } })}\n`;
    const taken = await kerbsideWith({ input }, "import", "--data-dir", data);
    expect(taken).toMatchObject({ code: 0, error: expect.not.stringContaining("differs") });
    expect(imported(taken.out).written).toEqual({
      device_place: 1,
      device: 1,
      document: 1,
      event: 1,
      readings: 2,
      windows: 1,
    });
    await using store = await openTestStore(data, { follower });
    const journal = openJournal(store.door());
    expect(await journal.position()).toEqual({ log: 0, alertRev: 0 });
    expect((await journal.missed(10)).map(({ device }) => device)).toEqual([7]);
    expect((await journal.entries(0, 10)).bodies).toHaveLength(1);
  });

  test("waits for nobody: a center that runs keeps its folder to itself", async () => {
    await using center = await startTestCenter();
    const exported = await kerbside("export", "--data-dir", center.directory);
    const refused = await kerbsideWith({ input: exported.out }, "import", "--data-dir", center.directory);
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining("stop it first") });
    expect(readdirSync(center.directory)).not.toContain("import.partial");
    expect(await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place })).toMatchObject({});
  });

  test("keeps what is left of readings that were removed, and adds up the others again", async () => {
    using directory = temporaryDirectory();
    const [a, b] = [join(directory.path, "a"), join(directory.path, "b")];
    const today = Math.floor(T0 / DAY);
    {
      await using store = await openTestStore(a, { fixedNow: T0 + 30 * DAY, retention: retained(5 * DAY) });
      const readings = Array.from({ length: 40 }, (_, day) => reading(1, (day - 10) * (DAY / MINUTE), day));
      await store.commit(
        batchOf(readings, {
          devices: [deviceOf("bin-1", 1)],
          checkpoint: { begins: true, subjects: [], completes: true },
        }),
      );
      await store.pack();
      await store.retain(T0 + 30 * DAY);
    }
    const exported = await kerbside("export", "--data-dir", a);
    expect(counts(byTable(exported.out))).toMatchObject({ windows: expect.any(Number), readings: expect.any(Number) });
    expect(await kerbsideWith({ input: exported.out }, "import", "--data-dir", b)).toMatchObject({ code: 0 });
    const series = async (path: string) => {
      await using store = await openTestStore(path, { fixedNow: T0 + 30 * DAY, retention: retained(5 * DAY) });
      await store.pack();
      const span = { from: (today - 20) * DAY, to: (today + 40) * DAY, everyMs: DAY, aggregate: "mean" } as const;
      return await store.series({ device: 1, metric: "fillPct", ...span });
    };
    const before = await series(a);
    expect(before.points).toHaveLength(40);
    expect(await series(b)).toEqual(before);
  });
});

const retained = (readingsMs: number) => ({
  readingsMs,
  minutesMs: 400 * DAY,
  daysMs: 400 * DAY,
  personTracksMs: 400 * DAY,
  alertsMs: 400 * DAY,
  auditMs: 400 * DAY,
  quarantineMs: 400 * DAY,
  kpiMs: 400 * DAY,
});
