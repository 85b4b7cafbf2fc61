import type { TrackPoint } from "../store/history.ts";

/** The way of something as GPX 1.1, which navigation devices and map programs open. */
export function* gpx(name: string, segments: Iterable<readonly TrackPoint[]>): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n`;
  yield `<gpx version="1.1" creator="Kerbside" xmlns="http://www.topografix.com/GPX/1/1">\n<trk><name>${escaped(name)}</name>\n`;
  for (const points of segments) {
    yield "<trkseg>\n";
    for (const { at, lat, lon } of points) {
      yield `<trkpt lat="${lat}" lon="${lon}"><time>${new Date(at).toISOString()}</time></trkpt>\n`;
    }
    yield "</trkseg>\n";
  }
  yield "</trk>\n</gpx>\n";
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** XML 1.0 knows no control characters, not even escaped. */
const escaped = (text: string): string =>
  text.replaceAll(/[\p{Cc}]/gu, " ").replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? "");
