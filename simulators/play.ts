import { MINUTE, type Millis, SECOND } from "../src/domain/time.ts";
import type { Actor } from "./actors/actor.ts";
import { type FaultRates, fieldFaults } from "./faults.ts";
import { createOperator, type Order } from "./orders.ts";
import { organisationOf, registerOrganisation, summaryLine } from "./organisation.ts";
import { createPlayer, type Step } from "./player.ts";
import { createPopulation, type Population } from "./population.ts";
import { registerDevices, registrationOf } from "./register.ts";
import type { Rest } from "./rest.ts";
import { localTime } from "./rhythm.ts";
import { playLive, playLockstep } from "./run.ts";
import { type ComparisonRow, compareAlerts, type RaisedAlert, type Scenario } from "./scenario.ts";
import { type OwnCenter, startOwnCenter } from "./session.ts";
import { readTown, type Town } from "./town.ts";
import { connectLogins, type Login, type Transport } from "./transport.ts";

/** Shorter steps would only cost time: rules hold for a minute at least. */
const STEP_MS = 20 * SECOND;

/** Where the state of a run is written for people; nothing when it is null. */
export type Say = ((line: string) => void) | null;

export interface DistrictRun {
  readonly population: Population;
  readonly seed: number;
  readonly faults: FaultRates;
  readonly script: readonly Step[];
  readonly orders?: readonly Order[];
  /** Whether the center knows who is meant to work where. */
  readonly organised?: boolean;
  readonly durationMinutes: number;
}

export interface CheckResult {
  readonly scenario: Scenario;
  readonly rows: readonly ComparisonRow[];
  readonly passed: boolean;
  readonly sent: number;
  readonly receipted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** The devices whose login publishes for others or for themselves. */
export function loginsOf(actors: readonly Actor[]): Set<string> {
  return new Set(actors.map(({ device }) => device.gatewayId ?? device.id));
}

async function connect(actors: readonly Actor[], rest: Rest, url: string, say: Say): Promise<Transport> {
  const registrations = actors.map((actor) => registrationOf(actor.device));
  say?.(`registering ${registrations.length} devices at ${rest.api}`);
  const logins = await registerDevices(rest, registrations, loginsOf(actors));
  say?.(`connecting ${logins.length} logins to ${url}`);
  return connectLogins(url, logins);
}

async function organise(rest: Rest, actors: readonly Actor[], town: Town, say: Say): Promise<void> {
  const summary = await registerOrganisation(rest, organisationOf(actors, town));
  say?.(summaryLine(summary));
}

const progress =
  (transport: Transport, devices: number, refused: () => number | null, say: Say) =>
  (at: Millis): void => {
    const { sent, receipted } = transport.counts;
    const lost = refused();
    say?.(
      `${new Date(at).toISOString().slice(0, 19)}Z  ${devices} devices  ${sent} sent  ${receipted} receipts` +
        (lost === null ? "" : `  ${lost} refused`),
    );
  };

/** Messages the center's pipeline has put into quarantine so far. */
export function refusedBy(own: OwnCenter): number {
  let sum = 0;
  for (const count of own.running.center.counters.quarantined.values()) sum += count;
  return sum;
}

/**
 * Plays a scenario on a center of its own in lockstep and compares the alerts it raised with those it must raise.
 * @param speed simulated seconds per real second; undefined is as fast as possible
 */
export async function checkScenario(scenario: Scenario, say: Say = null, speed?: number): Promise<CheckResult> {
  const startedAt = performance.now();
  const startAt = localTime(scenario.startAt);
  await using own = await startOwnCenter(startAt);
  const { transport, endAt } = await playOnOwn(own, scenario, startAt, say, speed);
  // Alerts that were dealt with and archived are records, not part of the live list: ask for every state.
  const raised = await own.rest.all<RaisedAlert>(`/alerts?from=${startAt - MINUTE}&to=${endAt + MINUTE}&limit=500`);
  const rows = compareAlerts(scenario, startAt, raised);
  return {
    scenario,
    rows,
    passed: rows.every((row) => row.difference === ""),
    sent: transport.sent,
    receipted: transport.receipted,
    refused: Object.fromEntries(own.running.center.counters.quarantined),
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

/** Plays a scenario or the plain district on a center of our own. */
export async function playOnOwn(
  own: OwnCenter,
  run: DistrictRun,
  startAt: Millis,
  say: Say,
  speed?: number,
  signal?: AbortSignal,
): Promise<{ transport: Transport["counts"]; endAt: Millis }> {
  const town = readTown();
  const actors = createPopulation(town, run.population, run.seed, startAt);
  await using transport = await connect(actors, own.rest, own.mqtt, say);
  if (run.organised) await organise(own.rest, actors, town, say);
  const player = createPlayer({ actors, seed: run.seed, startAt, faults: run.faults, script: run.script });
  const endAt = startAt + run.durationMinutes * MINUTE;
  const onProgress = progress(transport, actors.length, () => refusedBy(own), say);
  const operator = createOperator(own.rest, startAt, run.orders ?? []);
  const options = { player, transport, startAt, endAt, onProgress, operator, ...(signal && { signal }) };
  await playLockstep(own, STEP_MS, options, speed);
  return { transport: { ...transport.counts }, endAt };
}

/** A center somebody else runs: REST to register with, or the login of a gateway that is registered already. */
export type Target = { readonly url: string } & ({ readonly rest: Rest } | { readonly gateway: Login });

/**
 * Plays against a running center or any broker. At speeds above 1 the event times are laid so that the played span ends
 * now: nothing lies in the future of the center's clock.
 */
export async function playOnTarget(
  target: Target,
  run: DistrictRun,
  speed: number,
  say: Say,
  signal?: AbortSignal,
): Promise<Transport["counts"]> {
  const town = readTown();
  const registered = createPopulation(town, run.population, run.seed, Date.now());
  await using transport =
    "rest" in target
      ? await connect(registered, target.rest, target.url, say)
      : throughGateway(await connectLogins(target.url, [target.gateway]), target.gateway.username);
  if (run.organised && "rest" in target) await organise(target.rest, registered, town, say);
  const spanMs = run.durationMinutes * MINUTE;
  const startAt = Math.round(Date.now() - (Number.isFinite(spanMs) ? spanMs * (1 - 1 / speed) : 0));
  const actors = createPopulation(town, run.population, run.seed, startAt);
  const player = createPlayer({ actors, seed: run.seed, startAt, faults: run.faults, script: run.script });
  const onProgress = progress(transport, actors.length, () => null, say);
  const options = { player, transport, startAt, endAt: startAt + spanMs, onProgress, ...(signal && { signal }) };
  await playLive(options, speed);
  onProgress(Date.now());
  return { ...transport.counts };
}

/** Everything goes through one login, whoever it is from. */
function throughGateway(transport: Transport, username: string): Transport {
  return { ...transport, publish: (_login, topic, payload) => transport.publish(username, topic, payload) };
}

/** An ordinary district for runs without a scenario. */
export function plainRun(population: Population, seed: number, durationMinutes: number): DistrictRun {
  return { population, seed, faults: fieldFaults, script: [], organised: true, durationMinutes };
}
