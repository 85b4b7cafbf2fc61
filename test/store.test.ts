import { fork } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { DAY } from "../src/domain/time.ts";
import { auditHash } from "../src/store/commit.ts";
import type { Reading } from "../src/store/kept.ts";
import { StoreUnavailable } from "../src/store/store.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { alertOf, batchOf, openTestStore, T0 } from "./support/store.ts";

const reading = (n: number, fields: Partial<Reading> = {}): Reading => ({
  device: 1,
  at: T0 + n * 1_000,
  receivedAt: T0 + n * 1_000,
  key: n,
  metrics: { fillPct: n % 100 },
  ...fields,
});

describe("the store", () => {
  test("brings back exactly what was committed", async () => {
    using directory = temporaryDirectory();
    const alert = alertOf({ rev: 7 });
    {
      await using store = await openTestStore(directory.path);
      await store.commit(
        batchOf([reading(1), reading(2)], {
          alerts: [alert],
          timeline: [
            {
              alertId: alert.id,
              rev: 7,
              at: T0,
              actor: "system",
              action: "open",
              fromState: null,
              toState: "open",
              note: null,
              details: { why: "full" },
            },
          ],
          ruleStates: [{ subjectId: "bin-1", ruleId: "bin.overflow", subtype: null, body: { since: T0 } }],
          documents: [{ collection: "rules", id: "x", body: { level: 2 } }],
        }),
      );
      const part = (begins: boolean, device: number, completes: boolean) => ({
        checkpoint: { begins, subjects: [{ device, body: { at: T0 } }], completes },
      });
      await store.commit(batchOf([], part(true, 1, false)));
      await store.commit(batchOf([reading(3)], part(false, 2, true)));
      await store.commit(batchOf([reading(4)], part(true, 1, false)));
    }
    await using store = await openTestStore(directory.path);
    const { restored } = store;
    expect(restored.alertRev).toBe(7);
    expect(restored.alerts).toEqual([alert]);
    expect(restored.ruleStates).toEqual([
      { subjectId: "bin-1", ruleId: "bin.overflow", subtype: null, body: { since: T0 } },
    ]);
    expect(restored.documents).toEqual([{ collection: "rules", id: "x", body: { level: 2 } }]);
    expect(restored.subjects).toEqual([1, 2].map((device) => ({ device, body: { at: T0 } })));
    // The second round was never completed: everything since the first one began is replayed.
    expect(restored.tail).toHaveLength(2);
    expect((await store.alert(alert.id))?.timeline).toMatchObject([{ action: "open", details: { why: "full" } }]);
    const { points } = await store.series({ device: 1, metric: "fillPct", from: T0, to: T0 + DAY });
    expect(points.map(({ value }) => value)).toEqual([1, 2, 3, 4]);
  });

  test("refuses a second open alert of the same key, and nothing of that batch stays", async () => {
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path);
    await store.commit(batchOf([], { alerts: [alertOf({ id: "a", rev: 1 })] }));
    const double = batchOf([reading(1)], { alerts: [alertOf({ id: "b", rev: 2 })] });
    await expect(store.commit(double)).rejects.toThrow(/UNIQUE/);
    await expect(store.commit(double)).rejects.not.toBeInstanceOf(StoreUnavailable);
    expect((await store.alerts({ limit: 10 })).items.map(({ id }) => id)).toEqual(["a"]);
    expect((await store.series({ device: 1, metric: "fillPct", from: 0, to: T0 * 2 })).points).toEqual([]);
  });

  test("lets an alert end and its successor open in one batch", async () => {
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path);
    await store.commit(batchOf([], { alerts: [alertOf({ id: "a", rev: 1 })] }));
    await store.commit(
      batchOf([], {
        alerts: [alertOf({ id: "b", rev: 3 }), alertOf({ id: "a", rev: 2, state: "closed", closedAt: T0 })],
      }),
    );
    expect((await store.alerts({ open: true, limit: 10 })).items.map(({ id }) => id)).toEqual(["b"]);
  });

  test("loses nothing that was confirmed when it is killed at a random moment, 20 times", {
    timeout: 120_000,
  }, async () => {
    using directory = temporaryDirectory();
    let confirmed = 0;
    for (let round = 0; round < 20; round++) {
      const child = fork(new URL("./support/committing-process.ts", import.meta.url), [directory.path, String(round)], {
        execArgv: ["--disable-warning=ExperimentalWarning"],
      });
      const killAfter = 3 + ((round * 37) % 40);
      let count = 0;
      await new Promise<void>((resolve, reject) => {
        child.on("message", (n: number) => {
          confirmed = n;
          if (++count === killAfter) child.kill("SIGKILL");
        });
        child.on("exit", (_code, signal) => (signal === "SIGKILL" ? resolve() : reject(new Error(`ended: ${signal}`))));
      });
      await using store = await openTestStore(directory.path);
      const { points } = await store.series({ device: 1, metric: "odometerKm", from: 0, to: T0 * 2 });
      const values = new Set(points.map(({ value }) => value));
      for (let n = 1; n <= confirmed; n++) if (!values.has(n)) throw new Error(`confirmed reading ${n} is lost`);
      expect(points.length).toBeGreaterThanOrEqual(confirmed);
    }
    const database = new DatabaseSync(join(directory.path, "kerbside.db"));
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    database.close();
  });

  test("says that a full disk may heal, keeps what it had, and goes on when there is room", async () => {
    using directory = temporaryDirectory();
    const big = (from: number) => batchOf(Array.from({ length: 20_000 }, (_, i) => reading(from + i)));
    {
      await using store = await openTestStore(directory.path, { maximumPages: 400 });
      await store.commit(batchOf([reading(1)]));
      let refused: unknown = null;
      for (let i = 0; i < 20 && !refused; i++)
        await store.commit(big(10 + i * 20_000)).catch((error) => (refused = error));
      expect(refused).toBeInstanceOf(StoreUnavailable);
      const { points } = await store.series({ device: 1, metric: "fillPct", from: T0, to: T0 + 2_000 });
      expect(points).toEqual([{ at: T0 + 1_000, value: 1 }]);
    }
    await using store = await openTestStore(directory.path);
    await store.commit(big(1_000_000));
    expect((await store.series({ device: 1, metric: "fillPct", from: T0, to: T0 + 2_000 })).points).toHaveLength(1);
  });

  test("keeps its reserve of free disk", async () => {
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path, { diskReserveBytes: 1e18 });
    await expect(store.commit(batchOf([reading(1)]))).rejects.toThrow(/DISK_RESERVE_BYTES/);
  });

  test("notices that a backup was put back, and starts a new epoch", async () => {
    using directory = temporaryDirectory();
    const database = join(directory.path, "kerbside.db");
    const copy = join(directory.path, "backups", "copy.db");
    let epoch = "";
    {
      await using store = await openTestStore(directory.path);
      epoch = store.restored.epoch;
      await store.commit(batchOf([reading(1)], { alerts: [alertOf({ id: "a", rev: 1 })] }));
      expect(await store.backup(copy)).toBeGreaterThan(0);
      await store.commit(
        batchOf([], { alerts: [alertOf({ id: "b", rev: 2, subject: { kind: "bin", id: "bin-2" } })] }),
      );
    }
    {
      await using store = await openTestStore(directory.path);
      expect(store.restored.epoch).toBe(epoch);
    }
    for (const suffix of ["-wal", "-shm"]) rmSync(database + suffix, { force: true });
    copyFileSync(copy, database);
    await using store = await openTestStore(directory.path);
    expect(store.restored.epoch).not.toBe(epoch);
    expect(store.restored.alerts.map(({ id }) => id)).toEqual(["a"]);
  });

  test("refuses a database of a newer version", async () => {
    using directory = temporaryDirectory();
    {
      await using _store = await openTestStore(directory.path);
    }
    const database = new DatabaseSync(join(directory.path, "kerbside.db"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    await expect(openTestStore(directory.path)).rejects.toThrow(/version 99/);
  });

  test("keeps the audit unchangeable and chained", async () => {
    using directory = temporaryDirectory();
    {
      await using store = await openTestStore(directory.path);
      for (let n = 0; n < 5; n++) {
        await store.commit(
          batchOf([], { audit: [{ at: T0 + n, actor: "user:a", action: "test", target: `t${n}`, details: { n } }] }),
        );
      }
      const first = await store.audit({ limit: 3 });
      expect(first.items.map(({ target }) => target)).toEqual(["t4", "t3", "t2"]);
      const second = await store.audit({ limit: 3, cursor: first.next ?? "" });
      expect(second.items.map(({ target }) => target)).toEqual(["t1", "t0"]);
      expect(second.next).toBeNull();
    }
    const database = new DatabaseSync(join(directory.path, "kerbside.db"));
    expect(() => database.exec("UPDATE audit SET actor = 'x' WHERE id = 2")).toThrow(/cannot be changed/);
    expect(() => database.exec("DELETE FROM audit WHERE id = 2")).toThrow(/cannot be deleted/);
    let hash = "";
    for (const row of database.prepare("SELECT * FROM audit ORDER BY id").all() as Record<string, string>[]) {
      hash = auditHash(hash, [row.at, row.actor, row.action, row.target, row.details]);
      expect(row.hash).toBe(hash);
    }
    database.close();
  });

  test("bounds the quarantine and lists it by reason", async () => {
    using directory = temporaryDirectory();
    await using store = await openTestStore(directory.path, { quarantineRows: 10 });
    const entry = (n: number) => ({
      at: T0,
      reason: n % 2 ? "schema" : "notJson",
      detail: "",
      topic: "t",
      device: null,
      payload: "",
    });
    for (let n = 0; n < 30; n++) await store.commit(batchOf([], { quarantine: [entry(n)] }));
    expect((await store.quarantine({ limit: 100 })).items).toHaveLength(10);
    expect((await store.quarantine({ reason: "schema", limit: 100 })).items).toHaveLength(5);
  });

  test("forgets what is older than its limits, and says from which revision on screens must start anew", async () => {
    using directory = temporaryDirectory();
    const readings = { readingsMs: DAY, minutesMs: DAY, daysMs: DAY, personTracksMs: DAY };
    const day = { ...readings, alertsMs: DAY, auditMs: DAY, quarantineMs: DAY, kpiMs: DAY };
    {
      await using store = await openTestStore(directory.path, { retention: day });
      const old = { state: "closed", closedAt: T0, archivedAt: T0 } as const;
      await store.commit(
        batchOf([reading(0), reading(0, { at: T0 + 5 * DAY })], {
          alerts: [alertOf({ id: "old", rev: 3, ...old }), alertOf({ id: "new", rev: 4 })],
          audit: [
            { at: T0, actor: "a", action: "b", target: "old", details: null },
            { at: T0 + 5 * DAY, actor: "a", action: "b", target: "new", details: null },
          ],
        }),
      );
      await store.pack();
      await store.retain(T0 + 5 * DAY);
      expect((await store.alerts({ limit: 10 })).items.map(({ id }) => id)).toEqual(["new"]);
      expect((await store.audit({ limit: 10 })).items.map(({ target }) => target)).toEqual(["new"]);
      const { points } = await store.series({ device: 1, metric: "fillPct", from: 0, to: T0 * 2 });
      expect(points.map(({ at }) => at)).toEqual([T0 + 5 * DAY]);
    }
    await using store = await openTestStore(directory.path);
    expect(store.restored.prunedRev).toBe(3);
  });
});
