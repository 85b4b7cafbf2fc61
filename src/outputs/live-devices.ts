import type { Center } from "../center/access.ts";
import type { Subject } from "../center/subject.ts";
import { type DeviceFacts, deviceEntity, type NgsiEntity } from "./ngsi-entities.ts";

/** A subject as the models take it, or null for kinds they have no word for. */
export function entityOf({ id, device, at, online, place, metrics }: Subject): NgsiEntity | null {
  const { kind, name, attributes } = device;
  const facts: DeviceFacts = { id, kind, name, at, online, place, metrics, attributes };
  return deviceEntity(facts);
}

/** The live picture for those who ask at their own time: it is read only while memory is what is committed. */
export function devicesIn(center: Pick<Center, "subjects" | "settled" | "onSettled">) {
  const waiting: (() => void)[] = [];
  center.onSettled(() => {
    for (const run of waiting.splice(0)) run();
  });
  const settled = (): Promise<void> =>
    center.settled ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));

  return {
    async changedSince(rev: number, communities: readonly string[] | undefined) {
      await settled();
      const entities: NgsiEntity[] = [];
      const changed = (subject: Subject) => {
        if (communities && !communities.includes(subject.place?.communityId ?? "")) return;
        const entity = entityOf(subject);
        if (entity) entities.push(entity);
      };
      center.subjects.since(rev, changed, () => {});
      return { entities, rev: center.subjects.head };
    },
  };
}
