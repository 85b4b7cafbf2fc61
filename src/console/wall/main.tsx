import type { FeatureCollection } from "geojson";
import { render } from "preact";
import { findToken, forgetToken, openSession, type ScreenSettings } from "../shared/session.ts";
import { followEdition } from "./edition.ts";
import { openLive } from "./live.ts";
import { Pairing } from "./pairing.tsx";
import { occupied, Screen } from "./screen.tsx";

/** Why there is no token any more, kept over the reload. */
const REFUSED = "kerbside.wall.refused";
const token = findToken("wall");
if (token) {
  const session = openSession(token, () => {
    forgetToken("wall");
    sessionStorage.setItem(REFUSED, "true");
    location.reload();
  });
  const live = openLive(session);
  followEdition(session.stream, () => !occupied.value);
  const loaded: [ScreenSettings, FeatureCollection] = await Promise.all([session.settings, session.district]);
  const [settings, district] = loaded;
  render(<Screen session={session} live={live} settings={settings} district={district} />, document.body);
} else {
  const refused = sessionStorage.getItem(REFUSED) !== null;
  const paired = () => {
    sessionStorage.removeItem(REFUSED);
    location.reload();
  };
  render(<Pairing paired={paired} refused={refused} />, document.body);
}
