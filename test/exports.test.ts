import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import ExcelJS from "exceljs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chinaCalendar } from "../src/domain/calendar.ts";
import { MINUTE, SECOND } from "../src/domain/time.ts";
import { csv } from "../src/exports/csv.ts";
import { gpx } from "../src/exports/gpx.ts";
import { harmless, localTime, type Table } from "../src/exports/table.ts";
import { xlsx } from "../src/exports/xlsx.ts";
import type { TrackPoint } from "../src/store/history.ts";
import { simplifyTrack } from "../src/trips/simplify.ts";
import { findTrips, withoutJumps } from "../src/trips/trips.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

const AT = Date.parse("2026-09-22T02:00:00Z");
const HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", 'a"b', "a,b", "a\nb", "普通", "' OR 1=1", ""];

const table = (rows: Iterable<readonly (string | number | boolean | null)[]>): Table => ({
  name: "trial",
  columns: [
    { title: { en: "Text", zh: "文字" }, holds: "text" },
    { title: { en: "Number", zh: "数" }, holds: "number" },
    { title: { en: "Time", zh: "时间" }, holds: "time" },
  ],
  rows: (async function* () {
    yield* rows;
  })(),
});

describe("files", () => {
  test("CSV: any text comes back as it was, formulas disarmed; times are local with their offset", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.constantFrom(...HOSTILE))), async (texts) => {
        const written = csv(table(texts.map((text, n) => [text, -n, AT])), "en", chinaCalendar);
        const rows: string[][] = parse(await buffer(written), { bom: true, record_delimiter: "\r\n" });
        expect(rows[0]).toEqual(["Text", "Number", "Time"]);
        expect(rows.slice(1)).toEqual(
          texts.map((text, n) => [harmless(text), String(-n), "2026-09-22T10:00:00+08:00"]),
        );
      }),
      { numRuns: 50, seed: 7 },
    );
    for (const text of HOSTILE) expect(harmless(text)).not.toMatch(/^[=+\-@\t\r]/);
  });

  test("workbook: opens, with numbers as numbers, local times, frozen titles, no formula", async () => {
    const written = await buffer(xlsx([table(HOSTILE.map((text, n) => [text, n, AT]))], "zh", chinaCalendar));
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load(written as never);
    const sheet = workbook.getWorksheet("trial");
    expect(sheet?.getRow(1).values).toEqual([undefined, "文字", "数", "时间"]);
    for (const [n, text] of HOSTILE.entries()) {
      const [first, second, third] = [1, 2, 3].map((column) => sheet?.getRow(n + 2).getCell(column));
      expect(first?.type).not.toBe(ExcelJS.ValueType.Formula);
      if (text !== "" && !/[\t\r\n]/.test(text)) expect(first?.value).toBe(harmless(text));
      expect(second?.value).toBe(n);
      expect(third?.value).toEqual(new Date("2026-09-22T10:00:00.000Z"));
    }
  });

  test("a million rows as CSV, a hundred thousand as workbook need no more memory than a few", {
    timeout: 120_000,
  }, async () => {
    function* many(count: number) {
      for (let n = 0; n < count; n++) yield [`row ${n}`, n, AT + n] as const;
    }
    const drain = async (stream: Readable) => {
      let bytes = 0;
      let highest = 0;
      for await (const chunk of stream) {
        bytes += Buffer.byteLength(chunk);
        highest = Math.max(highest, process.memoryUsage().heapUsed);
      }
      return { bytes, highest };
    };
    const before = process.memoryUsage().heapUsed;
    const text = await drain(csv(table(many(1_000_000)), "en", chinaCalendar));
    expect(text.bytes).toBeGreaterThan(40_000_000);
    expect(text.highest - before).toBeLessThan(150 * 1024 * 1024);
    const book = await drain(xlsx([table(many(100_000))], "en", chinaCalendar));
    expect(book.bytes).toBeGreaterThan(1_000_000);
    expect(book.highest - before).toBeLessThan(150 * 1024 * 1024);
  });

  test("GPX is well-formed whatever a device is called", async () => {
    const text = [...gpx('a<b>&"c"\u0001', [[point(0, 22.7, 113.9)]])].join("");
    expect(text).toContain("<name>a&lt;b&gt;&amp;&quot;c&quot; </name>");
    expect(text).toContain('<trkpt lat="22.7" lon="113.9"><time>2026-09-22T02:00:00.000Z</time></trkpt>');
  });

  test("local time knows half-hour zones and summer time", () => {
    expect(localTime(AT, chinaCalendar)).toBe("2026-09-22T10:00:00+08:00");
  });
});

