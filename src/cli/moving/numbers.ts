import type { DatabaseSync } from "node:sqlite";
import { numberedTables } from "./tables.ts";

/**
 * Devices have a number of their own in every center. Which number of `main` each number of the export (attached as `given`)
 * is: the same device by its id, a device that was removed by its id and number, or a number that is free. No two become one.
 * @param withDevices whether the export holds the devices that exist, or only the numbers of all there were
 */
export function matchNumbers(database: DatabaseSync, withDevices: boolean): Map<number, number> {
  const idsOf = (schema: string) =>
    new Map(
      (
        database.prepare(`SELECT device, id FROM ${schema}.device_place ORDER BY device, since`).all() as {
          device: number;
          id: string;
        }[]
      ).map(({ device, id }) => [device, id]),
    );
  const liveIn = (schema: string) =>
    new Map(
      (database.prepare(`SELECT id, number FROM ${schema}.device`).all() as { id: string; number: number }[]).map(
        ({ id, number }) => [id, number],
      ),
    );
  const known = idsOf("main");
  const live = liveIn("main");
  const numbersGiven = idsOf("given");
  const newest = new Map([...numbersGiven].map(([number, id]) => [id, number]));
  // Without the devices themselves the newest of each id stands for it.
  const givenLive = new Set((withDevices ? liveIn("given") : newest).values());
  const last = database.prepare("SELECT value FROM main.meta WHERE key = 'lastDeviceNumber'").get() as
    | { value: string }
    | undefined;
  let free = Math.max(Number(last?.value ?? 0), ...known.keys());
  const taken = new Set<number>();
  const result = new Map<number, number>();
  // Devices that exist choose first.
  const given = [...numbersGiven].sort(([a], [b]) => Number(givenLive.has(b)) - Number(givenLive.has(a)) || a - b);
  for (const [number, id] of given) {
    const own = givenLive.has(number) ? live.get(id) : undefined;
    const choices = [own, known.get(number) === id ? number : undefined, known.has(number) ? undefined : number];
    const chosen = choices.find((choice) => choice !== undefined && !taken.has(choice)) ?? ++free;
    taken.add(chosen);
    free = Math.max(free, chosen);
    result.set(number, chosen);
  }
  return result;
}

/** Gives the rows of the export the numbers they have in `main`. */
export function renumber(database: DatabaseSync, numbers: ReadonlyMap<number, number>): void {
  const changed = [...numbers].filter(([from, to]) => from !== to);
  if (changed.length === 0) return;
  const columns = [...numberedTables.map((table) => [table, "device"] as const), ["device", "number"] as const];
  // By way of negative numbers: one that is given up may be another's next.
  for (const [table, column] of columns) {
    const move = database.prepare(`UPDATE given.${table} SET ${column} = ? WHERE ${column} = ?`);
    for (const [from, to] of changed) move.run(-to, from);
    database.exec(`UPDATE given.${table} SET ${column} = -${column} WHERE ${column} < 0`);
  }
  database.exec(`UPDATE given.device SET body = json_set(body, '$.number', number);
    UPDATE given.event SET body = json_set(body, '$.device', device)`);
}
