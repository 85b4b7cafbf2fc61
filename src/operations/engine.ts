import type { Changes } from "../center/changes.ts";
import type { Geography } from "../center/geography.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Device } from "../domain/device.ts";
import type { Millis } from "../domain/time.ts";
import { createGround, type Ground } from "./ground.ts";
import { createRegister, type Register } from "./register.ts";

export interface OperationsParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly calendar: Calendar;
  readonly geography: Geography;
  readonly device: (id: string) => Device | undefined;
}

/** Who works where and when, and what comes of it, as the pipeline and the doors see it. Synchronous. */
export interface Operations {
  readonly register: Register;
  readonly ground: Ground;
}

/** Register, duty, visits, coverage and tasks put together. @see Operations */
export function createOperations({ documents, calendar, geography, device }: OperationsParts): Operations {
  const ground = createGround(geography);
  const register = createRegister({
    documents,
    surroundings: () => ({ ground, calendar, kindOf: (id) => device(id)?.kind }),
    changed(_collection, _id, _now: Millis, _changes: Changes) {},
  });
  return { register, ground };
}
