import { describe, expect, test } from "vitest";
import { datumOf, shifted } from "../src/console/shared/map-geometry.ts";
import { split } from "../src/console/shared/map-split.ts";
import { rowsAt } from "../src/console/wall/list-rows.ts";
import { interruptionAt, isNight, orderAt, sceneOfRound } from "../src/console/wall/round.ts";
import { countBy, countSince, perHour, ranking, shareOf } from "../src/console/wall/statistics.ts";
import { HOUR, SECOND } from "../src/domain/time.ts";
import { sceneNames } from "../src/domain/wall.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { alertOf, T0 } from "./support/store.ts";

const viewOf = (fields = {}): AlertView => ({ ...alertOf(fields), subjectName: null });
const critical = (id: string, fields = {}) => viewOf({ id, level: 1, knownAt: T0, openedAt: T0, ...fields });
const byId = (...alerts: AlertView[]) => new Map(alerts.map((alert) => [alert.id, alert]));
const HOLD = 60 * SECOND;

describe("what holds the screen", () => {
  test("the newest level-1 alert that nobody took, until it is taken or its time is over; each once", () => {
    const alerts = byId(critical("a"), critical("b", { openedAt: T0 + 1 }), viewOf({ id: "c", level: 2 }));
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

describe("the list", () => {
  const many = (level: 1 | 2 | 3 | 4, count: number) =>
    Array.from({ length: count }, (_, i) => viewOf({ id: `${level}-${i}`, level, openedAt: T0 + i }));
  const ids = (part: { shown: readonly { id: string }[] }) => part.shown.map(({ id }) => id);

  test("what is grave stands above, the newest first; the rest keeps its rows below", () => {
    const { upper, lower } = rowsAt([...many(3, 2), ...many(2, 9), ...many(1, 1)], 8, 0);
    expect(ids(upper)).toEqual(["1-0", "2-8", "2-7", "2-6", "2-5", "2-4"]);
    expect(ids(lower)).toEqual(["3-1", "3-0"]);
    expect([upper.all, lower.all]).toEqual([10, 2]);
    expect(ids(rowsAt(many(4, 3), 8, 0).lower)).toEqual(["4-2", "4-1", "4-0"]);
    expect(rowsAt([], 8, 0).upper).toMatchObject({ all: 0, shown: [], pages: 1 });
  });

  test("leafs through what does not fit, so that every grave alert has its turn; level 1 never leaves", () => {
    const alerts = [...many(1, 2), ...many(2, 20), ...many(4, 40)];
    const seen = new Set<string>();
    const first = rowsAt(alerts, 8, 0);
    for (let turn = 0; turn < first.upper.pages; turn++) {
      const { upper, lower } = rowsAt(alerts, 8, turn);
      expect(ids(upper).slice(0, 2)).toEqual(["1-1", "1-0"]);
      expect(upper.shown.length + lower.shown.length).toBe(8);
      for (const id of ids(upper)) seen.add(id);
    }
    expect(seen.size).toBe(22);
    expect(rowsAt(alerts, 8, first.upper.pages).upper).toEqual(first.upper);
    expect(first.lower.all).toBe(40);
  });

  test("more critical alerts than rows are leafed through as well", () => {
    const alerts = many(1, 12);
    const pages = [0, 1].map((turn) => ids(rowsAt(alerts, 8, turn).upper));
    expect(pages.map(({ length }) => length)).toEqual([8, 8]);
    expect(new Set(pages.flat()).size).toBe(12);
  });

  test("what is over is not in it", () => {
    expect(rowsAt([viewOf({ closedAt: T0 }), viewOf({ clearedAt: T0 })], 8, 0).upper.all).toBe(0);
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

describe("what the map draws one by one", () => {
  const totals = new Map([
    ["bin", { count: 5_000, online: 5_000 }],
    ["vehicle", { count: 60, online: 60 }],
    ["toilet", { count: 30, online: 30 }],
  ]);
  const kinds = ["bin", "vehicle", "toilet"] as const;

  test("from far away the kinds of which there are few; at street zoom all but those that crowd the view", () => {
    expect(split(kinds, totals, 13)).toEqual({ single: ["toilet", "vehicle"], counted: ["bin"] });
    expect(split(kinds, totals, 15)).toEqual({ single: [...kinds], counted: [] });
    expect(split(kinds, totals, 16, new Set(["bin"] as const))).toEqual({
      single: ["vehicle", "toilet"],
      counted: ["bin"],
    });
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
        viewOf({ openedAt: T0, closedAt: T0 + HOUR }),
        viewOf({ openedAt: T0, clearedAt: T0 + 1 }),
        viewOf({ openedAt: T0, state: "falsePositive" }),
        viewOf({ openedAt: T0 - 48 * HOUR }),
      ],
      T0 + HOUR,
    );
    expect(hours).toHaveLength(24);
    expect(hours.slice(-2).map(({ opened, ended }) => [opened, ended])).toEqual([
      [2, 1],
      [0, 1],
    ]);
  });

  test("what stands now and what has come since are different numbers; mistakes are in neither", () => {
    const rule = ({ ruleId }: { ruleId: string }) => ruleId;
    const alerts = [
      viewOf({ ruleId: "a", openedAt: T0 }),
      viewOf({ ruleId: "a", openedAt: T0, clearedAt: T0 + 1 }),
      viewOf({ ruleId: "b", openedAt: T0 - HOUR }),
      viewOf({ ruleId: "a", openedAt: T0, state: "falsePositive", closedAt: T0 + 1 }),
    ];
    expect(countBy(alerts, rule)).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    expect(countSince(alerts, T0, rule)).toEqual([["a", 2]]);
  });

  test("communities stand by on-time rate, then by what is overdue", () => {
    const place = (communityId: string) => ({ communityId }) as never;
    const alerts = [viewOf({ place: place("b"), targetAt: T0 - 1 }), viewOf({ place: place("c"), targetAt: T0 + 1 })];
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
