import type { Changes } from "../center/changes.ts";
import type { SeenObservation, Subject } from "../center/subject.ts";
import { distanceM, type Place } from "../domain/place.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { DerivedProblem } from "./alerting.ts";
import { CLEAN_TWICE } from "./catalogue/shared.ts";
import type { Desk } from "./desk.ts";

/**
 * A level that leaps to the top is an open lid as often as a full bin. A camera beside it that looked meanwhile and found
 * nothing decides: the sensor is suspect, and nobody is sent. A level that grew is believed against any picture: lenses get
 * dirty.
 */

export const FAULT_RULE = "device.fault";
export const SUSPECT_SUBTYPE = "suspect";
/** A camera this near looks at the same place. */
const SAME_VIEW_M = 20;
/** Looks further apart say nothing about the time between them. */
const LOOKS_GAP_MS = 30 * MINUTE;
/** Cameras that have not looked for so long are forgotten. */
const FORGOTTEN_AFTER_MS = HOUR;

export interface DenialParts {
  readonly subject: (id: string) => Subject | undefined;
  readonly standing: Desk["standing"];
  readonly holds: (problem: DerivedProblem, now: Millis, changes: Changes) => void;
  readonly over: (
    ruleId: string,
    subjectId: string,
    subtype: string,
    at: Millis,
    note: string,
    changes: Changes,
  ) => void;
}

export function createDenial({ subject, standing, holds, over }: DenialParts) {
  const isSuspect = (id: string): boolean => standing(FAULT_RULE, id, SUSPECT_SUBTYPE)?.clearedAt === null;
  /** Cameras whose newest looks found nothing, since when and until when; one entry for each that looks. */
  const cleanLooks = new Map<string, { readonly from: Millis; readonly to: Millis }>();

  return {
    /** Remembers what cameras look at and find clean. */
    see({ event, subject, at, outOfOrder }: SeenObservation): void {
      if (event?.type !== "detection" || outOfOrder) return;
      if (event.category !== "clean") {
        cleanLooks.delete(subject.id);
        return;
      }
      const before = cleanLooks.get(subject.id);
      const from = before && at - before.to <= LOOKS_GAP_MS ? before.from : at;
      cleanLooks.set(subject.id, { from, to: at });
    },

    /** Whether a camera has looked at this place since `since`, twice by now, and denies what a sensor says of it. */
    denies(sensor: Subject, place: Place | null, since: Millis, now: Millis, changes: Changes): boolean {
      if (!place) return false;
      for (const [cameraId, { from, to }] of cleanLooks) {
        if (now - to > FORGOTTEN_AFTER_MS) cleanLooks.delete(cameraId);
        else if (to >= since && to - from >= CLEAN_TWICE.spacingMs) {
          const camera = subject(cameraId);
          if (!camera?.place || distanceM(camera.place, place) > SAME_VIEW_M) continue;
          const { kind } = sensor.device;
          const reason = `its level leapt up, ${cameraId} looked twice and found nothing`;
          const problem = {
            ruleId: FAULT_RULE,
            subtype: SUSPECT_SUBTYPE,
            subject: { kind, id: sensor.id },
            place,
            at: now,
          };
          if (!isSuspect(sensor.id)) holds({ ...problem, facts: { camera: cameraId, reason } }, now, changes);
          return true;
        }
      }
      return false;
    },

    /** The sensor and the camera agree again. */
    agrees(sensorId: string, at: Millis, changes: Changes): void {
      if (isSuspect(sensorId))
        over(FAULT_RULE, sensorId, SUSPECT_SUBTYPE, at, "sensor and camera agree again", changes);
    },
  };
}
export type Denial = ReturnType<typeof createDenial>;