const point = (seconds: number, lat: number, lon: number): TrackPoint => ({
  at: AT + seconds * SECOND,
  lat,
  lon,
  speedKmh: null,
  headingDeg: null,
});
/** A degree of latitude is 111.2 km: 0.0001 are 11 m. */
const drive = (fromSeconds: number, lat: number, steps: number) =>
  Array.from({ length: steps }, (_, n) => point(fromSeconds + n * 10, lat + n * 0.0009, 113.9));
const stand = (fromSeconds: number, lat: number, minutes: number, wanderDeg = 0.0001) =>
  Array.from({ length: minutes * 6 }, (_, n) => point(fromSeconds + n * 10, lat + (n % 3) * wanderDeg, 113.9));

describe("trips", () => {
  test("two drives with a stay between them, which wanders as GPS does", () => {
    const track = [...drive(0, 22.7, 30), ...stand(300, 22.727, 10), ...drive(900, 22.727, 30)];
    const { trips, stops } = findTrips(track);
    expect(stops).toHaveLength(1);
    expect(stops[0]?.to).toBeLessThanOrEqual(AT + 900 * SECOND);
    expect((stops[0]?.to ?? 0) - (stops[0]?.from ?? 0)).toBeGreaterThanOrEqual(9 * MINUTE);
    expect(trips).toHaveLength(2);
    for (const trip of trips) expect(trip.distanceM).toBeGreaterThan(2_500);
    expect(trips[0]?.meanSpeedKmh).toBeGreaterThan(30);
  });

  test("waiting at a light ends no trip, silence does", () => {
    const waiting = [...drive(0, 22.7, 20), ...stand(200, 22.718, 2), ...drive(320, 22.718, 20)];
    expect(findTrips(waiting).trips).toHaveLength(1);
    const silent = [...drive(0, 22.7, 20), ...drive(200 + 40 * 60, 22.75, 20)];
    expect(findTrips(silent).trips).toHaveLength(2);
  });

  test("a jump between high houses is left out; where it really went on is believed", () => {
    const jump = [...drive(0, 22.7, 5), point(50, 22.9, 113.9), ...drive(60, 22.7054, 5)];
    expect(withoutJumps(jump, 160).map(({ lat }) => lat)).not.toContain(22.9);
    const moved = [...drive(0, 22.7, 5), ...drive(50, 22.9, 5)];
    expect(withoutJumps(moved, 160)).toHaveLength(10);
    expect(findTrips(jump).trips.every(({ maxSpeedKmh }) => maxSpeedKmh < 160)).toBe(true);
  });

  test("a shorter way keeps both ends, its order, and stays within the tolerance", () => {
    const coordinate = fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }));
    fc.assert(
      fc.property(fc.array(coordinate, { minLength: 2, maxLength: 60 }), (pairs) => {
        const points = pairs.map(([y, x], n) => point(n, 22.7 + y / 100_000, 113.9 + x / 100_000));
        const kept = simplifyTrack(points, 15);
        expect(kept[0]).toEqual(points[0]);
        expect([kept.at(-1)?.lat, kept.at(-1)?.lon]).toEqual([points.at(-1)?.lat, points.at(-1)?.lon]);
        const times = kept.map(({ at }) => at);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(kept.length).toBeLessThanOrEqual(points.length);
      }),
      { seed: 11 },
    );
  });
});

