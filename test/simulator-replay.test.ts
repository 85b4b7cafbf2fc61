import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDecoder } from "../devices/index.ts";
import { readOptions } from "../simulators/cli.ts";
import { readRecording } from "../simulators/replay/files.ts";
import { parseTime } from "../simulators/replay/time.ts";
import { mapRecording } from "../simulators/replay/tracks.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "replay-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function tape(path: string, map: string[], more: { zone?: string; devices?: string; deviceMap?: string } = {}) {
  const recording = await readRecording(path);
  if (!("rows" in recording)) throw new Error("expected rows");
  return mapRecording(recording.rows, { map, zone: "UTC", devices: undefined, deviceMap: undefined, ...more });
}

const decoded = ({ messages }: Awaited<ReturnType<typeof tape>>) =>
  messages.flatMap(({ topic, payload, at }) => {
    const result = createDecoder().decode(topic, Buffer.from(payload), at);
    if ("refused" in result) throw new Error(result.refused.detail);
    return result.observations.map(({ device, at: observedAt, metrics }) => ({ device, at: observedAt, metrics }));
  });

describe("recorded data", () => {
  it("becomes messages of the chosen dialect in order of time", async () => {
    const path = await file(
      "bus.csv",
      "vehicle_id,time_utc,lat,lon,v\n7,2016-12-16T06:00:10Z,30.1,-97.7,10\n8,2016-12-16T06:00:00Z,30.2,-97.8,\n",
    );
    const map = ["kind=vehicle,id=vehicle_id,ts=time_utc,lat=lat,lon=lon,speedKmh=v*3.6,dialect=traccar"];
    const played = await tape(path, map);
    expect(played.devices.map(({ id, aliases }) => [id, aliases])).toEqual([
      ["7", ["imei:7"]],
      ["8", ["imei:8"]],
    ]);
    const at = Date.UTC(2016, 11, 16, 6);
    expect(decoded(played)).toMatchObject([
      { device: "imei:8", at, metrics: { lat: 30.2, lon: -97.8 } },
      { device: "imei:7", at: at + 10_000, metrics: { lat: 30.1, lon: -97.7, speedKmh: 36 } },
    ]);
  });

  it("reads value maps, constants, prefixes, several readings of a row, and devices from a second file", async () => {
    const path = await file(
      "bins.csv",
      "site,when,before,after,lid\n12,2016-06-10T07:42:32,62,0,open\nx y,bad,1,2,shut\n",
    );
    const devices = await file("places.csv", "site,lat,lon,street\n12,55.95,-3.19,York Place\n");
    const played = await tape(
      path,
      [
        "kind=bin,id='bin-'+site,ts=when,fillPct=before,lidOpen=lid{open:1,shut:0},tempC=21",
        "ts=when+60,fillPct=after",
      ],
      { zone: "Europe/London", devices, deviceMap: "id='bin-'+site,lat=lat,lon=lon,name=street,attr.street=street" },
    );
    const at = Date.UTC(2016, 5, 10, 6, 42, 32);
    expect(decoded(played)).toEqual([
      { device: "bin-12", at, metrics: { fillPct: 62, lidOpen: 1, tempC: 21 } },
      { device: "bin-12", at: at + 60_000, metrics: { fillPct: 0, lidOpen: 1, tempC: 21 } },
    ]);
    expect(played.devices).toMatchObject([
      { id: "bin-12", name: "York Place", place: { lat: 55.95, lon: -3.19 }, attributes: { street: "York Place" } },
    ]);
    expect([...played.leftOut]).toEqual([["no readable time", 2]]);
  });

  it("takes GeoJSON points and lines of JSON", async () => {
    const feature = {
      type: "Feature",
      properties: { id: "p", t: 1_700_000_000 },
      geometry: { type: "Point", coordinates: [113.9, 22.7] },
    };
    const geojson = await file("fixes.geojson", JSON.stringify({ type: "FeatureCollection", features: [feature] }));
    const lines = await file(
      "fixes.ndjson",
      `${JSON.stringify({ id: "p", t: 1_700_000_000, lat: 22.7, lon: 113.9 })}\n`,
    );
    const map = ["kind=person,id=id,ts=t,lat=lat,lon=lon"];
    const wanted = [{ device: "p", at: 1_700_000_000_000, metrics: { lat: 22.7, lon: 113.9 } }];
    expect(decoded(await tape(geojson, map))).toEqual(wanted);
    expect(decoded(await tape(lines, map))).toEqual(wanted);
  });

  it("passes raw messages on byte by byte, from lines and from a folder of samples", async () => {
    const lines = await file(
      "raw.ndjson",
      [
        { topic: "a/b", payload: { x: 1 }, at: 5 },
        { topic: "a/c", payload: "plain" },
        { topic: "a/d", payload: "AQI=", encoding: "base64" },
      ]
        .map((line) => JSON.stringify(line))
        .join("\n"),
    );
    expect(await readRecording(lines)).toEqual({
      messages: [
        { topic: "a/b", payload: Buffer.from('{"x":1}'), at: 5 },
        { topic: "a/c", payload: Buffer.from("plain"), at: null },
        { topic: "a/d", payload: Buffer.from([1, 2]), at: null },
      ],
      leftOut: [],
    });
    const samples = join(folder, "samples", "maker");
    await mkdir(samples, { recursive: true });
    await writeFile(join(samples, "one.json"), '{"y":2}');
    await writeFile(join(samples, "two.json"), "{}");
    const index = [
      { file: "one.json", topic: "maker/one", encoding: "json" },
      { file: "two.json", topic: "(HTTP POST body)", encoding: "json" },
    ];
    await writeFile(join(samples, "index.json"), JSON.stringify(index));
    const recording = await readRecording(join(folder, "samples"));
    expect(recording).toMatchObject({ messages: [{ topic: "maker/one", payload: Buffer.from('{"y":2}') }] });
    expect("leftOut" in recording && recording.leftOut).toHaveLength(1);
  });

  it("knows zones, dates without a time, seconds and milliseconds", () => {
    expect(parseTime("2020-07-01", "Australia/Melbourne")).toBe(Date.UTC(2020, 6, 1, 2));
    expect(parseTime("2020-01-01", "Australia/Melbourne")).toBe(Date.UTC(2020, 0, 1, 1));
    expect(parseTime("2016-06-10 07:42", "Europe/London")).toBe(Date.UTC(2016, 5, 10, 6, 42));
    expect(parseTime("1700000000", "UTC")).toBe(1_700_000_000_000);
    expect(parseTime("1700000000123", "UTC")).toBe(1_700_000_000_123);
    expect(parseTime("2016-06-10T07:42:00+02:00", "UTC")).toBe(Date.UTC(2016, 5, 10, 5, 42));
    expect(parseTime("yesterday", "UTC")).toBeNaN();
  });

  it.each([
    [["kind=boat,id=a,ts=b"], "kind=boat"],
    [["kind=bin,id=a"], "ts="],
    [["kind=bin,id=a,ts=b,fillLevel=c"], "fillLevel"],
    [["kind=bin,id=a,ts=b,nonsense"], "nonsense"],
  ])("says what is wrong with %j", async (map, message) => {
    const path = await file("any.csv", "a,b,c\n1,2,3\n");
    await expect(tape(path, map)).rejects.toThrow(message);
  });
});

describe("options", () => {
  it.each([
    [["--speed", "0"], "--speed"],
    [["--bins", "1.5"], "--bins"],
    [["--bins", "many"], "--bins"],
    [["--check"], "--scenario"],
    [["--url", "localhost"], "mqtt://"],
    [["--url", "mqtt://h"], "--token"],
    [["--username", "x"], "--password"],
    [["--nonsense"], "--help"],
    [["--start", "soon"], "--start"],
  ])("says what to do about %j", (args, message) => {
    expect(() => readOptions(args, {})).toThrow(message);
  });

  it("takes the baseline unless told otherwise", () => {
    const { population, speed } = readOptions(["--bins", "12", "--speed", "60"], {});
    expect(population).toMatchObject({ bins: 12, vehicles: 60, people: 600, cameras: 270 });
    expect(speed).toBe(60);
  });
});
