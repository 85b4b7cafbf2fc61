import { describe, expect, test } from "vitest";
import { Revisions } from "../src/center/revisions.ts";
import type { Subject } from "../src/center/subject.ts";
import { kindNames } from "../src/domain/kinds.ts";
import type { Level } from "../src/domain/levels.ts";
import { Cells, cellView, touching } from "../src/stream/cells.ts";
import { connect, type StreamClient } from "../src/stream/client.ts";
import type { CellView } from "../src/stream/protocol.ts";
import { View } from "../src/stream/view.ts";
import { random } from "./support/random.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

const urlOf = (center: TestCenter): string => `${center.http.replace("http", "ws")}/api/v1/stream`;
const until = (holds: () => boolean) => expect.poll(holds, { interval: 5, timeout: 10_000 }).toBe(true);

/** Subjects that come, go, move, fall silent and get alerts, as the world would do it. */
function crowd(seed: number, tombstones = 100_000) {
  const next = random(seed);
  let rev = 1_000;
  const subjects = new Revisions<Subject>(rev, tombstones);
  const put = (id: string) => {
    const kind = kindNames[Math.floor(next() * kindNames.length)];
    const known = subjects.get(id)?.device;
    subjects.put({
      id,
      rev: ++rev,
      device: known ?? { kind },
      place: next() < 0.05 ? null : { lat: 22.7 + next() * 0.03, lon: 113.88 + next() * 0.03, communityId: "tianliao" },
      online: next() < 0.8,
      level: next() < 0.1 ? ((1 + Math.floor(next() * 4)) as Level) : null,
      metrics: next() < 0.5 ? { speedKmh: 12 } : {},
    } as unknown as Subject);
  };
  return {
    subjects,
    step() {
      const id = `s-${Math.floor(next() * 80)}`;
      if (next() < 0.15) subjects.remove(id, ++rev);
      else put(id);
    },
  };
}

/** What a screen has after any number of frames. */
function folding(view: View<never>) {
  const items = new Map<string, unknown>();
  let rev = 0;
  return {
    items,
    take() {
      view.update();
      const { upsert, gone } = view.delta(rev);
      for (const item of upsert as CellView[]) items.set(item.id, item);
      for (const id of gone) items.delete(id);
      rev = view.rev;
    },
  };
}

const everything = () => true;
const countOf = (cells: Iterable<unknown>) =>
  [...cells].reduce<number>((sum, cell) => sum + (cell as CellView).count, 0);

