import type { Observation } from "../src/domain/observation.ts";
import { MINUTE, type Millis } from "../src/domain/time.ts";
import type { Actor, Command, SimulatedDevice } from "./actors/actor.ts";
import { createTroubles, type FaultRates, type ScriptedFault, type Troubles } from "./faults.ts";
import { TimeQueue } from "./queue.ts";
import { encode, type WireMessage } from "./wire.ts";

/** A message on its way to the broker. */
export interface Outgoing extends WireMessage {
  readonly at: Millis;
  /** Device id of the login that publishes it. */
  readonly login: string;
}

/** One line of a scenario's script. `device` may end in `*` for all whose id begins so. */
export type Step = { readonly atMinutes: number; readonly device: string } & (
  | { readonly command: Command }
  | { readonly fault: ScriptedFault }
  | { readonly report: Pick<Observation, "metrics" | "event"> }
);

export interface Player {
  readonly nextAt: Millis;
  /** Everything sent up to and including `until`, in the order of sending. */
  due(until: Millis): Outgoing[];
  /** More of a script, in minutes after a time that is not over. */
  add(startAt: Millis, steps: readonly Step[]): void;
}

export interface PlayerOptions {
  readonly actors: readonly Actor[];
  readonly seed: number;
  readonly startAt: Millis;
  readonly faults: FaultRates;
  readonly script?: readonly Step[];
}

type Happening = { readonly actor: Actor } | { readonly step: Step } | { readonly release: string };

/**
 * Lets the actors live: asks each only when it has something to say, lets the script interfere, applies the troubles of
 * the devices, and writes what is left in each device's own dialect.
 */
export function createPlayer({ actors, seed, startAt, faults, script = [] }: PlayerOptions): Player {
  const queue = new TimeQueue<Happening>();
  const byId = new Map(actors.map((actor) => [actor.device.id, actor]));
  const troubles = new Map<string, Troubles>();
  const held = new Map<string, Observation[]>();
  const silentGateways = new Map<string, Millis>();
  for (const { device } of actors) troubles.set(device.id, createTroubles(device.id, seed, startAt, faults));
  const add = (from: Millis, steps: readonly Step[]): void => {
    for (const step of steps) queue.put(from + step.atMinutes * MINUTE, { step });
  };
  // The script comes first at equal times, so that a report at the same instant already shows it.
  add(startAt, script);
  for (const actor of actors) if (Number.isFinite(actor.nextAt)) queue.put(actor.nextAt, { actor });

  const send = (
    device: SimulatedDevice,
    at: Millis,
    observations: readonly Observation[],
    copies: number,
    out: Outgoing[],
  ) => {
    const login = device.gatewayId ?? device.id;
    if ((silentGateways.get(login) ?? 0) > at) return;
    for (const message of encode(device, observations)) {
      for (let copy = 0; copy < copies; copy++) out.push({ ...message, at, login });
    }
  };
  const say = (device: SimulatedDevice, at: Millis, observations: readonly Observation[], out: Outgoing[]): void => {
    for (const observation of observations) {
      const outcome = troubles.get(device.id)?.pass(at, observation);
      if (!outcome) continue;
      if (outcome.heldUntil === null) {
        send(device, at, [outcome.observation], outcome.copies, out);
        continue;
      }
      const kept = held.get(device.id);
      if (kept) {
        kept.push(outcome.observation);
      } else {
        held.set(device.id, [outcome.observation]);
        queue.put(outcome.heldUntil, { release: device.id });
      }
    }
  };
  const runStep = (step: Step, at: Millis, out: Outgoing[]): void => {
    const chosen = step.device.endsWith("*")
      ? actors.filter((actor) => actor.device.id.startsWith(step.device.slice(0, -1)))
      : [byId.get(step.device)];
    for (const actor of chosen) {
      if (!actor) throw new Error(`the script names ${step.device}, which is not among the simulated devices`);
      const { device } = actor;
      if ("fault" in step) {
        troubles.get(device.id)?.start(at, step.fault);
        // A gateway that is down takes everything behind it along.
        if (device.kind === "gateway" && step.fault.fault === "silence") {
          silentGateways.set(device.id, at + step.fault.minutes * MINUTE);
        }
      } else if ("command" in step) {
        const before = actor.nextAt;
        actor.command?.(at, step.command);
        if (actor.nextAt < before) queue.put(actor.nextAt, { actor });
      } else {
        const said = { device: device.alias ?? device.id, at, atSource: "device" as const, ...step.report };
        say(device, at, [said], out);
      }
    }
  };

  return {
    get nextAt() {
      return queue.nextAt;
    },
    add,
    due(until) {
      const out: Outgoing[] = [];
      while (queue.nextAt <= until) {
        const at = queue.nextAt;
        const happening = queue.take();
        if (!happening) break;
        if ("step" in happening) {
          runStep(happening.step, at, out);
        } else if ("release" in happening) {
          const device = byId.get(happening.release)?.device;
          const kept = held.get(happening.release) ?? [];
          held.delete(happening.release);
          if (device) send(device, at, kept, 1, out);
        } else {
          const { actor } = happening;
          // A command moved it forward: it has spoken already and another entry waits for its next time.
          if (actor.nextAt > at) continue;
          say(actor.device, at, actor.act(at), out);
          if (Number.isFinite(actor.nextAt)) queue.put(actor.nextAt, { actor });
        }
      }
      return out;
    },
  };
}
