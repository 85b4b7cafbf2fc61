import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Rest } from "./rest.ts";
import { localTime } from "./rhythm.ts";
import { drawScene, type Scene } from "./street-scene.ts";

/** What simulated cameras saw, as an AI box keeps it: by event, for a while, to be fetched over HTTP. */
export interface Gallery {
  saw(eventId: string, scene: Scene): void;
  /** Where the picture of an event lies, with `{eventId}`: the attribute `pictureUrl` of a camera or its gateway. */
  readonly pictureUrl: string;
}

/** Reference pictures are taken in good light. */
const NOON = localTime("2026-01-01T12:00");
/** As many events as a district has in some hours; the oldest go first. */
const EVENTS_KEPT = 2_000;
const PATH = /^\/events\/([\w.-]+)\/snapshot\.png$/;

/** A server on this machine only, drawing each picture when it is asked for. */
export async function openGallery(): Promise<Gallery & AsyncDisposable> {
  const scenes = new Map<string, Scene>();
  const server = createServer((request, response) => {
    const [, eventId = ""] = PATH.exec(request.url ?? "") ?? [];
    const scene = scenes.get(eventId);
    if (!scene) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": "image/png" }).end(drawScene(scene));
  });
  await new Promise<void>((done, failed) => {
    server.once("error", failed).listen(0, "127.0.0.1", done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    saw(eventId, scene) {
      scenes.set(eventId, scene);
      for (const [oldest] of scenes) {
        if (scenes.size <= EVENTS_KEPT) break;
        scenes.delete(oldest);
      }
    },
    pictureUrl: `http://127.0.0.1:${port}/events/{eventId}/snapshot.png`,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}

interface CameraAnswer {
  readonly id: string;
  readonly attributes: { readonly binsInView?: number; readonly referencePicture?: string };
}

/** Gives each simulated camera that has none a picture of its street with nothing wrong; returns how many. */
export async function giveReferences(rest: Rest, signal: AbortSignal): Promise<number> {
  let given = 0;
  for (const { id, attributes } of await rest.all<CameraAnswer>("/devices?kind=camera")) {
    if (signal.aborted) break;
    if (attributes.referencePicture !== undefined || attributes.binsInView === undefined) continue;
    const scene = { camera: id, bins: attributes.binsInView, at: NOON, category: null, bbox: [0, 0, 0, 0] } as const;
    await rest.send("PUT", `/devices/${id}/reference-picture`, drawScene(scene));
    given++;
  }
  return given;
}
