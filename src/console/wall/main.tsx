import type { FeatureCollection } from "geojson";
import { render } from "preact";
import { findToken, forgetToken, openSession, type ScreenSettings } from "../shared/session.ts";
import { followEdition } from "./edition.ts";
import { openLive } from "./live.ts";
import { Pairing } from "./pairing.tsx";
import { Screen } from "./screen.tsx";

const token = findToken("wall");
if (token) {
  const session = openSession(token, () => {
    forgetToken("wall");
    location.reload();
  });
  const live = openLive(session);
  followEdition(session.stream);
  const loaded: [ScreenSettings, FeatureCollection] = await Promise.all([session.settings, session.district]);
  render(<Screen session={session} live={live} settings={loaded[0]} district={loaded[1]} />, document.body);
} else {
  render(<Pairing paired={() => location.reload()} />, document.body);
}