describe("exports by REST", () => {
  let center: TestCenter;
  beforeAll(async () => {
    center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "truck-1", kind: "vehicle", place: { lat: 22.7, lon: 113.9 } });
    const device = center.center.registry.get("truck-1");
    if (!device) throw new Error("no truck");
    const now = Date.now();
    for (const [n, { lat, lon }] of [...drive(0, 22.7, 30), ...stand(300, 22.727, 5)].entries()) {
      const payload = { ts: now - 3_600_000 + n * 10_000, lat, lon, speedKmh: n < 30 ? 36 : 0 };
      center.center.inbox.submit(
        {
          topic: "kerbside/v1/vehicle/truck-1/telemetry",
          payload: Buffer.from(JSON.stringify(payload)),
          receivedAt: now,
          principal: null,
        },
        () => {},
      );
    }
    await center.center.idle();
    const subject = { kind: "vehicle", id: "truck-1" };
    await center.rest("POST", "/alerts", { ruleId: "vehicle.out_of_area", subject, note: "=1+1" });
  });
  afterAll(() => center?.[Symbol.asyncDispose]());

  const get = async (path: string, token = ADMIN_TOKEN) => {
    const answer = await fetch(`${center.http}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    return {
      status: answer.status,
      type: answer.headers.get("content-type") ?? "",
      body: Buffer.from(await answer.arrayBuffer()),
    };
  };
  const from = `from=${Date.now() - 2 * 3_600_000}`;

  test("readings, ways, trips and alerts, each in its formats", async () => {
    const readings: string[][] = parse(
      (await get(`/exports/readings?device=truck-1&${from}&metric=speedKmh&lang=en`)).body,
      { bom: true },
    );
    expect(readings).toHaveLength(1 + 60);
    expect(readings[0]).toEqual(["Time", "Speed (km/h)"]);
    const hourly: string[][] = parse(
      (await get(`/exports/readings?device=truck-1&${from}&metric=speedKmh&every=1h&agg=max`)).body,
      { bom: true },
    );
    expect(hourly.slice(1).some((row) => row[1] === "36")).toBe(true);
    const way = await get(`/exports/track?device=truck-1&${from}&format=gpx`);
    expect(way.type).toContain("gpx");
    expect(String(way.body).match(/<trkpt/g)).toHaveLength(60);
    const short = JSON.parse(
      String((await get(`/exports/track?device=truck-1&${from}&format=geojson&simplify=20`)).body),
    );
    expect(short.geometry.coordinates.length).toBeLessThan(30);
    const { trips, stops } = await center.rest<{ trips: { path: number[][] }[]; stops: object[] }>(
      "GET",
      `/devices/truck-1/trips?${from}`,
    );
    expect([trips.length, stops.length]).toEqual([1, 1]);
    const alerts: Record<string, string>[] = parse((await get(`/exports/alerts?${from}&lang=en`)).body, {
      bom: true,
      columns: true,
    });
    expect(alerts.map(({ Rule }) => Rule)).toContain("vehicle.out_of_area");
    const collection = JSON.parse(String((await get(`/exports/alerts?${from}&format=geojson`)).body));
    expect(collection.features).toHaveLength(alerts.length);
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load((await get(`/kpis?${from}&groupBy=community&format=xlsx`)).body as never);
    expect(workbook.getWorksheet("kpis")?.getCell("A1").value).toBe("指标");
  });

  test("say what is wrong, and are for dispatchers only", async () => {
    const detail = async (path: string) => JSON.parse(String((await get(path)).body)).detail as string;
    expect(await detail(`/exports/readings?device=truck-1&${from}&metric=nonsense`)).toContain("no metric nonsense");
    expect(await detail("/exports/alerts?from=2020-01-01")).toContain("at most 400 days");
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "wall", role: "viewer" });
    expect((await get(`/exports/alerts?${from}`, token)).status).toBe(403);
  });
});
