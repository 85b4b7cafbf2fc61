import { z } from "zod";
import { deviceIdPattern } from "../domain/device.ts";
import { daysShape, timeShape } from "./days.ts";
import { type VehicleTypeName, vehicleTypeNames } from "./vehicle-types.ts";

/** What a manager writes down about the work: who there is, what is planned. One shape per collection. */

const id = z.string().regex(deviceIdPattern, "may hold letters, digits and _ . : - only, at most 64");
const name = z.string().min(1).max(128);
const line = z.string().min(1).max(32);
const lat = z.number().min(-90).max(90);
const lon = z.number().min(-180).max(180);
const some = <T extends z.ZodType>(item: T, most: number) => z.array(item).min(1).max(most);

/** Where somebody works: exactly one of these. */
export const postShape = z
  .strictObject({
    sectionId: id.optional(),
    gridId: id.optional(),
    areaId: id.optional(),
    pointId: id.optional(),
    circle: z.strictObject({ lat, lon, radiusM: z.number().min(5).max(20_000) }).optional(),
  })
  .refine(
    (post) => Object.values(post).filter((value) => value !== undefined).length === 1,
    "give exactly one of sectionId, gridId, areaId, pointId and circle",
  );
export type Post = z.infer<typeof postShape>;

const window = { from: timeShape, to: timeShape };

export const proofShape = z.strictObject({
  /** Somebody of the crew stayed within 50 m of the place for so many minutes, inside the window. */
  visitMinutes: z.number().min(0.5).max(480).optional(),
  picture: z.boolean().optional(),
  note: z.boolean().optional(),
});
export type ProofDemand = z.infer<typeof proofShape>;

export const shapes = {
  /** Business lines (业务条线): an open list; three are delivered. */
  lines: z.strictObject({
    id: line,
    title: z.strictObject({ en: name, zh: name }),
    /** Rules whose alerts this line answers, or whole families as `bin.*`. */
    serves: z.array(z.string().min(1).max(64)).max(200).default([]),
    /** How long after its window a task of the line may still be proven: minutes, or working days. */
    tolerance: z
      .strictObject({ amount: z.number().min(0).max(10_000), unit: z.enum(["minutes", "workingDays"]) })
      .default({ amount: 60, unit: "minutes" }),
    /** Level of an overdue task. */
    overdueLevel: z.union([z.literal(2), z.literal(3), z.literal(4)]).default(3),
  }),
  contractors: z.strictObject({ id, name, lines: z.array(line).max(50).default([]), contact: name.optional() }),
  /** A person as a role: walls show role and number, never the name. */
  people: z.strictObject({
    id,
    name,
    /** Device of kind `person` that is worn; null while there is none. */
    badge: id.nullable().default(null),
    role: z.string().min(1).max(32).default("cleaner"),
    number: z.string().min(1).max(16).optional(),
    line: line.optional(),
    contractorId: id.optional(),
    phone: z.string().min(3).max(32).optional(),
    skills: z.array(name).max(50).default([]),
  }),
  /** `id` is the device's. */
  vehicles: z.strictObject({
    id,
    type: z.enum(vehicleTypeNames as [VehicleTypeName, ...VehicleTypeName[]]),
    plate: z.string().min(1).max(16).optional(),
    line: line.optional(),
    contractorId: id.optional(),
  }),
  crews: z.strictObject({
    id,
    name,
    line,
    contractorId: id.optional(),
    skills: z.array(name).max(50).default([]),
    /** Devices of kind `person` and `vehicle`. */
    members: z.array(id).max(500).default([]),
    lead: id.optional(),
    home: z.strictObject({ lat, lon }).optional(),
  }),
  shifts: z.strictObject({
    id,
    name,
    ...window,
    breaks: z.array(z.strictObject(window)).max(10).default([]),
  }),
  leave: z.strictObject({
    id,
    personId: id,
    days: daysShape,
    reason: name.optional(),
  }),
  rosters: z.strictObject({
    id,
    shiftId: id,
    crewId: id.optional(),
    line: line.optional(),
    days: daysShape.optional(),
    entries: some(z.strictObject({ personId: id, where: postShape }), 5_000),
  }),
  plans: z.discriminatedUnion("kind", [
    /** A vehicle leaves at `from` and works its sections, or its area, until `to`. */
    z.strictObject({
      kind: z.literal("route"),
      id,
      vehicleId: id,
      ...window,
      days: daysShape.optional(),
      sections: some(id, 500).optional(),
      areaId: id.optional(),
    }),
    z.strictObject({
      kind: z.literal("collection"),
      id,
      vehicleId: id.optional(),
      crewId: id.optional(),
      days: daysShape.optional(),
      stops: some(z.strictObject({ pointId: id, ...window }), 2_000),
    }),
    z.strictObject({
      kind: z.literal("sweep"),
      id,
      vehicleId: id.optional(),
      crewId: id.optional(),
      days: daysShape.optional(),
      /** Overrides what the class of the section demands. */
      targetPct: z.number().min(1).max(100).optional(),
      sections: some(z.strictObject({ sectionId: id, ...window }), 2_000),
    }),
  ]),
  /** Work of any line at a place, once or again and again. */
  tasks: z.strictObject({
    id,
    line,
    title: name,
    crewId: id.optional(),
    place: postShape,
    ...window,
    days: daysShape.optional(),
    proof: proofShape.default({}),
  }),
} as const;

export type CollectionName = keyof typeof shapes;
export const collectionNames = Object.keys(shapes) as CollectionName[];
export type RecordOf<C extends CollectionName> = z.infer<(typeof shapes)[C]>;
export type PlanOf<K extends RecordOf<"plans">["kind"]> = Extract<RecordOf<"plans">, { kind: K }>;

/** A record with its edition: the first is 1. */
export type Edition<C extends CollectionName = CollectionName> = RecordOf<C> & {
  readonly version: number;
  readonly changedAt: number;
  readonly changedBy: string;
};

/** Of these every edition is kept: who was to work where is asked months later. */
export const editionsKept: ReadonlySet<CollectionName> = new Set(["rosters", "plans", "shifts", "tasks", "leave"]);

/** What is certain of the pilot's lines; a city adds its own. */
export const deliveredLines: readonly RecordOf<"lines">[] = [
  {
    id: "cleaning",
    title: { en: "Sweeping and cleaning", zh: "清扫保洁" },
    serves: ["bin.*", "point.*", "street.*", "sweep.*", "spot.*", "toilet.*", "station.*", "facility.*", "merchant.*"],
    tolerance: { amount: 60, unit: "minutes" },
    overdueLevel: 3,
  },
  {
    id: "greening",
    title: { en: "Green maintenance", zh: "绿化养护" },
    serves: ["tree.*", "green.*"],
    tolerance: { amount: 1, unit: "workingDays" },
    overdueLevel: 4,
  },
  {
    id: "pestControl",
    title: { en: "Pest control", zh: "四害消杀" },
    serves: ["pest.*"],
    tolerance: { amount: 1, unit: "workingDays" },
    overdueLevel: 3,
  },
];
