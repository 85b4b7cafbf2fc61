import type { Millis } from "../src/domain/time.ts";
import type { Actor } from "./actors/actor.ts";
import { createBins } from "./actors/bins.ts";
import { createCameras } from "./actors/cameras.ts";
import { createFoodWastePoints } from "./actors/food-waste-points.ts";
import { createGateways } from "./actors/gateways.ts";
import { createPeople } from "./actors/people.ts";
import { createPestTraps } from "./actors/pest-traps.ts";
import { createStations } from "./actors/stations.ts";
import { createToilets } from "./actors/toilets.ts";
import { createVehicles } from "./actors/vehicles.ts";
import type { Gallery } from "./gallery.ts";
import type { Town } from "./town.ts";

/** How many devices of each kind, and how lively the district is. */
export interface Population {
  readonly vehicles: number;
  readonly bins: number;
  readonly people: number;
  readonly cameras: number;
  readonly toilets: number;
  readonly stations: number;
  readonly foodWastePoints: number;
  readonly pestTraps: number;
  readonly loraShare: number;
  readonly frigateShare: number;
  readonly wasteFactor: number;
  /** Share of bins too small for their place. */
  readonly smallShare: number;
  readonly problemsPerDay: number;
  readonly falseShare: number;
  /** People with a login of their own; everybody has one in a small district. */
  readonly ownLogins: number;
}

/** The district at full size: 210 deposit points with 6 bins each, and everything that belongs to them. */
export const fullDistrict: Population = {
  vehicles: 60,
  bins: 1_260,
  people: 600,
  cameras: 270,
  toilets: 30,
  stations: 6,
  foodWastePoints: 10,
  pestTraps: 20,
  loraShare: 0.5,
  frigateShare: 0.3,
  wasteFactor: 1,
  smallShare: 0.02,
  problemsPerDay: 0.25,
  falseShare: 0.18,
  ownLogins: 100,
};

/** All actors of a district, gateways included. The same seed gives the same lives. */
export function createPopulation(
  town: Town,
  population: Population,
  seed: number,
  startAt: Millis,
  gallery?: Gallery,
): Actor[] {
  const common = { seed, startAt };
  const bins = createBins(town, { ...common, ...population, count: population.bins });
  const stations = createStations(town, { ...common, count: population.stations });
  const foodWastePoints = createFoodWastePoints(town, { ...common, count: population.foodWastePoints });
  const actors: Actor[] = [
    ...bins,
    ...createVehicles(town, { bins, stations, foodWastePoints }, { ...common, count: population.vehicles }),
    ...createPeople(town, { ...common, ...population, count: population.people }),
    ...createCameras(town, bins, { ...common, ...population, count: population.cameras, ...(gallery && { gallery }) }),
    ...createToilets(town, { ...common, count: population.toilets }),
    ...stations,
    ...foodWastePoints,
    ...createPestTraps(town, { ...common, count: population.pestTraps }),
  ];
  const gateways = createGateways(
    actors.map((actor) => actor.device),
    common,
  );
  return [...actors, ...gateways];
}

/** A small, quiet neighbourhood for scenarios: nothing happens in it by itself, so every alert has its cause in the script. */
export const quietNeighbourhood: Population = {
  vehicles: 6,
  bins: 120,
  people: 12,
  cameras: 20,
  toilets: 4,
  stations: 2,
  foodWastePoints: 2,
  pestTraps: 2,
  loraShare: 0.5,
  frigateShare: 0.3,
  wasteFactor: 0.5,
  smallShare: 0,
  problemsPerDay: 0,
  falseShare: 0,
  ownLogins: 12,
};
