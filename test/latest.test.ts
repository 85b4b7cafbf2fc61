import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { DAY, HOUR } from "../src/domain/time.ts";
import type { Reading } from "../src/store/kept.ts";
import type { SqliteStore } from "../src/store/sqlite-store.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { batchOf, openTestStore, T0 } from "./support/store.ts";

const D0 = Math.floor(T0 / DAY) * DAY;
const reading = (device: number, at: number, metrics: Reading["metrics"]): Reading => ({
  device,
  at,
  receivedAt: at,
  key: at % 1_000,
  metrics,
});

/** Three days of two devices; the second one says its battery on the first day only. */
const readings = [0, 1, 2].flatMap((day) => [
  reading(1, D0 + day * DAY + HOUR, { fillPct: 10 + day }),
  reading(1, D0 + day * DAY + 5 * HOUR, { fillPct: 20 + day, tempC: 5 }),
  reading(2, D0 + day * DAY + 2 * HOUR, day === 0 ? { fillPct: 70, batteryPct: 3.5 } : { fillPct: 70 + day }),
]);

const ask = async (store: SqliteStore, metric: "fillPct" | "batteryPct", to: number, from = D0) => {
  const { at, value } = await store.latest({ devices: [2, 1, 7], metric, from, to });
  return [...at].map((time, i) => (Number.isNaN(time) ? null : [(time - D0) / HOUR, value[i]]));
};

async function expectAnswers(store: SqliteStore): Promise<void> {
  expect(await ask(store, "fillPct", D0 + 9 * DAY)).toEqual([[50, 72], [53, 22], null]);
  expect(await ask(store, "fillPct", D0 + 2 * DAY)).toEqual([[26, 71], [29, 21], null]);
  expect(await ask(store, "fillPct", D0 + DAY + 5 * HOUR)).toEqual([[26, 71], [25, 11], null]);
  expect(await ask(store, "batteryPct", D0 + 9 * DAY)).toEqual([[2, 3.5], null, null]);
  expect(await ask(store, "batteryPct", D0 + 9 * DAY, D0 + DAY)).toEqual([null, null, null]);
}

describe("the latest readings", () => {
  test("are the same before and after packing, and after a start", async () => {
    using directory = temporaryDirectory();
    for (const packed of [false, true, true]) {
      await using store = await openTestStore(directory.path);
      if (!packed) await store.commit(batchOf(readings));
      else await store.pack();
      await expectAnswers(store);
    }
    await using store = await openTestStore(directory.path);
    // Late data is no news; a correction of the newest moment is.
    await store.commit(batchOf([reading(1, D0 + 3, { fillPct: 99 }), reading(2, D0 + 50 * HOUR, { fillPct: 1 })]));
    expect(await ask(store, "fillPct", D0 + 9 * DAY)).toEqual([[50, 1], [53, 22], null]);
  });

  test("are found in a database that did not keep them", async () => {
    using directory = temporaryDirectory();
    {
      await using store = await openTestStore(directory.path);
      await store.commit(batchOf(readings, { checkpoint: { begins: true, subjects: [], completes: true } }));
      await store.commit(batchOf([], { checkpoint: { begins: true, subjects: [], completes: true } }));
      await store.pack();
    }
    const database = new DatabaseSync(`${directory.path}/kerbside.db`);
    database.exec("DELETE FROM latest; DELETE FROM meta WHERE key = 'latestKnownTo'");
    database.close();
    {
      await using store = await openTestStore(directory.path);
      await expectAnswers(store);
      // What arrives late meanwhile does not hide what is newer.
      await store.commit(batchOf([reading(1, D0 + 3, { fillPct: 99 })]));
      await expectAnswers(store);
      await store.pack();
      await expectAnswers(store);
    }
    await using store = await openTestStore(directory.path);
    await expectAnswers(store);
  });

  test("go with the readings, and what people's devices said goes earlier", async () => {
    using directory = temporaryDirectory();
    const options = {
      fixedNow: D0 + 3 * DAY,
      retention: {
        readingsMs: 20 * DAY,
        minutesMs: 400 * DAY,
        daysMs: 400 * DAY,
        personTracksMs: 5 * DAY,
        alertsMs: 400 * DAY,
        auditMs: 400 * DAY,
        quarantineMs: 400 * DAY,
        kpiMs: 400 * DAY,
      },
    };
    await using store = await openTestStore(directory.path, options);
    const badge = {
      id: "badge-3",
      number: 3,
      kind: "person" as const,
      name: "",
      aliases: [],
      place: null,
      attributes: {},
      secretHashes: [],
      createdAt: T0,
      updatedAt: T0,
      rev: 1,
    };
    const worn = reading(3, D0 + HOUR, { lat: 22.7, lon: 113.9, batteryPct: 50 });
    await store.commit(batchOf([...readings, worn], { devices: [{ id: badge.id, device: badge }] }));
    await store.pack();
    const said = async (metric: "lat" | "batteryPct") =>
      (await store.latest({ devices: [3], metric, from: D0, to: D0 + 99 * DAY })).value[0];
    expect(await said("lat")).toBe(22.7);
    await store.retain(D0 + 8 * DAY);
    expect(await said("lat")).toBeNaN();
    expect(await said("batteryPct")).toBe(50);
    await store.retain(D0 + 22 * DAY);
    expect(await ask(store, "fillPct", D0 + 99 * DAY)).toEqual([[50, 72], [53, 22], null]);
    await store.retain(D0 + 30 * DAY);
    expect(await ask(store, "fillPct", D0 + 99 * DAY)).toEqual([null, null, null]);
    expect(await said("batteryPct")).toBeNaN();
  });
});
