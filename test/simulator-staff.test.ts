import { expect, test } from "vitest";
import { beginningOf, isNew, playPast } from "../simulators/demo-past.ts";
import { noFaults } from "../simulators/faults.ts";
import { createPlayer } from "../simulators/player.ts";
import { createPopulation, quietNeighbourhood } from "../simulators/population.ts";
import { localTime } from "../simulators/rhythm.ts";
import { playLockstep } from "../simulators/run.ts";
import { startOwnCenter } from "../simulators/session.ts";
import { settleOn } from "../simulators/staff/settled.ts";
import { readTown } from "../simulators/town.ts";
import type { Alert, TimelineEntry } from "../src/domain/alert.ts";
import { HOUR, MINUTE, SECOND } from "../src/domain/time.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter } from "./support/running-center.ts";

const town = readTown();
const population = { ...quietNeighbourhood, people: 24, vehicles: 2 };
const dumping = {
  atMinutes: 5,
  device: "camera-005",
  command: { do: "street", category: "illegalDumping", minutes: 600, confidence: 0.95 },
} as const;

test("simulated people close the loop: sent, gone there, taken away, proven, checked; what is gone is seen to be gone", {
  timeout: 60_000,
}, async () => {
  const startAt = localTime("2026-03-02T08:00");
  await using own = await startOwnCenter(startAt);
  const actors = createPopulation(town, population, 4, startAt);
  const player = createPlayer({ actors, seed: 4, startAt, faults: noFaults, script: [dumping] });
  const settled = await settleOn(own, { town, actors, player });
  await using transport = settled.transport;
  const { operator } = settled;
  const endAt = startAt + 90 * MINUTE;
  await playLockstep(own, 20 * SECOND, { player, transport, startAt, endAt, operator });

  const [alert] = await own.rest.all<Alert>("/alerts?ruleId=street.illegal_dumping");
  expect(alert).toMatchObject({ state: "closed", subject: { id: "camera-005" }, pictures: [{ valid: true }] });
  const { timeline } = await own.rest.get<{ timeline: TimelineEntry[] }>(`/alerts/${alert?.id}`);
  const actions = timeline.map(({ action }) => action);
  for (const action of ["acknowledge", "dispatch", "offer", "accept", "arrive", "handle", "verify", "close"]) {
    expect(actions).toContain(action);
  }
  // Whoever rode there is seen to arrive, and is not missed at the post.
  expect(timeline.find(({ action }) => action === "arrive")?.actor).toMatch(/^device:person-/);
  expect(await own.rest.all("/alerts?ruleId=person.off_post")).toEqual([]);
});

test("the hours before now are played into a folder that a center then goes on with", { timeout: 60_000 }, async () => {
  using directory = temporaryDirectory();
  expect(isNew(directory.path)).toBe(true);
  const from = Date.now() - HOUR;
  const actors = createPopulation(town, { ...quietNeighbourhood, bins: 30, people: 4 }, 4, from);
  const player = createPlayer({ actors, seed: 4, startAt: from, faults: noFaults, script: [dumping] });
  const said: string[] = [];
  const { signal } = new AbortController();
  const say = (line: string) => void said.push(line);
  await playPast({ directory: directory.path, settings: {}, town, actors, player, from, say, signal });
  expect(isNew(directory.path)).toBe(false);
  expect(said[0]).toContain("1 hours");

  await using center = await startTestCenter({ DATA_DIR: directory.path });
  const { items } = await center.rest<{ items: Alert[] }>("GET", "/alerts?ruleId=street.illegal_dumping");
  expect(items).toMatchObject([{ subject: { id: "camera-005" } }]);
  expect(items[0]?.openedAt).toBeGreaterThan(from);
  const { points } = await center.rest<{ points: unknown[] }>(
    "GET",
    `/devices/bin-0007/history?metric=fillPct&from=${from}&to=${Date.now()}`,
  );
  expect(points.length).toBeGreaterThanOrEqual(3);
});

test("the past of a demo begins before a sweep, not in the middle of it", () => {
  const at = (time: string) => localTime(`2026-03-02T${time}`);
  expect(beginningOf(at("21:07"), 6)).toBe(at("13:59"));
  expect(beginningOf(at("12:00"), 6)).toBe(at("04:29"));
  expect(beginningOf(at("16:00"), 6)).toBe(at("10:00"));
  expect(beginningOf(at("20:00"), 3)).toBe(at("13:59"));
});
