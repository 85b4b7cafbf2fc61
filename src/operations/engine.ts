import type { Changes } from "../center/changes.ts";
import type { LiveGeography } from "../district/geography.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Device } from "../domain/device.ts";
import type { Clock, Millis } from "../domain/time.ts";
import { createLiveGround, type Ground } from "./ground.ts";
import { createRegister, type Register } from "./register.ts";

export interface OperationsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly calendar: Calendar;
  readonly geography: LiveGeography;
  readonly clock: Pick<Clock, "now">;
  readonly device: (id: string) => Device | undefined;
}

/** Who works where and when, and what comes of it, as the pipeline and the doors see it. Synchronous. */
export interface Operations {
  readonly register: Register;
  readonly ground: Ground;
}

/** Register, duty, visits, coverage and tasks put together. @see Operations */
export function createOperations({ documents, calendar, geography, clock, device }: OperationsParts): Operations {
  const ground = createLiveGround(geography, clock);
  const register = createRegister({
    documents,
    surroundings: () => ({ ground, calendar, kindOf: (id) => device(id)?.kind }),
    changed(_collection, _id, _now: Millis, _changes: Changes) {},
  });
  return { register, ground };
}
