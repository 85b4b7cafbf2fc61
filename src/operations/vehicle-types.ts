import type { Text } from "../domain/text.ts";

/** What a type of vehicle does, and how fast it may while doing it. */
export interface VehicleType {
  readonly title: Text;
  /** Cleans the road it drives on while its `working` flag is set. */
  readonly sweeps: boolean;
  /** Above this it may drive, but not do its work (domain: practice of 8 and 15 km/h, with head-room). */
  readonly workLimitKmh: number;
  /** Stops that belong to the work: a collection vehicle stands at deposit points. */
  readonly stopsAtPoints: boolean;
  /** Speed a route is planned with, for estimates. */
  readonly driveKmh: number;
}

const type = (en: string, zh: string, fields: Omit<VehicleType, "title">): VehicleType => ({
  title: { en, zh },
  ...fields,
});

/** The open list of types: the device attribute `vehicleType` and the register use these names. */
export const vehicleTypes = {
  sweeper: type("Sweeper", "清扫车", { sweeps: true, workLimitKmh: 10, stopsAtPoints: false, driveKmh: 25 }),
  washer: type("Washer", "冲洗车", { sweeps: true, workLimitKmh: 20, stopsAtPoints: false, driveKmh: 25 }),
  water: type("Water truck", "洒水车", { sweeps: true, workLimitKmh: 20, stopsAtPoints: false, driveKmh: 25 }),
  collection: type("Collection vehicle", "收运车", {
    sweeps: false,
    workLimitKmh: 40,
    stopsAtPoints: true,
    driveKmh: 25,
  }),
  foodWaste: type("Kitchen-waste vehicle", "厨余收运车", {
    sweeps: false,
    workLimitKmh: 40,
    stopsAtPoints: true,
    driveKmh: 25,
  }),
  greening: type("Greening vehicle", "绿化作业车", {
    sweeps: false,
    workLimitKmh: 20,
    stopsAtPoints: false,
    driveKmh: 25,
  }),
  pestControl: type("Pest-control vehicle", "消杀车", {
    sweeps: false,
    workLimitKmh: 20,
    stopsAtPoints: false,
    driveKmh: 25,
  }),
  patrol: type("Patrol vehicle", "巡查车", { sweeps: false, workLimitKmh: 60, stopsAtPoints: false, driveKmh: 30 }),
} as const satisfies Record<string, VehicleType>;

export type VehicleTypeName = keyof typeof vehicleTypes;
export const vehicleTypeNames = Object.keys(vehicleTypes) as VehicleTypeName[];

export const vehicleTypeOf = (name: unknown): VehicleType | null =>
  typeof name === "string" && Object.hasOwn(vehicleTypes, name) ? vehicleTypes[name as VehicleTypeName] : null;
