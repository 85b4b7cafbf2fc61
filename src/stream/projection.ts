import type { Registry } from "../center/access.ts";
import type { Subject } from "../center/subject.ts";
import type { Alert } from "../domain/alert.ts";
import { kinds } from "../domain/kinds.ts";
import { inScope, type Reader, reaches } from "../domain/reach.ts";
import type { Role, Scope } from "../domain/roles.ts";
import type { KpiTile } from "../kpi/tile.ts";
import { anonymousAlert, createNames, seesPeople, shownId } from "./anonymous.ts";
import type { AlertFilter, AlertView, DeviceFilter, DeviceView, KpiFilter, MarkView } from "./protocol.ts";

const PERSONAL_METRICS = new Set(["hr", "steps", "still", "fall"]);

export function deviceView(subject: Subject, role: Role): DeviceView {
  const { device, place } = subject;
  const hidden = kinds[device.kind].personal && !seesPeople(role);
  const metrics = hidden
    ? Object.fromEntries(Object.entries(subject.metrics).filter(([name]) => !PERSONAL_METRICS.has(name)))
    : { ...subject.metrics };
  return {
    id: shownId(device, role),
    kind: device.kind,
    name: hidden ? `${kinds[device.kind].title.en} ${device.number}` : device.name,
    at: subject.at,
    receivedAt: subject.receivedAt,
    online: subject.online,
    lat: place?.lat ?? null,
    lon: place?.lon ?? null,
    communityId: place?.communityId ?? null,
    gridId: place?.gridId ?? null,
    sectionId: place?.sectionId ?? null,
    level: subject.level,
    metrics,
  };
}

/** Half a metre is nothing on a map; digits cost bytes. */
const round = (degrees: number): number => Math.round(degrees * 200_000) / 200_000;
const STANDING_KMH = 1;

/** Whether it is on its way, by what it said last. */
export const moves = ({ metrics: { speedKmh = 0 } }: Pick<Subject, "metrics">): boolean => speedKmh >= STANDING_KMH;

/** Only of subjects that have a place. */
export function markView({ device, place, online, level, metrics }: Subject, role: Role): MarkView {
  const { headingDeg, acc } = metrics;
  const vehicle = device.kind === "vehicle";
  const idle = vehicle && acc === 1 && !moves({ metrics });
  return {
    id: shownId(device, role),
    kind: device.kind,
    lat: round(place?.lat ?? 0),
    lon: round(place?.lon ?? 0),
    ...(vehicle && headingDeg !== undefined && { headingDeg: Math.round(headingDeg) }),
    state: online === false ? "offline" : idle ? "idle" : "normal",
    level,
  };
}

export function alertView(alert: Alert, role: Role, registry: Pick<Registry, "get" | "byNumber">): AlertView {
  const device = registry.get(alert.subject.id);
  const hidden = device !== undefined && kinds[device.kind].personal && !seesPeople(role);
  const subjectName = device === undefined || hidden || device.name === device.id ? null : device.name;
  const shown = seesPeople(role) ? alert : anonymousAlert(alert, createNames(registry, role));
  return { ...shown, subjectName };
}

type Bbox = readonly [number, number, number, number];

function inside(bbox: Bbox | undefined, lat: number | null | undefined, lon: number | null | undefined): boolean {
  if (!bbox) return true;
  if (lat == null || lon == null) return false;
  const [west, south, east, north] = bbox;
  return lon >= west && lon <= east && lat >= south && lat <= north;
}

function among<T>(allowed: readonly T[] | undefined, value: T | null | undefined): boolean {
  return allowed === undefined || (value != null && allowed.includes(value));
}

/** A token that is limited to communities does not see the sum of all; one limited more finely sees no figures. */
export function kpiMatcher(filter: KpiFilter, scope: Scope): (tile: KpiTile) => boolean {
  const finer = scope.gridId !== undefined || scope.areaGrade !== undefined || scope.businessLine !== undefined;
  return ({ name, communityId }) =>
    !finer &&
    among(scope.communityId, communityId) &&
    among(filter.name, name) &&
    among(filter.communityId, communityId);
}

/** What both the token's reach and the client's filter let through. */
export function deviceMatcher(filter: DeviceFilter, scope: Scope, role: Role): (subject: Subject) => boolean {
  return ({ device, place, online }) =>
    inScope(scope, place) &&
    among(filter.kind, device.kind) &&
    (filter.id === undefined || filter.id.includes(shownId(device, role))) &&
    among(filter.communityId, place?.communityId) &&
    among(filter.gridId, place?.gridId) &&
    (filter.online === undefined || filter.online === (online === true)) &&
    inside(filter.bbox, place?.lat, place?.lon);
}

export function alertMatcher(
  filter: AlertFilter,
  reader: Reader & { readonly role: Role },
  registry: Pick<Registry, "get" | "byNumber">,
): (alert: Alert) => boolean {
  const names = createNames(registry, reader.role);
  return (alert) => {
    const { place } = alert;
    return (
      alert.archivedAt === null &&
      reaches(reader, alert) &&
      (filter.open === undefined || filter.open === (alert.closedAt === null)) &&
      among(filter.state, alert.state) &&
      among(filter.level, alert.level) &&
      among(filter.ruleId, alert.ruleId) &&
      (filter.subjectId === undefined || filter.subjectId.includes(names.of(alert.subject.id, alert.subject.kind))) &&
      among(filter.kind, alert.subject.kind) &&
      among(filter.communityId, place?.communityId) &&
      among(filter.gridId, place?.gridId) &&
      inside(filter.bbox, place?.lat, place?.lon)
    );
  };
}
