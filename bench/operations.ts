import { createRandom } from "../simulators/random.ts";
import { ManualClock, SECOND } from "../src/domain/time.ts";
import { startTestCenter } from "../test/support/running-center.ts";
import type { Print } from "./index.ts";

const SUBJECTS = 30_000;
const PEOPLE = 2_500;
const VEHICLES = 500;
const ROUNDS = 30;
const WARM_ROUNDS = 4;
const EVERY_MS = 10 * SECOND;
/** A working morning in Yutang. */
const MORNING = Date.UTC(2026, 8, 22, 1);

const numbered = (count: number, name: string) => Array.from({ length: count }, (_, n) => `${name}-${n}`);

interface Cost {
  /** Observations a second through the whole center, receipts on disk. */
  readonly perSecond: number;
  /** Processor time of all threads, which other work on the machine does not change. */
  readonly cpuMicros: number;
  /** Small documents written for each observation. */
  readonly documents: number;
}

/** A district of which people and vehicles report every ten seconds. @param planned whether anybody wrote down who works where */
async function working(planned: boolean): Promise<Cost> {
  const clock = new ManualClock(MORNING);
  const settings = { FOLLOW_UNPLANNED: "true", INGEST_QUEUE_MESSAGES: "100000", HTTP_IMPORT_BYTES: "50000000" };
  await using running = await startTestCenter(settings, { clock });
  const { center } = running;
  const random = createRandom("operations");
  const homes = new Map<string, { lat: number; lon: number }>();
  const sections = center.geography.sections();
  const people = numbered(PEOPLE, "badge");
  const vehicles = numbered(VEHICLES, "sweeper");
  for (const [n, id] of [...people, ...vehicles].entries()) {
    const [lon = 113.9, lat = 22.72] = sections[n % sections.length]?.line[0] ?? [];
    homes.set(id, { lat, lon });
  }
  const bins = numbered(SUBJECTS - PEOPLE - VEHICLES, "bin");
  const devices = [
    ...people.map((id) => ({ id, kind: "person" })),
    ...vehicles.map((id) => ({ id, kind: "vehicle", attributes: { vehicleType: "sweeper" } })),
    ...bins.map((id) => ({ id, kind: "bin", place: { lat: 22.72, lon: 113.9 } })),
  ];
  for (let from = 0; from < devices.length; from += 5_000) {
    await running.rest("POST", "/devices/import", devices.slice(from, from + 5_000));
  }
  if (planned) {
    const put = (collection: string, records: object[]) =>
      running.rest("POST", `/registry/${collection}/import`, records);
    await put("shifts", [
      { id: "day", name: "Day", from: "06:00", to: "14:00", breaks: [{ from: "12:00", to: "12:30" }] },
    ]);
    await put(
      "people",
      people.map((id) => ({ id: `wearer-of-${id}`, name: id, badge: id, line: "cleaning" })),
    );
    await put(
      "vehicles",
      vehicles.map((id) => ({ id, type: "sweeper", line: "cleaning" })),
    );
    const members = [...people, ...vehicles];
    await put(
      "crews",
      Array.from({ length: 100 }, (_, n) => ({
        id: `crew-${n}`,
        name: `Crew ${n}`,
        line: "cleaning",
        members: members.filter((_id, index) => index % 100 === n),
      })),
    );
    const entries = people.map((id) => ({
      personId: `wearer-of-${id}`,
      where: { circle: { ...(homes.get(id) as { lat: number; lon: number }), radiusM: 200 } },
    }));
    await put("rosters", [{ id: "day", shiftId: "day", entries }]);
    const routes = vehicles.map((vehicleId, n) => ({
      kind: "route",
      id: `route-${n}`,
      vehicleId,
      from: "06:00",
      to: "14:00",
      sections: [sections[n % sections.length]?.id],
    }));
    const swept = sections.map(({ id }) => ({ sectionId: id, from: "06:00", to: "14:00" }));
    await put("plans", [...routes, { kind: "sweep", id: "sweep", sections: swept }]);
  }

  const round = async (n: number): Promise<void> => {
    clock.advanceTo(MORNING + n * EVERY_MS);
    const settled: Promise<void>[] = [];
    const say = (kind: string, id: string, body: object) => {
      const payload = Buffer.from(JSON.stringify({ ts: clock.now(), ...body }));
      const topic = `kerbside/v1/${kind}/${id}/telemetry`;
      settled.push(
        new Promise((done) => center.inbox.submit({ topic, payload, receivedAt: clock.now(), principal: null }, done)),
      );
    };
    const near = (id: string, metres: number) => {
      const home = homes.get(id) as { lat: number; lon: number };
      return {
        lat: home.lat + metres / 111_195 + random.between(-3e-5, 3e-5),
        lon: home.lon + random.between(-3e-5, 3e-5),
      };
    };
    for (const id of people)
      say("person", id, { ...near(id, (n % 20) * 8), accuracyM: 8, steps: n * 12, hr: 90, batteryPct: 80 });
    for (const id of vehicles) {
      const drives = { speedKmh: 7, acc: 1, working: 1, odometerKm: 5_000 + n * 0.02, fuelL: 100 - n * 0.01 };
      say("vehicle", id, { ...near(id, n * 19), accuracyM: 5, ...drives });
    }
    await Promise.all(settled);
  };
  for (let n = 0; n < WARM_ROUNDS; n++) await round(n);
  const before = center.counters.loop.documents;
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  for (let n = WARM_ROUNDS; n < WARM_ROUNDS + ROUNDS; n++) await round(n);
  const seconds = (performance.now() - startedAt) / 1_000;
  const observations = ROUNDS * (PEOPLE + VEHICLES);
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuMicros = (user + system) / observations;
  return {
    perSecond: observations / seconds,
    cpuMicros,
    documents: (center.counters.loop.documents - before) / observations,
  };
}

/** What following people and vehicles at work costs, of the whole way from message to receipt. */
export async function run(print: Print): Promise<void> {
  // In turns, so that neither has the warmer machine.
  const costs = { with: [] as Cost[], without: [] as Cost[] };
  for (let turn = 0; turn < 3; turn++) {
    costs.without.push(await working(false));
    costs.with.push(await working(true));
  }
  const best = (runs: readonly Cost[]): Cost => ({
    perSecond: Math.max(...runs.map(({ perSecond }) => perSecond)),
    cpuMicros: Math.min(...runs.map(({ cpuMicros }) => cpuMicros)),
    documents: Math.min(...runs.map(({ documents }) => documents)),
  });
  const [own, bare] = [best(costs.with), best(costs.without)];
  print(
    `${(PEOPLE + VEHICLES).toLocaleString("en")} of ${SUBJECTS.toLocaleString("en")} subjects on duty`,
    Math.round(own.perSecond),
    "observations/s",
    `nobody planned ${Math.round(bare.perSecond).toLocaleString("en")}: ${(own.perSecond / bare.perSecond).toFixed(2)} of it (aim ≥ 0.85)`,
  );
  print(
    "processor time, all threads",
    own.cpuMicros,
    "µs per observation",
    `nobody planned ${bare.cpuMicros.toFixed(1)}: ${(bare.cpuMicros / own.cpuMicros).toFixed(2)} of it`,
  );
  print("documents written", own.documents, "per observation", `nobody planned ${bare.documents.toFixed(3)}`);
}