describe("cells", () => {
  test.for([1, 2, 3, 4])("frames folded at any pace are a fresh count, seed %i", (seed) => {
    const { subjects, step } = crowd(seed, seed === 4 ? 5 : 100_000);
    const cells = new Cells(subjects, 16, everything);
    const all = folding(new View("all", cells, everything, cellView) as unknown as View<never>);
    const bbox = [113.885, 22.705, 113.9, 22.72] as const;
    const some = folding(new View("box", cells, touching(bbox, 16), cellView) as unknown as View<never>);
    for (let i = 0; i < 3_000; i++) {
      step();
      if (i % 7 === 0) all.take();
      if (i % 131 === 0) some.take();
    }
    all.take();
    some.take();
    const fresh = new Cells(subjects, 16, everything);
    const freshViews = [...fresh.values()];
    expect(all.items).toEqual(new Map(freshViews.map((cell) => [cell.id, cellView(cell)])));
    const inBox = freshViews.filter(touching(bbox, 16));
    expect(some.items).toEqual(new Map(inBox.map((cell) => [cell.id, cellView(cell)])));
    expect(countOf(all.items.values())).toBe([...subjects.values()].filter(({ place }) => place).length);
    expect(inBox.length).toBeGreaterThan(0);
    expect(inBox.length).toBeLessThan(freshViews.length);
  });

  test("vehicles that are on their way are counted, heard ones only; nothing else has that number", () => {
    const subjects = new Revisions<Subject>(0);
    const put = (rev: number, id: string, kind: string, speedKmh: number, online = true) =>
      subjects.put({
        id,
        rev,
        device: { kind },
        place: { lat: 22.72, lon: 113.9 },
        online,
        level: null,
        metrics: { speedKmh },
      } as never);
    put(1, "v-1", "vehicle", 12);
    put(2, "v-2", "vehicle", 0);
    put(3, "v-3", "vehicle", 12, false);
    put(4, "p-1", "person", 3);
    const cells = new Cells(subjects, 14, everything);
    const kinds = () => [...cells.values()][0]?.kinds;
    expect(kinds()).toEqual({ vehicle: { count: 3, online: 2, moving: 1 }, person: { count: 1, online: 1 } });
    put(5, "v-1", "vehicle", 0);
    expect(kinds()?.vehicle).toEqual({ count: 3, online: 2, moving: 0 });
  });

  test("a subject that moves within its cell changes nothing that is told", () => {
    const subjects = new Revisions<Subject>(0);
    const at = (rev: number, id: string, lat: number) =>
      subjects.put({
        id,
        rev,
        device: { kind: "person" },
        place: { lat, lon: 113.9 },
        online: true,
        level: null,
      } as never);
    for (let i = 0; i < 50; i++) at(i + 1, `p-${i}`, 22.7201);
    const cells = new Cells(subjects, 14, everything);
    const view = new View("all", cells, everything, cellView);
    const before = view.rev;
    at(60, "p-0", 22.7202);
    view.update();
    expect(view.delta(before)).toEqual({ upsert: [], gone: [] });
  });

  test("over the wire: counts by kind, worst level, box and scope; marks carry no more than a map draws", async () => {
    await using center = await startTestCenter();
    const make = (id: string, kind: string, lat: number, lon: number) =>
      center.rest("POST", "/devices", { id, kind, place: { lat, lon } });
    await make("bin-1", "bin", 22.733, 113.9033);
    await make("bin-2", "bin", 22.733, 113.9033);
    await make("camera-1", "camera", 22.733, 113.9033);
    await make("far", "bin", 22.705, 113.905);
    await center.rest("POST", "/alerts", {
      ruleId: "bin.overflow",
      subject: { kind: "bin", id: "bin-1" },
      place: { lat: 22.733, lon: 113.9033 },
    });
    const client = connect({ url: urlOf(center), token: ADMIN_TOKEN });
    const near = [113.9, 22.73, 113.906, 22.736];
    const cells = client.subscribe("cells", { filter: { zoom: 16, bbox: near }, everyMs: 100 });
    const bins = client.subscribe("cells", { filter: { zoom: 10, kind: ["bin"] }, everyMs: 100 });
    const marks = client.subscribe("marks", { filter: { bbox: near }, everyMs: 100 });
    await until(() => cells.items.size === 1 && bins.items.size > 0 && marks.items.size === 3);
    const [cell] = cells.items.values();
    expect(cell).toMatchObject({ count: 3, kinds: { bin: { count: 2 }, camera: { count: 1 } } });
    expect(cell?.level).not.toBeNull();
    expect(countOf(bins.items.values())).toBe(3);
    expect(Object.keys(marks.items.get("bin-2") ?? {}).sort()).toEqual(["id", "kind", "lat", "level", "lon", "state"]);
    await center.rest("DELETE", "/devices/camera-1");
    await until(() => [...cells.items.values()][0]?.count === 2);

    const { token } = await center.rest<{ token: string }>("POST", "/tokens", {
      name: "elsewhere",
      role: "viewer",
      scope: { communityId: ["changzhen"] },
    });
    const other = connect({ url: urlOf(center), token });
    const theirs = other.subscribe("cells", { filter: { zoom: 16 }, everyMs: 100 });
    await until(() => theirs.rev > 0);
    expect(theirs.items.size).toBe(0);
    for (const used of [client, other] satisfies StreamClient[]) used.close();
  });
});
