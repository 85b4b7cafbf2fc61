import { describe, expect, test } from "vitest";
import { datumOf, shifted } from "../src/console/shared/map-geometry.ts";
import { interruptionAt, isNight, orderAt, sceneOfRound } from "../src/console/wall/round.ts";
import { perHour, ranking, shareOf } from "../src/console/wall/statistics.ts";
import { HOUR, SECOND } from "../src/domain/time.ts";
import { sceneNames } from "../src/domain/wall.ts";
import { alertOf, T0 } from "./support/store.ts";

const critical = (id: string, fields = {}) => alertOf({ id, level: 1, knownAt: T0, openedAt: T0, ...fields });
const byId = (...alerts: ReturnType<typeof alertOf>[]) => new Map(alerts.map((alert) => [alert.id, alert]));
const HOLD = 60 * SECOND;

describe("what holds the screen", () => {
  test("the newest level-1 alert that nobody took, until it is taken or its time is over; each once", () => {
    const alerts = byId(critical("a"), critical("b", { openedAt: T0 + 1 }), alertOf({ id: "c", level: 2 }));
    const shown = new Set<string>();
    const first = interruptionAt(alerts, null, shown, T0, HOLD);
    expect(first).toEqual({ alertId: "b", sinceAt: T0 });
    expect(interruptionAt(alerts, first, shown, T0 + HOLD - 1, HOLD)).toBe(first);
    const taken = byId(critical("a"), critical("b", { state: "acknowledged" }));
    expect(interruptionAt(taken, first, shown, T0 + 1, HOLD)?.alertId).toBe("a");
    shown.add("b");
    expect(interruptionAt(alerts, first, shown, T0 + HOLD, HOLD)?.alertId).toBe("a");
    shown.add("a");
    expect(interruptionAt(alerts, null, shown, T0 + HOLD, HOLD)).toBeNull();
  });

  test("what is old, late or over sounds no siren", () => {
    const cases = [{ knownAt: T0 - HOUR }, { late: true }, { clearedAt: T0 }, { state: "acknowledged" as const }];
    for (const fields of cases) {
      expect(interruptionAt(byId(critical("a", fields)), null, new Set(), T0, HOLD), JSON.stringify(fields)).toBeNull();
    }
  });
});

describe("the round", () => {
  test("every scene has its turn, all equally long", () => {
    const seen = Array.from({ length: 7 }, (_, i) => sceneOfRound(T0 + i * 45 * SECOND, 45 * SECOND));
    expect([...seen].sort()).toEqual([...sceneNames].sort());
  });

  test("an order holds until its time", () => {
    const order = { scene: "toilets", place: null, alertId: null, replay: null, note: null, orderedAt: T0 } as const;
    expect(orderAt({ ...order, untilAt: T0 + 1 }, T0)?.scene).toBe("toilets");
    expect(orderAt({ ...order, untilAt: T0 + 1 }, T0 + 1)).toBeNull();
    expect(orderAt({ ...order, untilAt: null }, T0 + HOUR)?.scene).toBe("toilets");
  });

  test("the night may go over midnight", () => {
    expect([22.9, 23, 2, 4.9, 5].map((hour) => isNight(hour, [23, 5]))).toEqual([false, true, true, true, false]);
    expect([0, 1, 6].map((hour) => isNight(hour, [0, 6]))).toEqual([true, true, false]);
  });
});

describe("numbers of the wall", () => {
  const tile = (name: string, communityId: string | null, numerator: number, denominator: number) => ({
    id: `${name}@${communityId}`,
    name,
    communityId,
    value: denominator > 0 ? (100 * numerator) / denominator : null,
    numerator,
    denominator,
    rev: 1,
  });

  test("a share is the district's own, or the sum of what a limited wall is told; of nothing it is no number", () => {
    const own = [tile("onTime.today", null, 3, 4), tile("onTime.today", "a", 1, 1)];
    expect(shareOf(own, "onTime.today", null)).toEqual({ part: 3, whole: 4, rate: 0.75 });
    expect(shareOf(own.slice(1), "onTime.today", null)).toEqual({ part: 1, whole: 1, rate: 1 });
    expect(shareOf([tile("onTime.today", null, 0, 0)], "onTime.today", null).rate).toBeNull();
  });

  test("hours count what opened and what ended in them; mistakes count nowhere", () => {
    const hours = perHour(
      [
        alertOf({ openedAt: T0, closedAt: T0 + HOUR }),
        alertOf({ openedAt: T0, clearedAt: T0 + 1 }),
        alertOf({ openedAt: T0, state: "falsePositive" }),
        alertOf({ openedAt: T0 - 48 * HOUR }),
      ],
      T0 + HOUR,
    );
    expect(hours).toHaveLength(24);
    expect(hours.slice(-2).map(({ opened, ended }) => [opened, ended])).toEqual([
      [2, 1],
      [0, 1],
    ]);
  });

  test("communities stand by on-time rate, then by what is overdue", () => {
    const place = (communityId: string) => ({ communityId }) as never;
    const alerts = [alertOf({ place: place("b"), targetAt: T0 - 1 }), alertOf({ place: place("c"), targetAt: T0 + 1 })];
    const tiles = [tile("onTime.today", "a", 1, 2), tile("onTime.today", "b", 2, 2), tile("onTime.today", "c", 2, 2)];
    const rows = ranking(alerts, tiles, ["a", "b", "c"], T0);
    expect(rows.map(({ id, open, overdue }) => [id, open, overdue])).toEqual([
      ["c", 1, 0],
      ["b", 1, 1],
      ["a", 0, 0],
    ]);
  });
});

describe("a base map of another datum", () => {
  const tianliao = [113.903296, 22.733] as const;

  test("is drawn upon where it shows the place, some 600 m off, and asked about in WGS-84", () => {
    const { toMap, fromMap } = datumOf("gcj02");
    const drawn = toMap(...tianliao);
    // The same position as a phone of the district gave it in both systems.
    expect(drawn[0]).toBeCloseTo(113.908177, 4);
    expect(drawn[1]).toBeCloseTo(22.729987, 4);
    const back = fromMap(...drawn);
    expect(back[0]).toBeCloseTo(tianliao[0], 7);
    expect(back[1]).toBeCloseTo(tianliao[1], 7);
    expect(datumOf("wgs84").toMap(...tianliao)).toEqual([...tianliao]);
  });

  test("features move with it, properties stay", () => {
    const feature = (coordinates: unknown, type: string) =>
      ({ type: "Feature", geometry: { type, coordinates }, properties: { id: type } }) as never;
    const datum = {
      toMap: (lon: number, lat: number) => [lon + 1, lat + 2] as [number, number],
      fromMap: datumOf("wgs84").fromMap,
    };
    const moved = shifted(
      {
        type: "FeatureCollection" as const,
        features: [
          feature([1, 2], "Point"),
          feature(
            [
              [
                [1, 2],
                [3, 4],
              ],
            ],
            "Polygon",
          ),
        ],
      },
      datum,
    );
    expect(moved.features).toMatchObject([
      { geometry: { coordinates: [2, 4] }, properties: { id: "Point" } },
      {
        geometry: {
          coordinates: [
            [
              [2, 4],
              [4, 6],
            ],
          ],
        },
      },
    ]);
  });
});
