import type { Actor } from "../actors/actor.ts";
import type { Operator } from "../orders.ts";
import { organisationOf, registerOrganisation } from "../organisation.ts";
import { loginsOf } from "../play.ts";
import type { Player } from "../player.ts";
import { registerDevices, registrationOf } from "../register.ts";
import type { OwnCenter } from "../session.ts";
import type { Town } from "../town.ts";
import { connectLogins, type Transport } from "../transport.ts";
import { openShift } from "./shift.ts";

export interface SettledDistrict {
  readonly town: Town;
  readonly actors: readonly Actor[];
  readonly player: Player;
}

/**
 * Moves a whole district onto a center of our own: devices registered and connected, crews and plans written down, people at
 * the desk and in the crews. What is returned is what playing in lockstep needs; the caller closes the transport.
 */
export async function settleOn(
  own: OwnCenter,
  { town, actors, player }: SettledDistrict,
): Promise<{ readonly transport: Transport; readonly operator: Operator }> {
  const registrations = actors.map((actor) => registrationOf(actor.device));
  const logins = await registerDevices(own.rest, registrations, loginsOf(actors));
  const organisation = organisationOf(actors, town);
  await registerOrganisation(own.rest, organisation);
  const operator = await openShift({
    rest: own.rest,
    organisation,
    player,
    actors,
    now: () => own.clock.now(),
    dispatchers: true,
    left: new Set(),
  });
  return { transport: await connectLogins(own.mqtt, logins), operator };
}
