import type { TrackPoint } from "../store/history.ts";
import type { Stop, Trip } from "../trips/trips.ts";
import type { Cell, Table } from "./table.ts";

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

export function trackTable(name: string, points: readonly TrackPoint[]): Table {
  return {
    name,
    columns: [
      { title: { en: "Time", zh: "时间" }, holds: "time" },
      { title: { en: "Latitude", zh: "纬度" }, holds: "number" },
      { title: { en: "Longitude", zh: "经度" }, holds: "number" },
      { title: { en: "Speed (km/h)", zh: "速度 (km/h)" }, holds: "number" },
      { title: { en: "Heading (°)", zh: "方向 (°)" }, holds: "number" },
    ],
    rows: later(
      points.map(({ at, lat, lon, speedKmh, headingDeg }): readonly Cell[] => [at, lat, lon, speedKmh, headingDeg]),
    ),
  };
}

/** Trips and stops of a device in the order in which they happened. */
export function tripTable(name: string, trips: readonly Trip[], stops: readonly Stop[]): Table {
  const minutes = (from: number, to: number) => Math.round((to - from) / 6_000) / 10;
  const rows: Cell[][] = [
    ...trips.map((trip): Cell[] => {
      const { from, to, distanceM, maxSpeedKmh, meanSpeedKmh, points } = trip;
      const [start] = points;
      const kilometres = Math.round(distanceM / 10) / 100;
      const place = [start?.lat ?? null, start?.lon ?? null];
      return ["trip", from, to, minutes(from, to), kilometres, meanSpeedKmh, maxSpeedKmh, ...place];
    }),
    ...stops.map(({ from, to, lat, lon }): Cell[] => ["stop", from, to, minutes(from, to), null, null, null, lat, lon]),
  ];
  return {
    name,
    columns: [
      { title: { en: "What", zh: "类型" }, holds: "text" },
      { title: { en: "From", zh: "开始" }, holds: "time" },
      { title: { en: "To", zh: "结束" }, holds: "time" },
      { title: { en: "Minutes", zh: "分钟" }, holds: "number" },
      { title: { en: "Kilometres", zh: "公里" }, holds: "number" },
      { title: { en: "Mean speed (km/h)", zh: "平均速度 (km/h)" }, holds: "number" },
      { title: { en: "Highest speed (km/h)", zh: "最高速度 (km/h)" }, holds: "number" },
      { title: { en: "Latitude", zh: "纬度" }, holds: "number" },
      { title: { en: "Longitude", zh: "经度" }, holds: "number" },
    ],
    rows: later(rows.sort((a, b) => Number(a[1]) - Number(b[1]))),
  };
}
