import type { Device } from "../domain/device.ts";
import { type MetricName, metrics as vocabulary } from "../domain/metrics.ts";
import { DAY, type Millis } from "../domain/time.ts";
import type { Aggregate, History } from "../store/history.ts";
import { decodeReadings } from "../store/readings.ts";
import type { Cell, Table } from "./table.ts";

export interface ReadingsExport {
  readonly device: Device;
  readonly metrics: readonly MetricName[];
  readonly from: Millis;
  readonly to: Millis;
  /** Windows instead of single readings. */
  readonly windows?: { readonly everyMs: Millis; readonly aggregate: Aggregate };
}

/** Readings of one device, a day in memory at a time. Readings in which none of the metrics stands are left out. */
export function readingsTable(wanted: ReadingsExport, history: History, signal: AbortSignal): Table {
  const { device, metrics, windows } = wanted;
  return {
    name: device.id,
    columns: [
      { title: { en: "Time", zh: "时间" }, holds: "time" },
      ...metrics.map((name) => {
        const { title, unit } = vocabulary[name];
        const named = (text: string) => (unit ? `${text} (${unit})` : text);
        return { title: { en: named(title.en), zh: named(title.zh) }, holds: "number" as const };
      }),
    ],
    rows: (async function* () {
      for (let from = wanted.from; from < wanted.to; from += DAY) {
        const day = { from, to: Math.min(wanted.to, from + DAY) };
        const rows = windows ? await windowRows(day, windows) : await singleRows(day);
        yield* rows;
      }
    })(),
  };

  async function singleRows(day: { from: Millis; to: Millis }): Promise<Cell[][]> {
    const packed = await history.readings({ devices: [device.number], ...day }, signal);
    const rows: Cell[][] = [];
    if (!packed) return rows;
    decodeReadings(packed, ({ at, metrics: values }) => {
      const cells = metrics.map((name) => values[name] ?? null);
      if (cells.some((cell) => cell !== null)) rows.push([at, ...cells]);
    });
    return rows;
  }

  async function windowRows(
    day: { from: Millis; to: Millis },
    { everyMs, aggregate }: NonNullable<ReadingsExport["windows"]>,
  ): Promise<Cell[][]> {
    const byTime = new Map<Millis, Cell[]>();
    for (const [index, metric] of metrics.entries()) {
      const { points } = await history.series({ device: device.number, metric, ...day, everyMs, aggregate }, signal);
      for (const { at, value } of points) {
        const row = byTime.get(at) ?? [at, ...metrics.map(() => null)];
        row[index + 1] = value;
        byTime.set(at, row);
      }
    }
    return [...byTime.values()].sort((a, b) => Number(a[0]) - Number(b[0]));
  }
}
