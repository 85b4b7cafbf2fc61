import type { Registry } from "../center/access.ts";
import type { Alert, Evidence } from "../domain/alert.ts";
import type { Device } from "../domain/device.ts";
import { isKind, kinds } from "../domain/kinds.ts";
import type { DeviceEvent } from "../domain/observation.ts";
import { renamed } from "../domain/personal.ts";
import { atLeast, type Role } from "../domain/roles.ts";

/**
 * What those may know who may not know who somebody is: walls in public, and crews of each other. They see that somebody
 * works there, by role and number; never a name or an id by which another list tells the name.
 */

/** Whether a role may know people. */
export function seesPeople(role: Role): boolean {
  return atLeast(role, "dispatcher");
}

/** No device id has a tilde: nobody can be called this by mistake. */
const STAFF = "staff~";

/** The id of a device as a role may see it. */
export function shownId(device: Device, role: Role): string {
  return kinds[device.kind].personal && !seesPeople(role) ? `${STAFF}${device.number}` : device.id;
}

/** Names by which a role knows devices, and back. */
export function createNames(registry: Pick<Registry, "get" | "byNumber">, role: Role) {
  const people = seesPeople(role);
  return {
    /** The device a role means; undefined for the id of a person that it may not know. */
    device(name: string): Device | undefined {
      if (people) return registry.get(name);
      const meant = name.startsWith(STAFF) ? registry.byNumber(Number(name.slice(STAFF.length))) : registry.get(name);
      return meant && shownId(meant, role) === name ? meant : undefined;
    },
    /** What stands for a device, or for whoever did something (`user:<name>`). `kind`: what it is known to be. */
    of(id: string, kind?: string): string {
      if (people) return id;
      const device = registry.get(id);
      if (device) return shownId(device, role);
      if (kind !== undefined && isKind(kind) && kinds[kind].personal) return STAFF;
      return /^(?:user|help)[:-]/.test(id) ? "user" : id;
    },
  };
}
export type Names = ReturnType<typeof createNames>;

/** An alert without anybody's name: not in whom it is about, who saw it, who was sent, who served it, who asked for time. */
export function anonymousAlert(alert: Alert, names: Names): Alert {
  const { subject, proof, request } = alert;
  // The evidence of a person's alert may hold readings of a body.
  const about = isKind(subject.kind) && kinds[subject.kind].personal;
  return {
    ...alert,
    subject: { ...subject, id: names.of(subject.id, subject.kind) },
    assignee: null,
    evidence: about ? [] : alert.evidence.map((one) => anonymousEvidence(one, names)),
    proof: proof?.visit ? { ...proof, visit: { ...proof.visit, subjectId: names.of(proof.visit.subjectId) } } : proof,
    pictures: alert.pictures.map((picture) => ({ ...picture, by: "" })),
    request: request && { ...request, by: "", reason: "" },
  };
}

function anonymousEvidence(evidence: Evidence, names: Names): Evidence {
  const source = names.of(evidence.source);
  // What a person wrote may name people; what a device measured does not, but it may point to who does.
  if (source === "user" || source.startsWith(STAFF)) return { source, at: evidence.at };
  // Where a camera's pictures lie inside the network is nobody's business in public; it may even carry its login.
  const { snapshotUrl: _address, ...shown } = evidence;
  return { ...renamed(shown as Evidence, names.of), source };
}

/** Events whose details may tell whose card it was, what somebody answered, or whom a camera knew. */
const TELLING: ReadonlySet<string> = new Set(["card", "reply", "detection"]);

/** An event as a role may know it. */
export function shownEvent(event: DeviceEvent | undefined, role: Role): DeviceEvent | undefined {
  if (!event || seesPeople(role) || !TELLING.has(event.type)) return event;
  const { details: _told, ...rest } = event as DeviceEvent & { details?: unknown };
  return rest as DeviceEvent;
}
