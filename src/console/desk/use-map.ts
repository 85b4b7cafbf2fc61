import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { language } from "../shared/language.ts";
import { type DistrictMap, type MapOptions, openMap } from "../shared/map.ts";
import { say as sayCommon } from "../shared/words.ts";
import { useDesk } from "./desk.ts";
import { theme } from "./theme.ts";

/**
 * A map of the district in the desk's theme and language, in the element that is given `frame`. Opened anew when the theme
 * changes: `map` is null until it can be drawn on.
 */
export function useDistrictMap(options: Pick<MapOptions, "onPick" | "onView" | "padding"> = {}) {
  const { session } = useDesk();
  const frame = useRef<HTMLDivElement>(null);
  const map = useSignal<DistrictMap | null>(null);
  const newest = useRef(options);
  newest.current = options;
  const shown = theme.value;
  const spoken = language.value;
  useEffect(() => {
    const container = frame.current;
    if (!container) return;
    let gone = false;
    const making = Promise.all([session.settings, session.district]).then(([settings, district]) =>
      openMap({
        container,
        district,
        theme: shown,
        base: settings.map,
        ...(newest.current.padding && { padding: newest.current.padding }),
        onPick: (picked) => newest.current.onPick?.(picked),
        onView: (view) => newest.current.onView?.(view),
      }),
    );
    let touched = false;
    const observer = new ResizeObserver(() => {
      map.peek()?.resize();
      // Until somebody has moved it, it shows the whole district.
      if (!touched) map.peek()?.home(false);
    });
    observer.observe(container);
    void making.then((made) => {
      if (gone) return;
      map.value = made;
      made?.map.on("movestart", ({ originalEvent }) => {
        touched ||= originalEvent !== undefined;
      });
      if (!made) container.textContent = sayCommon("noMap");
    });
    return () => {
      gone = true;
      observer.disconnect();
      map.value = null;
      void making.then((made) => made?.remove());
    };
  }, [session, shown]);
  useEffect(() => map.value?.speak(spoken), [map.value, spoken]);
  return { frame, map };
}
