import { Changes } from "../src/center/changes.ts";
import { SECOND } from "../src/domain/time.ts";
import { MORNING, openDesk } from "../test/support/alert-desk.ts";
import { createMonth, problemClasses } from "./alert-month.ts";
import { byCatalogue, byThreshold } from "./alert-rules.ts";
import { type Quality, score, total } from "./alert-score.ts";
import type { Print } from "./index.ts";

const MONTH = { seed: 1, days: 30, points: 20, blindSpots: 10, vehicles: 4 };
/** Other months of the same kind: rules that fit one month only would show here. */
const OTHER_SEEDS = [2, 3, 4];
const SUBJECTS = 30_000;
const ACTIVE = 1_000;
const ROUNDS = 60;
const TICKS = 20_000;

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
const precision = ({ right, alerts }: Quality): number => share(right, alerts);
const recall = ({ found, problems }: Quality): number => share(found, problems);
const short = (value: number): string => String(Number(value.toPrecision(3)));

function quality(print: Print): void {
  const month = createMonth(MONTH);
  const { raised, suspected } = byCatalogue(month);
  const own = score(month.problems, raised);
  const plain = score(month.problems, byThreshold(month));
  const perDay = (count: number) => count / month.days;
  for (const kind of [...problemClasses, "all"] as const) {
    const [a, b] =
      kind === "all"
        ? [total(own.values()), total(plain.values())]
        : [own.get(kind) as Quality, plain.get(kind) as Quality];
    print(`${kind}: precision`, precision(a), "", `plain ${short(precision(b))}`);
    print(`${kind}: recall`, recall(a), "", `plain ${short(recall(b))}, ${a.problems} problems`);
    print(
      `${kind}: duplicates`,
      share(a.duplicates, a.found),
      "per problem",
      `plain ${short(share(b.duplicates, b.found))}`,
    );
    print(`${kind}: alerts`, perDay(a.alerts), "a day", `plain ${short(perDay(b.alerts))}`);
    print(`${kind}: wrong alerts`, perDay(a.wrong), "a day", `plain ${short(perDay(b.wrong))}`);
    if (kind !== "all") print(`${kind}: delay, median`, a.delayMinutes, "min", `plain ${short(b.delayMinutes)}`);
  }
  print("sensors that a camera denied, instead of an alert", perDay(suspected), "a day", "plain none");
}

/** The same figures over other months: the worst of them. */
function otherMonths(print: Print): void {
  const totals = OTHER_SEEDS.map((seed) => {
    const month = createMonth({ ...MONTH, seed });
    return total(score(month.problems, byCatalogue(month).raised).values());
  });
  for (const [name, of] of [
    ["precision", precision],
    ["recall", recall],
  ] as const) {
    const found = totals.map(of);
    const shown = found.map(short).join(", ");
    print(`all: ${name}, worst of seeds ${OTHER_SEEDS.join(", ")}`, Math.min(...found), "", shown);
  }
}

/** A district of bins of which some report every few seconds; nothing is wrong with any of them. */
function quietDistrict(subjects: number, active: number, judged: boolean): number {
  const desk = openDesk();
  const ids = Array.from({ length: subjects }, (_, index) => `bin-${index}`);
  for (const [index, id] of ids.entries()) {
    desk.add(id, "bin", { lat: 22.7 + (index % 200) * 0.0005, lon: 113.88 + Math.floor(index / 200) * 0.0005 });
    desk.say(id, { fillPct: 20 + (index % 40), tempC: 24, batteryPct: 80, tiltDeg: 1 });
  }
  let key = 1_000_000;
  const reporting = ids.slice(0, active).map((id) => desk.world.subject(id)?.device);
  const startedAt = performance.now();
  for (let round = 1; round <= ROUNDS; round++) {
    const at = MORNING + round * 5 * SECOND;
    const changes = new Changes();
    if (judged) desk.alerting.tick(at, changes);
    for (const [index, device] of reporting.entries()) {
      if (!device) continue;
      const metrics = { fillPct: 20 + ((index + round) % 40), tempC: 24 + (round % 3), batteryPct: 80, tiltDeg: 1 };
      const observation = { device: device.id, at, atSource: "device", metrics } as const;
      const seen = desk.world.apply(observation, device, at, ++key, changes);
      if (seen && judged) desk.alerting.see(seen, at, changes);
    }
  }
  return (performance.now() - startedAt) / (ROUNDS * active);
}

/** Time that passes while nobody says anything, in milliseconds for a tick of the clock. */
function idleTick(subjects: number): number {
  const desk = openDesk();
  for (let index = 0; index < subjects; index++) {
    desk.add(`bin-${index}`, "bin", { lat: 22.7, lon: 113.88 + index * 1e-5 });
    desk.say(`bin-${index}`, { fillPct: 20 });
  }
  const changes = new Changes();
  const startedAt = performance.now();
  for (let tick = 1; tick <= TICKS; tick++) desk.alerting.tick(MORNING + tick * 10, changes);
  return (performance.now() - startedAt) / TICKS;
}

const best = (run: () => number): number => Math.min(run(), run(), run());

/** Quality of the alerts over a labelled month beside a plain threshold rule, and what rules cost. */
export async function run(print: Print): Promise<void> {
  quality(print);
  otherMonths(print);
  const all = best(() => quietDistrict(SUBJECTS, SUBJECTS / 10, true));
  const none = best(() => quietDistrict(SUBJECTS, SUBJECTS / 10, false));
  print(
    `through the whole catalogue, ${SUBJECTS.toLocaleString("en")} subjects`,
    Math.round(1_000 / all),
    "observations/s",
    `applied without rules ${Math.round(1_000 / none).toLocaleString("en")}`,
  );
  // In turns, so that neither has the warmer machine.
  let few = Number.POSITIVE_INFINITY;
  let many = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 5; turn++) {
    few = Math.min(few, quietDistrict(ACTIVE, ACTIVE, true));
    many = Math.min(many, quietDistrict(SUBJECTS, ACTIVE, true));
  }
  print(
    `an observation beside ${(SUBJECTS - ACTIVE).toLocaleString("en")} idle subjects`,
    many * 1_000,
    "µs",
    `beside none ${short(few * 1_000)} µs`,
  );
  const quiet = best(() => idleTick(ACTIVE));
  const idle = best(() => idleTick(SUBJECTS));
  print(
    `a tick of the clock with ${SUBJECTS.toLocaleString("en")} idle subjects`,
    idle * 1_000,
    "µs",
    `with ${ACTIVE.toLocaleString("en")} ${short(quiet * 1_000)} µs`,
  );
}
