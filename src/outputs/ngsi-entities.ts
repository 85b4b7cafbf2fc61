import type { AttributeValue } from "../domain/device.ts";
import type { Kind } from "../domain/kinds.ts";
import type { Level } from "../domain/levels.ts";
import type { MetricName, Metrics } from "../domain/metrics.ts";
import type { Millis } from "../domain/time.ts";
import type { OutwardAlert } from "./outward.ts";

/**
 * Bins, vehicles and alerts in the words of FIWARE Smart Data Models (WasteContainer, Vehicle, Alert), as NGSI-LD entities.
 * Pure: REST, notifications and exports all say the same.
 */

export type NgsiType = "WasteContainer" | "Vehicle" | "Alert";

interface Attribute {
  readonly is: "Property" | "GeoProperty" | "Relationship";
  readonly value: unknown;
  readonly observedAt?: Millis;
  /** UN/CEFACT common code. */
  readonly unitCode?: string;
}

export interface NgsiEntity {
  readonly id: string;
  readonly type: NgsiType;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** What an entity is made of. Persons' devices never become one. */
export interface DeviceFacts {
  readonly id: string;
  readonly kind: Kind;
  readonly name: string;
  readonly at: Millis | null;
  readonly online: boolean | null;
  readonly place: { readonly lat: number; readonly lon: number } | null;
  readonly metrics: Metrics;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const MODELS = "https://raw.githubusercontent.com/smart-data-models";
const contexts: Readonly<Record<NgsiType, string>> = {
  WasteContainer: `${MODELS}/dataModel.WasteManagement/master/context.jsonld`,
  Vehicle: `${MODELS}/dataModel.Transportation/master/context.jsonld`,
  Alert: `${MODELS}/dataModel.Alert/master/context.jsonld`,
};
const CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld";

export const entityTypes: readonly NgsiType[] = ["WasteContainer", "Vehicle", "Alert"];
export const urn = (type: NgsiType, id: string): string => `urn:ngsi-ld:${type}:kerbside:${id}`;

type Given = Record<string, Attribute | null>;
const property = (value: unknown, observedAt?: Millis | null, unitCode?: string): Attribute | null =>
  value === undefined || value === null
    ? null
    : { is: "Property", value, ...(observedAt != null && { observedAt }), ...(unitCode && { unitCode }) };
const time = (at: Millis | null): Attribute | null => property(at === null ? null : new Date(at));
/** GeoJSON: longitude first. */
const location = (place: { lat: number | null; lon: number | null } | null, observedAt?: Millis | null) =>
  place?.lat == null || place.lon == null
    ? null
    : {
        is: "GeoProperty" as const,
        value: { type: "Point", coordinates: [place.lon, place.lat] },
        ...(observedAt != null && { observedAt }),
      };

function entity(type: NgsiType, id: string, given: Given): NgsiEntity {
  const attributes = Object.fromEntries(
    Object.entries(given).filter((field): field is [string, Attribute] => field[1] !== null),
  );
  return { id: urn(type, id), type, attributes };
}

/** Null for kinds that no model is told of. */
export function deviceEntity(facts: DeviceFacts): NgsiEntity | null {
  if (facts.kind === "bin") return wasteContainer(facts);
  return facts.kind === "vehicle" ? vehicle(facts) : null;
}

const share = (percent: number | undefined): number | undefined =>
  percent === undefined ? undefined : Math.round(percent * 100) / 10_000;

/** The worst of what is known; `ok` only when the bin has been heard. */
function containerStatus({ at, metrics }: DeviceFacts): string {
  if (metrics.smoke === 1) return "burning";
  if (metrics.tilted === 1) return "dropped";
  if (metrics.lidOpen === 1) return "lidOpen";
  return at === null ? "unknown" : "ok";
}

function wasteContainer(facts: DeviceFacts): NgsiEntity {
  const { id, at, place, metrics, attributes } = facts;
  return entity("WasteContainer", id, {
    name: property(facts.name),
    location: location(place),
    fillingLevel: property(share(metrics.fillPct), at, "C62"),
    temperature: property(metrics.tempC, at, "CEL"),
    cargoWeight: property(metrics.weightKg, at, "KGM"),
    status: property(containerStatus(facts), at),
    storedWasteKind: property(typeof attributes.wasteKind === "string" ? [attributes.wasteKind] : null),
    binLoggedTime: time(at),
    refDevice: { is: "Relationship", value: `urn:ngsi-ld:Device:kerbside:${id}` },
  });
}

/** Our types of vehicle, and what the model calls their service. */
const services: Readonly<Record<string, string>> = {
  collection: "garbageCollection",
  kitchenWaste: "garbageCollection",
  sweeper: "streetCleaning",
  water: "streetCleaning",
};

function vehicle({ id, name, at, online, place, metrics, attributes }: DeviceFacts): NgsiEntity {
  const moving = (metrics.speedKmh ?? 0) > 0 || metrics.acc === 1 || metrics.working === 1;
  const service = services[String(attributes.vehicleType ?? "")];
  const flag = (metric: MetricName) => (metrics[metric] === undefined ? null : metrics[metric] === 1);
  return entity("Vehicle", id, {
    name: property(name),
    category: property(["municipalServices"]),
    vehicleType: property("lorry"),
    serviceProvided: property(service === undefined ? null : [service]),
    serviceStatus: property(at === null ? null : online === false ? "outOfService" : moving ? "onRoute" : "parked", at),
    // The model says -1 for "unknown".
    speed: property(metrics.speedKmh ?? -1, at, "KMH"),
    heading: property(metrics.headingDeg ?? -1, at, "DD"),
    location: location(place, at),
    mileageFromOdometer: property(metrics.odometerKm, at, "KMT"),
    ignitionStatus: property(flag("acc"), at),
    battery: property(share(metrics.batteryPct), at, "C62"),
    cargoWeight: property(metrics.loadKg, at, "KGM"),
    vehiclePlateIdentifier: property(typeof attributes.plate === "string" ? attributes.plate : null),
    observationDateTime: time(at),
  });
}

const severities: Readonly<Record<Level, string>> = { 1: "critical", 2: "high", 3: "medium", 4: "low" };

export function alertEntity(alert: OutwardAlert): NgsiEntity {
  const { subject, place, closedAt, openedAt } = alert;
  const source: NgsiType | null =
    subject.kind === "bin" ? "WasteContainer" : subject.kind === "vehicle" ? "Vehicle" : null;
  return entity("Alert", alert.id, {
    category: property("environment"),
    subCategory: property(alert.ruleId),
    severity: property(severities[alert.level]),
    description: property(`${alert.title.en} / ${alert.title.zh}`),
    dateIssued: time(alert.knownAt),
    validFrom: time(openedAt),
    validTo: time(closedAt),
    alertSource: property(source ? urn(source, subject.id) : `kerbside:${subject.kind}:${subject.id}`),
    location: location(place),
    data: property({ state: alert.state, confirmed: alert.confirmed, count: alert.count, rev: alert.rev }),
  });
}

const iso = (at: Millis): string => new Date(at).toISOString();

/** The full form: every attribute with its type, time and unit. */
export function normalized(entity: NgsiEntity): Record<string, unknown> {
  const attributes = Object.entries(entity.attributes).map(([name, { is, value, observedAt, unitCode }]) => {
    const said = value instanceof Date ? { "@type": "DateTime", "@value": value.toISOString() } : value;
    const body = is === "Relationship" ? { object: said } : { value: said };
    const more = { ...(observedAt !== undefined && { observedAt: iso(observedAt) }), ...(unitCode && { unitCode }) };
    return [name, { type: is, ...body, ...more }];
  });
  return {
    id: entity.id,
    type: entity.type,
    ...Object.fromEntries(attributes),
    "@context": [contexts[entity.type], CORE],
  };
}

/** The short form: names and values. */
export function keyValues(entity: NgsiEntity): Record<string, unknown> {
  const attributes = Object.entries(entity.attributes).map(([name, { value }]) => [
    name,
    value instanceof Date ? value.toISOString() : value,
  ]);
  return {
    id: entity.id,
    type: entity.type,
    ...Object.fromEntries(attributes),
    "@context": [contexts[entity.type], CORE],
  };
}
