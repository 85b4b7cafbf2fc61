import { expect, it } from "vitest";
import { fieldFaults } from "../simulators/faults.ts";
import { startBareBroker } from "../simulators/load/bare-aedes.ts";
import { loginsOf } from "../simulators/play.ts";
import { createPlayer } from "../simulators/player.ts";
import { createPopulation, quietNeighbourhood } from "../simulators/population.ts";
import { playLive } from "../simulators/run.ts";
import { readTown } from "../simulators/town.ts";
import { connectLogins } from "../simulators/transport.ts";
import { MINUTE } from "../src/domain/time.ts";

it("plays ten minutes in half a second over real connections; every message has its receipt", async () => {
  const broker = await startBareBroker();
  try {
    const startAt = Date.UTC(2026, 2, 2);
    const actors = createPopulation(readTown(), quietNeighbourhood, 1, startAt);
    const logins = [...loginsOf(actors)].map((username) => ({ username, password: "any" }));
    await using transport = await connectLogins(`mqtt://127.0.0.1:${broker.port}`, logins);
    expect(transport.connections).toBe(logins.length);
    const player = createPlayer({ actors, seed: 1, startAt, faults: fieldFaults });
    await playLive({ player, transport, startAt, endAt: startAt + 10 * MINUTE }, 1_200);
    expect(player.nextAt).toBeGreaterThan(startAt + 10 * MINUTE);
    expect(transport.counts.sent).toBeGreaterThan(150);
    expect(transport.counts).toMatchObject({ receipted: transport.counts.sent, failed: 0 });
    expect(await broker.count()).toBe(transport.counts.sent);
  } finally {
    await broker.stop();
  }
});

it("names the login and the broker when it cannot connect", async () => {
  const login = { username: "vehicle-01", password: "x" };
  await expect(connectLogins("mqtt://127.0.0.1:1", [login])).rejects.toThrow(/vehicle-01 at mqtt:\/\/127.0.0.1:1/);
});
